"""Faults of what an OCSP answer says: its times, CertIDs, list of responses, version and extensions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from .._layers import OCSPContent, Timing, duration
from .._pkix import der
from .._pkix.der import Extension
from .._pkix.element import Element
from .._pkix.ocsp_request import HASHES, NONCE, CertID, nonce_extension
from .._pkix.ocsp_response import ResponseData, SingleResponse
from .._pkix.status import CertStatus, Reason, Revocation
from .._pkix.times import Time, generalized_time, utc_time
from .._pkix.window import Window
from ._ocsp import Good, Revoked, Unknown, WrongSerial

__all__ = [
    "ArchiveCutoff",
    "CertIDHash",
    "CrlReference",
    "EmptyResponseExtensions",
    "EmptySingleExtensions",
    "ExtendedRevoke",
    "MislabelledHash",
    "NoNonce",
    "NoSingleResponses",
    "Nonce",
    "OddTime",
    "ProducedAt",
    "ResponseExtension",
    "Single",
    "SingleExtension",
    "Singles",
    "UnknownHash",
    "Version",
    "WrongIssuerKeyHash",
    "WrongIssuerNameHash",
]

EXAMPLE = "2.999.1"
"""An OID below ITU-T's arc for examples: nobody can know what it means."""

_CRL_ID = "1.3.6.1.5.5.7.48.1.3"
_ARCHIVE_CUTOFF = "1.3.6.1.5.5.7.48.1.6"
_EXTENDED_REVOKE = "1.3.6.1.5.5.7.48.1.9"


def _each(honest: ResponseData, worse: Callable[[SingleResponse], SingleResponse]) -> ResponseData:
    return replace(honest, responses=tuple(map(worse, honest.responses)))


def _each_id(honest: ResponseData, worse: Callable[[CertID], CertID]) -> ResponseData:
    return _each(honest, lambda single: replace(single, cert_id=worse(single.cert_id)))


def _moment(time: Time | None, what: str, fault: object) -> datetime:
    if not isinstance(time, datetime):
        raise ValueError(f"{fault!r} finds no plain {what} to start from; give it before the other fault")
    return time


def _other(octets: bytes) -> bytes:
    """As many octets, each of them another."""
    return bytes(octet ^ 0xFF for octet in octets)


# Times.


@dataclass(frozen=True)
class ProducedAt(OCSPContent):
    """producedAt is *by* later (negative: earlier), and nothing else. RFC 6960 section 2.4."""

    by: timedelta = timedelta(days=1)

    def __post_init__(self) -> None:
        duration(self.by, self)

    def __call__(self, honest: ResponseData) -> ResponseData:
        return replace(honest, produced_at=_moment(honest.produced_at, "producedAt", self) + self.by)


_FORMS: dict[str, Callable[[datetime], bytes]] = {
    "fraction": lambda time: der.tlv(0x18, f"{time:%Y%m%d%H%M%S}.5Z".encode()),
    "offset": lambda time: der.tlv(0x18, f"{time + timedelta(hours=1):%Y%m%d%H%M%S}+0100".encode()),
    "no_seconds": lambda time: der.tlv(0x18, f"{time:%Y%m%d%H%M}Z".encode()),
    "utc_time": utc_time,
}


