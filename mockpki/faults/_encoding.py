"""Faults of the octets that are about to be sent."""

from __future__ import annotations

from dataclasses import dataclass

from .._layers import Encoding
from .._pkix.pem import write_pem
from ._parts import append_at, check_octets

__all__ = [
    "FlippedBit",
    "Garbage",
    "Octets",
    "Pem",
    "Trailing",
    "TrailingAt",
    "Truncated",
]


@dataclass(frozen=True)
class Truncated(Encoding):
    """The last *by* octets are missing."""

    by: int = 1

    def _check_values(self) -> None:
        if self.by < 1:
            raise ValueError(f"{self!r} changes nothing; cut off 1 octet or more")

    def __call__(self, honest: bytes) -> bytes:
        return honest[: -self.by]


@dataclass(frozen=True)
class Trailing(Encoding):
    """*data* follows the end."""

    data: bytes = b"\0"

    def _check_values(self) -> None:
        check_octets(self.data, self)

    def __call__(self, honest: bytes) -> bytes:
        return honest + self.data


@dataclass(frozen=True)
class TrailingAt(Encoding):
    """*data* ends the field that *path* leads to, counted from 0; the signature stays.

    In a CRL ``()`` is behind the signatureValue, ``(1,)`` inside the signatureAlgorithm.
    """

    path: tuple[int, ...] = ()
    data: bytes = b"\0"

    def _check_values(self) -> None:
        check_octets(self.data, self)

    def __call__(self, honest: bytes) -> bytes:
        return append_at(honest, self.path, self.data, self)


@dataclass(frozen=True)
class FlippedBit(Encoding):
    """The lowest bit of octet *at*, counted from 0, or with -1 from the end, is turned."""

    at: int = -1

    def __call__(self, honest: bytes) -> bytes:
        if not -len(honest) <= self.at < len(honest):
            raise ValueError(f"{self!r} needs an octet there, and this has {len(honest)}")
        bent = bytearray(honest)
        bent[self.at] ^= 1
        return bytes(bent)


@dataclass(frozen=True)
class Garbage(Encoding):
    """Other octets altogether: *data*, which is not DER unless you make it so."""

    data: bytes = b"mockpki: this is not DER"

    def __call__(self, honest: bytes) -> bytes:
        return self.data


@dataclass(frozen=True)
class Octets(Encoding):
    """These very octets, *der*: of an earlier time, or another file. RFC 5280 section 5.1.2.5.

    A cache that serves the CRL before the last, or another shard, sends what is honest but for its place:
    ``faults.Octets(pki.crl.issued[0].der)``.
    """

    der: bytes = b"\x30\x00"

    def __call__(self, honest: bytes) -> bytes:
        return self.der


@dataclass(frozen=True)
class Pem(Encoding):
    """PEM, labelled *label*, where DER belongs. RFC 5280 section 4.2.1.13."""

    label: str = "X509 CRL"

    def __call__(self, honest: bytes) -> bytes:
        return write_pem(self.label, honest)
