"""Certificates that a PKI issues with faults."""

from typing import Any

from cryptography import x509

TBS = "tbs_certificate"
EXTENSIONS = f"{TBS}.extensions"
USAGE = f"{EXTENSIONS}.key_usage"


def locations(certificate: x509.Certificate, method: Any) -> list[str]:
    """The URLs under an access method."""
    access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    return [item.access_location.value for item in access if item.access_method == method]
