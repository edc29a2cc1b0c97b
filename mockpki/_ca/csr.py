"""What a certificate signing request asks for (RFC 2986)."""

from __future__ import annotations

from collections.abc import Callable

from cryptography import x509

from .._pkix.keys import PublicKey


def load_csr(csr: x509.CertificateSigningRequest | bytes) -> x509.CertificateSigningRequest:
    """The request in *csr*, an object, PEM or DER. Raises ValueError or TypeError."""
    if isinstance(csr, x509.CertificateSigningRequest):
        return csr
    if not isinstance(csr, bytes):
        raise TypeError(f"csr takes a CertificateSigningRequest, PEM or DER; got {csr!r}")
    try:
        load: Callable[[bytes], x509.CertificateSigningRequest] = (
            x509.load_pem_x509_csr if csr.startswith(b"-----") else x509.load_der_x509_csr
        )
        return load(csr)
    except ValueError as error:
        raise ValueError(f"csr holds no certificate signing request: {error}") from error


def key_of_csr(request: x509.CertificateSigningRequest) -> PublicKey:
    """The key that *request* is for, if it was signed with it. Raises ValueError."""
    if not request.is_signature_valid:
        raise ValueError("the CSR's signature does not belong to its key, so its key may not be the asker's")
    return request.public_key()  # type: ignore[return-value]


def names_of_csr(request: x509.CertificateSigningRequest) -> list[x509.GeneralName]:
    """The names that *request* asks for."""
    try:
        return list(request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        return []
