"""When a server asks again: ahead of the end of an answer, and after a failure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from .._parameters import Within, check_fields

LEAST = timedelta(minutes=1)
"""No rule has a server ask again sooner than this after an answer, however short that one lives."""
_ENDLESS = timedelta(hours=1)
Length = Annotated[timedelta, Within(timedelta(microseconds=1)), "a timedelta, longer than nothing"]
"""A duration that is longer than nothing."""


@dataclass(frozen=True)
class AtFraction:
    """Ask again when this *part*, between 0 and 1, of the time from thisUpdate to nextUpdate is over.

    Where a CA signs on a schedule that part may be over when the answer comes, and the next one is not there
    yet. So nobody asks again before another part of that time, *floor*, is over: an answer for a week is
    asked about every seven hours then, and not every minute. Towards the end of an answer it is half of what
    is left of it. With 0 there is no floor.
    """

    part: float
    floor: float = 1 / 24

    def __post_init__(self) -> None:
        check_fields(self)
        if not 0 < self.part < 1:
            raise ValueError(f"part of AtFraction is between 0 and 1; got {self.part!r}")
        if not 0 <= self.floor < 1:
            raise ValueError(f"floor of AtFraction is 0 or more, and less than 1; got {self.floor!r}")

    def at(self, now: datetime, this_update: datetime, end: datetime | None) -> datetime:
        """The moment, for an answer that came *now*; *end* None: it has no end."""
        if end is None:
            return now + _ENDLESS
        life = end - this_update
        least = max(min(life * self.floor, (end - now) / 2), LEAST)
        return max(this_update + life * self.part, now + least)


@dataclass(frozen=True)
class BeforeEnd:
    """Ask again this long (*by*) before the answer ends."""

    by: Length

    def __post_init__(self) -> None:
        check_fields(self)

    def at(self, now: datetime, this_update: datetime, end: datetime | None) -> datetime:
        """The moment, for an answer that came *now*; *end* None: it has no end."""
        return now + _ENDLESS if end is None else max(end - self.by, now + LEAST)


@dataclass(frozen=True)
class Clamp:
    """Ask again *before_end*; but no sooner than *least* and no later than *most* after the answer came.

    So an answer that ends within *least* ends before there is another, as it does with some servers. With
    *in_time*, it is asked about when half of what is left of it is over.
    """

    least: Length
    most: Length
    before_end: Length
    in_time: bool = False

    def __post_init__(self) -> None:
        check_fields(self)
        if self.least > self.most:
            raise ValueError(f"least of Clamp is at most its most, {self.most!r}; got {self.least!r}")

    def at(self, now: datetime, this_update: datetime, end: datetime | None) -> datetime:
        """The moment, for an answer that came *now*; *end* None: it has no end."""
        latest = now + self.most
        if end is None:
            return max(latest, now + LEAST)
        least = min(self.least, (end - now) / 2) if self.in_time else self.least
        return max(min(end - self.before_end, latest), now + max(least, LEAST))


Refresh = AtFraction | BeforeEnd | Clamp
"""When a good answer is renewed."""

HALF_LIFE = AtFraction(0.5)


@dataclass(frozen=True)
class Fixed:
    """Try again *after* this long, each time."""

    after: Length

    def __post_init__(self) -> None:
        check_fields(self)

    def delay(self, failures: int) -> timedelta:
        """How long to wait after so many *failures* in a row, 1 or more."""
        return self.after


@dataclass(frozen=True)
class Exponential:
    """Try again after *base*, then twice that, and so on, up to *cap*."""

    base: Length
    cap: Length

    def __post_init__(self) -> None:
        check_fields(self)
        if self.base > self.cap:
            raise ValueError(f"base of Exponential is at most its cap, {self.cap!r}; got {self.base!r}")

    def delay(self, failures: int) -> timedelta:
        """How long to wait after so many *failures* in a row, 1 or more."""
        # No more doublings than lead to the cap: one too many may be more than a timedelta holds.
        doublings = min(failures - 1, (self.cap // self.base).bit_length())
        return min(self.base * (1 << doublings), self.cap)


Retry = Fixed | Exponential
"""When a background fetch that failed is tried again."""