@dataclass(frozen=True)
class OddTime(OCSPContent):
    """A time in a form that OCSP forbids. RFC 6960 section 4.2.2.1.

    *field* is ``this_update``, ``next_update`` or ``produced_at``; *form* is ``fraction`` (half a
    second more), ``offset`` (the same moment, an hour east of Greenwich), ``no_seconds`` (cut off), or
    ``utc_time`` (the same moment as UTCTime). The rule is RFC 5280's, section 4.1.2.5.2.
    """

    field: str = "this_update"
    form: str = "fraction"

    def __post_init__(self) -> None:
        if self.field not in ("this_update", "next_update", "produced_at"):
            raise ValueError(f"{self.field!r} is no time; there are this_update, next_update and produced_at")
        if self.form not in _FORMS:
            raise ValueError(f"{self.form!r} is no form of a time; there are {', '.join(_FORMS)}")

    def __call__(self, honest: ResponseData) -> ResponseData:
        if self.field == "produced_at":
            return replace(honest, produced_at=self._odd(honest.produced_at))
        if self.field == "this_update":
            return _each(honest, lambda single: replace(single, this_update=self._odd(single.this_update)))
        return _each(honest, lambda single: replace(single, next_update=self._odd(single.next_update)))

    def _odd(self, time: Time | None) -> bytes:
        return _FORMS[self.form](_moment(time, self.field, self))


# CertIDs.


@dataclass(frozen=True)
class WrongIssuerNameHash(OCSPContent):
    """issuerNameHash is another's: every bit of it differs. RFC 6960 section 3.2, check 1."""

    def __call__(self, honest: ResponseData) -> ResponseData:
        return _each_id(honest, lambda one: replace(one, issuer_name_hash=_other(one.issuer_name_hash)))


@dataclass(frozen=True)
class WrongIssuerKeyHash(OCSPContent):
    """issuerKeyHash is another's: every bit of it differs. RFC 6960 section 3.2, check 1."""

    def __call__(self, honest: ResponseData) -> ResponseData:
        return _each_id(honest, lambda one: replace(one, issuer_key_hash=_other(one.issuer_key_hash)))


def _hash_algorithm(name: str) -> bytes:
    for oid, (known, _) in HASHES.items():
        if known == name:
            return der.sequence(der.oid(oid), der.NULL)
    names = ", ".join(known for known, _ in HASHES.values())
    raise ValueError(f"{name!r} is no hash for a CertID here; there are {names}")


def _another_hash(asked: CertID, name: str, fault: object) -> CertID:
    if asked.hash_name == name:
        raise ValueError(f"{fault!r} changes nothing: the question was in {name}; give another hash")
    return asked


@dataclass(frozen=True)
class CertIDHash(OCSPContent):
    """The right certificate, by another hash than the question's: *name*. RFC 6960 section 4.1.1.

    *name* is sha1, sha256, sha384 or sha512. Raises ValueError when the question was in that hash.
    """

    name: str = "sha256"

    def __post_init__(self) -> None:
        _hash_algorithm(self.name)

    def __call__(self, honest: ResponseData) -> ResponseData:
        issuer = honest.issuer
        if issuer is None:
            raise ValueError(f"{self!r} does not know the issuer: this ResponseData says none")
        return _each_id(
            honest,
            lambda one: issuer.cert_id(_another_hash(one, self.name, self).serial_number, self.name),
        )


@dataclass(frozen=True)
class MislabelledHash(OCSPContent):
    """hashAlgorithm says *as_*; the hashes stay those of the question. RFC 6960 section 4.1.1.

    Raises ValueError when the question was in that hash.
    """

    as_: str = "sha256"

    def __post_init__(self) -> None:
        _hash_algorithm(self.as_)

    def __call__(self, honest: ResponseData) -> ResponseData:
        label = _hash_algorithm(self.as_)
        return _each_id(honest, lambda one: replace(_another_hash(one, self.as_, self), hash_algorithm=label))


@dataclass(frozen=True)
class UnknownHash(OCSPContent):
    """hashAlgorithm is one that nobody knows, *oid*; the hashes stay. RFC 6960 section 4.1.1."""

    oid: str = EXAMPLE

    def __post_init__(self) -> None:
        der.oid(self.oid)

    def __call__(self, honest: ResponseData) -> ResponseData:
        label = der.sequence(der.oid(self.oid))
        return _each_id(honest, lambda one: replace(one, hash_algorithm=label))


# The list of responses.


