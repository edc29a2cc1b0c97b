"""What an answer says, or why it tells nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from .._pkix.window import BACKDATED_BY

E = TypeVar("E", bound=x509.ExtensionType)


@dataclass(frozen=True)
class Tolerance:
    """How far off the times of an answer may be.

    *clock_skew* is for the clocks of others; *max_age* is how old thisUpdate may be, whatever nextUpdate
    says; None leaves that to nextUpdate.
    """

    clock_skew: timedelta = timedelta(minutes=5)
    max_age: timedelta | None = None


class Status(StrEnum):
    """What is known about a certificate; of a chain, the worst of it."""

    GOOD = "good"
    UNDETERMINED = "undetermined"
    UNKNOWN = "unknown"
    REVOKED = "revoked"


class Unusable(Exception):  # noqa: N818 - it is a finding, raised where it is found
    """An answer that tells nothing. *word* names the reason in a word or two, *sentence* explains it."""

    def __init__(self, word: str, sentence: str) -> None:
        super().__init__(sentence)
        self.word, self.sentence = word, sentence


@dataclass(frozen=True)
class Finding:
    """What a usable answer says."""

    status: Status
    sentence: str


@contextmanager
def reading(*known: type[Exception]) -> Iterator[None]:
    """Whatever `cryptography` raises over octets in this block is `Unusable`; that and *known* pass.

    No list of its exceptions is kept: which there are depends on where in the octets the oddity is.
    """
    passing: tuple[type[Exception], ...] = (Unusable, *known)
    try:
        yield
    except passing:
        raise
    except Exception as error:
        raise Unusable("unreadable", f"it cannot be read: {error}") from error


def common_name(name: x509.Name) -> str:
    """The last common name in *name*, or else all of it."""
    names = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[-1].value) if names else name.rfc4514_string()


def label(certificate: x509.Certificate) -> str:
    """What to call a certificate in a sentence."""
    return common_name(certificate.subject)


def check_window(
    this_update: datetime, next_update: datetime | None, now: datetime, tolerance: Tolerance
) -> None:
    """Raise `Unusable` unless an answer with these times can be believed *now*. All are aware UTC."""
    skew = tolerance.clock_skew
    since = f"{this_update:%Y-%m-%d %H:%M:%S}Z"
    check_issued(this_update, now, tolerance)
    if tolerance.max_age is not None and this_update < now - tolerance.max_age - skew:
        raise Unusable("too old", f"it is of {since} (thisUpdate), which the policy finds too old")
    if next_update is None:
        # The same: "If nextUpdate is not set, the responder is indicating that newer revocation
        # information is available all the time." Then only a new one is sufficiently recent; and a new one
        # is dated back.
        if this_update < now - BACKDATED_BY - skew:
            raise Unusable("stale", f"it has no nextUpdate, and is of {since}")
        return
    until = f"{next_update:%Y-%m-%d %H:%M:%S}Z"
    if next_update < this_update:
        raise Unusable("absurd times", f"it was good until {until} (nextUpdate), and not before {since}")
    # The same: "Responses whose nextUpdate value is earlier than the local system time value SHOULD
    # be considered unreliable."
    if next_update < now - skew:
        raise Unusable("stale", f"it was good until {until} (nextUpdate)")


def check_issued(this_update: datetime, now: datetime, tolerance: Tolerance) -> None:
    """Raise `Unusable` for an answer that is not of now or earlier."""
    # RFC 6960 section 4.2.2.1: "Responses whose thisUpdate time is later than the local system time
    # SHOULD be considered unreliable."
    if this_update > now + tolerance.clock_skew:
        since = f"{this_update:%Y-%m-%d %H:%M:%S}Z"
        raise Unusable("too early", f"it is not good before {since} (thisUpdate)")


def check_digest(algorithm: hashes.HashAlgorithm | None) -> None:
    """Raise `Unusable` for a digest that no longer makes a signature."""
    if isinstance(algorithm, hashes.MD5 | hashes.SHA1):
        raise Unusable("weak signature", f"it is signed with {algorithm.name}, which can be forged")


def find_extension(issued: x509.Certificate | x509.CertificateRevocationList, kind: type[E]) -> E | None:
    """The value of the extension of that *kind* in a certificate or a CRL; None where it has none."""
    try:
        return issued.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
