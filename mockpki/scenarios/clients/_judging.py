"""Whether a client kept its policy: what was expected, what it did, and what it could know.

A verdict alone is never trusted. A client that does not come has no verdict, and one that rejects without
having looked at what told it to has rejected for another reason.
"""

from __future__ import annotations

from dataclasses import dataclass

from ... import faults
from ._offer import Offer
from ._scenario import Expectation, Expected, Scenario
from ._stage import Seen


@dataclass(frozen=True)
class Outcome:
    """What a client did: *accepted* is None for no verdict; *words* are its own, *seconds* its time."""

    accepted: bool | None
    words: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Result:
    """One scenario, met by one client: what was expected, what happened, and what was seen of it."""

    scenario: Scenario
    expectation: Expectation
    outcome: Outcome
    seen: Seen
    problems: tuple[str, ...]
    """Sentences on what the client did not do as it should; none if it kept the policy."""

    @property
    def ok(self) -> bool:
        """Whether the client did what was expected."""
        return not self.problems

    def __str__(self) -> str:
        did = {True: "accepted", False: "rejected", None: "came to no verdict"}[self.outcome.accepted]
        words = f": {self.outcome.words}" if self.outcome.words else ""
        return "\n".join(
            (
                f"{self.scenario.name}: {'; '.join(self.problems) or 'as expected'}",
                f"staged:   {self.scenario.sentence}",
                f"expected: {self.expectation}",
                f"happened: the client {did} after {self.outcome.seconds:.2f} s{words}",
                "seen:",
                str(self.seen),
            )
        )


def judge(
    scenario: Scenario, expectation: Expectation, outcome: Outcome, seen: Seen, *, evidence: bool = True
) -> Result:
    """Hold an outcome against what was expected. Without *evidence*, the verdict alone counts."""
    problems = _find_problems(scenario, expectation, outcome, seen, evidence)
    return Result(scenario, expectation, outcome, seen, tuple(problems))


def _find_problems(
    scenario: Scenario, expectation: Expectation, outcome: Outcome, seen: Seen, evidence: bool
) -> list[str]:
    """Sentences on what the client did not do as it should: the first thing that is wrong, and no more."""
    if outcome.accepted is None:
        return ["the client came to no verdict"]
    if evidence and not seen:
        return [
            "the client never came: neither the server nor the services saw anything of it, "
            "so its verdict is about something else"
        ]
    did = Expected.ACCEPT if outcome.accepted else Expected.REJECT
    if expectation.verdict not in (did, Expected.EITHER):
        return [f"the policy demands {expectation.verdict}, and the client did {did}"]
    if not evidence:
        return []
    if outcome.accepted and seen.handshakes and not seen.completed:
        return ["the client accepted, and yet it completed no TLS handshake"]
    told_by = {source for source in expectation.told_by if _leaves_a_trace(scenario.offers[source])}
    if did is Expected.REJECT and expectation.verdict is did and told_by and not told_by & seen.asked:
        return [
            f"the client rejected without having looked at what told it to ({', '.join(sorted(told_by))}), "
            "so it did for another reason"
        ]
    return []


def _leaves_a_trace(offer: Offer) -> bool:
    """Whether a client that looks there can be seen to."""
    return offer.where != "unresolvable" and not any(
        isinstance(fault, faults.Listener) for fault in offer.faults
    )
