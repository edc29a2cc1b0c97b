"""How stapling servers are tested: scenarios, worlds, observations, timelines.

    from mockpki.scenarios.servers import SCENARIOS, ServerCommand, run

    server = ServerCommand("nginx -c {config}", template="nginx.conf")
    outcome = run("restart-while-down", server)
    assert not outcome.broken, outcome

- `_scenarios`: what happens in each, as steps; `_table`: what well-known designs then do.
- `_outcome`: what was seen of a server in one; `_demands`: what a good server does.
- `_worlds`: a preset to do it to; `_command`: a real server; `_virtual_time`: the same with a clock of ours.
- `_client_certificates`: a server that checks client certificates, in the scenarios of clients.
- `_typed_paths`: where the files are that its command names; `_template`: its configuration.
- `_run`: a scenario in a world; `_watch`: its responder; `_observe`: its handshakes.
- `_timeline`: a long outage of the responder, step by step.

1. What is judged was really seen: handshakes by the reference client, requests at a live responder.
2. A scenario is data, and knows no server; a world is a server, and knows no scenario.
3. Whether a handshake waited is told by the order of events, not by how long it took.
"""

from __future__ import annotations

from ._client_certificates import CLIENT_TABLE, find_client_trouble, meet
from ._command import PLACEHOLDERS, ServerCommand
from ._demands import DEMANDS
from ._observe import WORDS, Observation, observe
from ._outcome import INERT, STATES, Demand, Finding, Judged, Outcome
from ._run import run
from ._scenarios import SCENARIOS, StapleScenario, choose_scenarios, named
from ._table import BEHAVIOUR, Nearest, count_workers, is_like, look_up_words, nearest
from ._timeline import CHARACTERS, KINDS, Timeline, kind, timeline
from ._virtual_time import ClockNotFollowed, VirtualTime
from ._worlds import NotListening, Preset, World

__all__ = [
    "BEHAVIOUR",
    "CHARACTERS",
    "CLIENT_TABLE",
    "DEMANDS",
    "INERT",
    "KINDS",
    "PLACEHOLDERS",
    "SCENARIOS",
    "STATES",
    "WORDS",
    "ClockNotFollowed",
    "Demand",
    "Finding",
    "Judged",
    "Nearest",
    "NotListening",
    "Observation",
    "Outcome",
    "Preset",
    "ServerCommand",
    "StapleScenario",
    "Timeline",
    "VirtualTime",
    "World",
    "choose_scenarios",
    "count_workers",
    "find_client_trouble",
    "is_like",
    "kind",
    "look_up_words",
    "meet",
    "named",
    "nearest",
    "observe",
    "run",
    "timeline",
]
