"""Faults of the octets that are signed."""

from __future__ import annotations

from dataclasses import dataclass

from .._layers import ToBeSigned
from .._pkix import der
from ._parts import append_at, check_octets

__all__ = [
    "SignedGarbage",
    "SignedTrailingAt",
]


@dataclass(frozen=True)
class SignedGarbage(ToBeSigned):
    """What is signed, and validly, is a SEQUENCE of *data*, which is not DER unless you make it so."""

    data: bytes = b"mockpki: this is not DER"

    def __call__(self, honest: bytes) -> bytes:
        return der.sequence(self.data)


@dataclass(frozen=True)
class SignedTrailingAt(ToBeSigned):
    """*data* ends the field that *path* leads to, counted from 0; the signature covers it.

    Without a path it follows the last field. In a CRL ``(3,)`` is thisUpdate, ``(5, 0)`` the first
    entry. `TrailingAt` comes after signing.
    """

    path: tuple[int, ...] = ()
    data: bytes = b"\0"

    def _check_values(self) -> None:
        check_octets(self.data, self)

    def __call__(self, honest: bytes) -> bytes:
        return append_at(honest, self.path, self.data, self)
