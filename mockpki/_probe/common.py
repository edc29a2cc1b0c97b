"""What the exceptions to a policy have in common, said before they are listed.

A fact counts if it is true of most exceptions, and of few other scenarios; of several, the one that separates
them best.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ..relying_party import Policy
from ..scenarios import Says, Scenario
from .clients import Run

_FEWEST = 3
"""Exceptions that can have something in common; of fewer, their names say more."""
_MOST = 0.7
"""The share of exceptions that a fact has to be true of, and of the scenarios with it to be exceptions."""


def find_common(policy: Policy, exceptions: Iterable[str], runs: Sequence[Run]) -> str:
    """What is true of most *exceptions* to *policy*, by name, and how many; an empty text for nothing."""
    names = set(exceptions)
    odd = [run for run in runs if run.scenario.name in names]
    if len(odd) < _FEWEST:
        return ""
    best, words, count = 0.0, "", 0
    for what, is_true in _FACTS.items():
        for verdict, did in (("accepts", True), ("rejects", False)):
            there = [run for run in runs if is_true(policy, run.scenario)]
            among = [run for run in odd if run in there and run.outcome.accepted is did]
            covered, precise = len(among) / len(odd), len(among) / max(1, len(there))
            if min(covered, precise) >= _MOST and covered * precise > best:
                best, words, count = covered * precise, f"it {verdict} where {what}", len(among)
    if not words:
        return ""
    return f"in all of which {words}" if count == len(odd) else f"in {count} of which {words}"


def _says(policy: Policy, scenario: Scenario) -> set[Says]:
    """What there is to be read in the sources of *policy*."""
    return {
        said
        for source, offer in scenario.offers.items()
        if source in policy.sources
        for said in offer.readings(policy)
    }


def _nobody_says(policy: Policy, scenario: Scenario) -> bool:
    """Whether there is nothing to be read of the certificate that the scenario is about."""
    sources: list[str] = list(policy.sources)
    if scenario.about == "intermediate":
        # A CA has no staple.
        sources = [source for source in sources if source != "staple"]
        if not sources:
            return False
    return all(Says.NOTHING in scenario.offers[source].readings(policy) for source in sources)


def _any(*wanted: Says) -> Callable[[Policy, Scenario], bool]:
    return lambda policy, scenario: bool(_says(policy, scenario) & set(wanted))


def _only(*wanted: Says) -> Callable[[Policy, Scenario], bool]:
    """These, and nothing else but sources that are not there."""
    return lambda policy, scenario: (
        scenario.about == "leaf" and {*wanted} <= _says(policy, scenario) <= {*wanted, Says.NOTHING}
    )


def _offers(source: str, *wanted: Says) -> Callable[[Policy, Scenario], bool]:
    return lambda policy, scenario: bool(set(scenario.offers[source].readings(policy)) & set(wanted))


_TOLD = (Says.GOOD, Says.REVOKED, Says.UNKNOWN)

_FACTS: dict[str, Callable[[Policy, Scenario], bool]] = {
    "there is no source that the policy looks at": lambda policy, scenario: _nobody_says(policy, scenario),
    "there is an answer that cannot be used, and nothing else": _only(Says.UNUSABLE),
    "no answer comes": _only(Says.NO_ANSWER),
    "no source can tell": lambda policy, scenario: (
        scenario.about == "leaf" and _says(policy, scenario) <= {Says.NOTHING, Says.UNUSABLE, Says.NO_ANSWER}
    ),
    "a source says revoked": _any(Says.REVOKED),
    "a source says unknown": _any(Says.UNKNOWN),
    "the certificate demands a staple": lambda policy, scenario: scenario.must_staple,
    "it is about the CA in between": lambda policy, scenario: scenario.about == "intermediate",
    "there is a staple": lambda policy, scenario: (
        scenario.about == "leaf" and scenario.offers["staple"].says is not Says.NOTHING
    ),
    "the staple cannot be used": _offers("staple", Says.UNUSABLE, Says.NO_ANSWER),
    "the responder says something": _offers("OCSP", *_TOLD),
    "the responder's answer cannot be used": _offers("OCSP", Says.UNUSABLE),
    "the responder does not answer": _offers("OCSP", Says.NO_ANSWER),
    "the CRL says something": _offers("CRL", *_TOLD),
    "the CRL cannot be used": _offers("CRL", Says.UNUSABLE),
    "the CRL does not come": _offers("CRL", Says.NO_ANSWER),
}
"""What can be true of a scenario under a policy."""
