"""Just enough DER (X.690) to write revocation answers, and the one reader they need.

1. Writers take values and return bytes. They never judge: an absurd value gives absurd, well-formed DER.
2. `Element` is the only reader. It exists because an OCSP request may hold several CertIDs, which
   cryptography's parser declines, and because an answer echoes a CertID octet for octet.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
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

_OID_LIMIT = 128


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


def aware(time: datetime) -> datetime:
    """`utc` for a time that a user gave. Raises TypeError for what is no datetime."""
    if not isinstance(time, datetime):
        raise TypeError(f"a time is an aware datetime; got {time!r}")
    return utc(time)


def utc(time: datetime) -> datetime:
    """*time* in UTC. Raises ValueError for one without a zone, or out of the calendar's range."""
    if time.tzinfo is timezone.utc:
        return time
    if time.utcoffset() is None:
        raise ValueError(f"{time!r} has no time zone; give an aware datetime, such as one in UTC")
    try:
        return time.astimezone(timezone.utc)
    except OverflowError:
        raise ValueError(f"{time!r} is out of the calendar's range in UTC") from None


def generalized_time(time: datetime) -> bytes:
    """GeneralizedTime in UTC.

    RFC 5280 section 4.1.2.5.2: "GeneralizedTime values MUST be expressed in Greenwich Mean Time (Zulu)
    and MUST include seconds (i.e., times are YYYYMMDDHHMMSSZ), even where the number of seconds is
    zero. GeneralizedTime values MUST NOT include fractional seconds."
    """
    return _generalized_time(utc(time))


# The same few times stand in thousands of answers a second. Only in UTC: elsewhere two hours that are
# not the same may be equal, where clocks are put back.
@lru_cache(maxsize=64)
def _generalized_time(at: datetime) -> bytes:
    parts = (at.year, at.month, at.day, at.hour, at.minute, at.second)
    return b"\x18\x0f%04d%02d%02d%02d%02d%02dZ" % parts


def utc_time(time: datetime) -> bytes:
    """UTCTime, with two digits of the year.

    RFC 5280 section 4.1.2.5.1: "Where YY is greater than or equal to 50, the year SHALL be interpreted
    as 19YY; and Where YY is less than 50, the year SHALL be interpreted as 20YY."
    """
    at = utc(time)
    parts = (at.year % 100, at.month, at.day, at.hour, at.minute, at.second)
    return b"\x17\x0d%02d%02d%02d%02d%02d%02dZ" % parts


def x509_time(time: datetime) -> bytes:
    """The ``Time`` CHOICE of certificates and CRLs.

    RFC 5280 section 4.1.2.5: "CAs conforming to this profile MUST always encode certificate validity
    dates through the year 2049 as UTCTime; certificate validity dates in 2050 or later MUST be encoded
    as GeneralizedTime." Before 1950, UTCTime has no year.
    """
    time = utc(time)
    return utc_time(time) if 1950 <= time.year <= 2049 else generalized_time(time)


Time = datetime | bytes
"""A time in a value: an aware datetime, or ready DER where a fault wants another encoding."""


def encode_time(time: Time) -> bytes:
    """GeneralizedTime, as OCSP has it; ready DER passes through."""
    return time if isinstance(time, bytes) else generalized_time(time)


def encode_x509_time(time: Time) -> bytes:
    """UTCTime or GeneralizedTime, as X.509 has it; ready DER passes through."""
    return time if isinstance(time, bytes) else x509_time(time)


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


