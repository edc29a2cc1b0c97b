"""How a CA divides its list into files, and to which of them a certificate belongs.

RFC 5280 section 5: "Each CRL has a particular scope. The CRL scope is the set of certificates that could
appear on a given CRL." A certificate's shard is chosen when it is issued, and stays: its distribution point
is in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from .._clock import EPOCH
from .._parameters import Within, check_fields
from .._pkix.status import Reason
from ._durations import Length, check_whole_seconds

AtLeastOne = Annotated[int, Within(1)]


class Shards:
    """How a list is divided. The kinds are below; this one is what they share."""

    aggregate: bool = False

    def choose(self, serial: int, not_after: datetime | None, before: int) -> int:
        """The shard of the certificate *serial*, of which the CA has issued *before* ones until then."""
        raise NotImplementedError

    def list_shards(self, issued: int) -> range:
        """The numbers of all shards there are once *issued* certificates have been issued."""
        raise NotImplementedError


@dataclass(frozen=True)
class Whole(Shards):
    """One file with everything."""

    def choose(self, serial: int, not_after: datetime | None, before: int) -> int:
        return 0

    def list_shards(self, issued: int) -> range:
        return range(1)


@dataclass(frozen=True)
class _Counted(Shards):
    """So many shards, numbered from *first* on. With *aggregate* there is a complete list, too."""

    count: AtLeastOne
    first: Annotated[int, Within(0)] = 1
    aggregate: bool = False

    def __post_init__(self) -> None:
        check_fields(self)

    def list_shards(self, issued: int) -> range:
        return range(self.first, self.first + self.count)


@dataclass(frozen=True)
class BySerial(_Counted):
    """By the serial number's remainder, *count* of them, the first with the number *first*."""

    def choose(self, serial: int, not_after: datetime | None, before: int) -> int:
        return serial % self.count + self.first


@dataclass(frozen=True)
class AtRandom(_Counted):
    """By a digest of the serial number: as good as at random, and the same in every run."""

    def choose(self, serial: int, not_after: datetime | None, before: int) -> int:
        digest = hashlib.sha256(str(serial).encode()).digest()
        return int.from_bytes(digest[:8]) % self.count + self.first


@dataclass(frozen=True)
class InTurn(_Counted):
    """One certificate for each shard, in turn."""

    def choose(self, serial: int, not_after: datetime | None, before: int) -> int:
        return before % self.count + self.first


@dataclass(frozen=True)
class ByExpiry(Shards):
    """By the end of validity: spans of *width* in turn, *count* shards in all."""

    width: Length
    count: AtLeastOne

    def __post_init__(self) -> None:
        check_fields(self)
        check_whole_seconds(self, "width")

    def choose(self, serial: int, not_after: datetime | None, before: int) -> int:
        if not_after is None:  # never issued, so nobody knows its end
            return serial % self.count
        return (not_after - EPOCH) // self.width % self.count

    def list_shards(self, issued: int) -> range:
        return range(self.count)


@dataclass(frozen=True)
class Filling(Shards):
    """One shard takes new certificates until it has *most*; then the next. With *aggregate* there is a
    complete list, too."""

    most: AtLeastOne
    aggregate: bool = True

    def __post_init__(self) -> None:
        check_fields(self)

    def choose(self, serial: int, not_after: datetime | None, before: int) -> int:
        return before // self.most + 1

    def list_shards(self, issued: int) -> range:
        return range(1, max(issued - 1, 0) // self.most + 2)


@dataclass(frozen=True)
class ByReason(Shards):
    """Two files for all certificates: one for the reasons in *first*, one for all others."""

    first: tuple[str, ...] = ("key_compromise", "ca_compromise", "aa_compromise")

    def __post_init__(self) -> None:
        check_fields(self)
        reasons = {Reason.of(name) for name in self.first}
        if not reasons or reasons & {Reason.UNSPECIFIED, Reason.REMOVE_FROM_CRL}:
            raise ValueError(
                f"first of ByReason has some of the reasons of RFC 5280 section 4.2.1.13; got {self.first!r}"
            )

    def choose(self, serial: int, not_after: datetime | None, before: int) -> int:
        return 0

    def list_shards(self, issued: int) -> range:
        return range(2)

    def holds(self, shard: int, reason: Reason) -> bool:
        """Whether *shard* lists certificates that were revoked for *reason*."""
        return (reason in {Reason.of(name) for name in self.first}) is (shard == 0)


WHOLE = Whole()
