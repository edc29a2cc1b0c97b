"""What a server knows about the staples of its certificates: values, and where they are kept.

`Known` and what is in it are values, so that `_answering` can be a matter of functions. A `Slot` is the place
in a cache that holds the newest of them.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .._ca.leaf import Leaf
from ._events import Kind
from ._policy import StaplePolicy, Word
from ._reading import Usable, label, pointers_of
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
    said_at: datetime | None = field(default=None, compare=False)
    """Its thisUpdate; not compared, since it is in *der*, as is nextUpdate."""
    said_until: datetime | None = field(default=None, compare=False)
    """Its nextUpdate."""

    @classmethod
    def of(cls, usable: Usable, now: datetime, policy: StaplePolicy) -> Kept:
        """*usable*, which came *now*, as *policy* keeps it."""
        if usable.next_update is not None:
            expires: datetime | None = usable.next_update + policy.skew
        else:
            expires = None if policy.assumed_life is None else now + policy.assumed_life
        over = None if policy.ttl is None else now + policy.ttl
        moments = [] if policy.refresh is None else [policy.refresh.at(now, usable.this_update, expires)]
        if over is not None and policy.on_refresh_fail == "keep":
            # It stays until there is a better one.
            moments.append(over)
            over = None
        refresh_at = min(moments, default=None)
        return cls(
            usable.der, usable.status, expires, over, refresh_at, usable.this_update, usable.next_update
        )

    def says_the_same(self, usable: Usable) -> bool:
        """Whether *usable* has nothing new, though it may be signed anew."""
        old = (self.status, self.said_at, self.said_until)
        return old == (usable.status, usable.this_update, usable.next_update)

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
    """Why there is no new answer. *kind* is REFUSED or NO_ANSWER, *relay* what may be passed on instead.

    *until* is when the failure is forgotten; None: nobody asks because of a handshake.
    """

    kind: Kind
    sentence: str
    until: datetime | None
    relay: bytes | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about one leaf."""

    leaf: Leaf
    name: str
    """What events call it."""
    urls: tuple[str, ...] = ()
    """Whom a fetch asks, one after the other."""
    must: bool = False
    """Whether the certificate asks for a staple (RFC 7633)."""
    answer: Kept | None = None
    failure: Failure | None = None
    """Of the last fetch, if it failed."""
    failures: int = 0
    """How many fetches in a row have failed."""
    asking: bool = False
    """Whether a fetch is under way."""
    due: datetime | None = None
    """When a start trigger asks next; None for never."""
    expiry_noted: bool = False
    """Whether there was a word about the end of *answer*."""
    silence_noted: bool = False
    """Whether there was a word about *urls* being empty."""

    @classmethod
    def of(cls, leaf: Leaf, policy: StaplePolicy) -> Known:
        """What the certificate itself says."""
        urls, must = pointers_of(leaf, every_url=policy.every_url)
        return cls(leaf, label(leaf), urls, must)

    def remembers_failure(self, now: datetime) -> bool:
        """Whether the last fetch failed, and not so long ago that it is tried again."""
        return self.failure is not None and (self.failure.until is None or now < self.failure.until)


@dataclass(eq=False, slots=True)
class Slot:
    """The place of one leaf in a cache. *fetch* is there while `Known.asking` says so."""

    known: Known
    fetch: asyncio.Task[Kept | Failure] | None = None


@dataclass
class Cache:
    """The slots of one worker, by the leaf's DER, and the sightings of what is not among them."""

    policy: StaplePolicy
    slots: dict[bytes, Slot] = field(default_factory=dict)
    sightings: Sightings = field(init=False)

    def __post_init__(self) -> None:
        self.sightings = Sightings(self.policy)

    def restarted(self) -> Cache:
        """The same as a new process finds it."""
        cache = Cache(self.policy)
        if self.policy.persist:
            for der, slot in self.slots.items():
                known = slot.known
                if known.answer is not None:
                    cache.slots[der] = Slot(
                        Known(known.leaf, known.name, known.urls, known.must, known.answer)
                    )
        return cache


def moment(time: datetime | None) -> str:
    """A time as sentences have it."""
    return "never" if time is None else f"{time:%Y-%m-%d %H:%M:%S}Z"


def whole_second(time: datetime) -> datetime:
    """The first whole second that is not before *time*."""
    return time if not time.microsecond else time.replace(microsecond=0) + timedelta(seconds=1)
