"""What a filter holds, as it is written: intervals of logs, blocks of issuers, and columns of bits.

And how issuers and times are named there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .._pkix.issued import IssuedCertificate
from .._pkix.reading import read_spki
from .._pkix.times import check_time

HASH_SIZE = 32
"""Octets of the SHA-256 hashes that logs and issuers are named by."""
LAST_TIMESTAMP = (1 << 64) - 1
"""In milliseconds since 1970, as all timestamps are."""
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Interval:
    """What is covered of a log: SCTs from *low* to *high*, both included, in milliseconds since 1970."""

    log_id: bytes
    low: int
    high: int


@dataclass(frozen=True)
class Block:
    """What a filter has of one *issuer*: where its part of the ribbons lies, and how it is read.

    *rank* is the number of approximate columns. *inverted* turns the answer round: of an issuer without a
    good certificate all are revoked, and nothing is asked. *exceptions* read as good, whatever the ribbons
    say.
    """

    issuer: bytes
    approximate_rows: int
    exact_rows: int
    rank: int
    approximate_offset: int
    exact_offset: int
    inverted: bool = False
    exceptions: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Contents:
    """All that stands in a filter: *coverage*, *blocks* in the order of their hashes, and the columns.

    A column is little-endian words of 64 bits, bit 0 first. *version* is what the filter says it is; left
    out, that of the encoding.
    """

    coverage: tuple[Interval, ...]
    blocks: tuple[Block, ...]
    approximate: tuple[bytes, ...] = field(repr=False)
    exact: bytes = field(repr=False)
    version: int | None = None


def count_milliseconds(time: datetime) -> int:
    """*time*, an aware datetime, in whole milliseconds since 1970."""
    return (check_time(time) - _EPOCH) // _MILLISECOND


def from_milliseconds(timestamp: int) -> datetime:
    """The time of a *timestamp*, in UTC. Raises OverflowError for one out of the calendar."""
    return _EPOCH + timestamp * _MILLISECOND


def spki_hash(issuer: IssuedCertificate | x509.Certificate | bytes) -> bytes:
    """What a filter calls an *issuer*, a CA or its certificate, as DER, too: the SHA-256 of its public key.

    That is of its SubjectPublicKeyInfo. Raises TypeError and ValueError for what is no certificate.
    """
    if isinstance(issuer, x509.Certificate):
        issuer = issuer.public_bytes(Encoding.DER)
    der: object = issuer if isinstance(issuer, bytes) else getattr(issuer, "der", None)
    if not isinstance(der, bytes):
        raise TypeError(f"an issuer is a CA, or its certificate; got {issuer!r}")
    try:
        return sha256(read_spki(der)).digest()
    except (IndexError, ValueError) as error:
        raise ValueError(f"an issuer is a CA, or its certificate; these octets are none: {error}") from error


def check_hash(value: bytes, what: str) -> bytes:
    """*value*, if it is a SHA-256 hash."""
    if not isinstance(value, bytes):
        raise TypeError(f"{what} is named by a SHA-256 hash, {HASH_SIZE} octets; got {value!r}")
    if len(value) != HASH_SIZE:
        raise ValueError(f"{what} is named by a SHA-256 hash, {HASH_SIZE} octets; {value!r} has {len(value)}")
    return value
