"""OCSP as the client sees it: the question, and whether the answer can be believed."""

from __future__ import annotations

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from .._pkix.ocsp_response import ResponseStatus
from .._pkix.signing import has_signed
from .finding import (
    Finding,
    Status,
    Tolerance,
    Unusable,
    check_digest,
    check_window,
    common_name,
    find_extension,
    reading,
)

_STATUS = {
    ocsp.OCSPCertStatus.REVOKED: Status.REVOKED,
    ocsp.OCSPCertStatus.UNKNOWN: Status.UNKNOWN,
    ocsp.OCSPCertStatus.GOOD: Status.GOOD,
}
"""The worst first: an answer that contradicts itself is taken at its worst."""


def write_request(
    certificate: x509.Certificate, issuer: x509.Certificate, nonce: bytes | None = None
) -> bytes:
    """The question about *certificate*, as DER."""
    # RFC 9919 section 3.1.1: clients "MUST use SHA-256"; "Older OCSP clients" use SHA-1, and every
    # responder understands it. "Clients SHOULD NOT include the requestExtensions structure."
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def read_response(
    der: bytes, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime, tolerance: Tolerance
) -> Finding:
    """What the response *der* says about *certificate*. Raises `Unusable`, with the reason.

    RFC 6960 section 3.2: what OCSP clients "SHALL confirm" before they accept a signed response.
    """
    with reading():
        response = ocsp.load_der_ocsp_response(der)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            name = ResponseStatus(response.response_status.value).rfc_name
            raise Unusable(name, f"the responder answered {name}")
        single = _find_single(response, certificate, issuer)
        _check_signer(response, issuer, now, tolerance)
        _check_extensions(response)
        # "5. The time at which the status being indicated is known to be correct (thisUpdate) is
        # sufficiently recent; 6. When available, the time at or before which newer information will be
        # available about the status of the certificate (nextUpdate) is greater than the current time."
        check_window(single.this_update_utc, single.next_update_utc, now, tolerance)
        return Finding(_STATUS[single.certificate_status], _describe(single))


def _find_single(
    response: ocsp.OCSPResponse, certificate: x509.Certificate, issuer: x509.Certificate
) -> ocsp.OCSPSingleResponse:
    """The part of the response that is about *certificate*."""
    # "1. The certificate identified in a received response corresponds to the certificate that was
    # identified in the corresponding request"
    about = [single for single in response.responses if _corresponds(single, certificate, issuer)]
    if not about:
        raise Unusable("wrong certificate", "it is about another certificate")
    return min(about, key=lambda single: list(_STATUS).index(single.certificate_status))


def _corresponds(
    single: ocsp.OCSPSingleResponse, certificate: x509.Certificate, issuer: x509.Certificate
) -> bool:
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, single.hash_algorithm)
    ours = builder.build()
    return (single.serial_number, single.issuer_name_hash, single.issuer_key_hash) == (
        ours.serial_number,
        ours.issuer_name_hash,
        ours.issuer_key_hash,
    )


def _check_signer(
    response: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime, tolerance: Tolerance
) -> None:
    # "3. The identity of the signer matches the intended recipient of the request"
    named = [signer for signer in (issuer, *response.certificates) if _is_named(response, signer)]
    if not named:
        raise Unusable("wrong signer", "its signer is neither the issuer nor a certificate that it brings")
    # "2. The signature on the response is valid"
    check_digest(response.signature_hash_algorithm)
    made = response.signature, response.tbs_response_bytes, response.signature_hash_algorithm
    signer = next((signer for signer in named if has_signed(signer.public_key(), *made)), None)
    if signer is None:
        raise Unusable("bad signature", f"its signature is not that of {common_name(named[0].subject)}")
    # "4. The signer is currently authorized to provide a response for the certificate in question"
    if signer.subject != issuer.subject or signer.public_key() != issuer.public_key():
        _check_delegate(signer, issuer, now, tolerance)


def _is_named(response: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    if response.responder_name is not None:
        return response.responder_name == signer.subject
    # RFC 6960 section 4.2.1: "KeyHash ::= OCTET STRING -- SHA-1 hash of responder's public key": the
    # first method of RFC 5280 section 4.2.1.2.
    key_hash = x509.SubjectKeyIdentifier.from_public_key(signer.public_key()).digest
    return response.responder_key_hash == key_hash


def _check_delegate(
    delegate: x509.Certificate, issuer: x509.Certificate, now: datetime, tolerance: Tolerance
) -> None:
    """RFC 6960 section 4.2.2.2.

    A delegate is not itself checked for revocation: section 4.2.2.2.1 has `id-pkix-ocsp-nocheck` ask
    for that, and leaves it to "the OCSP client's local security policy" where nothing is specified.
    """
    name = common_name(delegate.subject)
    # "MUST be issued directly by the CA that is identified in the request."
    try:
        delegate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise Unusable("wrong signer", f"its signer {name} was not certified by the issuer") from error
    # "OCSP signing delegation SHALL be designated by the inclusion of id-kp-OCSPSigning"
    usage = find_extension(delegate, x509.ExtendedKeyUsage)
    if usage is None or ExtendedKeyUsageOID.OCSP_SIGNING not in usage:
        raise Unusable("wrong signer", f"its signer {name} is not certified for id-kp-OCSPSigning")
    skew = tolerance.clock_skew
    if not delegate.not_valid_before_utc - skew <= now <= delegate.not_valid_after_utc + skew:
        raise Unusable("wrong signer", f"the certificate of its signer {name} is not valid now")


def _check_extensions(response: ocsp.OCSPResponse) -> None:
    # RFC 6960 section 4.4: "Unrecognized extensions MUST be ignored (unless they have the critical
    # flag set and are not understood)."
    # cryptography shows the singleExtensions only where there is a single answer.
    several = sum(1 for _ in response.responses) > 1
    for extension in (*response.extensions, *(() if several else response.single_extensions)):
        if extension.critical and isinstance(extension.value, x509.UnrecognizedExtension):
            raise Unusable(
                "unknown extension",
                f"its critical extension {extension.oid.dotted_string} is not understood",
            )


def _describe(single: ocsp.OCSPSingleResponse) -> str:
    if single.certificate_status is not ocsp.OCSPCertStatus.REVOKED:
        return str(_STATUS[single.certificate_status])
    reason = f" ({single.revocation_reason.value})" if single.revocation_reason else ""
    return f"revoked at {single.revocation_time_utc:%Y-%m-%d %H:%M:%S}Z{reason}"