@dataclass(frozen=True)
class NoSingleResponses(OCSPContent):
    """responses is an empty list. RFC 6960 section 4.2.2.3."""

    def __call__(self, honest: ResponseData) -> ResponseData:
        return replace(honest, responses=())


@dataclass(frozen=True)
class Single:
    """One SingleResponse for `Singles`: a *status*, perhaps of another certificate, at its own times.

    *status* is ``good``, ``revoked`` (for *reason*) or ``unknown``. With *other* it is about the serial
    number one higher. *timing* is a fault of the times, such as ``Stale()``, counted from producedAt.
    """

    status: str = "good"
    other: bool = False
    reason: str = "unspecified"
    timing: Timing | None = None

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
        now = _moment(honest.produced_at, "producedAt", self)
        next_update = None if single.next_update is None else _moment(single.next_update, "nextUpdate", self)
        window = Window(now, _moment(single.this_update, "thisUpdate", self), next_update, now)
        window = self.timing(window)
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
                raise TypeError(f"Singles() takes Single(...), as many as you like; got {single!r}")
        object.__setattr__(self, "singles", singles or Singles.singles)

    def __repr__(self) -> str:
        return f"Singles({', '.join(map(repr, self.singles))})"

    def __call__(self, honest: ResponseData) -> ResponseData:
        if not honest.responses:
            raise ValueError(f"{self!r} stands in the place of a SingleResponse, and this answer has none")
        responses = tuple(one.about(asked, honest) for asked in honest.responses for one in self.singles)
        return replace(honest, responses=responses)


# The version, and extensions.


@dataclass(frozen=True)
class Version(OCSPContent):
    """The version is written: *number* 0 is v1, which DER leaves out, 1 is v2. RFC 6960 section 4.2.2.3."""

    number: int = 1

    def __call__(self, honest: ResponseData) -> ResponseData:
        return replace(honest, version=self.number)


def _also(extensions: tuple[Extension, ...] | None, *more: Extension) -> tuple[Extension, ...]:
    return (*(extensions or ()), *more)


@dataclass(frozen=True)
class ResponseExtension(OCSPContent):
    """One more extension of the whole answer: *oid*, *critical*, its *value* as DER. RFC 6960 section 4.4."""

    oid: str = EXAMPLE
    critical: bool = True
    value: bytes = der.NULL

    def __post_init__(self) -> None:
        der.oid(self.oid)

    def __call__(self, honest: ResponseData) -> ResponseData:
        extension = Extension(self.oid, self.critical, self.value)
        return replace(honest, extensions=_also(honest.extensions, extension))


@dataclass(frozen=True)
class SingleExtension(OCSPContent):
    """One more extension of each SingleResponse: *oid*, *critical*, its *value*. RFC 6960 section 4.4."""

    oid: str = EXAMPLE
    critical: bool = True
    value: bytes = der.NULL

    def __post_init__(self) -> None:
        der.oid(self.oid)

    def __call__(self, honest: ResponseData) -> ResponseData:
        extension = Extension(self.oid, self.critical, self.value)
        return _each(honest, lambda single: replace(single, extensions=_also(single.extensions, extension)))


@dataclass(frozen=True)
class EmptyResponseExtensions(OCSPContent):
    """responseExtensions is an empty list; what was in it, a nonce too, is gone. RFC 6960 section 4.2.1."""

    def __call__(self, honest: ResponseData) -> ResponseData:
        return replace(honest, extensions=())


@dataclass(frozen=True)
class EmptySingleExtensions(OCSPContent):
    """singleExtensions is an empty list. RFC 6960 section 4.2.1."""

    def __call__(self, honest: ResponseData) -> ResponseData:
        return _each(honest, lambda single: replace(single, extensions=()))


@dataclass(frozen=True)
class NoNonce(OCSPContent):
    """The nonce that was asked for is left out. RFC 9654 section 2.1.

    Raises ValueError when none was asked for: then there is nothing to leave out.
    """

    def __call__(self, honest: ResponseData) -> ResponseData:
        kept = tuple(one for one in honest.extensions or () if one.oid != NONCE)
        if len(kept) == len(honest.extensions or ()):
            raise ValueError("NoNonce() has no nonce to leave out: the question had none")
        return replace(honest, extensions=kept or None)


