"""Faults of what a CRLite filter is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .._crlite.clubcard import Serial, Universe, serial_octets
from .._layers import FilterUniverse

__all__ = ["StrippedSerials"]


@dataclass(frozen=True)
class StrippedSerials(FilterUniverse):
    """Serial numbers have lost the zero octet in front, which those have whose first bit would be a sign.

    To a client that takes them as they stand in certificates, the filter knows nothing of these: they read as
    any unknown one does.
    """

    def __call__(self, honest: Universe) -> Universe:
        return {issuer: (_strip(known), _strip(revoked)) for issuer, (known, revoked) in honest.items()}


def _strip(serials: Iterable[Serial]) -> frozenset[Serial]:
    """Each as octets; a lone zero is the number 0."""
    listed = map(serial_octets, serials)
    return frozenset(one[1:] if len(one) > 1 and one[0] == 0 else one for one in listed)
