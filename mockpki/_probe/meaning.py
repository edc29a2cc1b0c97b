"""What is known of a client whichever policy it has: what it never asks for, and what it cannot be called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from ..relying_party import RFC5280, Policy, Source
from ..scenarios import Expected, Offer, Says, has_looked
from .clients import Run

_LEARN_NOTHING = (Says.NOTHING, Says.UNUSABLE, Says.NO_ANSWER)


def find_never_asked(runs: Sequence[Run]) -> frozenset[Source]:
    """The sources that the client never looked at, though it had the occasion, and would have been seen."""
    return frozenset(source for source in _SOURCES if _never_asked(runs, source))


_SOURCES: tuple[Source, ...] = ("staple", "OCSP", "CRL")


def _never_asked(runs: Sequence[Run], source: Source) -> bool:
    if any(source in run.seen.asked for run in runs):
        return False
    if source == "staple":
        return bool(runs)
    # Who rejects may have had enough before; who accepts where only this source is there did not need it.
    return any(
        run.scenario.about == "leaf"
        and run.scenario.offers[source].says is not Says.NOTHING
        and not has_looked(run.scenario, (source,), run.seen)
        for run in runs
    )


def has_meaning(name: str, runs: Sequence[Run]) -> bool:
    """Whether the client of *runs* can be called by the *name* of a policy, for what that means.

    A few exceptions do not matter: a name means nothing of a client that never does what it says.
    """
    return _MEANINGS[name](runs)


def _is_no_check(runs: Sequence[Run]) -> bool:
    """It does not act on what it is told: it accepts somebody of whom it has read that he is revoked."""
    told = [run for run in _list_revoked(runs) if _was_told(run)]
    return not told or any(run.outcome.accepted for run in told)


def _checks(runs: Sequence[Run]) -> bool:
    """It looks at something."""
    return any(run.seen.asked for run in runs)


def _wants_staple(runs: Sequence[Run]) -> bool:
    """It asks for a staple, and does not do without."""
    return _asks_for_staple(runs) and _mostly_rejects(_list_stapleless(runs))


def _obeys_certificate(runs: Sequence[Run]) -> bool:
    """It asks for a staple, and does not do without where the certificate demands one."""
    demanding = [run for run in _list_stapleless(runs) if run.scenario.must_staple]
    return _asks_for_staple(runs) and _mostly_rejects(demanding)


def _lets_pass(runs: Sequence[Run]) -> bool:
    """It checks, and accepts somewhere where no source could tell."""
    untold = [run for run in _about_leaf(runs) if _cannot_tell(run)]
    return _checks(runs) and (not untold or any(run.outcome.accepted for run in untold))


def _lets_not_pass(runs: Sequence[Run]) -> bool:
    """It checks, and rejects somewhere where no source could tell."""
    untold = [run for run in _about_leaf(runs) if _cannot_tell(run)]
    return _checks(runs) and (not untold or any(not run.outcome.accepted for run in untold))


def _reads_every_list(runs: Sequence[Run]) -> bool:
    """It rejects somewhere where no source could tell, and reads CRLs that not all do.

    Deltas and extended ones are two things to be understood, and each is known only where it matters.
    """
    return _lets_not_pass(runs) and all(_reads(runs, plain) for plain in _PLAIN)


_PLAIN = replace(RFC5280, use_deltas=False), replace(RFC5280, extended_crls=False)


def _reads(runs: Sequence[Run], plain: Policy) -> bool:
    """Whether it does anywhere as RFC5280 demands, where *plain* demands the opposite."""
    return any(
        run.outcome.accepted is (run.scenario.expected(RFC5280).verdict is Expected.ACCEPT)
        for run in runs
        if {run.scenario.expected(policy).verdict for policy in (RFC5280, plain)} == _OPPOSITE
    )


_OPPOSITE = {Expected.ACCEPT, Expected.REJECT}

_MEANINGS: dict[str, Callable[[Sequence[Run]], bool]] = {
    "no-check": _is_no_check,
    "soft-fail": _lets_pass,
    "hard-fail": _lets_not_pass,
    "staple-required": _wants_staple,
    "must-staple": _obeys_certificate,
    "rfc5280": _reads_every_list,
}


def _asks_for_staple(runs: Iterable[Run]) -> bool:
    return any("staple" in run.seen.asked for run in runs)


def _mostly_rejects(runs: Sequence[Run]) -> bool:
    """Whether it rejects in three of four of them; of none, that can be said."""
    return sum(not run.outcome.accepted for run in runs) >= 0.75 * len(runs)


def _list_stapleless(runs: Iterable[Run]) -> list[Run]:
    """Those in which no staple is of use, and another source says good: who accepts can do without one."""
    return [
        run
        for run in _about_leaf(runs)
        if run.scenario.offers["staple"].says in _LEARN_NOTHING
        and any(offer.says is Says.GOOD for offer in run.scenario.offers.values())
    ]


def _about_leaf(runs: Iterable[Run]) -> Iterator[Run]:
    return (run for run in runs if run.scenario.about == "leaf")


def _list_revoked(runs: Iterable[Run]) -> Iterator[Run]:
    return (run for run in runs if any(map(_says_revoked, run.scenario.offers.values())))


def _says_revoked(offer: Offer) -> bool:
    """Whether it says so to everybody, whatever a client may understand."""
    others = {offer.also, offer.without_deltas, offer.without_extended} - {None}
    return offer.says is Says.REVOKED and others <= {Says.REVOKED}


def _was_told(run: Run) -> bool:
    """Whether the client looked where it says revoked, and nowhere where it says good."""
    offers = run.scenario.offers.items()
    revoked = {source for source, offer in offers if _says_revoked(offer)}
    good = {source for source, offer in offers if offer.says is Says.GOOD}
    return bool(revoked & run.seen.looked_at) and not good & run.seen.looked_at


def _cannot_tell(run: Run) -> bool:
    """Whether there are sources, and nothing can be learnt from any."""
    offers = run.scenario.offers.values()
    return {offer.says for offer in offers} <= set(_LEARN_NOTHING) and any(
        offer.says is not Says.NOTHING for offer in offers
    )
