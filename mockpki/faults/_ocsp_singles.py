"""Faults of what an OCSP answer says of a certificate: its status, its CertID, and how often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .._layers import OCSPContent, Timing, write_call
from .._parameters import show
from .._pkix import der
from .._pkix.der import Extension
from .._pkix.ocsp_request import HASHES, CertID
from .._pkix.ocsp_response import ResponseData, SingleResponse
from .._pkix.status import CertStatus, Reason, Revocation, Status
from .._pkix.times import check_time, generalized_time
from .._pkix.window import Window
from ._parts import EXAMPLE, add_extensions, find_time, flip_octets

__all__ = [
    "ArchiveCutoff",
    "CertIDHash",
    "CrlReference",
    "EmptySingleExtensions",
    "Good",
    "MislabelledHash",
    "Revoked",
    "Single",
    "SingleExtension",
    "Singles",
    "Unknown",
    "UnknownHash",
    "WrongIssuerKeyHash",
    "WrongIssuerNameHash",
    "WrongSerial",
]


_CRL_ID = "1.3.6.1.5.5.7.48.1.3"
_ARCHIVE_CUTOFF = "1.3.6.1.5.5.7.48.1.6"


def bend_singles(honest: ResponseData, bend: Callable[[SingleResponse], SingleResponse]) -> ResponseData:
    """*honest* with each SingleResponse replaced by what *bend* makes of it."""
    return replace(honest, responses=tuple(map(bend, honest.responses)))


def _bend_ids(honest: ResponseData, bend: Callable[[CertID], CertID]) -> ResponseData:
    return bend_singles(honest, lambda single: replace(single, cert_id=bend(single.cert_id)))


def _set_status(honest: ResponseData, status: CertStatus) -> ResponseData:
    return bend_singles(honest, lambda single: replace(single, status=status))


# Statuses.


@dataclass(frozen=True)
class Good(OCSPContent):
    """certStatus good, whatever became of the certificate. RFC 6960 section 2.2."""

    def __call__(self, honest: ResponseData) -> ResponseData:
        return _set_status(honest, Status.GOOD)


@dataclass(frozen=True)
class Revoked(OCSPContent):
    """certStatus revoked for *reason*, *at* a time (else an hour before producedAt). RFC 6960 section 2.2."""

    reason: str = "unspecified"
    at: datetime | None = None

    def _check_values(self) -> None:
        Reason.of(self.reason)
        if self.at is not None:
            check_time(self.at)

    def __call__(self, honest: ResponseData) -> ResponseData:
        at = self.at
        if at is None:
            if isinstance(honest.produced_at, bytes):
                raise ValueError(
                    "Revoked() cannot count back from a producedAt that is ready DER; give it at="
                )
            at = honest.produced_at - timedelta(hours=1)
        return _set_status(honest, Revocation(at, Reason.of(self.reason)))


@dataclass(frozen=True)
class Unknown(OCSPContent):
    """certStatus unknown: the responder does not know the certificate. RFC 6960 section 2.2."""

    def __call__(self, honest: ResponseData) -> ResponseData:
        return _set_status(honest, Status.UNKNOWN)


# CertIDs.


@dataclass(frozen=True)
class WrongSerial(OCSPContent):
    """The answer is about the serial number *by* higher. RFC 6960 section 3.2, check 1."""

    by: int = 1

    def __call__(self, honest: ResponseData) -> ResponseData:
        return _bend_ids(honest, lambda one: replace(one, serial_number=one.serial_number + self.by))


@dataclass(frozen=True)
class WrongIssuerNameHash(OCSPContent):
    """issuerNameHash is another's: every bit of it differs. RFC 6960 section 3.2, check 1."""

    def __call__(self, honest: ResponseData) -> ResponseData:
        return _bend_ids(honest, lambda one: replace(one, issuer_name_hash=flip_octets(one.issuer_name_hash)))


