"""Hard fail, soft fail, must-staple: named situations, and what each policy must do in them.

    from mockpki import scenarios

    @scenarios.parametrize(policy="hard-fail")
    def test_revocation(scenario):
        scenario.check(lambda url, ca_file: my_client.get(url, verify=ca_file))

A `Scenario` is a value: what became of a certificate, and what staple, responder and CRL offer. What a
policy (`mockpki.relying_party.Policy`) demands follows from these, so that a scenario or a policy of your
own needs no table of verdicts.

Those are for clients, and stand in `clients`; `servers` are the scenarios for servers that staple, whose
door is `mockpki.staplers`.
"""

from __future__ import annotations

from ..relying_party import NAMED as POLICIES
from .clients._case import Case
from .clients._choice import cases, matching, parametrize
from .clients._judging import Outcome, Result, judge
from .clients._offer import Offer, Says
from .clients._scenario import Expectation, Expected, Scenario
from .clients._stage import TARGET_NAMES, Seen, Stage, Target, staged
from .clients._table import TABLE

__all__ = [
    "POLICIES",
    "TABLE",
    "TARGET_NAMES",
    "Case",
    "Expectation",
    "Expected",
    "Offer",
    "Outcome",
    "Result",
    "Says",
    "Scenario",
    "Seen",
    "Stage",
    "Target",
    "cases",
    "judge",
    "matching",
    "parametrize",
    "staged",
]
