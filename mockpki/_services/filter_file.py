"""One CRLite filter, as it is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal

from .._crlite.clubcard import Clubcard
from .._crlite.contents import from_milliseconds
from .._crlite.listing import Listed
from .._layers import Faults, FilterContent, FilterUniverse, bend

Channel = Literal["default", "compat"]
"""What a filter is for: ``"compat"`` has only what was revoked for reasons that nobody can overlook."""
Serials = frozenset[int]


@dataclass(frozen=True)
class FilterFile:
    """A filter and where it is. Of a delta, *parent* is the name of the filter that it goes on from.

    *universe* has the known and the revoked serial numbers by issuer, as `crlite.cascade` takes them, too;
    those of a delta have been revoked since its parent. *coverage* is that of `crlite.Clubcard.build`.
    """

    name: str
    url: str
    channel: Channel
    parent: str | None
    published: datetime
    universe: Mapping[bytes, tuple[Serials, Serials]] = field(repr=False)
    coverage: Mapping[bytes, tuple[int, int]] = field(repr=False)

    @property
    def coverage_ends(self) -> datetime | None:
        """The time of the last SCT that it covers; None where it covers nothing."""
        ends = [high for _, high in self.coverage.values()]
        return from_milliseconds(ends[0]) if ends else None

    @cached_property
    def card(self) -> Clubcard:
        """The filter as a value."""
        return Clubcard.build(self.universe, self.coverage)

    @cached_property
    def octets(self) -> bytes:
        """What a client gets, in version 3."""
        return self.card.v3()

    def make(self, faults: Faults) -> bytes:
        """Its octets, with what *faults* do to what it says."""
        if not any(isinstance(fault, FilterUniverse | FilterContent) for fault in faults):
            return self.octets
        universe = bend(FilterUniverse, self.universe, faults)
        return bend(FilterContent, Clubcard.build(universe, self.coverage), faults).v3()

    def describe(self, faults: Faults) -> Listed:
        """How a list of filters has it, made with *faults*."""
        return Listed.of(self.name, self.channel, self.make(faults), self.parent)
