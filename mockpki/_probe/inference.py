"""Which policy a client behaves like, found by holding what it did against every policy there can be.

1. Two kinds of evidence count: a verdict that a policy does not allow, and a source that a client of
   that policy would have looked at, and this one did not.
2. Runs without a verdict say nothing about the policy, and are named.
3. A policy asks for nothing that the client never asked for, where it could have been seen to; and a name is
   used only if what it means holds for the client.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

from ..relying_party import Policy, Source
from ..relying_party._policy import CONFIRMING
from ..relying_party._words import describe_policy, find_nearest, is_idle, join_words, list_fields
from ..scenarios import POLICIES, Expected, Offer, Result, Says, Scenario, has_looked, judge
from .clients import Run
from .common import find_common
from .meaning import find_never_asked, has_meaning

_SOURCES: tuple[Source, ...] = ("staple", "OCSP", "CRL")


def judge_by(runs: Iterable[Run], policy: Policy) -> tuple[Result, ...]:
    """Every run, judged by *policy*."""
    return tuple(judge(run.scenario, run.scenario.expected(policy), run.outcome, run.seen) for run in runs)


@dataclass(frozen=True)
class Fit:
    """A policy, and where a client departed from it."""

    policy: Policy
    exceptions: tuple[Result, ...]
    unasked: int
    """How often it did not look where the policy does."""
    beyond: int
    """How often it looked where the policy does not. Weak evidence: who asks need not heed the answer."""
    common: str
    """What most of its exceptions have in common, in words that follow their number; empty for nothing."""

    @cached_property
    def rank(self) -> tuple[int, int]:
        """The lower, the better it fits."""
        return len(self.exceptions), self.unasked

    @property
    def words(self) -> str:
        """The policy in words."""
        return describe_policy(self.policy)

    @property
    def names(self) -> tuple[str, ...]:
        """Where the client departed from the policy."""
        return tuple(result.scenario.name for result in self.exceptions)


@dataclass(frozen=True)
class Inference:
    """The named policies that fit best, equally well; and one in words if that fits better.

    *others* is how many more policies fit as well as *exact*.
    """

    judged: int
    named: tuple[Fit, ...]
    exact: Fit | None
    others: int
    no_verdict: tuple[str, ...]

    @property
    def best(self) -> Fit:
        """What fits best of all, named or not."""
        return self.exact or self.named[0]

    @property
    def sentences(self) -> tuple[str, ...]:
        """What can be said of the client, in words that claim no more than was seen."""
        return tuple(self._sentences())

    def _sentences(self) -> Iterator[str]:
        if not self.judged:
            yield "Nothing can be said of its policy: it came to no verdict in any scenario."
            return
        like = "is nearest to" if self.best.exceptions else "behaves like"
        scenarios = f"{_count(self.judged, 'scenario')} with a verdict"
        yield f"It {like} {self.best.words}, {_with_exceptions(self.best)}, in {scenarios}."
        if self.exact is not None and self.others:
            verb = "fits" if self.others == 1 else "fit"
            yield f"{_count(self.others, 'other combination')} of a policy's fields {verb} as well."
        first, *rest = self.named
        if self.exact is not None:
            others = f"; {join_words([fit.words for fit in rest])} just as much" if rest else ""
            near = f"{first.words} is nearest, {_with_exceptions(first)}{others}"
            yield f"Of the policies that have names, {near}."
        elif rest:
            verb = "fits" if len(rest) == 1 else "fit"
            words = join_words([fit.words for fit in rest])
            yield f"As far as these scenarios can tell, {words} {verb} as well."
        if self.no_verdict:
            yield f"It came to no verdict in {join_words(self.no_verdict)}; that is left out of this."


def _with_exceptions(fit: Fit) -> str:
    if not fit.exceptions:
        return "without exception"
    common = f", {fit.common}" if fit.common else ""
    return f"with {_count(len(fit.exceptions), 'exception')}{common} ({', '.join(fit.names)})"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def infer_policy(runs: Sequence[Run]) -> Inference:
    """The policies that a client of these *runs* behaves like."""
    judged = [run for run in runs if run.has_verdict]
    known = [_make_fit(judged, policy) for name, policy in POLICIES.items() if has_meaning(name, judged)]
    best = min(fit.rank for fit in known)
    likely = min(fit.beyond for fit in known if fit.rank == best)
    named = tuple(fit for fit in known if (fit.rank, fit.beyond) == (best, likely))
    exact, others = None, 0
    never = find_never_asked(judged)
    tried = [policy for policy in _list_tried(judged) if best > (0, 0) and not never & set(policy.sources)]
    wrong = _count_wrong(judged, tried)
    least = min(wrong.values(), default=0)
    if (least, 0) < best:
        fits = [_make_fit(judged, policy) for policy, number in wrong.items() if number == least]
        rank = min(fit.rank for fit in fits)
        alike = [fit for fit in fits if fit.rank == rank]
        if rank < best:
            asked = frozenset[str]().union(*(run.seen.asked for run in judged))
            exact = min(alike, key=lambda fit: (_far_fetched(fit.policy, asked), fit.beyond))
            others = len(alike) - 1
    silent = tuple(run.scenario.name for run in runs if not run.has_verdict)
    return Inference(len(judged), named, exact, others, silent)


def _list_tried(runs: Sequence[Run]) -> Iterator[Policy]:
    """Those without a name, for a name has to mean something, too; and those of filters if any was read."""
    yield from (policy for policy in EVERY_POLICY if policy not in POLICIES.values())
    if any("CRLite" in run.seen.asked for run in runs):
        yield from list_filter_policies()


def _far_fetched(policy: Policy, asked: frozenset[str]) -> tuple[int, int]:
    """The lower, the simpler a policy is as an explanation, where the client *asked* for these."""
    return len(set(policy.sources) - asked), len(find_nearest(policy)[1])


def _make_fit(runs: Sequence[Run], policy: Policy) -> Fit:
    exceptions = tuple(result for result in judge_by(runs, policy) if not result.ok)
    unasked = sum(_count_unasked(run, policy) for run in runs)
    beyond = sum(len(run.seen.asked - set(policy.sources)) for run in runs)
    common = find_common(policy, (result.scenario.name for result in exceptions), runs)
    return Fit(policy, exceptions, unasked, beyond, common)


def _count_wrong(runs: Sequence[Run], policies: Iterable[Policy]) -> dict[Policy, int]:
    """How many exceptions there are to each policy."""
    telling = [run for run in runs if any(map(_tells_readers_apart, run.scenario.offers.values()))]
    others = [run for run in runs if run not in telling]
    # What a client can read matters in few scenarios; in the others it is judged once for all such policies.
    known: dict[Policy, int] = {}
    counts = {}
    for policy in policies:
        plain = replace(policy, use_deltas=False, extended_crls=False)
        if plain not in known:
            known[plain] = _count_exceptions(others, plain)
        counts[policy] = known[plain] + _count_exceptions(telling, policy)
    return counts


def _tells_readers_apart(offer: Offer) -> bool:
    return offer.without_deltas is not None or offer.without_extended is not None


def _count_exceptions(runs: Iterable[Run], policy: Policy) -> int:
    return sum(not result.ok for result in judge_by(runs, policy))


# What a policy looks at.


def _count_unasked(run: Run, policy: Policy) -> int:
    """How many sources *policy* looks at in the run's scenario, and the client did not."""
    if not run.seen.handshakes:
        return 0
    return sum(
        not has_looked(run.scenario, (source,), run.seen)
        for source in policy.sources
        # A staple is asked for before anything is known. Who rejects may have had enough before the rest.
        if source == "staple" or (run.outcome.accepted and _leads_to(policy, run.scenario, source))
    )


