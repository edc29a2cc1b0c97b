"""Whether a CRL can be believed, and what it says: the basic case of RFC 5280 section 6.3.

Complete CRLs by the certificate's own issuer. Indirect CRLs, delta CRLs and CRLs for some reasons
only are not understood, which their critical extensions make known.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from .._pkix.reading import read_serial
from .finding import (
    Finding,
    Status,
    Tolerance,
    Unusable,
    check_digest,
    check_window,
    find_extension,
    reading,
)
from .pointers import distribution_points

_UNDERSTOOD = (x509.AuthorityKeyIdentifier, x509.CRLNumber)


def read_crl(
    der: bytes, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime, tolerance: Tolerance
) -> Finding:
    """What the CRL *der* says about *certificate*. Raises `Unusable`, with the reason."""
    with reading():
        crl = x509.load_der_x509_crl(der)
        # Section 6.3.3 (b): the CRL's issuer is the certificate's, where no CRL issuer is named.
        if crl.issuer != certificate.issuer:
            raise Unusable("wrong signer", f"it is the CRL of {crl.issuer.rfc4514_string()}")
        _check_signature(crl, issuer)
        _check_extensions(crl, certificate)
        if crl.next_update_utc is None:
            # Section 5.1.2.5: "Conforming CRL issuers MUST include the nextUpdate field in all CRLs."
            raise Unusable("stale", "it has no nextUpdate")
        check_window(crl.last_update_utc, crl.next_update_utc, now, tolerance)
        return _look_up(crl, read_serial(certificate.public_bytes(Encoding.DER)))


def _check_signature(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> None:
    check_digest(crl.signature_hash_algorithm)
    key: Any = issuer.public_key()
    try:
        valid = crl.is_signature_valid(key)
    except (TypeError, InvalidSignature):
        valid = False
    if not valid:
        raise Unusable("bad signature", "its signature is not that of the issuer")
    # Section 6.3.3 (f): "If a key usage extension is present in the CRL issuer's certificate, verify
    # that the cRLSign bit is set."
    usage = find_extension(issuer, x509.KeyUsage)
    if usage is not None and not usage.crl_sign:
        raise Unusable("wrong signer", "the issuer's certificate is not for signing CRLs (cRLSign)")


def _check_extensions(crl: x509.CertificateRevocationList, certificate: x509.Certificate) -> None:
    for extension in crl.extensions:
        if isinstance(extension.value, x509.IssuingDistributionPoint):
            _check_scope(extension.value, certificate)
        elif extension.critical and not isinstance(extension.value, _UNDERSTOOD):
            # Section 5.2: "If a CRL contains a critical extension that the application cannot process,
            # then the application MUST NOT use that CRL to determine the status of certificates."
            raise _unknown_extension("", extension.oid)


def _check_scope(scope: x509.IssuingDistributionPoint, certificate: x509.Certificate) -> None:
    """Section 6.3.3 (b) 2."""
    constraints = find_extension(certificate, x509.BasicConstraints)
    is_ca = constraints is not None and constraints.ca
    if scope.only_contains_attribute_certs or (
        scope.only_contains_user_certs if is_ca else scope.only_contains_ca_certs
    ):
        raise Unusable("wrong scope", "it does not cover certificates of this kind")
    if scope.indirect_crl or scope.only_some_reasons:
        raise Unusable("wrong scope", "it is an indirect CRL, or one for some reasons only")
    names = set(scope.full_name or ())
    if names and not names & set(distribution_points(certificate)):
        raise Unusable("wrong scope", "it is for another distribution point")


def _look_up(crl: x509.CertificateRevocationList, serial: int) -> Finding:
    # Section 5.3: "If a CRL contains a critical CRL entry extension that the application cannot process,
    # then the application MUST NOT use that CRL to determine the status of any certificates."
    for entry in crl:
        for extension in entry.extensions:
            if extension.critical and not isinstance(extension.value, x509.CRLReason | x509.InvalidityDate):
                raise _unknown_extension("entry ", extension.oid)
    found = crl.get_revoked_certificate_by_serial_number(serial)
    if found is None:
        return Finding(Status.GOOD, "good (not on the list)")
    try:
        reason = f" ({found.extensions.get_extension_for_class(x509.CRLReason).value.reason.value})"
    except x509.ExtensionNotFound:
        reason = ""
    return Finding(Status.REVOKED, f"revoked at {found.revocation_date_utc:%Y-%m-%d %H:%M:%S}Z{reason}")


def _unknown_extension(what: str, oid: x509.ObjectIdentifier) -> Unusable:
    return Unusable(
        "unknown extension", f"its critical {what}extension {oid.dotted_string} is not understood"
    )
