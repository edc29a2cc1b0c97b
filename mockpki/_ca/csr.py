"""What a certificate signing request asks for (RFC 2986)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection
from typing import Annotated, Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from .._pkix.der import SEQUENCE
from .._pkix.element import Element
from .._pkix.keys import PublicKey

COMMON_NAME = x509.NameOID.COMMON_NAME
_THE_CAS_OWN = (
    x509.AuthorityKeyIdentifier,
    x509.AuthorityInformationAccess,
    x509.CRLDistributionPoints,
    x509.FreshestCRL,
    x509.IssuerAlternativeName,
    x509.NameConstraints,
    x509.PolicyConstraints,
    x509.InhibitAnyPolicy,
    x509.OCSPNoCheck,
    x509.PrecertificateSignedCertificateTimestamps,
)


Request = Annotated[x509.CertificateSigningRequest | bytes, "a CertificateSigningRequest, PEM or DER"]


def merge_csr(
    csr: Request,
    key_type: str | None,
    names: list[x509.GeneralName],
    common_name: str | None,
    own: list[x509.Extension[Any]],
) -> tuple[PublicKey, list[x509.GeneralName], bytes | None, list[x509.Extension[Any]]]:
    """The key, names, subject and extensions of a certificate, of which *csr* brings what is not given.

    Raises ValueError for a *key_type* beside the CSR's own key, and for what a CSR may not ask for.
    """
    if key_type is not None:
        raise ValueError(f"csr= brings a key of its own; leave key_type={key_type!r} out")
    request = load_csr(csr)
    public_key = key_of_csr(request)
    names = names or names_of_csr(request)
    subject = subject_of_csr(request, common_name)
    return public_key, names, subject, [*extensions_of_csr(request, [item.oid for item in own]), *own]


def load_csr(csr: Request) -> x509.CertificateSigningRequest:
    """The request in *csr*, an object, PEM or DER. Raises ValueError or TypeError."""
    if isinstance(csr, x509.CertificateSigningRequest):
        return csr
    try:
        load: Callable[[bytes], x509.CertificateSigningRequest] = (
            x509.load_pem_x509_csr if csr.startswith(b"-----") else x509.load_der_x509_csr
        )
        return load(csr)
    except (ValueError, x509.InvalidVersion) as error:
        raise ValueError(f"csr holds no certificate signing request: {error}") from error


def key_of_csr(request: x509.CertificateSigningRequest) -> PublicKey:
    """The key that *request* is for, if it was signed with it. Raises ValueError."""
    try:
        key, valid = request.public_key(), request.is_signature_valid
    except (UnsupportedAlgorithm, TypeError, ValueError) as error:
        raise ValueError(
            f"the CSR has a key or a signature that cryptography does not read: {error}"
        ) from error
    if not valid:
        raise ValueError("the CSR's signature does not belong to its key, so its key may not be the asker's")
    return key  # type: ignore[return-value]


def names_of_csr(request: x509.CertificateSigningRequest) -> list[x509.GeneralName]:
    """The names that *request* asks for."""
    names = [
        item.value for item in _extensions(request) if isinstance(item.value, x509.SubjectAlternativeName)
    ]
    return list(names[0]) if names else []


def subject_of_csr(request: x509.CertificateSigningRequest, common_name: str | None) -> bytes | None:
    """The subject that *request* asks for, octet for octet; None where that is empty.

    *common_name* stands in the place of the one it has, or behind; the rest is as it was asked for.
    """
    try:
        with warnings.catch_warnings():
            # Of a part that is too long or too short: it is copied as it was asked for.
            warnings.simplefilter("ignore")
            asked = request.subject
    except ValueError as error:
        raise ValueError(f"the CSR has a subject that cryptography does not read: {error}") from error
    if not asked.rdns:
        return None
    if common_name is None:
        # RFC 2986 section 4.1: CertificationRequestInfo is a SEQUENCE of version, subject, and more.
        return Element.whole(request.tbs_certrequest_bytes, SEQUENCE).children()[1].der
    given = x509.NameAttribute(COMMON_NAME, common_name)
    parts = [
        x509.RelativeDistinguishedName({given if one.oid == COMMON_NAME else one for one in part})
        for part in asked.rdns
    ]
    if not asked.get_attributes_for_oid(COMMON_NAME):
        parts.append(x509.RelativeDistinguishedName([given]))
    return x509.Name(parts).public_bytes()


def extensions_of_csr(
    request: x509.CertificateSigningRequest, given: Collection[x509.ObjectIdentifier]
) -> list[x509.Extension[Any]]:
    """The other extensions that *request* asks for, without those *given* by whoever issues.

    Raises ValueError for one that no requester may choose: nothing is left out in silence.
    """
    asked = [item for item in _extensions(request) if item.oid not in given]
    return [item for item in asked if _is_granted(item)]


def _is_granted(item: x509.Extension[Any]) -> bool:
    """Whether it is to be copied; one that every leaf has anyway is not. Raises ValueError for others."""
    value = item.value
    if isinstance(value, x509.SubjectAlternativeName):
        return False
    if isinstance(value, x509.BasicConstraints):
        if value.ca:
            raise ValueError(
                "the CSR asks for a CA's certificate (basicConstraints), and issue_cert() issues leaves; "
                "make a CA with create_child_ca()"
            )
        return False
    # RFC 5280 section 4.2.1.3: "If the keyCertSign bit is asserted, then the cA bit in the basic
    # constraints extension MUST also be asserted."
    signs = isinstance(value, x509.KeyUsage) and (value.key_cert_sign or value.crl_sign)
    if signs or isinstance(value, _THE_CAS_OWN):
        what = "a CA's key usage" if signs else f"the extension {item.oid._name}"
        raise ValueError(
            f"the CSR asks for {what}, which is not the requester's to say; give the extension in "
            "extensions=, which goes before the CSR's, or have a CSR made without"
        )
    return True


def _extensions(request: x509.CertificateSigningRequest) -> x509.Extensions:
    try:
        return request.extensions
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise ValueError(f"the CSR asks for extensions that cryptography does not read: {error}") from error