class Element(NamedTuple):
    """One DER element read from *data*: its tag, and where its header, content and end lie."""

    data: bytes
    tag: int
    start: int
    inner: int
    end: int

    @classmethod
    def read(cls, data: bytes, start: int = 0, limit: int | None = None) -> Element:
        """The element at *start*; ValueError if it is not DER or runs past *limit*."""
        limit = len(data) if limit is None else limit
        if start + 2 > limit:
            raise ValueError(f"DER ends at octet {limit}, in the middle of a header")
        tag, size, inner = data[start], data[start + 1], start + 2
        if tag & 0x1F == 0x1F:
            raise ValueError(f"the tag at octet {start} has more than one octet")
        if size & 0x80:
            count = size & 0x7F
            size = int.from_bytes(data[inner : inner + count], "big")
            if (
                not 1 <= count <= 4
                or inner + count > limit
                or size < (0x80, 0x100, 0x10000, 0x1000000)[count - 1]
            ):
                raise ValueError(f"the length at octet {start + 1} is not a definite, minimal one")
            inner += count
        if inner + size > limit:
            raise ValueError(f"the element at octet {start} runs past the end")
        return cls(data, tag, start, inner, inner + size)

    @classmethod
    def whole(cls, data: bytes, tag: int) -> Element:
        """*data* as exactly one element with *tag*, and nothing behind it."""
        element = cls.read(data).expect(tag)
        if element.end != len(data):
            raise ValueError(f"{len(data) - element.end} octets follow the end of the structure")
        return element

    def expect(self, tag: int) -> Element:
        if self.tag != tag:
            raise ValueError(f"tag 0x{self.tag:02x} at octet {self.start}, where 0x{tag:02x} belongs")
        return self

    @property
    def der(self) -> bytes:
        """Header and content."""
        return self.data[self.start : self.end]

    @property
    def content(self) -> bytes:
        return self.data[self.inner : self.end]

    def children(self) -> list[Element]:
        """The elements inside, in order."""
        data, at, end = self.data, self.inner, self.end
        found = []
        while at < end:
            # Short and well formed, as nearly all are: what `read` makes of it, without the call.
            if (
                at + 2 <= end
                and (size := data[at + 1]) < 0x80
                and at + 2 + size <= end
                and data[at] & 0x1F != 0x1F
            ):
                child = _element(Element, (data, data[at], at, at + 2, at + 2 + size))
            else:
                child = Element.read(data, at, end)
            found.append(child)
            at = child.end
        return found

    def fields(self, least: int, most: int) -> list[Element]:
        """The elements inside, if there are *least* to *most* of them; ValueError if not."""
        found = self.children()
        if not least <= len(found) <= most:
            raise ValueError(
                f"{len(found)} fields in the structure at octet {self.start}, where "
                f"{least if least == most else f'{least} to {most}'} belong"
            )
        return found

    def only(self, tag: int) -> Element:
        """The single element inside, as in an EXPLICIT tag."""
        return self.fields(1, 1)[0].expect(tag)

    def as_boolean(self) -> bool:
        # X.690 section 11.1: DER has 0xFF for TRUE, and nothing else.
        content = self.expect(BOOLEAN).content
        if content not in (b"\x00", b"\xff"):
            raise ValueError(f"the boolean at octet {self.start} is neither TRUE nor FALSE")
        return content == b"\xff"

    def as_integer(self) -> int:
        self.expect(INTEGER)
        content = self.content
        if not content or (len(content) > 1 and content[0] in (0, 0xFF) and (content[0] ^ content[1]) < 0x80):
            raise ValueError(f"the integer at octet {self.start} has not the fewest octets")
        return int.from_bytes(content, "big", signed=True)

    def as_oid(self) -> str:
        self.expect(OID)
        try:
            return _dotted(self.content)
        except ValueError as error:
            raise ValueError(f"the object identifier at octet {self.start} {error}") from None


@lru_cache(maxsize=256)
def _dotted(content: bytes) -> str:
    if not content or content[-1] & 0x80:
        raise ValueError("has no end")
    # X.690 sets no limit; this one keeps a stranger's arcs from growing into numbers of any size.
    if len(content) > _OID_LIMIT:
        raise ValueError(f"has over {_OID_LIMIT} octets")
    arcs, arc = [], 0
    for octet in content:
        if arc == 0 and octet == 0x80:
            raise ValueError("has not the fewest octets")
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - first * 40, *arcs[1:])))


_element = tuple.__new__
