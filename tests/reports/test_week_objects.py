"""Ways to publish as JSON, under keys that stay."""

import json
from dataclasses import replace

from mockpki._reports.json import write_json
from mockpki._reports.weeks import describe_weeks, find_source
from mockpki.publishing import AD_CS, in_words
from mockpki.scenarios.publishers import Week

HOUR, DAY = 3600, 86_400


def test_json(weeks: tuple[Week, ...]) -> None:
    """All that was seen is there, in seconds."""
    ad_cs, vault = json.loads(write_json(describe_weeks(weeks)))
    assert (ad_cs["name"], vault["name"]) == ("ad-cs", "vault")
    assert ad_cs["words"] == in_words("ad-cs")
    assert ad_cs["source"] == find_source(AD_CS)
    assert (ad_cs["length_seconds"], ad_cs["revoked_at_seconds"]) == (7 * DAY, 29.5 * HOUR)
    complete, first, second, *_ = ad_cs["issued"]
    assert complete == {
        "at_seconds": 0, "number": 1, "base": None, "this_update_seconds": -600,
        "next_update_seconds": 7 * DAY + 12 * HOUR - 600,
    }  # fmt: skip
    assert (first["number"], first["base"]) == (1, 1)
    assert (second["number"], second["base"], second["at_seconds"]) == (2, 1, DAY)
    assert vault["readers"] == [
        {
            "name": "asks each time", "keeps": False, "deltas": False, "learned_after_seconds": 0,
            "knew": [
                {"says": "good", "begin_seconds": 0, "end_seconds": 29.5 * HOUR},
                {"says": "revoked", "begin_seconds": 29.5 * HOUR, "end_seconds": 101.5 * HOUR},
                {"says": "none", "begin_seconds": 101.5 * HOUR, "end_seconds": 7 * DAY},
            ],
        },
        {
            "name": "keeps what it has", "keeps": True, "deltas": False,
            "learned_after_seconds": 42.5 * HOUR,
            "knew": [
                {"says": "good", "begin_seconds": 0, "end_seconds": 29.5 * HOUR},
                {"says": "late", "begin_seconds": 29.5 * HOUR, "end_seconds": 72 * HOUR},
                {"says": "revoked", "begin_seconds": 72 * HOUR, "end_seconds": 101.5 * HOUR},
                {"says": "none", "begin_seconds": 101.5 * HOUR, "end_seconds": 7 * DAY},
            ],
        },
    ]  # fmt: skip


def test_who_never_knows(weeks: tuple[Week, ...]) -> None:
    """Null, and not a number."""
    week = replace(weeks[1], readers=(replace(weeks[1].readers[0], learned=None),))
    (found,) = json.loads(write_json(describe_weeks([week])))
    assert found["readers"][0]["learned_after_seconds"] is None
