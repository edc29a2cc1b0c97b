"""What a certificate says of its own revocation."""

from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from mockpki import PKI, Leaf, faults
from mockpki._validation.pointers import (
    ALL_REASONS,
    crl_urls,
    distribution_points,
    freshest_urls,
    must_staple,
    responders,
)
from tests.kit.crl_world import KEYS, crl, leaf, name, point, relative, url

ONE, OTHER = "http://a.example/one", "http://a.example/other"


def extended(pki: PKI, value: x509.ExtensionType) -> x509.Certificate:
    """A certificate that points nowhere but for this extension."""
    leaf = pki.issue_cert("localhost", ocsp_urls=[], crl_urls=[], ca_issuers_urls=[], extensions=[value])
    return leaf.certificate


def points(*names: x509.GeneralName | None) -> x509.CRLDistributionPoints:
    """A distribution point for each, one of them without a name where it is None."""
    reasons = frozenset([x509.ReasonFlags.key_compromise])
    authority = [x509.DNSName("a.example")]
    return x509.CRLDistributionPoints(
        [
            x509.DistributionPoint([name], None, None, None)
            if name is not None
            else x509.DistributionPoint(None, None, reasons, authority)
            for name in names
        ]
    )


def test_urls_are_told_in_the_order_of_the_certificate(pki: PKI) -> None:
    """Responders and CRLs, each as often as they stand there."""
    leaf = pki.issue_cert("localhost", ocsp_urls=[OTHER, ONE], crl_urls=[ONE, OTHER, ONE])
    assert responders(leaf.certificate) == (OTHER, ONE)
    assert crl_urls(leaf.certificate) == (ONE, OTHER, ONE)


def test_a_certificate_may_point_nowhere(pki: PKI) -> None:
    """A root, and a leaf whose pointers were left out."""
    for certificate in (
        pki.root.certificate,
        pki.issue_cert("localhost", ocsp_urls=[], crl_urls=[]).certificate,
    ):
        assert (responders(certificate), crl_urls(certificate)) == ((), ())
        assert not must_staple(certificate)


def test_only_ocsp_is_a_responder(pki: PKI) -> None:
    """Neither where the issuer's certificate is, nor a responder that is no URL."""
    access = [
        (AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(OTHER)),
        (AuthorityInformationAccessOID.OCSP, x509.DNSName("a.example")),
        (AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ONE)),
    ]
    value = x509.AuthorityInformationAccess([x509.AccessDescription(*pair) for pair in access])
    assert responders(extended(pki, value)) == (ONE,)


def test_a_distribution_point_may_be_no_url(pki: PKI) -> None:
    """It has its name all the same, or none at all."""
    name, url = x509.DNSName("a.example"), x509.UniformResourceIdentifier(ONE)
    certificate = extended(pki, points(name, None, url))
    first, second, third = distribution_points(certificate)
    assert (first.names, second.names, third.names) == (frozenset([name]), None, frozenset([url]))
    assert (first.urls, second.urls, third.urls) == ((), (), (ONE,))
    assert crl_urls(certificate) == (ONE,)


@pytest.mark.parametrize(
    ("features", "wanted"),
    [
        ([x509.TLSFeatureType.status_request], True),
        ([x509.TLSFeatureType.status_request_v2, x509.TLSFeatureType.status_request], True),
        ([x509.TLSFeatureType.status_request_v2], False),
    ],
)
def test_a_staple_is_due_where_the_certificate_says_so(pki: PKI, features: Any, wanted: bool) -> None:
    """RFC 7633 section 4.2.2: status_request, and not its second version alone."""
    assert must_staple(extended(pki, x509.TLSFeature(features))) is wanted


def test_an_extension_that_cannot_be_read_is_no_pointer(pki: PKI) -> None:
    """What cryptography refuses to read is told to whoever asks, and is no empty list."""
    broken = faults.Extension("2.5.29.31", False, b"\x30\x05")
    leaf: Leaf = pki.issue_cert("localhost", crl_urls=[])
    certificate = extended(pki, x509.UnrecognizedExtension(x509.ObjectIdentifier(broken.oid), broken.value))
    assert crl_urls(leaf.certificate) == ()
    with pytest.raises(ValueError, match="error parsing asn1 value"):
        crl_urls(certificate)


def test_what_a_distribution_point_says() -> None:
    """Its reasons, all where none are named; its CRL issuer; and a relative name, written out."""
    plain, keys, indirect, below, own = distribution_points(
        leaf(
            point(url("a")),
            point(url("a"), reasons=KEYS),
            point(crl_issuer="CRL Issuer"),
            point(below=relative("1"), crl_issuer="CRL Issuer"),
            point(below=relative("1")),
        )
    )
    assert (plain.reasons, plain.crl_issuers, plain.urls) == (
        ALL_REASONS,
        frozenset(),
        ("http://crl.invalid/a",),
    )
    assert keys.reasons == KEYS
    assert (indirect.names, indirect.crl_issuers) == (None, frozenset([name("CRL Issuer")]))
    for found, base in ((below, "CRL Issuer"), (own, "CA")):
        assert found.names is not None
        (whole,) = found.names
        assert whole == x509.DirectoryName(x509.Name([*name(base).rdns, relative("1")]))


def test_where_delta_crls_are() -> None:
    """A certificate says it, or a CRL; most do not."""
    there = ("http://crl.invalid/delta",)
    assert (freshest_urls(leaf(freshest=True)), freshest_urls(leaf())) == (there, ())
    for freshest in (True, False):
        found = x509.load_der_x509_crl(crl(freshest=freshest))
        assert freshest_urls(found) == (there if freshest else ())
