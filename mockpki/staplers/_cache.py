"""What a server knows about the staples of its certificates."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .._ca.leaf import Leaf
from ._events import Kind
from ._policy import StaplePolicy, Word
from ._reading import Answer
from ._sightings import Sightings


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that can be stapled. Moments are aware UTC by the PKI's clock; None is never.

    *expires* is when it ends, *over* when its time in the cache is, *refresh_at* when to ask again.
    """

    der: bytes
    status: Word
    expires: datetime | None
    over: datetime | None
    refresh_at: datetime | None

    @classmethod
    def of(cls, answer: Answer, now: datetime, policy: StaplePolicy) -> Kept:
        """*answer*, which came *now*, as *policy* keeps it."""
        if answer.next_update is not None:
            expires: datetime | None = answer.next_update + policy.skew
        else:
            expires = None if policy.assumed_life is None else now + policy.assumed_life
        over = None if policy.ttl is None else now + policy.ttl
        moments = [] if policy.refresh is None else [policy.refresh.at(now, answer.this_update, expires)]
        if over is not None and policy.on_refresh_fail == "keep":
            # It stays until there is a better one.
            moments.append(over)
            over = None
        return cls(answer.der, answer.status, expires, over, min(moments, default=None))

    def has_expired(self, now: datetime) -> bool:
        return self.expires is not None and now > self.expires

    def is_over(self, now: datetime) -> bool:
        return self.over is not None and now >= self.over

    def wants_refresh(self, now: datetime) -> bool:
        return self.refresh_at is not None and now >= self.refresh_at

    def __str__(self) -> str:
        return f"{self.status} {'without end' if self.expires is None else f'until {moment(self.expires)}'}"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no new answer. *kind* is REFUSED or NO_ANSWER, *relay* what may be passed on instead."""

    kind: Kind
    sentence: str
    until: datetime | None
    relay: bytes | None = None


@dataclass(slots=True)
class Entry:
    """What is known about one leaf. *due* is when a start trigger asks next, None for never."""

    leaf: Leaf
    name: str
    answer: Kept | None = None
    failure: Failure | None = None
    failures: int = 0
    fetch: asyncio.Task[Kept | Failure] | None = None
    due: datetime | None = None
    expiry_noted: bool = False
    silent: bool = False
    must: bool | None = None

    def remembers_failure(self, now: datetime) -> bool:
        """Whether the last fetch failed, and not so long ago that it is tried again."""
        return self.failure is not None and (self.failure.until is None or now < self.failure.until)


@dataclass
class Cache:
    """The entries of one worker, by the leaf's DER, and the sightings of what is not among them."""

    policy: StaplePolicy
    entries: dict[bytes, Entry] = field(default_factory=dict)
    sightings: Sightings = field(init=False)

    def __post_init__(self) -> None:
        self.sightings = Sightings(self.policy)

    def restarted(self) -> Cache:
        """The same as a new process finds it."""
        cache = Cache(self.policy)
        if self.policy.persist:
            cache.entries = {
                der: Entry(entry.leaf, entry.name, entry.answer)
                for der, entry in self.entries.items()
                if entry.answer is not None
            }
        return cache


def moment(time: datetime | None) -> str:
    """A time as sentences have it."""
    return "never" if time is None else f"{time:%Y-%m-%d %H:%M:%S}Z"


def whole_second(time: datetime) -> datetime:
    """The first whole second that is not before *time*."""
    return time if not time.microsecond else time.replace(microsecond=0) + timedelta(seconds=1)
