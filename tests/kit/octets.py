"""What a test expects to find in a CRL or a certificate, written by asn1crypto or octet by octet."""

from datetime import datetime

from asn1crypto import core

NULL = b"\x05\x00"


def tlv(tag: int, *content: bytes) -> bytes:
    """An element, with a length of up to two octets."""
    inside = b"".join(content)
    size = len(inside)
    length = size.to_bytes(1 if size < 256 else 2)
    head = length if size < 128 else bytes([0x80 | len(length)]) + length
    return bytes([tag]) + head + inside


def children(content: bytes) -> list[tuple[int, bytes]]:
    """Tags and contents of the elements that follow one another in *content*."""
    found = []
    while content:
        size, start = content[1], 2
        if size > 128:
            start += size - 128
            size = int.from_bytes(content[2:start])
        found.append((content[0], content[start : start + size]))
        content = content[start + size :]
    return found


def join(values: list[tuple[int, bytes]]) -> bytes:
    """The elements one after the other, the inverse of `children`."""
    return b"".join(tlv(tag, content) for tag, content in values)


def integer(value: int) -> bytes:
    """An INTEGER."""
    return bytes(core.Integer(value).dump())


def utc_time(time: datetime) -> bytes:
    """A UTCTime."""
    return bytes(core.UTCTime(time).dump())


def general_time(time: datetime) -> bytes:
    """A GeneralizedTime."""
    return bytes(core.GeneralizedTime(time).dump())


def extension(oid: str, critical: bool, value: bytes) -> bytes:
    """The three fields of an extension one behind the other, critical spelled out."""
    fields = core.ObjectIdentifier(oid), core.Boolean(critical), core.OctetString(value)
    return b"".join(field.dump() for field in fields)


def point(*urls: str) -> bytes:
    """distributionPoint [0] with a fullName [0] of URLs."""
    return tlv(0xA0, tlv(0xA0, *(tlv(0x86, url.encode()) for url in urls)))


def named(common_name: str, tag: int = 0x30) -> bytes:
    """A relative distinguished name."""
    return tlv(tag, tlv(0x30, b"\x06\x03\x55\x04\x03", tlv(0x0C, common_name.encode())))
