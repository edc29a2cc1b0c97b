"""What an answer says, in a few words: the statuses, the list, the certificate."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import ocsp

from .._exchange.steps import join_octets
from .._pkix.ocsp_response import ResponseStatus
from .._services.evidence import Request
from .._validation.revocation_list import RevocationList
from .hosted import FILTERS, Hosted

_MOST = 8
"""Statuses in a line."""


def say_asked(hosted: Hosted, request: Request) -> str:
    """Whose certificates were asked about, by the names that they have here; nothing where none is known."""
    names = [_name(hosted, serial) for serial in request.serials]
    return ", ".join(name for name in names if name)


def _name(hosted: Hosted, serial: int) -> str:
    id = f"{serial:x}"
    if id in hosted.certificates:
        leaf = hosted.certificates[id]
        return hosted.certificates.name_of(id) or next(iter(leaf.names), "")
    return next((f"CA {ca.common_name}" for ca in hosted.pki.cas if ca.serial_number == serial), "")


def say_answered(service: str, request: Request) -> str:
    """What the answer of *service* says, as far as it can be read; nothing where there is no answer."""
    answer = request.answer
    sent = join_octets(request.wire)
    if answer.status != 200 or request.method == "HEAD" or not sent:
        return ""
    content = answer.body
    if not content:
        return "empty"
    if answer.chunk is None and content not in sent:
        return f"not all of its {len(content):,} octets"
    try:
        return _READERS[service](content)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension):
        return f"{len(content):,} octets that cannot be read"


def _read_response(der: bytes) -> str:
    response = ocsp.load_der_ocsp_response(der)
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        return ResponseStatus(response.response_status.value).rfc_name
    singles = list(response.responses)
    said = ", ".join(map(_say_single, singles[:_MOST]))
    return f"{said}, and {len(singles) - _MOST} more" if len(singles) > _MOST else said or "no status"


def _say_single(single: ocsp.OCSPSingleResponse) -> str:
    word = single.certificate_status.name.lower()
    reason = single.revocation_reason
    return f"{word} ({reason.name})" if reason else word


def _read_list(der: bytes) -> str:
    read = RevocationList.load(der)
    count = len(read.crl)
    number = "no number" if read.number is None else f"number {read.number}"
    kind = "CRL" if read.base is None else "delta CRL"
    return f"{kind} {number}, {count:,} {'entry' if count == 1 else 'entries'}"


def _read_certificate(der: bytes) -> str:
    return f"certificate of {x509.load_der_x509_certificate(der).subject.rfc4514_string()}"


def _read_file(octets: bytes) -> str:
    """Of a filter, or a list of filters, the line of the request has the name."""
    return f"{len(octets):,} octets"


_READERS = {
    "ocsp": _read_response,
    "crl": _read_list,
    "ca_issuers": _read_certificate,
    FILTERS: _read_file,
}
