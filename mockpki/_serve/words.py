"""The sentences of Python's functions, for whoever made a call: the same way out, in the words of calls."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, timedelta, timezone

from .._typed import parse_duration, write_duration

_WORDS = {
    r"use respond_with\(\) for it": "PUT .../faults has it for all requests",
    r"leave to= out": "set it for all requests",
    r"use release\(\)": "POST .../release",
    r"leave services= of its PKI out": "start the server without --services-port",
    r"or services=SharedPort\(\) for one port": "or start the server with --services-port",
    r"that may_reach= of this PKI allows": "that this server may reach",
    r"give handler= or forward_to=": "give forward_to=",
    r"such as PKI\(publishes='lets-encrypt'\)": 'such as {"publishes": "lets-encrypt"}',
    r"give PKI\(evidence=\.\.\.\) more room": "start the server with a higher --journal",
    r"Mix\(\) (.*) Mix\(\[\], \[faults\.TryLater\(\)\]\)": r'Mix \1 {"alternatives": [[], ["TryLater"]]}',
    r"^set\(offset=datetime\.timedelta\([^()]*\)\)": "offset",
    r"^shift\(datetime\.timedelta\([^()]*\)\)": "by",
    r"^\(([A-Z]\w+)\(.*?\),\)": r"\1",
    r"^leaf=(?=<CA )": "",
    r"= of \w+\(\) takes": "= takes",
    r"takes an aware datetime or None": "takes a time, or null",
    r"takes a timedelta": "takes a duration",
    r"\bfaults\.([A-Z]\w+)(?:\(\))?": r"\1",
}
"""What stands in Python's sentences, and what stands there for calls."""
_DURATION = re.compile(r"\b(?:datetime\.)?timedelta\(((?:\w+=-?\d+(?:, )?)*|0)\)")
_TIME = re.compile(
    r"\bdatetime\.datetime\(([\d, ]+), tzinfo=datetime\.timezone(?:\.utc|\(([-+P][-+\dA-Z.]*)\))\)"
)


def say_in_calls(sentence: str) -> str:
    """*sentence*, of a function of Python, as it is said of a call; times are those of RFC 3339."""
    for python, ours in _WORDS.items():
        sentence = re.sub(python, ours, sentence)
    return _TIME.sub(_write_time, _DURATION.sub(_write_duration, sentence))


def _write_duration(found: re.Match[str]) -> str:
    given = (one.split("=") for one in found[1].split(", ") if "=" in one)
    # What a caller gave may look like one.
    with suppress(TypeError, ValueError, OverflowError):
        return write_duration(timedelta(**{name: int(number) for name, number in given}))
    return found[0]


def _write_time(found: re.Match[str]) -> str:
    with suppress(ValueError, OverflowError):
        offset = parse_duration(found[2] or "PT0S") or timedelta()
        year, month, day, hour, minute, *rest = map(int, found[1].split(","))
        second, micro, *_ = (*rest, 0, 0)
        time = datetime(year, month, day, hour, minute, second, micro, timezone(offset))
        return time.isoformat().replace("+00:00", "Z")
    return found[0]
