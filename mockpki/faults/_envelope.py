"""Faults of the OCSP envelope, the five error statuses among them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .._layers import Envelope
from .._pkix import der
from .._pkix.ocsp_response import OCSPResponse, ResponseStatus
from ._parts import EXAMPLE

__all__ = [
    "ErrorWithBody",
    "InternalError",
    "MalformedRequest",
    "NoResponseBytes",
    "ResponseStatusNumber",
    "SigRequired",
    "TryLater",
    "Unauthorized",
    "WrongResponseType",
]


@dataclass(frozen=True)
class ResponseStatusNumber(Envelope):
    """responseStatus is *number*, perhaps an undefined one, and nothing else. RFC 6960 section 4.2.1."""

    number: int = 4

    def __call__(self, honest: OCSPResponse) -> OCSPResponse:
        return OCSPResponse(self.number)


@dataclass(frozen=True)
class NoResponseBytes(Envelope):
    """responseStatus stays, and responseBytes is missing. RFC 6960 section 4.2.1."""

    def __call__(self, honest: OCSPResponse) -> OCSPResponse:
        return replace(honest, response=None)


@dataclass(frozen=True)
class WrongResponseType(Envelope):
    """responseType is *oid*, and not id-pkix-ocsp-basic; what it holds stays. RFC 6960 section 4.2.1."""

    oid: str = EXAMPLE

    def _check_values(self) -> None:
        der.oid(self.oid)

    def __call__(self, honest: OCSPResponse) -> OCSPResponse:
        return replace(honest, response_type=self.oid)


_ERRORS = {status.rfc_name: status for status in ResponseStatus if status is not ResponseStatus.SUCCESSFUL}


@dataclass(frozen=True)
class ErrorWithBody(Envelope):
    """responseStatus is the error *status*, and the whole answer comes with it. RFC 6960 section 4.2.1."""

    status: str = "tryLater"

    def _check_values(self) -> None:
        if self.status not in _ERRORS:
            raise ValueError(f"{self.status!r} is no error status; RFC 6960 has {', '.join(_ERRORS)}")

    def __call__(self, honest: OCSPResponse) -> OCSPResponse:
        return replace(honest, status=_ERRORS[self.status])


@dataclass(frozen=True)
class MalformedRequest(Envelope):
    """responseStatus malformedRequest (1), and nothing else. RFC 6960 section 2.3."""

    def __call__(self, honest: OCSPResponse) -> OCSPResponse:
        return OCSPResponse(ResponseStatus.MALFORMED_REQUEST)


@dataclass(frozen=True)
class InternalError(Envelope):
    """responseStatus internalError (2), and nothing else. RFC 6960 section 2.3."""

    def __call__(self, honest: OCSPResponse) -> OCSPResponse:
        return OCSPResponse(ResponseStatus.INTERNAL_ERROR)


@dataclass(frozen=True)
class TryLater(Envelope):
    """responseStatus tryLater (3), and nothing else. RFC 6960 section 2.3."""

    def __call__(self, honest: OCSPResponse) -> OCSPResponse:
        return OCSPResponse(ResponseStatus.TRY_LATER)


@dataclass(frozen=True)
class SigRequired(Envelope):
    """responseStatus sigRequired (5), and nothing else. RFC 6960 section 2.3."""

    def __call__(self, honest: OCSPResponse) -> OCSPResponse:
        return OCSPResponse(ResponseStatus.SIG_REQUIRED)


@dataclass(frozen=True)
class Unauthorized(Envelope):
    """responseStatus unauthorized (6), and nothing else. RFC 6960 section 2.3."""

    def __call__(self, honest: OCSPResponse) -> OCSPResponse:
        return OCSPResponse(ResponseStatus.UNAUTHORIZED)