@dataclass(frozen=True)
class WrongIssuerKeyHash(OCSPContent):
    """issuerKeyHash is another's: every bit of it differs. RFC 6960 section 3.2, check 1."""

    def __call__(self, honest: ResponseData) -> ResponseData:
        return _bend_ids(honest, lambda one: replace(one, issuer_key_hash=flip_octets(one.issuer_key_hash)))


def _hash_algorithm(name: str) -> bytes:
    for oid, (known, _) in HASHES.items():
        if known == name:
            return der.sequence(der.oid(oid), der.NULL)
    names = ", ".join(known for known, _ in HASHES.values())
    raise ValueError(f"{name!r} is no hash for a CertID here; there are {names}")


def _check_other(asked: CertID, name: str, fault: object) -> CertID:
    if asked.hash_name == name:
        raise ValueError(f"{fault!r} changes nothing: the question was in {name}; give another hash")
    return asked


@dataclass(frozen=True)
class CertIDHash(OCSPContent):
    """The right certificate, by another hash than the question's: *name*. RFC 6960 section 4.1.1.

    *name* is sha1, sha256, sha384 or sha512. Raises ValueError when the question was in that hash.
    """

    name: str = "sha256"

    def _check_values(self) -> None:
        _hash_algorithm(self.name)

    def __call__(self, honest: ResponseData) -> ResponseData:
        issuer = honest.issuer
        if issuer is None:
            raise ValueError(f"{self!r} does not know the issuer: this ResponseData says none")
        return _bend_ids(
            honest,
            lambda one: issuer.cert_id(_check_other(one, self.name, self).serial_number, self.name),
        )


@dataclass(frozen=True)
class MislabelledHash(OCSPContent):
    """hashAlgorithm says *as_*; the hashes stay those of the question. RFC 6960 section 4.1.1.

    Raises ValueError when the question was in that hash.
    """

    as_: str = "sha256"

    def _check_values(self) -> None:
        _hash_algorithm(self.as_)

    def __call__(self, honest: ResponseData) -> ResponseData:
        label = _hash_algorithm(self.as_)
        return _bend_ids(honest, lambda one: replace(_check_other(one, self.as_, self), hash_algorithm=label))


@dataclass(frozen=True)
class UnknownHash(OCSPContent):
    """hashAlgorithm is one that nobody knows, *oid*; the hashes stay. RFC 6960 section 4.1.1."""

    oid: str = EXAMPLE

    def _check_values(self) -> None:
        der.oid(self.oid)

    def __call__(self, honest: ResponseData) -> ResponseData:
        label = der.sequence(der.oid(self.oid))
        return _bend_ids(honest, lambda one: replace(one, hash_algorithm=label))


@dataclass(frozen=True)
class Single:
    """One SingleResponse for `Singles`: a *status*, perhaps of another certificate, at its own times.

    *status* is ``good``, ``revoked`` (for *reason*) or ``unknown``. With *other* it is about the serial
    number one higher. *timing* is a fault of the times, such as ``Stale()``, counted from now; where the
    ResponseData does not know the time, from producedAt.
    """

    status: str = "good"
    other: bool = False
    reason: str = "unspecified"
    timing: Timing | None = None

    __repr__ = write_call

    def __post_init__(self) -> None:
        if self.status not in ("good", "revoked", "unknown"):
            raise ValueError(f"{self.status!r} is no status; there are good, revoked and unknown")
        if Reason.of(self.reason) is not Reason.UNSPECIFIED and self.status != "revoked":
            raise ValueError(f"{self!r} has a reason, which only a revoked certificate has")
        if self.timing is not None and not isinstance(self.timing, Timing):
            raise TypeError(f"timing= takes a fault of the times, such as Stale(); got {self.timing!r}")

    def about(self, asked: SingleResponse, honest: ResponseData) -> SingleResponse:
        """This one, where an honest answer has *asked*."""
        one = replace(honest, responses=(asked,))
        one = {"good": Good(), "unknown": Unknown(), "revoked": Revoked(self.reason)}[self.status](one)
        if self.other:
            one = WrongSerial()(one)
        (single,) = one.responses
        if self.timing is None:
            return single
        produced_at = find_time(honest.produced_at, "producedAt", self)
        next_update = single.next_update
        if next_update is not None:
            next_update = find_time(next_update, "nextUpdate", self)
        this_update = find_time(single.this_update, "thisUpdate", self)
        window = self.timing(Window(honest.now or produced_at, this_update, next_update, produced_at))
        return replace(single, this_update=window.this_update, next_update=window.next_update)


