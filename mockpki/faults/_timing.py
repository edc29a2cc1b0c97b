"""Faults of the times: one class serves OCSP answers, staples and CRLs.

What is out of date or early is so by three days, unless told otherwise: some verifiers allow a day, and at
the end of that day one second would decide what they say.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from .._layers import Timing
from .._pkix.window import LIFE, Window

__all__ = [
    "Ancient",
    "Early",
    "Long",
    "NextBeforeThis",
    "NoNextUpdate",
    "Stale",
]


@dataclass(frozen=True)
class Stale(Timing):
    """nextUpdate passed *by* ago; the whole answer is that much older. RFC 6960 section 4.2.2.1.

    With *fresh_signature* it was signed just now: producedAt stays.

    Three days ago, if *by* is left out: some verifiers allow a day, and at its end a second would decide.
    """

    by: timedelta = timedelta(days=3)
    fresh_signature: bool = False

    def __call__(self, honest: Window) -> Window:
        back = honest.now - self.by - (honest.next_update or honest.this_update + LIFE)
        return replace(
            honest,
            this_update=honest.this_update + back,
            next_update=honest.now - self.by,
            produced_at=honest.produced_at + (timedelta() if self.fresh_signature else back),
        )


@dataclass(frozen=True)
class Early(Timing):
    """thisUpdate is *by* ahead, and nextUpdate as much later; producedAt stays. RFC 6960 section 4.2.2.1.

    Three days, if *by* is left out: some verifiers allow a day, and at its end a second would decide.
    """

    by: timedelta = timedelta(days=3)

    def __call__(self, honest: Window) -> Window:
        later = honest.now + self.by - honest.this_update
        next_update = None if honest.next_update is None else honest.next_update + later
        return replace(honest, this_update=honest.now + self.by, next_update=next_update)


@dataclass(frozen=True)
class NoNextUpdate(Timing):
    """nextUpdate is missing; thisUpdate and producedAt are *age* older. RFC 6960 section 4.2.2.1."""

    age: timedelta = timedelta()

    def __call__(self, honest: Window) -> Window:
        return replace(
            honest,
            this_update=honest.this_update - self.age,
            next_update=None,
            produced_at=honest.produced_at - self.age,
        )


@dataclass(frozen=True)
class NextBeforeThis(Timing):
    """nextUpdate is *by* before thisUpdate. RFC 6960 section 2.4.

    By default an hour, so that an allowance of minutes for clocks does not hide it. A client that compares
    nextUpdate with its clock alone finds the answer out of date, for thisUpdate was ten minutes ago.
    """

    by: timedelta = timedelta(hours=1)

    def _check_values(self) -> None:
        if self.by <= timedelta():
            raise ValueError(f"{self!r} has nextUpdate after thisUpdate; give a positive timedelta")

    def __call__(self, honest: Window) -> Window:
        return replace(honest, next_update=honest.this_update - self.by)


@dataclass(frozen=True)
class Long(Timing):
    """A long life: thisUpdate was *before* now, nextUpdate is *after* now. RFC 6960 section 4.2.2.1."""

    before: timedelta = timedelta(days=19)
    after: timedelta = timedelta(days=350)

    def __call__(self, honest: Window) -> Window:
        return replace(honest, this_update=honest.now - self.before, next_update=honest.now + self.after)


@dataclass(frozen=True)
class Ancient(Timing):
    """thisUpdate was *by* ago; nextUpdate is still ahead. RFC 6960 section 3.2, check 5."""

    by: timedelta = timedelta(days=640)

    def __call__(self, honest: Window) -> Window:
        return replace(honest, this_update=honest.now - self.by)
