"""Just enough DER (X.690) to write revocation answers.

Writers take values and return bytes. They never judge: an absurd value gives absurd, well-formed DER.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OID = 0x06
ENUMERATED = 0x0A
SEQUENCE = 0x30

NULL = b"\x05\x00"


def header(tag: int, size: int) -> bytes:
    """A single-octet tag and a definite, minimal length (X.690 section 10.1)."""
    if size < 0x80:
        return b"%c%c" % (tag, size)
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return b"%c%c%b" % (tag, 0x80 | len(octets), octets)


def tlv(tag: int, content: bytes) -> bytes:
    """One element."""
    size = len(content)
    if size < 0x80:
        return b"%c%c%b" % (tag, size, content)
    if size < 0x100:
        return b"%c\x81%c%b" % (tag, size, content)
    return header(tag, size) + content


def sequence(*items: bytes) -> bytes:
    return tlv(SEQUENCE, b"".join(items))


def long_sequence(*items: bytes) -> bytes:
    """`sequence` for items of megabytes, which are copied once and not twice."""
    return b"".join((header(SEQUENCE, sum(map(len, items))), *items))


def explicit(number: int, content: bytes) -> bytes:
    """``[number] EXPLICIT``: the element inside a constructed context tag."""
    return tlv(0xA0 | number, content)


def implicit(number: int, content: bytes, *, constructed: bool = False) -> bytes:
    """``[number] IMPLICIT``: bare content under a context tag."""
    return tlv((0xA0 if constructed else 0x80) | number, content)


def boolean(value: bool) -> bytes:
    return b"\x01\x01\xff" if value else b"\x01\x01\x00"


def signed_octets(value: int) -> bytes:
    """The fewest two's-complement octets that hold *value* (X.690 section 8.3.2)."""
    magnitude = value if value >= 0 else ~value
    return value.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True)


def integer(value: int) -> bytes:
    return tlv(INTEGER, signed_octets(value))


def enumerated(value: int) -> bytes:
    return tlv(ENUMERATED, signed_octets(value))


def octet_string(content: bytes) -> bytes:
    return tlv(OCTET_STRING, content)


def bit_string(content: bytes, unused: int = 0) -> bytes:
    return tlv(BIT_STRING, bytes((unused,)) + content)


def ia5_string(text: str) -> bytes:
    return tlv(0x16, text.encode("ascii"))


_DOTTED = re.compile(r"([01]\.[1-3]?[0-9]|2\.(0|[1-9][0-9]*))(\.(0|[1-9][0-9]*))*")


@lru_cache(maxsize=256)
def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER from dotted decimals (X.690 section 8.19); ValueError when they are none."""
    if not _DOTTED.fullmatch(dotted):
        raise ValueError(f"{dotted!r} is not an object identifier such as '1.3.6.1'")
    first, second, *rest = map(int, dotted.split("."))
    return tlv(OID, b"".join(_base128(arc) for arc in (first * 40 + second, *rest)))


def _base128(arc: int) -> bytes:
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(0x80 | (arc & 0x7F))
    return bytes(reversed(octets))


class Extension(NamedTuple):
    """One X.509-style extension: dotted *oid*, *critical*, and the DER inside extnValue."""

    oid: str
    critical: bool
    value: bytes

    def encode(self) -> bytes:
        """The Extension as DER."""
        # X.690 section 11.5: a DEFAULT value (critical FALSE) is not encoded.
        critical = boolean(True) if self.critical else b""
        return sequence(oid(self.oid), critical, octet_string(self.value))


def extensions(items: tuple[Extension, ...]) -> bytes:
    return sequence(*(item.encode() for item in items))
