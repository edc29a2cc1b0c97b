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
"""

from .._stapler._events import Event, Kind, Stats
from .._stapler._policy import StaplePolicy
from .._stapler._presets import (
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
from .._stapler._rules import AtFraction, BeforeEnd, Clamp, Exponential, Fixed, Refresh, Retry
from .._stapler._stapler import Stapler
from ..stapling import (
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
    timeline_svg,
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
