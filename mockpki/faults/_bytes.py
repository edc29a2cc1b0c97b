"""Faults of octets: those about to be signed, and those about to be sent."""

from __future__ import annotations

from dataclasses import dataclass

from .._layers import Encoding, ToBeSigned
from .._pkix import der
from .._pkix.element import Element

__all__ = [
    "Garbage",
    "SignedGarbage",
    "SignedTrailingAt",
    "Trailing",
    "TrailingAt",
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
        return der.sequence(self.data)


@dataclass(frozen=True)
class SignedTrailingAt(ToBeSigned):
    """*data* ends the field that *path* leads to, counted from 0; the signature covers it.

    Without a path it follows the last field. In a CRL ``(3,)`` is thisUpdate, ``(5, 0)`` the first
    entry. `TrailingAt` comes after signing.
    """

    path: tuple[int, ...] = ()
    data: bytes = b"\0"

    def __post_init__(self) -> None:
        _some(self.data, self)

    def __call__(self, honest: bytes) -> bytes:
        return _trailing(honest, self.path, self.data, self)


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


@dataclass(frozen=True)
class TrailingAt(Encoding):
    """*data* ends the field that *path* leads to, counted from 0; the signature stays.

    In a CRL ``()`` is behind the signatureValue, ``(1,)`` inside the signatureAlgorithm.
    """

    path: tuple[int, ...] = ()
    data: bytes = b"\0"

    def __post_init__(self) -> None:
        _some(self.data, self)

    def __call__(self, honest: bytes) -> bytes:
        return _trailing(honest, self.path, self.data, self)


@dataclass(frozen=True)
class Garbage(Encoding):
    """Other octets altogether: *data*, which is not DER unless you make it so."""

    data: bytes = b"mockpki: this is not DER"

    def __call__(self, honest: bytes) -> bytes:
        return self.data


def _trailing(der: bytes, path: tuple[int, ...], data: bytes, fault: object) -> bytes:
    element = Element.read(der)
    return _appended(element, path, data, fault) + der[element.end :]


def _appended(element: Element, path: tuple[int, ...], data: bytes, fault: object) -> bytes:
    """*element* with *data* at the end of the one that *path* leads to; all around it grow with it."""
    if not path:
        return der.tlv(element.tag, element.content + data)
    children = element.children() if element.tag & 0x20 else []
    at, *rest = path
    if not 0 <= at < len(children):
        raise ValueError(
            f"{fault!r} leads nowhere: the element at octet {element.start} has {len(children)} inside, "
            f"so there is no number {at}"
        )
    parts = [child.der for child in children]
    parts[at] = _appended(children[at], tuple(rest), data, fault)
    return der.tlv(element.tag, b"".join(parts))
