"""What a test expects to find in a CRL or a certificate, written by asn1crypto or octet by octet."""

from datetime import datetime

from asn1crypto import core

NULL = b"\x05\x00"


def tlv(tag: int, *content: bytes) -> bytes:
    """A short element."""
    inside = b"".join(content)
    assert len(inside) < 0x80
    return bytes((tag, len(inside))) + inside


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
