"""Times: aware UTC as values, and as DER writes them."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import lru_cache


def check_time(time: datetime) -> datetime:
    """`utc` for a time that a user gave. Raises TypeError for what is no datetime."""
    if not isinstance(time, datetime):
        raise TypeError(f"a time is an aware datetime; got {time!r}")
    return to_utc(time)


def to_utc(time: datetime) -> datetime:
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
    return _generalized_time(to_utc(time))


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
    at = to_utc(time)
    parts = (at.year % 100, at.month, at.day, at.hour, at.minute, at.second)
    return b"\x17\x0d%02d%02d%02d%02d%02d%02dZ" % parts


def x509_time(time: datetime) -> bytes:
    """The ``Time`` CHOICE of certificates and CRLs.

    RFC 5280 section 4.1.2.5: "CAs conforming to this profile MUST always encode certificate validity
    dates through the year 2049 as UTCTime; certificate validity dates in 2050 or later MUST be encoded
    as GeneralizedTime." Before 1950, UTCTime has no year.
    """
    time = to_utc(time)
    return utc_time(time) if 1950 <= time.year <= 2049 else generalized_time(time)


Time = datetime | bytes
"""A time in a value: an aware datetime, or ready DER where a fault wants another encoding."""


def encode_time(time: Time) -> bytes:
    """GeneralizedTime, as OCSP has it; ready DER passes through."""
    return time if isinstance(time, bytes) else generalized_time(time)


def encode_x509_time(time: Time) -> bytes:
    """UTCTime or GeneralizedTime, as X.509 has it; ready DER passes through."""
    return time if isinstance(time, bytes) else x509_time(time)