@dataclass(frozen=True, init=False, repr=False)
class Singles(OCSPContent):
    """In the place of each SingleResponse stand these, in their order. RFC 6960 section 4.2.2.3.

    ``Singles(Single("good", other=True), Single("revoked"))``; left out, a good answer about another
    certificate comes before a good one.
    """

    singles: tuple[Single, ...] = (Single("good", other=True), Single("good"))

    def __init__(self, *singles: Single) -> None:
        for single in singles:
            if not isinstance(single, Single):
                raise TypeError(f"Singles() takes Single(...), as many as you like; got {show(single)}")
        object.__setattr__(self, "singles", singles or Singles.singles)

    def __repr__(self) -> str:
        return f"Singles({', '.join(map(repr, self.singles))})"

    def __call__(self, honest: ResponseData) -> ResponseData:
        if not honest.responses:
            raise ValueError(f"{self!r} stands in the place of a SingleResponse, and this answer has none")
        responses = tuple(one.about(asked, honest) for asked in honest.responses for one in self.singles)
        return replace(honest, responses=responses)


@dataclass(frozen=True)
class SingleExtension(OCSPContent):
    """One more extension of each SingleResponse: *oid*, *critical*, its *value*. RFC 6960 section 4.4."""

    oid: str = EXAMPLE
    critical: bool = True
    value: bytes = der.NULL

    def _check_values(self) -> None:
        der.oid(self.oid)

    def __call__(self, honest: ResponseData) -> ResponseData:
        extension = Extension(self.oid, self.critical, self.value)
        return bend_singles(
            honest, lambda single: replace(single, extensions=add_extensions(single.extensions, extension))
        )


@dataclass(frozen=True)
class EmptySingleExtensions(OCSPContent):
    """singleExtensions is an empty list. RFC 6960 section 4.2.1."""

    def __call__(self, honest: ResponseData) -> ResponseData:
        return bend_singles(honest, lambda single: replace(single, extensions=()))


@dataclass(frozen=True)
class ArchiveCutoff(OCSPContent):
    """Statuses are kept since *before* producedAt, past the certificates' end. RFC 6960 section 4.4.4."""

    before: timedelta = timedelta(days=7 * 365)

    def __call__(self, honest: ResponseData) -> ResponseData:
        # RFC 6960 section 4.4.4: "The date obtained by subtracting this retention interval value from the
        # producedAt time in a response is defined as the certificate's "archive cutoff" date."
        cutoff = find_time(honest.produced_at, "producedAt", self) - self.before
        return SingleExtension(_ARCHIVE_CUTOFF, False, generalized_time(cutoff))(honest)


@dataclass(frozen=True)
class CrlReference(OCSPContent):
    """Says which CRL has the status: its *url*, its *number*, its *time*. RFC 6960 section 4.4.2."""

    url: str | None = "http://crl.invalid/ca.crl"
    number: int | None = None
    time: datetime | None = None

    def _check_values(self) -> None:
        self._crl_id()

    def __call__(self, honest: ResponseData) -> ResponseData:
        return SingleExtension(_CRL_ID, False, self._crl_id())(honest)

    def _crl_id(self) -> bytes:
        # RFC 6960 section 4.4.2: "CrlID ::= SEQUENCE { crlUrl [0] EXPLICIT IA5String OPTIONAL, crlNum [1]
        # EXPLICIT INTEGER OPTIONAL, crlTime [2] EXPLICIT GeneralizedTime OPTIONAL }".
        return der.sequence(
            b"" if self.url is None else der.explicit(0, der.ia5_string(self.url)),
            b"" if self.number is None else der.explicit(1, der.integer(self.number)),
            b"" if self.time is None else der.explicit(2, generalized_time(check_time(self.time))),
        )
