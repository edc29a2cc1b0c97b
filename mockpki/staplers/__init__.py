"""TLS servers that get their staples the way real ones do.

    from mockpki import staplers

    def test_first_handshake_is_bare(pki):
        leaf = pki.issue_cert("localhost", must_staple=True)
        with pki.tls_server(leaf, staple=staplers.NGINX) as server:
            ...
            server.stapler.settle()
            print(*server.stapler.events, sep="\\n")

A `StaplePolicy` is a value that says when a server asks the responder, what it staples and what it keeps;
those of well-known servers are here by name. Vary one with `dataclasses.replace`. Fetches go over real HTTP
to the responder that the certificate names, so every fault of that responder reaches the staple as in life.

In this folder:

- `_policy`, `_rules`, `_presets`, `_words`: what a server goes by, as a value, and in words.
- `_stapler`: the public object, and what TLS servers ask of it.
- `_answering`: what to serve, keep, drop and ask for; functions of policy, knowledge and time.
- `_asking`, `_timetable`, `_files`: fetches and when they are due, and where staples come from without any.
- `_cache`, `_sightings`, `_reading`: what it knows about each leaf, and what an answer says.
- `_events`, `_event_log`, `_provision`: what happened, and what a handshake gets.

1. All state lives on the event loop's thread; fetches are tasks on that loop, over real HTTP.
2. The policy decides; nothing here asks which server it describes.
3. Time is the PKI's clock, but for time-outs, which are real.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._events import Event, Kind, Stats
from ._policy import StaplePolicy
from ._presets import (
    APACHE,
    APACHE_QUIET,
    CADDY,
    ENVOY_LENIENT,
    ENVOY_MUST_STAPLE,
    ENVOY_STRICT,
    HAPROXY,
    HITCH,
    IDEAL,
    JSSE,
    MOD_MD,
    NAMED,
    NGINX,
    NGINX_FILE,
    NODE_OCSP,
    SQUARESPACE,
    named,
)
from ._rules import AtFraction, BeforeEnd, Clamp, Exponential, Fixed, Refresh, Retry
from ._stapler import Stapler

if TYPE_CHECKING:
    from .._reports.timeline_svg import timeline_svg
    from ..scenarios.servers import (
        SCENARIOS,
        Demand,
        Judged,
        NotListening,
        Observation,
        Outcome,
        Preset,
        ServerCommand,
        StapleScenario,
        Timeline,
        nearest,
        observe,
        run,
        timeline,
    )

__all__ = [
    "APACHE",
    "APACHE_QUIET",
    "CADDY",
    "ENVOY_LENIENT",
    "ENVOY_MUST_STAPLE",
    "ENVOY_STRICT",
    "HAPROXY",
    "HITCH",
    "IDEAL",
    "JSSE",
    "MOD_MD",
    "NAMED",
    "NGINX",
    "NGINX_FILE",
    "NODE_OCSP",
    "SCENARIOS",
    "SQUARESPACE",
    "AtFraction",
    "BeforeEnd",
    "Clamp",
    "Demand",
    "Event",
    "Exponential",
    "Fixed",
    "Judged",
    "Kind",
    "NotListening",
    "Observation",
    "Outcome",
    "Preset",
    "Refresh",
    "Retry",
    "ServerCommand",
    "StaplePolicy",
    "StapleScenario",
    "Stapler",
    "Stats",
    "Timeline",
    "named",
    "nearest",
    "observe",
    "run",
    "timeline",
    "timeline_svg",
]


def __getattr__(name: str) -> Any:
    """How servers are tested stands above the line, and is imported when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "mockpki._reports.timeline_svg" if name == "timeline_svg" else "mockpki.scenarios.servers"
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
