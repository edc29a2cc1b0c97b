"""The contents of OCSP responses, written (RFC 6960 section 4.2).

No fault is known here: the encoders write what the value says, and the value may be absurd.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from . import der
from .der import Extension
from .ocsp_request import CertID, Issuer
from .signing import Signer
from .status import CertStatus, Reason, Revocation, Status
from .times import Time, encode_time, generalized_time

BASIC = "1.3.6.1.5.5.7.48.1.1"


class ResponseStatus(IntEnum):
    """OCSPResponseStatus, RFC 6960 section 4.2.1. The number 4 is not used."""

    SUCCESSFUL = 0
    MALFORMED_REQUEST = 1
    INTERNAL_ERROR = 2
    TRY_LATER = 3
    SIG_REQUIRED = 5
    UNAUTHORIZED = 6

    @property
    def rfc_name(self) -> str:
        """The name as the RFC spells it: ``tryLater``."""
        first, *rest = self.name.lower().split("_")
        return first + "".join(word.title() for word in rest)


@dataclass(frozen=True, slots=True)
class SingleResponse:
    """The status of one certificate, RFC 6960 section 4.2.1."""

    cert_id: CertID
    status: CertStatus
    this_update: Time
    next_update: Time | None
    extensions: tuple[Extension, ...] | None = None

    def encode(self) -> bytes:
        """The SingleResponse as DER."""
        next_update, extensions = b"", b""
        if self.next_update is not None:
            next_update = der.explicit(0, encode_time(self.next_update))
        if self.extensions is not None:
            extensions = der.explicit(1, der.extensions(self.extensions))
        return der.sequence(
            self.cert_id.encode(),
            _encode_status(self.status),
            encode_time(self.this_update),
            next_update,
            extensions,
        )


def _encode_status(status: CertStatus) -> bytes:
    if status is Status.GOOD:
        return b"\x80\x00"
    if not isinstance(status, Revocation):
        return b"\x82\x00"
    reason = b""
    # RFC 5280 section 5.3.1: "the reason code CRL entry extension SHOULD be absent instead of using the
    # unspecified (0) reasonCode value". OCSP borrows its reasons, and this habit with them.
    if status.reason is not Reason.UNSPECIFIED:
        reason = der.explicit(0, der.enumerated(status.reason))
    return der.implicit(1, generalized_time(status.time) + reason, constructed=True)


@dataclass(frozen=True, slots=True)
class ResponseData:
    """What is signed, but for the ResponderID, which is the signer's. RFC 6960 section 4.2.1.

    *version* None leaves the DEFAULT v1 out, as DER has it. *extensions* None leaves them out,
    ``()`` writes an empty list. *issuer* and *now* are not written: they are the CA in question, for a fault
    that needs another CertID of it, and the PKI's time when the answer is made, for one that counts from it.
    """

    produced_at: Time
    responses: tuple[SingleResponse, ...]
    extensions: tuple[Extension, ...] | None = None
    version: int | None = None
    issuer: Issuer | None = field(default=None, repr=False, compare=False)
    now: datetime | None = field(default=None, repr=False, compare=False)

    def encode(self, signer: Signer) -> bytes:
        """What *signer* signs, as DER."""
        version, extensions = b"", b""
        if self.version is not None:
            version = der.explicit(0, der.integer(self.version))
        if self.extensions is not None:
            extensions = der.explicit(1, der.extensions(self.extensions))
        return der.sequence(
            version,
            _encode_responder_id(signer),
            encode_time(self.produced_at),
            der.sequence(*(single.encode() for single in self.responses)),
            extensions,
        )


def _encode_responder_id(signer: Signer) -> bytes:
    # RFC 6960 section 4.2.1: "KeyHash ::= OCTET STRING -- SHA-1 hash of responder's public key (excluding
    # the tag and length fields)".
    if signer.by_name:
        return der.explicit(1, signer.name)
    return der.explicit(2, der.octet_string(signer.key_hash))


@dataclass(frozen=True, slots=True)
class OCSPResponse:
    """The envelope: *status*, and, if there is one, the *response* of type *response_type*.

    RFC 6960 section 4.2.1. `ResponseStatus` has the defined numbers; a fault may use others.
    """

    status: int
    response: bytes | None = field(default=None, repr=False)
    response_type: str = BASIC

    def encode(self) -> bytes:
        """The OCSPResponse as DER."""
        # RFC 6960 section 4.2.1: "If the value of responseStatus is one of the error conditions, the
        # responseBytes field is not set." That is up to whoever makes the value.
        body = b""
        if self.response is not None:
            body = der.sequence(der.oid(self.response_type), der.octet_string(self.response))
            body = der.explicit(0, body)
        return der.sequence(der.enumerated(self.status), body)

    @property
    def rfc_name(self) -> str:
        """``successful``, ``tryLater`` and so on; the bare number where the RFC has no name."""
        try:
            return ResponseStatus(self.status).rfc_name
        except ValueError:
            return str(self.status)
