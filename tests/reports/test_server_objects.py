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
    assert data["nearest"] == {"preset": "nginx", "differs": ["good", "idle"]}
    good, refused, idle = data["scenarios"]
    assert good["words"] == "none none none"
    assert good["handshakes"][0][0]["says"] == "none"
    assert good["handshakes"][0][0]["next_update"] is None
    assert {demand["name"]: demand["kept"] for demand in good["demands"]}["ready"] is False
    assert refused["left_out"] == ""
    assert idle["left_out"]
    assert len(data["timelines"]) == len(NAMED)
    assert set(data["timelines"][0]["says"]) == {"none", "good"}


def test_json_of_presets(presets: tuple[ServerReport, ...]) -> None:
    """Presets are a list, each with its words; times are ISO."""
    ideal, _ = json.loads(write_json(describe_presets(presets)))
    assert ideal["preset"] == "ideal"
    assert ideal["words"] == in_words("ideal")
    seen = ideal["scenarios"][0]["handshakes"][0][0]
    assert seen["next_update"].endswith("+00:00")
    assert seen["waited"] is False
