"""The profiles of certificates, spelled out bit by bit: predicates with the names of what they say."""

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from mockpki import CA, Leaf

KEY_USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign",
)  # fmt: skip


OCSP, CA_ISSUERS = AuthorityInformationAccessOID.OCSP, AuthorityInformationAccessOID.CA_ISSUERS


def value_of(certificate: x509.Certificate, kind: type[x509.ExtensionType], *, critical: bool) -> Any:
    """The extension of that kind, which is critical or not as it has to be."""
    found = certificate.extensions.get_extension_for_class(kind)
    assert found.critical is critical, found
    return found.value


def kinds(certificate: x509.Certificate) -> set[str]:
    """The names of the extensions a certificate has."""
    return {item.oid._name for item in certificate.extensions}


def assert_key_usage(certificate: x509.Certificate, *usages: str) -> None:
    """These bits of key usage are set, no other, and the extension is critical."""
    usage = value_of(certificate, x509.KeyUsage, critical=True)
    assert {name for name in KEY_USAGES if getattr(usage, name)} == set(usages)


def assert_signed_by(certificate: x509.Certificate, issuer: CA) -> None:
    """Version 3, a positive serial of 20 octets at most, signed by this CA and linked by key identifiers."""
    certificate.verify_directly_issued_by(issuer.certificate)
    assert certificate.version is x509.Version.v3
    assert 0 < certificate.serial_number < 1 << 159
    aki = value_of(certificate, x509.AuthorityKeyIdentifier, critical=False)
    ski = value_of(certificate, x509.SubjectKeyIdentifier, critical=False)
    issuers = value_of(issuer.certificate, x509.SubjectKeyIdentifier, critical=False)
    assert aki == x509.AuthorityKeyIdentifier(issuers.digest, None, None)
    assert ski == x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())


def assert_points_to(certificate: x509.Certificate, issuer: CA) -> None:
    """AIA names the issuer's OCSP responder, then its certificate; the CRL distribution point its CRL."""
    aia = value_of(certificate, x509.AuthorityInformationAccess, critical=False)
    assert [(item.access_method, item.access_location.value) for item in aia] == [
        (OCSP, issuer.ocsp.url),
        (CA_ISSUERS, issuer.ca_issuers.url),
    ]
    assert crl_urls(certificate) == [issuer.crl.url]


def assert_is_ca(certificate: x509.Certificate, issuer: CA) -> None:
    """A CA: basicConstraints and keyUsage critical, signing certificates, CRLs and OCSP answers."""
    assert_signed_by(certificate, issuer)
    constraints = value_of(certificate, x509.BasicConstraints, critical=True)
    assert (constraints.ca, constraints.path_length) == (True, None)
    assert_key_usage(certificate, "digital_signature", "key_cert_sign", "crl_sign")
    common = {"basicConstraints", "keyUsage", "authorityKeyIdentifier", "subjectKeyIdentifier"}
    if certificate.issuer == certificate.subject:
        assert kinds(certificate) == common
    else:
        assert_points_to(certificate, issuer)
        assert kinds(certificate) == common | {"authorityInfoAccess", "cRLDistributionPoints"}


def assert_is_leaf(
    leaf: Leaf, *names: x509.GeneralName, client: bool = False, must_staple: bool = False
) -> None:
    """An end entity's: no CA, one extended key usage, these names, and pointers to its issuer's services."""
    certificate = leaf.certificate
    assert_signed_by(certificate, leaf.issuer)
    constraints = value_of(certificate, x509.BasicConstraints, critical=True)
    assert (constraints.ca, constraints.path_length) == (False, None)
    is_rsa = isinstance(certificate.public_key(), rsa.RSAPublicKey)
    assert_key_usage(certificate, "digital_signature", *(["key_encipherment"] if is_rsa else []))
    usage = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
    assert list(value_of(certificate, x509.ExtendedKeyUsage, critical=False)) == [usage]
    assert list(value_of(certificate, x509.SubjectAlternativeName, critical=False)) == list(names)
    assert_points_to(certificate, leaf.issuer)
    expected = {
        "basicConstraints", "keyUsage", "extendedKeyUsage", "subjectAltName", "authorityKeyIdentifier",
        "subjectKeyIdentifier", "authorityInfoAccess", "cRLDistributionPoints",
    }  # fmt: skip
    if must_staple:
        features = value_of(certificate, x509.TLSFeature, critical=False)
        assert list(features) == [x509.TLSFeatureType.status_request]
        expected.add("TLSFeature")
    assert kinds(certificate) == expected


def assert_is_delegate(certificate: x509.Certificate, issuer: CA) -> None:
    """id-kp-OCSPSigning alone, nocheck not critical (RFC 6960 4.2.2.2); no pointers (RFC 9919 3.2.2)."""
    assert_signed_by(certificate, issuer)
    assert value_of(certificate, x509.BasicConstraints, critical=True).ca is False
    assert_key_usage(certificate, "digital_signature")
    usages = value_of(certificate, x509.ExtendedKeyUsage, critical=False)
    assert list(usages) == [ExtendedKeyUsageOID.OCSP_SIGNING]
    value_of(certificate, x509.OCSPNoCheck, critical=False)
    assert kinds(certificate) == {
        "basicConstraints", "keyUsage", "extendedKeyUsage", "authorityKeyIdentifier", "subjectKeyIdentifier",
        "OCSPNoCheck",
    }  # fmt: skip


def crl_urls(certificate: x509.Certificate) -> list[str]:
    """The URLs of the only CRL distribution point, which is one of names and nothing else."""
    (point,) = value_of(certificate, x509.CRLDistributionPoints, critical=False)
    assert (point.relative_name, point.reasons, point.crl_issuer) == (None, None, None)
    return [name.value for name in point.full_name]


def access_urls(certificate: x509.Certificate, method: x509.ObjectIdentifier) -> list[str]:
    """The URLs of that access method, in order."""
    aia = value_of(certificate, x509.AuthorityInformationAccess, critical=False)
    return [item.access_location.value for item in aia if item.access_method == method]
