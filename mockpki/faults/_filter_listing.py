"""Faults of what says which CRLite filters there are: upki's manifest, and the records of Remote Settings.

A right client compares what it has fetched with the list, and the list with what it has. Where they do not
agree, it stays with what it has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated

from .._crlite.listing import Listing
from .._layers import FilterListing
from .._parameters import Within

__all__ = [
    "MissingDelta",
    "StaleListing",
    "WrongHash",
    "WrongSize",
]


@dataclass(frozen=True)
class StaleListing(FilterListing):
    """The list says to have been made *by* earlier, by default before the ten days that browsers put up with.

    A right client finds its filters too old, and goes on to its next source. Only manifests say when they
    were made.
    """

    by: timedelta = timedelta(days=11)

    def _check_values(self) -> None:
        if self.by < timedelta(seconds=1):
            raise ValueError(f"{self!r} changes nothing; give a second or more")

    def __call__(self, honest: Listing) -> Listing:
        return replace(honest, generated_at=max(0, honest.generated_at - self.by // timedelta(seconds=1)))


@dataclass(frozen=True)
class WrongHash(FilterListing):
    """The last bit of every hash is another.

    So no file is what the list says, and a right client keeps the filters that it has.
    """

    def __call__(self, honest: Listing) -> Listing:
        files = (replace(one, digest=one.digest[:-1] + bytes((one.digest[-1] ^ 1,))) for one in honest.files)
        return replace(honest, files=tuple(files))


@dataclass(frozen=True)
class WrongSize(FilterListing):
    """Every file is said to have *by* octets more than it has, or fewer.

    A right client keeps the filters that it has, whatever the hash says.
    """

    by: Annotated[int, Within(-(1 << 31), 1 << 31)] = 1

    def _check_values(self) -> None:
        if not self.by:
            raise ValueError(f"{self!r} changes nothing; give another number of octets")

    def __call__(self, honest: Listing) -> Listing:
        files = (replace(one, size=max(0, one.size + self.by)) for one in honest.files)
        return replace(honest, files=tuple(files))


@dataclass(frozen=True)
class MissingDelta(FilterListing):
    """Of the deltas of each channel the one in the middle is not listed.

    The record of the next still has it as its parent. What was revoked in it a client finds good, unless it
    sees the gap and waits for a full filter.
    """

    def __call__(self, honest: Listing) -> Listing:
        left = list(honest.files)
        for channel in dict.fromkeys(one.channel for one in left):
            deltas = [one for one in left if one.channel == channel and one.parent is not None]
            if deltas:
                left.remove(deltas[len(deltas) // 2])
        if len(left) == len(honest.files):
            raise ValueError(f"{self!r} needs a list with a delta; it has {len(left)} full filters")
        return replace(honest, files=tuple(left))
