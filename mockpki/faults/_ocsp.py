"""Faults of what an OCSP answer says, and of the envelope around it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .._layers import Envelope, OCSPContent
from .._pkix.ocsp_request import CertID
from .._pkix.ocsp_response import OCSPResponse, ResponseData, ResponseStatus, SingleResponse
from .._pkix.status import CertStatus, Reason, Revocation, Status

__all__ = [
    "Good",
    "InternalError",
    "MalformedRequest",
    "Revoked",
    "SigRequired",
    "TryLater",
    "Unauthorized",
    "Unknown",
    "WrongSerial",
]


def _say(honest: ResponseData, status: CertStatus) -> ResponseData:
    return replace(honest, responses=tuple(replace(single, status=status) for single in honest.responses))


@dataclass(frozen=True)
class Good(OCSPContent):
    """certStatus good, whatever became of the certificate. RFC 6960 section 2.2."""

    def __call__(self, honest: ResponseData) -> ResponseData:
        return _say(honest, Status.GOOD)


@dataclass(frozen=True)
class Revoked(OCSPContent):
    """certStatus revoked for *reason*, *at* a time (left out: an hour ago). RFC 6960 section 2.2."""

    reason: str = "unspecified"
    at: datetime | None = None

    def __post_init__(self) -> None:
        Reason.of(self.reason)
        if self.at is not None and self.at.utcoffset() is None:
            raise ValueError(f"{self.at!r} has no time zone; give an aware datetime, such as one in UTC")

    def __call__(self, honest: ResponseData) -> ResponseData:
        at = self.at
        if at is None:
            if isinstance(honest.produced_at, bytes):
                raise ValueError(
                    "Revoked() cannot count back from a producedAt that is ready DER; give it at="
                )
            at = honest.produced_at - timedelta(hours=1)
        return _say(honest, Revocation(at, Reason.of(self.reason)))


@dataclass(frozen=True)
class Unknown(OCSPContent):
    """certStatus unknown: the responder does not know the certificate. RFC 6960 section 2.2."""

    def __call__(self, honest: ResponseData) -> ResponseData:
        return _say(honest, Status.UNKNOWN)


@dataclass(frozen=True)
class WrongSerial(OCSPContent):
    """The answer is about the serial number *by* higher. RFC 6960 section 3.2, check 1."""

    by: int = 1

    def __call__(self, honest: ResponseData) -> ResponseData:
        return replace(honest, responses=tuple(map(self._other, honest.responses)))

    def _other(self, single: SingleResponse) -> SingleResponse:
        cert_id: CertID = replace(single.cert_id, serial_number=single.cert_id.serial_number + self.by)
        return replace(single, cert_id=cert_id)


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