def _leads_to(policy: Policy, scenario: Scenario, source: str) -> bool:
    """Whether *policy* looks at *source* here, whatever may be read in the others."""
    offer = scenario.offers[source]
    if scenario.was_visited or offer.also is not None:
        return False  # who has been there before may remember; who may choose may choose another
    if offer.says is Says.NOTHING:
        return False
    # If it looks there, then what ends every handshake is what it ends by.
    fatal: Any = {source.lower(): Offer(Says.FATAL)}
    end = replace(scenario, **fatal).expected(policy)
    return end.verdict is Expected.REJECT and source in end.told_by


# Every policy.


def _list_policies(first: tuple[Source, ...] = ()) -> Iterator[Policy]:
    """All that differ in more than durations, but for those whose differences never matter.

    They look at *first* before all else.
    """
    for count in range(len(_SOURCES) + 1):
        for others in itertools.permutations(_SOURCES, count):
            sources = (*first, *others)
            fields = [field for field in list_fields(sources)[1:] if field != "sourceless_rejects"]
            if not CONFIRMING & set(others) and "filter_confirms" in fields:
                fields.remove("filter_confirms")
            for truths in itertools.product((False, True), repeat=len(fields)):
                changes: Any = dict(zip(fields, truths, strict=True))
                policy = Policy(sources=sources, **changes)
                if not any(getattr(policy, field) and is_idle(policy, field) for field in fields):
                    yield policy


EVERY_POLICY = tuple(_list_policies())
"""Every policy that a client is held against, beside the named ones, and those of filters."""


@cache
def list_filter_policies() -> tuple[Policy, ...]:
    """Every policy that looks into CRLite's filters before all else: who has them at hand begins there."""
    return tuple(_list_policies(("CRLite",)))
