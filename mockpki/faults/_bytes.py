"""Faults of octets: those about to be signed, and those about to be sent."""

from __future__ import annotations

from dataclasses import dataclass

from .. import _der
from ._layers import Encoding, ToBeSigned

__all__ = [
    "SignedGarbage",
    "Trailing",
    "TrailingInside",
    "Truncated",
]


def _some(data: bytes, fault: object) -> None:
    if not data:
        raise ValueError(f"{fault!r} changes nothing; give it at least one octet, such as b'\\0'")


@dataclass(frozen=True)
class SignedGarbage(ToBeSigned):
    """What is signed, and validly, is a SEQUENCE of *data*, which is not DER unless you make it so."""

    data: bytes = b"mockpki: this is not DER"

    def __call__(self, honest: bytes) -> bytes:
        return _der.sequence(self.data)


@dataclass(frozen=True)
class TrailingInside(ToBeSigned):
    """*data* follows the last field inside what is signed; the signature covers it."""

    data: bytes = b"\0"

    def __post_init__(self) -> None:
        _some(self.data, self)

    def __call__(self, honest: bytes) -> bytes:
        try:
            inner = _der.Element.whole(honest, _der.SEQUENCE)
        except ValueError as error:
            raise ValueError(f"{self!r} finds no SEQUENCE to add to: {error}") from None
        return _der.sequence(inner.content, self.data)


@dataclass(frozen=True)
class Truncated(Encoding):
    """The last *by* octets are missing."""

    by: int = 1

    def __post_init__(self) -> None:
        if self.by < 1:
            raise ValueError(f"{self!r} changes nothing; cut off 1 octet or more")

    def __call__(self, honest: bytes) -> bytes:
        return honest[: -self.by]


@dataclass(frozen=True)
class Trailing(Encoding):
    """*data* follows the end."""

    data: bytes = b"\0"

    def __post_init__(self) -> None:
        _some(self.data, self)

    def __call__(self, honest: bytes) -> bytes:
        return honest + self.data
