"""What becomes of the certificates that a CA has issued, and of the CA itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from cryptography import x509

from .._parameters import check_arguments, show
from .._pkix.reading import read_issuer, read_serial, read_subject
from .._pkix.status import Reason, Revocation, Status
from .._services.ledger import Ledger
from ..publishing._values import Publishing
from .leaf import Leaf
from .mount import Mount
from .realm import Realm
from .revocation import make_revocation

if TYPE_CHECKING:
    from .ca import CA


class CertificateStatus(NamedTuple):
    """What a CA knows of one certificate: what it is, and for what *reason* and since when it is revoked."""

    status: Literal["good", "revoked", "on_hold", "unknown"]
    reason: str | None = None
    at: datetime | None = None
    invalidity_date: datetime | None = None

    @classmethod
    def of(cls, known: Status | Revocation) -> CertificateStatus:
        """The same as a ledger has it."""
        if isinstance(known, Status):
            return cls("good" if known is Status.GOOD else "unknown")
        held = known.reason is Reason.CERTIFICATE_HOLD
        reason = known.reason.name.lower()
        return cls("on_hold" if held else "revoked", reason, known.time, known.invalidity_date)


class Standing:
    """The side of a CA that says what has become of what it issued."""

    _realm: Realm
    _ledger: Ledger
    _mount: Mount
    issuer: CA | None
    serial_number: int
    publishes: Publishing

    @property
    def common_name(self) -> str:
        """The last part of its name that says something."""
        raise NotImplementedError

    @property
    def version(self) -> int:
        """A number that rises with each change to what it knows of a certificate."""
        return self._ledger.version

    @check_arguments
    def status(self, target: Target) -> CertificateStatus:
        """What this CA knows of a leaf, a CA or a serial number: what its answers and CRLs come from.

            pki.ca.status(leaf).status  # "good", "revoked", "on_hold" or "unknown"

        The rest of it is None, but for what is revoked or on hold: *reason*, by its name, *at* and
        *invalidity_date*. Faults bend what is said, and not what is known. Raises ValueError for another CA's
        leaf.
        """
        (serial,) = self._find_serials(target)
        return CertificateStatus.of(self._ledger.status(serial))

    @check_arguments
    def revoke(
        self,
        target: Targets,
        reason: str | x509.ReasonFlags = "unspecified",
        at: datetime | None = None,
        invalidity_date: datetime | None = None,
    ) -> None:
        """Revoke what this CA has issued: a leaf, a CA, a serial number, or many of them.

        *reason* is one of RFC 5280 section 5.3.1, by name or as `x509.ReasonFlags`; with
        ``certificate_hold`` it can be released again. *at* and *invalidity_date* are aware datetimes.
        Answers say so from now on; *at* left out is ten minutes ago, which is how those are dated, too.
        Raises ValueError for an unknown reason or another CA's leaf.
        """
        revocation = make_revocation(self._realm.clock, self.publishes, reason, at, invalidity_date)
        self._ledger.revoke(self._find_serials(target), revocation)

    @check_arguments
    def release(self, target: Targets) -> None:
        """Take a leaf, CA, serial number, or many, off hold. Raises LookupError for one that is not."""
        for serial in self._find_serials(target):
            self._ledger.release(serial)

    @check_arguments
    def forget(self, target: Targets) -> None:
        """Make a leaf, CA, serial number, or many, ``unknown``. Raises LookupError for one that is."""
        for serial in self._find_serials(target):
            self._ledger.forget(serial)

    def _find_serials(self, target: Targets) -> list[int]:
        self.require_open()
        return [self._find_serial(one) for one in list_targets(target)]

    def _find_serial(self, target: object) -> int:
        # One of an iterable, which is looked into here alone.
        if isinstance(target, bool) or not isinstance(target, Leaf | Standing | int):
            raise TypeError(f"target= takes leaves, CAs and serial numbers; got {show(target)}")
        if isinstance(target, int):
            return target
        if target.issuer is not self:
            issuer = target.issuer.common_name if target.issuer else "nobody: it is a root"
            raise ValueError(f"{target!r} was issued by {issuer}, not by {self.common_name}; ask its issuer")
        return target.serial_number

    # Its end.

    def require_open(self) -> None:
        """Raise ValueError once it is closed, or its PKI."""
        self._realm.require_open()
        if self._mount.closed:
            raise ValueError(f"{self!r} is closed; use another CA of its PKI, or close this one later")

    def close(self) -> None:
        """Stop its services and give their ports back, while the rest of its PKI goes on.

        For a PKI that stays up and has many CAs, one after the other. Its certificate stays as it is, and so
        do those it issued; what its services were asked can still be read. All else that it is asked for is a
        ValueError. Closing twice does nothing. Raises RuntimeError inside a fault, which runs in a service.
        """
        if self._realm.closed or self._mount.closed:
            return
        if self._realm.engine.is_here:
            raise RuntimeError(f"{self!r} cannot be closed by one of its own services; close it in the test")
        self._realm.cas = [ca for ca in self._realm.cas if ca is not self]
        self._realm.withdraw(self._mount)


def find_status(member: Standing, certificate: bytes) -> CertificateStatus:
    """What the CA that issued *certificate*, DER, knows of it, if it belongs to the PKI of *member*."""
    issuer, serial = read_issuer(certificate), read_serial(certificate)
    for ca in member._realm.cas:
        if read_subject(ca.der) == issuer:
            return CertificateStatus.of(ca._ledger.status(serial))
    return CertificateStatus("unknown")


Target = Annotated[Leaf | Standing | int, "a leaf, a CA or a serial number"]
"""What can be revoked: a leaf, a CA, or a serial number of the issuing CA."""
Targets = Annotated[Target | Iterable[Target], "a leaf, a CA, a serial number, or a list of them"]


def list_targets(target: Targets) -> Iterable[Target]:
    """One target or many, as many."""
    return target if isinstance(target, Iterable) else (target,)
