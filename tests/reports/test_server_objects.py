"""A report on a server as JSON: all that was seen, under keys that stay."""

import json

from mockpki._probe.servers import BROKEN, ServerReport
from mockpki._reports.json import write_json
from mockpki._reports.servers import describe_presets, describe_server
from mockpki.staplers import NAMED
from mockpki.staplers._words import in_words


def test_json(report: ServerReport) -> None:
    """The JSON has all that was seen."""
    data = json.loads(write_json(describe_server(report)))
    assert data["server"] == "<plain>"
    assert data["exit_status"] == BROKEN
    assert data["nearest"] == {"preset": None, "workers": None, "differs": []}
    assert data["inert"] is True
    good, refused, idle = data["scenarios"]
    assert good["words"] == "none none none"
    assert good["handshakes"][0][0]["says"] == "none"
    assert good["handshakes"][0][0]["next_update"] is None
    assert {demand["name"]: demand["kept"] for demand in good["demands"]}["ready"] is False
    states = {demand["name"]: (demand["state"], demand["kept"], demand["why"]) for demand in data["demands"]}
    assert states["ready"] == ("broken", False, "")
    assert states["opens"] == ("not seen", None, "it never stapled, and never asked the responder")
    assert {demand["state"] for demand in refused["demands"]} == {"not seen"}
    assert all(demand["why"] for demand in refused["demands"])
    assert refused["left_out"] == ""
    assert idle["left_out"].endswith("its clock was not moved, since that was not wanted")
    assert (data["virtual_time"], data["obstacle"]) == (False, "that was not wanted")
    assert len(data["timelines"]) == len(NAMED)
    assert set(data["timelines"][0]["says"]) == {"none", "good"}


def test_json_of_presets(presets: tuple[ServerReport, ...]) -> None:
    """Presets are a list, each with its words; times are ISO."""
    ideal, _ = json.loads(write_json(describe_presets(presets)))
    assert ideal["preset"] == "ideal"
    assert ideal["words"] == in_words("ideal")
    assert ideal["nearest"] == {"preset": "ideal", "workers": 1, "differs": []}
    assert {demand["state"] for demand in ideal["demands"]} == {"kept"}
    assert ideal["timelines"][0]["fetches"] > 20
    seen = ideal["scenarios"][0]["handshakes"][0][0]
    assert seen["next_update"].endswith("+00:00")
    assert seen["waited"] is False
