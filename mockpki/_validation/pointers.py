"""What a certificate says of its own revocation: where to ask, and whether a staple is due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from .._parameters import check_arguments
from .finding import find_extension

# RFC 5280 section 6.3.2 (a): "The legal members of the set are the possible revocation reason values minus
# unspecified: keyCompromise, cACompromise, affiliationChanged, superseded, cessationOfOperation,
# certificateHold, privilegeWithdrawn, and aACompromise."
ALL_REASONS = frozenset(x509.ReasonFlags) - {
    x509.ReasonFlags.unspecified,
    x509.ReasonFlags.remove_from_crl,
}
Reasons = frozenset[x509.ReasonFlags]


@dataclass(frozen=True)
class Point:
    """A distribution point of a certificate: RFC 5280 section 4.2.1.13.

    *names* are those of the distributionPoint field, a relative one written out; None where it is omitted.
    *reasons* are all of them unless some are named, *crl_issuers* those of the cRLIssuer field.
    """

    names: frozenset[x509.GeneralName] | None
    reasons: Reasons = ALL_REASONS
    crl_issuers: frozenset[x509.Name] = frozenset()
    urls: tuple[str, ...] = ()


@check_arguments
def responders(certificate: x509.Certificate) -> tuple[str, ...]:
    """The OCSP responders that *certificate* names, in its order: RFC 5280 section 4.2.2.1."""
    return tuple(
        point.access_location.value
        for point in find_extension(certificate, x509.AuthorityInformationAccess) or ()
        if point.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(point.access_location, x509.UniformResourceIdentifier)
    )


def distribution_points(certificate: x509.Certificate) -> tuple[Point, ...]:
    """Where *certificate* says its CRLs are, in its order."""
    return tuple(
        _read_point(point, certificate)
        for point in find_extension(certificate, x509.CRLDistributionPoints) or ()
    )


def _read_point(point: x509.DistributionPoint, certificate: x509.Certificate) -> Point:
    issuers = frozenset(directory_names(point.crl_issuer or ()))
    # RFC 5280 section 4.2.1.13: "If the certificate issuer is not the CRL issuer, then the cRLIssuer field
    # MUST be present and contain the Name of the CRL issuer."
    base = next(iter(issuers), certificate.issuer)
    return Point(
        all_names(point.full_name, point.relative_name, base),
        ALL_REASONS if point.reasons is None else frozenset(point.reasons),
        issuers,
        tuple(_urls(point.full_name or ())),
    )


def all_names(
    full: Iterable[x509.GeneralName] | None, relative: x509.RelativeDistinguishedName | None, base: x509.Name
) -> frozenset[x509.GeneralName] | None:
    """The names of a DistributionPointName; a *relative* one begins with *base*. None for neither."""
    if relative is not None:
        # RFC 5280 section 4.2.1.13: "the value is appended to the X.500 distinguished name of the CRL issuer
        # to obtain the distribution point name."
        return frozenset([x509.DirectoryName(x509.Name([*base.rdns, relative]))])
    return None if full is None else frozenset(full)


def directory_names(names: Iterable[x509.GeneralName]) -> Iterator[x509.Name]:
    """Those of *names* that are distinguished names."""
    return (name.value for name in names if isinstance(name, x509.DirectoryName))


@check_arguments
def crl_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    """Where *certificate* says its CRL is, in its order."""
    return tuple(url for point in distribution_points(certificate) for url in point.urls)


def freshest_urls(issued: x509.Certificate | x509.CertificateRevocationList) -> tuple[str, ...]:
    """Where a certificate or a CRL says that delta CRLs are: RFC 5280 sections 4.2.1.15 and 5.2.6."""
    points = find_extension(issued, x509.FreshestCRL) or ()
    return tuple(url for point in points for url in _urls(point.full_name or ()))


def _urls(names: Iterable[x509.GeneralName]) -> Iterator[str]:
    return (name.value for name in names if isinstance(name, x509.UniformResourceIdentifier))


def must_staple(certificate: x509.Certificate) -> bool:
    """Whether *certificate* has the TLS feature extension with status_request: RFC 7633 section 4.2.2."""
    features = find_extension(certificate, x509.TLSFeature)
    return features is not None and x509.TLSFeatureType.status_request in features
