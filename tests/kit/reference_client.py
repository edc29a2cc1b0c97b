"""The reference client in the scenarios of the table, and two clients that go by no policy."""

import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache

from mockpki import relying_party, scenarios
from mockpki.relying_party import NO_CHECK, Policy, Verdict
from mockpki.scenarios import Case, Scenario
from mockpki.scenarios.clients._control import Memory

SHORT = timedelta(seconds=1)
"""For an answer that never comes."""
_MEMORY = Memory()


def by_name(name: str) -> Scenario:
    """The scenario of the table that has this name."""
    (found,) = scenarios.matching(name)
    return found


def quick(policy: Policy, scenario: Scenario) -> Case:
    """The two together, without a long wait where there is nothing to wait for."""
    return Case(scenario, replace(policy, timeout=SHORT) if "silent" in scenario.name else policy, _MEMORY)


@cache
def reference(policy: Policy) -> Callable[..., Verdict]:
    """The reference client, as a function that connects: the same for the same policy, to be known again."""

    def connect(host: str, port: int, ca_file: str, server_name: str, crlite_url: str = "") -> Verdict:
        return relying_party.check(
            host, port, ca=ca_file, server_name=server_name, policy=policy, crlite=crlite_url or None
        )

    return connect


def careless(url: str, ca_file: str) -> Verdict:
    """Never looks at anything but trust and names."""
    return reference(NO_CHECK)("localhost", int(url.rpartition(":")[2].strip("/")), ca_file, "localhost")


def gives_up(host: str, port: int, ca_file: str) -> None:
    """Connects without looking, and rejects all the same."""
    relying_party.check(host, port, ca=ca_file, server_name="localhost", policy=NO_CHECK)
    raise ssl.SSLError("no")