@dataclass(frozen=True)
class Nonce(OCSPContent):
    """The nonce is *value*, asked for or not, of any length. RFC 9654 section 2.1.

    *value* left out is another nonce of the same length as the question's, or 32 octets that nobody
    asked for. Raises ValueError for a value that is the question's own.
    """

    value: bytes | None = None

    def __call__(self, honest: ResponseData) -> ResponseData:
        asked = next((one for one in honest.extensions or () if one.oid == NONCE), None)
        if asked is None:
            value = b"mockpki: a nonce nobody asked for"[:32] if self.value is None else self.value
            return replace(honest, extensions=_also(honest.extensions, nonce_extension(value)))
        if self.value is None:
            octets = Element.whole(asked.value, der.OCTET_STRING).content
            nonce = nonce_extension(_other(octets))
        else:
            nonce = nonce_extension(self.value)
        if nonce == asked:
            raise ValueError(f"{self!r} is the nonce that was asked for; give another")
        kept = (nonce if one is asked else one for one in honest.extensions or ())
        return replace(honest, extensions=tuple(kept))


@dataclass(frozen=True)
class ArchiveCutoff(OCSPContent):
    """Statuses are kept since *before* producedAt, past the certificates' end. RFC 6960 section 4.4.4."""

    before: timedelta = timedelta(days=7 * 365)

    def __post_init__(self) -> None:
        duration(self.before, self)

    def __call__(self, honest: ResponseData) -> ResponseData:
        # RFC 6960 section 4.4.4: "The date obtained by subtracting this retention interval value from the
        # producedAt time in a response is defined as the certificate's "archive cutoff" date."
        cutoff = _moment(honest.produced_at, "producedAt", self) - self.before
        return SingleExtension(_ARCHIVE_CUTOFF, False, generalized_time(cutoff))(honest)


@dataclass(frozen=True)
class CrlReference(OCSPContent):
    """Says which CRL has the status: its *url*, its *number*, its *time*. RFC 6960 section 4.4.2."""

    url: str | None = "http://crl.invalid/ca.crl"
    number: int | None = None
    time: datetime | None = None

    def __post_init__(self) -> None:
        self._crl_id()

    def __call__(self, honest: ResponseData) -> ResponseData:
        return SingleExtension(_CRL_ID, False, self._crl_id())(honest)

    def _crl_id(self) -> bytes:
        # RFC 6960 section 4.4.2: "CrlID ::= SEQUENCE { crlUrl [0] EXPLICIT IA5String OPTIONAL, crlNum [1]
        # EXPLICIT INTEGER OPTIONAL, crlTime [2] EXPLICIT GeneralizedTime OPTIONAL }".
        return der.sequence(
            b"" if self.url is None else der.explicit(0, der.ia5_string(self.url)),
            b"" if self.number is None else der.explicit(1, der.integer(self.number)),
            b"" if self.time is None else der.explicit(2, generalized_time(self.time)),
        )


@dataclass(frozen=True)
class ExtendedRevoke(OCSPContent):
    """As if never issued: on hold since 1970, with extended-revoke. RFC 6960 section 2.2."""

    def __call__(self, honest: ResponseData) -> ResponseData:
        # RFC 6960 section 2.2: "MUST specify the revocation reason certificateHold (6), - MUST specify the
        # revocationTime January 1, 1970".
        status: CertStatus = Revocation(datetime(1970, 1, 1, tzinfo=timezone.utc), Reason.CERTIFICATE_HOLD)
        worse = _each(honest, lambda single: replace(single, status=status))
        return ResponseExtension(_EXTENDED_REVOKE, False, der.NULL)(worse)
