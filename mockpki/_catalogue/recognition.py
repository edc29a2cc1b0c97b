"""What octets are meant to be, told by their structure, and what there is of those that were cut off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from .._pkix import der
from .._pkix.element import Element
from .decoded import Decoder
from .fields import CERTIFICATE, CERTIFICATION_REQUEST, CRL, OCSP, OCSP_REQUEST, Field
from .shown import Lines, status_lines
from .values import CONSTRUCTED, TYPES

_INT, _ENUM, _SEQ = der.INTEGER, der.ENUMERATED, der.SEQUENCE
_TIMES = (0x17, 0x18)
_DEEPEST = 64
"""Levels that are mended."""
_CONTEXT = 0xA0
"""The tag ``[0]``: of a version, of the extensions of a CRL, of the attributes of a request."""


@dataclass(frozen=True)
class Kind:
    """A *name* to type, *words* to read, and how it is shown."""

    name: str
    words: str
    show: Callable[[Decoder, bytes], Lines]


def _of(field: Field) -> Callable[[Decoder, bytes], Lines]:
    return lambda decoder, data: decoder.lines(data, field)


def _show_staple(decoder: Decoder, data: bytes) -> Lines:
    return status_lines(data, decoder)


def _show_tags(decoder: Decoder, data: bytes) -> Lines:
    """By the tags alone: what it is meant to be is not known."""
    tag = data[0] if data else 0
    return decoder.lines(data, Field(TYPES.get(tag, f"tag {tag:#04x}"), (tag,), of=Field("")))


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("certificate", "certificate", _of(CERTIFICATE)),
        Kind("crl", "CRL", _of(CRL)),
        Kind("csr", "certificate request", _of(CERTIFICATION_REQUEST)),
        Kind("ocsp-request", "OCSP request", _of(OCSP_REQUEST)),
        Kind("ocsp-response", "OCSP response", _of(OCSP)),
        Kind("staple", "staple (CertificateStatus of status_request)", _show_staple),
        Kind("der", "DER of no kind known here", _show_tags),
    )
}


def recognise(data: bytes) -> Kind | None:
    """What *data*, DER or the content of a status_request extension, is meant to be; None for neither.

    A few fields in their places are enough: that others are wrong is what one wants to see.
    """
    if _is_staple(data):
        return KINDS["staple"]
    try:
        mended = mend(data)
        outer = Element.read(mended.data)
    except ValueError:
        return None
    if outer.tag != _SEQ:
        # Whole, it is something; cut off, it might be anything.
        return KINDS["der"] if outer.tag in TYPES and not mended.missing else None
    return KINDS[_name(outer)]


def _is_staple(data: bytes) -> bool:
    # RFC 6066 section 8: status_type, which is ocsp(1), and 24 bits of length before the response. No DER
    # that is shown here begins with a BOOLEAN.
    return len(data) > 4 and data[0] == 1 and data[4] == _SEQ


def _name(outer: Element) -> str:
    """The name of the kind that a SEQUENCE is, by the tags of what is inside."""
    inner = _list_children(outer)
    if not inner or inner[0].tag != _SEQ:
        return "ocsp-response" if inner and inner[0].tag == _ENUM else "der"
    fields = _list_children(inner[0])
    tags = [child.tag for child in fields]
    versioned, rest = tags[:1] == [_CONTEXT], [tag for tag in tags if tag != _CONTEXT]
    if any(tag in _TIMES for tag in tags):
        # RFC 5280 section 5.1 has times where certificates have a SEQUENCE of them.
        return "crl" if rest[0] in (_INT, _SEQ) else "der"
    if rest[:1] == [_INT]:
        # RFC 5280 section 4.1 has the version of a certificate in a tag; in a CRL an algorithm follows it, in
        # a request (RFC 2986 section 4.1) a name.
        if versioned or rest.count(_SEQ) > 3:
            return "certificate"
        following = next((_list_children(child) for child in fields if child.tag == _SEQ), [])
        return "crl" if following and following[0].tag == der.OID else "csr"
    # RFC 6960 section 4.1.1: requestList is all that a request has to have.
    return "ocsp-request" if _SEQ in rest and set(rest) <= {_SEQ, 0xA1, 0xA2} else "der"


def _list_children(element: Element) -> list[Element]:
    """Those inside, as far as they can be read."""
    children: list[Element] = []
    with suppress(ValueError):
        while (at := children[-1].end if children else element.inner) < element.end:
            children.append(Element.read(element.data, at, element.end))
    return children


# What was cut off.


class Mended(NamedTuple):
    """DER whose lengths end where the octets do, and how many octets are *missing*."""

    data: bytes
    missing: int


def mend(data: bytes) -> Mended:
    """*data* as it can be read: where it was cut off, the lengths around the cut are made to fit.

    What is whole, and what is no DER at all, stays as it is.
    """
    header = _read_header(data)
    if header is None:
        return Mended(data, 0)
    tag, size, inner = header
    missing = inner + size - len(data)
    if missing <= 0:
        return Mended(data, 0)
    return Mended(der.tlv(tag, _mend_inside(tag, data[inner:])), missing)


def _mend_inside(tag: int, content: bytes, depth: int = 0) -> bytes:
    """The *content* of an element that was cut off, in which the last one is, too."""
    at = 0
    # An OCTET STRING may hold DER, as responseBytes does.
    holds_der = tag & CONSTRUCTED or (tag == der.OCTET_STRING and content[:1] == b"\x30")
    if not holds_der or depth > _DEEPEST:
        return content
    while (header := _read_header(content[at:])) is not None:
        own, size, inner = header
        if at + inner + size > len(content):
            return content[:at] + der.tlv(own, _mend_inside(own, content[at + inner :], depth + 1))
        at += inner + size
    return content


def _read_header(data: bytes) -> tuple[int, int, int] | None:
    """Tag, length, and where the content begins; None where there is no header to be read."""
    if len(data) < 2 or data[0] & 0x1F == 0x1F:
        return None
    size, inner = data[1], 2
    if size & 0x80:
        count = size & 0x7F
        if not 1 <= count <= 4 or len(data) < 2 + count:
            return None
        size, inner = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
    return data[0], size, inner
