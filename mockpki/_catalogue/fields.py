"""The fields of certificates, their requests, CRLs, and OCSP requests and answers, as RFCs name them.

Tables only: what is read by them is written in `decoded`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from .._pkix.element import Element
from .._pkix.ocsp_response import ResponseStatus
from .._pkix.status import Reason
from .values import algorithm_text, name_text


@dataclass(frozen=True)
class Field:
    """What is in one place of a structure: its name, the tags it may have, and what is inside.

    *fields* are inside in their order, *of* as often as it likes. With *wraps*, the one value inside,
    as in an EXPLICIT tag or an OCTET STRING, is shown in the field's place. *names* names a CHOICE by
    its tags, *values* the numbers it may hold. *text* shows it in one line. *signed* is the frame of
    to-be-signed, algorithm and signature.
    """

    name: str
    tags: tuple[int, ...] = ()
    fields: tuple[Field, ...] = ()
    of: Field | None = None
    wraps: bool = False
    names: Mapping[int, str] | None = None
    values: Mapping[int, str] | None = None
    text: Callable[[Element], str] | None = None
    signed: bool = False


REASONS = {int(reason): reason.name.lower() for reason in Reason}
_STATUSES = {int(status): status.rfc_name for status in ResponseStatus}
_VERSIONS = {number: f"v{number + 1}" for number in range(3)}

_SEQ, _INT, _OCT, _TIMES = (0x30,), (0x02,), (0x04,), (0x17, 0x18)
NAME = Field("name", _SEQ, text=name_text)
EXTENSION = Field("extension", _SEQ)
_EXTENSIONS = Field("extensions", _SEQ, of=EXTENSION)
_SPKI = Field(
    "subjectPublicKeyInfo", _SEQ, (Field("algorithm", _SEQ, text=algorithm_text), Field("key", (3,)))
)


def _tag_explicitly(number: int, field: Field) -> Field:
    """``[number] EXPLICIT``."""
    return Field(field.name, (0xA0 | number,), (field,), wraps=True)


def _rename(name: str, like: Field) -> Field:
    """A field *like* that one, by another name."""
    return replace(like, name=name)


def _sign_field(name: str, tbs: Field, *behind: Field) -> Field:
    """The frame of what is signed: *tbs*, the algorithm, the signature, and what comes *behind*."""
    algorithm = Field("signatureAlgorithm", _SEQ, text=algorithm_text)
    return Field(name, _SEQ, (tbs, algorithm, Field("signature", (3,)), *behind), signed=True)


# RFC 5280 section 4.1.
CERTIFICATE = _sign_field(
    "Certificate",
    Field(
        "tbsCertificate",
        _SEQ,
        (
            _tag_explicitly(0, Field("version", _INT, values=_VERSIONS)),
            Field("serialNumber", _INT),
            Field("signature", _SEQ, text=algorithm_text),
            _rename("issuer", NAME),
            Field("validity", _SEQ, (Field("notBefore", _TIMES), Field("notAfter", _TIMES))),
            _rename("subject", NAME),
            _SPKI,
            _tag_explicitly(3, _EXTENSIONS),
        ),
    ),
)

# RFC 5280 section 5.1.
_ENTRY = Field(
    "entry",
    _SEQ,
    (
        Field("userCertificate", _INT),
        Field("revocationDate", _TIMES),
        Field("crlEntryExtensions", _SEQ, of=EXTENSION),
    ),
)
CRL = _sign_field(
    "CertificateList",
    Field(
        "tbsCertList",
        _SEQ,
        (
            Field("version", _INT, values=_VERSIONS),
            Field("signature", _SEQ, text=algorithm_text),
            _rename("issuer", NAME),
            Field("thisUpdate", _TIMES),
            Field("nextUpdate", _TIMES),
            Field("revokedCertificates", _SEQ, of=_ENTRY),
            _tag_explicitly(0, _rename("crlExtensions", _EXTENSIONS)),
        ),
    ),
)

# RFC 6960 sections 4.1.1 and 4.2.1.
_CERT_ID = Field(
    "certID",
    _SEQ,
    (
        Field("hashAlgorithm", _SEQ, text=algorithm_text),
        Field("issuerNameHash", _OCT),
        Field("issuerKeyHash", _OCT),
        Field("serialNumber", _INT),
    ),
)
_SINGLE = Field(
    "SingleResponse",
    _SEQ,
    (
        _CERT_ID,
        Field(
            "certStatus",
            (0x80, 0xA1, 0x82),
            (
                Field("revocationTime", (0x18,)),
                _tag_explicitly(0, Field("revocationReason", (0x0A,), values=REASONS)),
            ),
            names={0x80: "good", 0xA1: "revoked", 0x82: "unknown"},
        ),
        Field("thisUpdate", _TIMES),
        _tag_explicitly(0, Field("nextUpdate", _TIMES)),
        _tag_explicitly(1, _rename("singleExtensions", _EXTENSIONS)),
    ),
)
_BASIC = _sign_field(
    "BasicOCSPResponse",
    Field(
        "tbsResponseData",
        _SEQ,
        (
            _tag_explicitly(0, Field("version", _INT, values=_VERSIONS)),
            _tag_explicitly(1, _rename("responderID, byName", NAME)),
            _tag_explicitly(2, Field("responderID, byKey", _OCT)),
            Field("producedAt", _TIMES),
            Field("responses", _SEQ, of=_SINGLE),
            _tag_explicitly(1, _rename("responseExtensions", _EXTENSIONS)),
        ),
    ),
    _tag_explicitly(0, Field("certs", _SEQ, of=CERTIFICATE)),
)
OCSP = Field(
    "OCSPResponse",
    _SEQ,
    (
        Field("responseStatus", (0x0A,), values=_STATUSES),
        _tag_explicitly(
            0,
            Field(
                "responseBytes",
                _SEQ,
                (
                    Field("responseType", (0x06,)),
                    Field("response", _OCT, (_BASIC,), wraps=True),
                ),
            ),
        ),
    ),
)
_SINGLE_REQUEST = Field(
    "Request", _SEQ, (_CERT_ID, _tag_explicitly(0, _rename("singleRequestExtensions", _EXTENSIONS)))
)
_REQUEST_SIGNATURE = Field(
    "Signature",
    _SEQ,
    (
        Field("signatureAlgorithm", _SEQ, text=algorithm_text),
        Field("signature", (3,)),
        _tag_explicitly(0, Field("certs", _SEQ, of=CERTIFICATE)),
    ),
)
OCSP_REQUEST = Field(
    "OCSPRequest",
    _SEQ,
    (
        Field(
            "tbsRequest",
            _SEQ,
            (
                _tag_explicitly(0, Field("version", _INT, values=_VERSIONS)),
                _tag_explicitly(1, Field("requestorName")),
                Field("requestList", _SEQ, of=_SINGLE_REQUEST),
                _tag_explicitly(2, _rename("requestExtensions", _EXTENSIONS)),
            ),
        ),
        _tag_explicitly(0, _REQUEST_SIGNATURE),
    ),
)

# RFC 2986 section 4.1. Of the attributes, extensionRequest (RFC 2985 section 5.4.2) is what people look for.
_ATTRIBUTE = Field("attribute", _SEQ, (Field("type", (0x06,)), Field("values", (0x31,), (_EXTENSIONS,))))
CERTIFICATION_REQUEST = _sign_field(
    "CertificationRequest",
    Field(
        "certificationRequestInfo",
        _SEQ,
        (
            Field("version", _INT, values=_VERSIONS),
            _rename("subject", NAME),
            _SPKI,
            Field("attributes", (0xA0,), of=_ATTRIBUTE),
        ),
    ),
)
