"""Hard fail, soft fail, must-staple: named situations, and what each policy must do in them.

    from mockpki import scenarios

    @scenarios.parametrize(policy="hard-fail")
    def test_revocation(scenario):
        scenario.check(lambda url, ca_file: my_client.get(url, verify=ca_file))

A `Scenario` is a value: what became of a certificate, and what staple, responder and CRL offer. What a
policy (`mockpki.relying_party.Policy`) demands follows from these, so that a scenario or a policy of your
own needs no table of verdicts.

A client is judged only if it accepts in the `CONTROL`, where nothing is wrong: one that does not trust the
CA, or speaks another protocol, rejects everywhere, and has kept no policy by that.

Those are for clients, and stand in `clients`; `servers` are the scenarios for servers that staple, whose
door is `mockpki.staplers`; `publishers` are CAs, and what clients learn from what they publish.
"""

from __future__ import annotations

from .clients._case import Case
from .clients._choice import cases, matching, parametrize
from .clients._control import CONTROL, find_trouble
from .clients._filter_offer import FilterOffer
from .clients._history import Held, Instead, Published, Released, Revoked, Visited
from .clients._judging import Outcome, Result, find_other_alert, has_looked, judge
from .clients._offer import Offer, Says
from .clients._scenario import Expectation, Expected, Scenario
from .clients._seen import Asked, Seen
from .clients._stage import TARGET_NAMES, Stage, Target, staged
from .clients._table import POLICIES, TABLE

__all__ = [
    "CONTROL",
    "POLICIES",
    "TABLE",
    "TARGET_NAMES",
    "Asked",
    "Case",
    "Expectation",
    "Expected",
    "FilterOffer",
    "Held",
    "Instead",
    "Offer",
    "Outcome",
    "Published",
    "Released",
    "Result",
    "Revoked",
    "Says",
    "Scenario",
    "Seen",
    "Stage",
    "Target",
    "Visited",
    "cases",
    "find_other_alert",
    "find_trouble",
    "has_looked",
    "judge",
    "matching",
    "parametrize",
    "staged",
]
