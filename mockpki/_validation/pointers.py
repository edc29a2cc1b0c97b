"""What a certificate says of its own revocation: where to ask, and whether a staple is due."""

from __future__ import annotations

from collections.abc import Iterable

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from .._parameters import check_arguments
from .finding import find_extension


@check_arguments
def responders(certificate: x509.Certificate) -> tuple[str, ...]:
    """The OCSP responders that *certificate* names, in its order: RFC 5280 section 4.2.2.1."""
    return tuple(
        point.access_location.value
        for point in find_extension(certificate, x509.AuthorityInformationAccess) or ()
        if point.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(point.access_location, x509.UniformResourceIdentifier)
    )


def distribution_points(certificate: x509.Certificate) -> Iterable[x509.GeneralName]:
    """The names of the places where *certificate* says its CRL is: RFC 5280 section 4.2.1.13."""
    for point in find_extension(certificate, x509.CRLDistributionPoints) or ():
        yield from point.full_name or ()


@check_arguments
def crl_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    """Where *certificate* says its CRL is."""
    return tuple(
        name.value
        for name in distribution_points(certificate)
        if isinstance(name, x509.UniformResourceIdentifier)
    )


def must_staple(certificate: x509.Certificate) -> bool:
    """Whether *certificate* has the TLS feature extension with status_request: RFC 7633 section 4.2.2."""
    features = find_extension(certificate, x509.TLSFeature)
    return features is not None and x509.TLSFeatureType.status_request in features
