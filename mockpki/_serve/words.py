"""The sentences of Python's functions, for whoever made a call: the same way out, in the words of calls."""

from __future__ import annotations

import re
from datetime import datetime

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
    r"\bfaults\.([A-Z]\w+)(?:\(\))?": r"\1",
}
"""What stands in Python's sentences, and what stands there for calls."""
_TIME = re.compile(r"datetime\.datetime\(([\d, ]+), tzinfo=datetime\.timezone\.utc\)")


def say_in_calls(sentence: str) -> str:
    """*sentence*, of a function of Python, as it is said of a call."""
    for python, ours in _WORDS.items():
        sentence = re.sub(python, ours, sentence)
    return _TIME.sub(_write_time, sentence)


def _write_time(found: re.Match[str]) -> str:
    numbers = [int(number) for number in found[1].split(",")]
    return datetime(*numbers).isoformat() + "Z"  # type: ignore[arg-type]  # noqa: DTZ001 - UTC is written behind it
