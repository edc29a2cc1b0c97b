"""What became of each serial number: the core's only mutable state.

1. A look-up is one dictionary access, at any size.
2. Every change holds the lock and raises `version`, so that whoever reuses an answer can tell.
3. `revoked` keeps the order of revocation. `rewritten` rises when anything but an addition happened
   to it, so that a publisher may append instead of starting over.
"""

from __future__ import annotations

import difflib
import enum
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from cryptography import x509

from ._der import utc

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
        near = difflib.get_close_matches(_SNAKE.sub("_", reason).lower(), names, n=1)
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
        object.__setattr__(self, "time", utc(self.time))
        if self.invalidity_date is not None:
            object.__setattr__(self, "invalidity_date", utc(self.invalidity_date))


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


class Ledger:
    """The certificates of one CA. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[int, CertStatus] = {}
        self._revoked: dict[int, Revocation] = {}
        self.version = 0
        self.rewritten = 0

    def status(self, serial: int) -> CertStatus:
        """What a responder says of *serial*; UNKNOWN for one this CA never issued."""
        return self._known.get(serial, Status.UNKNOWN)

    def __contains__(self, serial: int) -> bool:
        return serial in self._known

    def __len__(self) -> int:
        return len(self._known)

    def issue(self, serial: int) -> None:
        """Note *serial* as good, however odd. Raises ValueError for one this CA has used already."""
        with self._lock:
            if serial in self._known:
                raise ValueError(f"this CA has already issued serial number {serial:#x}; choose another")
            self._known[serial] = Status.GOOD
            self.version += 1

    def revoke(self, serials: Iterable[int], revocation: Revocation) -> None:
        """Revoke *serials*, also ones never issued; a second revocation replaces the first."""
        # Not under the lock: an iterable may ask this ledger, or fail half-way.
        listed = list(serials)
        with self._lock:
            for serial in listed:
                if serial in self._revoked:
                    self.rewritten += 1
                self._known[serial] = self._revoked[serial] = revocation
            self.version += 1

    def release(self, serial: int) -> None:
        """Take *serial* off hold. Raises LookupError when it is not on hold."""
        with self._lock:
            status = self.status(serial)
            if not isinstance(status, Revocation) or status.reason is not Reason.CERTIFICATE_HOLD:
                raise LookupError(
                    f"serial number {serial:#x} is {describe(status)}, not on hold; only a certificate "
                    "revoked with reason 'certificate_hold' can be released"
                )
            del self._revoked[serial]
            self._known[serial] = Status.GOOD
            self.rewritten += 1
            self.version += 1

    def forget(self, serial: int) -> None:
        """Drop every trace of *serial*. Raises LookupError when there is none."""
        with self._lock:
            if serial not in self._known:
                raise LookupError(
                    f"serial number {serial:#x} is not in this CA's ledger, so it cannot be forgotten"
                )
            del self._known[serial]
            if self._revoked.pop(serial, None) is not None:
                self.rewritten += 1
            self.version += 1

    def revoked(self, start: int = 0) -> tuple[int, int, list[int], list[Revocation]]:
        """`version`, `rewritten`, the serials revoked from the *start*-th on, and their revocations.

        All seen at one moment. Two lists, and not one of pairs: while a million pairs are made, the
        garbage collector goes over them again and again.
        """
        with self._lock:
            if not start:
                return self.version, self.rewritten, list(self._revoked), list(self._revoked.values())
            # From the end, where the new ones are: one more is found without passing a million.
            count = max(0, len(self._revoked) - start)
            serials = list(islice(reversed(self._revoked), count))
            revocations = list(islice(reversed(self._revoked.values()), count))
            return self.version, self.rewritten, serials[::-1], revocations[::-1]


def describe(status: CertStatus) -> str:
    """A status in a word or two, for messages: ``revoked (key_compromise)``."""
    if isinstance(status, Revocation):
        return f"revoked ({status.reason.name.lower()})"
    return status.value
