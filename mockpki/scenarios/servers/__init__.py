"""How stapling servers are tested: scenarios, worlds, observations, timelines.

    from mockpki.scenarios.servers import SCENARIOS, ServerCommand, run

    server = ServerCommand("nginx -c {config}", template="nginx.conf")
    outcome = run("restart-while-down", server)
    assert not outcome.broken, outcome

- `_scenarios`, `_table`: what happens in each, and what well-known designs then do.
- `_demands`: what a good server does.
- `_worlds`, `_command`: a preset or a real server to do it to.
- `_run`, `_watch`, `_observe`, `_outcome`: what was seen, and what it comes to.
- `_timeline`: an outage from its begin to its end.

1. What is judged was really seen: handshakes by the reference client, requests at a live responder.
2. A scenario is data, and knows no server; a world is a server, and knows no scenario.
3. Whether a handshake waited is told by the order of events, not by how long it took.
"""

from ._command import PLACEHOLDERS, ServerCommand
from ._demands import DEMANDS
from ._observe import WORDS, Observation, observe
from ._outcome import Demand, Judged, Outcome
from ._run import run
from ._scenarios import SCENARIOS, StapleScenario, chosen, named
from ._table import BEHAVIOUR, agrees, expected, nearest
from ._timeline import CHARACTERS, KINDS, Timeline, kind, timeline
from ._worlds import NotListening, Preset, World

__all__ = [
    "BEHAVIOUR",
    "CHARACTERS",
    "DEMANDS",
    "KINDS",
    "PLACEHOLDERS",
    "SCENARIOS",
    "WORDS",
    "Demand",
    "Judged",
    "NotListening",
    "Observation",
    "Outcome",
    "Preset",
    "ServerCommand",
    "StapleScenario",
    "Timeline",
    "World",
    "agrees",
    "chosen",
    "expected",
    "kind",
    "named",
    "nearest",
    "observe",
    "run",
    "timeline",
]
