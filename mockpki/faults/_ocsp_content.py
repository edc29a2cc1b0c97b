"""Faults of what an OCSP answer says: its times, list of responses, version, extensions and nonce."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from .._layers import OCSPContent
from .._pkix import der
from .._pkix.der import Extension
from .._pkix.element import Element
from .._pkix.ocsp_request import NONCE, nonce_extension
from .._pkix.ocsp_response import ResponseData
from .._pkix.status import CertStatus, Reason, Revocation
from .._pkix.times import Time, utc_time
from ._ocsp_singles import bend_singles
from ._parts import EXAMPLE, add_extensions, find_time, flip_octets

__all__ = [
    "EmptyResponseExtensions",
    "ExtendedRevoke",
    "NoNonce",
    "NoSingleResponses",
    "Nonce",
    "OddTime",
    "ProducedAt",
    "ResponseExtension",
    "Version",
]

_EXTENDED_REVOKE = "1.3.6.1.5.5.7.48.1.9"


# Times.


@dataclass(frozen=True)
class ProducedAt(OCSPContent):
    """producedAt is *by* later (negative: earlier), and nothing else. RFC 6960 section 2.4.

    Three days, if *by* is left out: some verifiers allow a day.
    """

    by: timedelta = timedelta(days=3)

    def __call__(self, honest: ResponseData) -> ResponseData:
        return replace(honest, produced_at=find_time(honest.produced_at, "producedAt", self) + self.by)


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

    def _check_values(self) -> None:
        if self.field not in ("this_update", "next_update", "produced_at"):
            raise ValueError(f"{self.field!r} is no time; there are this_update, next_update and produced_at")
        if self.form not in _FORMS:
            raise ValueError(f"{self.form!r} is no form of a time; there are {', '.join(_FORMS)}")

    def __call__(self, honest: ResponseData) -> ResponseData:
        if self.field == "produced_at":
            return replace(honest, produced_at=self._odd_time(honest.produced_at))
        if self.field == "this_update":
            return bend_singles(honest, lambda one: replace(one, this_update=self._odd_time(one.this_update)))
        return bend_singles(honest, lambda one: replace(one, next_update=self._odd_time(one.next_update)))

    def _odd_time(self, time: Time | None) -> bytes:
        return _FORMS[self.form](find_time(time, self.field, self))


# The list of responses.


@dataclass(frozen=True)
class NoSingleResponses(OCSPContent):
    """responses is an empty list. RFC 6960 section 4.2.2.3."""

    def __call__(self, honest: ResponseData) -> ResponseData:
        return replace(honest, responses=())


# The version, and extensions.


@dataclass(frozen=True)
class Version(OCSPContent):
    """The version is written: *number* 0 is v1, which DER leaves out, 1 is v2. RFC 6960 section 4.2.2.3."""

    number: int = 1

    def __call__(self, honest: ResponseData) -> ResponseData:
        return replace(honest, version=self.number)


@dataclass(frozen=True)
class ResponseExtension(OCSPContent):
    """One more extension of the whole answer: *oid*, *critical*, its *value* as DER. RFC 6960 section 4.4."""

    oid: str = EXAMPLE
    critical: bool = True
    value: bytes = der.NULL

    def _check_values(self) -> None:
        der.oid(self.oid)

    def __call__(self, honest: ResponseData) -> ResponseData:
        extension = Extension(self.oid, self.critical, self.value)
        return replace(honest, extensions=add_extensions(honest.extensions, extension))


@dataclass(frozen=True)
class EmptyResponseExtensions(OCSPContent):
    """responseExtensions is an empty list; what was in it, a nonce too, is gone. RFC 6960 section 4.2.1."""

    def __call__(self, honest: ResponseData) -> ResponseData:
        return replace(honest, extensions=())


@dataclass(frozen=True)
class NoNonce(OCSPContent):
    """The nonce that was asked for is left out. RFC 9654 section 2.1.

    A client that sent none has the honest answer.
    """

    def __call__(self, honest: ResponseData) -> ResponseData:
        # One responder serves several clients: of those that send no nonce, none is withheld.
        kept = tuple(one for one in honest.extensions or () if one.oid != NONCE)
        if len(kept) == len(honest.extensions or ()):
            return honest
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
            return replace(honest, extensions=add_extensions(honest.extensions, nonce_extension(value)))
        if self.value is None:
            octets = Element.whole(asked.value, der.OCTET_STRING).content
            nonce = nonce_extension(flip_octets(octets))
        else:
            nonce = nonce_extension(self.value)
        if nonce == asked:
            raise ValueError(f"{self!r} is the nonce that was asked for; give another")
        kept = (nonce if one is asked else one for one in honest.extensions or ())
        return replace(honest, extensions=tuple(kept))


@dataclass(frozen=True)
class ExtendedRevoke(OCSPContent):
    """As if never issued: on hold since 1970, with extended-revoke. RFC 6960 section 2.2."""

    def __call__(self, honest: ResponseData) -> ResponseData:
        # RFC 6960 section 2.2: "MUST specify the revocation reason certificateHold (6), - MUST specify the
        # revocationTime January 1, 1970".
        status: CertStatus = Revocation(datetime(1970, 1, 1, tzinfo=timezone.utc), Reason.CERTIFICATE_HOLD)
        worse = bend_singles(honest, lambda single: replace(single, status=status))
        return ResponseExtension(_EXTENDED_REVOKE, False, der.NULL)(worse)
