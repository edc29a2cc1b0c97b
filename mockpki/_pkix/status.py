"""What became of a certificate: its status, and why it was revoked."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from .._typed import find_near
from .times import to_utc

_SNAKE = re.compile("(?<=[a-z])(?=[A-Z])")


class Reason(enum.IntEnum):
    """CRLReason, RFC 5280 section 5.3.1. The number 7 is not used."""

    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    CA_COMPROMISE = 2
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION_OF_OPERATION = 5
    CERTIFICATE_HOLD = 6
    REMOVE_FROM_CRL = 8
    PRIVILEGE_WITHDRAWN = 9
    AA_COMPROMISE = 10

    @classmethod
    def of(cls, reason: str | x509.ReasonFlags | Reason) -> Reason:
        """A reason by its name (``key_compromise`` or ``keyCompromise``) or as `x509.ReasonFlags`.

        Raises ValueError for a name that RFC 5280 does not have, TypeError for anything else.
        """
        if isinstance(reason, x509.ReasonFlags):
            reason = reason.name
        if isinstance(reason, Reason):
            return reason
        if not isinstance(reason, str):
            raise TypeError(
                f"a reason is a name such as 'key_compromise', or x509.ReasonFlags; got {reason!r}"
            )
        wanted = reason.replace("_", "").lower()
        for known in cls:
            if known.name.replace("_", "").lower() == wanted:
                return known
        names = [known.name.lower() for known in cls]
        near = find_near(_SNAKE.sub("_", reason).lower(), names, 0.6)
        hint = f"did you mean {near[0]!r}?" if near else f"RFC 5280 has {', '.join(names)}"
        raise ValueError(f"{reason!r} is no revocation reason; {hint}")


class Status(enum.Enum):
    """A certificate's status where it is not a `Revocation` (RFC 6960 section 2.2)."""

    GOOD = "good"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Revocation:
    """When and why a certificate was revoked. Times are aware, and kept in UTC.

    Raises ValueError for a time without a zone.
    """

    time: datetime
    reason: Reason = Reason.UNSPECIFIED
    invalidity_date: datetime | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "time", to_utc(self.time))
        if self.invalidity_date is not None:
            object.__setattr__(self, "invalidity_date", to_utc(self.invalidity_date))


CertStatus = Status | Revocation


# The first of DER's octets keeps its top bit for the sign.
_SERIAL_LIMIT = 1 << 159


def check_serial(serial: int) -> int:
    """*serial* again. Raises ValueError for one that no certificate may have, TypeError for what is none.

    RFC 5280 section 4.1.2.2: "The serial number MUST be a positive integer assigned by the CA to each
    certificate." "Conforming CAs MUST NOT use serialNumber values longer than 20 octets."
    """
    if isinstance(serial, bool) or not isinstance(serial, int):
        raise TypeError(f"a serial number is an int; got {serial!r}")
    if serial <= 0:
        raise ValueError(f"serial number {serial} is not positive (RFC 5280 section 4.1.2.2)")
    if serial >= _SERIAL_LIMIT:
        raise ValueError(
            f"serial number {serial:#x} is longer than 20 octets of DER (RFC 5280 section 4.1.2.2); "
            "choose one below 2**159"
        )
    return serial


def describe_status(status: CertStatus) -> str:
    """A status in a word or two, for messages: ``revoked (key_compromise)``."""
    if isinstance(status, Revocation):
        return f"revoked ({status.reason.name.lower()})"
    return status.value
