"""Parts that faults of several layers share: extensions, distribution points, names, times, octets."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from cryptography import x509

from .._pkix import der
from .._pkix.certificate import TBSCertificate
from .._pkix.crl import TBSCertList
from .._pkix.der import Extension
from .._pkix.element import Element
from .._pkix.signing import subject
from .._pkix.times import Time

C = TypeVar("C", TBSCertificate, TBSCertList)
"""What has extensions that a fault may put in, find or drop."""


def put_extension(honest: C, extension: Extension) -> C:
    """*honest* with *extension* in place of the one with its OID, or behind the others."""
    by_oid = {item.oid: item for item in honest.extensions or ()}
    return replace(honest, extensions=tuple((by_oid | {extension.oid: extension}).values()))


def find_extension(honest: C, oid: str, fault: object) -> Extension:
    """The extension *oid*; ValueError where there is none for *fault* to bend."""
    for item in honest.extensions or ():
        if item.oid == oid:
            return item
    raise ValueError(f"{fault!r} finds no extension {oid} to bend: it was left out, or taken out before")


def drop_extension(honest: C, oid: str, fault: object) -> C:
    """*honest* without the extension *oid*; ValueError where there is none for *fault* to drop."""
    gone = find_extension(honest, oid, fault)
    return replace(honest, extensions=tuple(item for item in honest.extensions or () if item != gone))


def read_texts(texts: str | tuple[str, ...]) -> tuple[str, ...]:
    """One text or several, as several. Raises TypeError for what is neither."""
    several = (texts,) if isinstance(texts, str) else tuple(texts)
    for text in several:
        if not isinstance(text, str):
            raise TypeError(f"{text!r} is no text; give a text, or a tuple of them")
    return several


def name_der(name: x509.Name | None) -> bytes:
    """*name* as DER; for None, one that nobody has."""
    return subject("mockpki CA that nobody knows") if name is None else name.public_bytes()


EXAMPLE = "2.999.1"
"""An OID below ITU-T's arc for examples: nobody can know what it means."""


def find_time(time: Time | None, what: str, fault: object) -> datetime:
    """*time*, where it is one; ValueError where there is none for *fault* to start from, or ready DER."""
    if not isinstance(time, datetime):
        there = f"a {what} that is ready DER" if isinstance(time, bytes) else repr(time)
        raise ValueError(
            f"{fault!r} finds no plain {what} to start from: it is {there}; give it before the other fault"
        )
    return time


def flip_octets(octets: bytes) -> bytes:
    """As many octets, each of them another."""
    return bytes(octet ^ 0xFF for octet in octets)


def add_extensions(extensions: tuple[Extension, ...] | None, *more: Extension) -> tuple[Extension, ...]:
    """*extensions* with *more* behind them, though there may be such already."""
    return (*(extensions or ()), *more)


def check_octets(data: bytes, fault: object) -> None:
    """ValueError where *fault* would add no octets."""
    if not data:
        raise ValueError(f"{fault!r} changes nothing; give it at least one octet, such as b'\\0'")


def append_at(der: bytes, path: tuple[int, ...], data: bytes, fault: object) -> bytes:
    """*der* with *data* at the end of the element that *path* leads to."""
    element = Element.read(der)
    return _append_inside(element, path, data, fault) + der[element.end :]


def _append_inside(element: Element, path: tuple[int, ...], data: bytes, fault: object) -> bytes:
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
    parts[at] = _append_inside(children[at], tuple(rest), data, fault)
    return der.tlv(element.tag, b"".join(parts))
