"""Certificates octet for octet: the same that cryptography makes."""

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from mockpki import PKI
from mockpki._pkix.certificate import OCSP_NO_CHECK, TBSCertificate, extension
from mockpki._pkix.keys import KeyType
from mockpki._pkix.signing import Signer, subject
from tests.kit.authorities import DETERMINISTIC, KINDS, NOW, digest, key, signer

UTC = timezone.utc
ED = KeyType.ED25519


def builder(who: Signer, content: TBSCertificate, values: list[tuple[x509.ExtensionType, bool]]) -> Any:
    """cryptography's builder with the same fields."""
    assert isinstance(content.not_before, datetime)
    assert isinstance(content.not_after, datetime)
    made = x509.CertificateBuilder(
        issuer_name=_parsed(who.name), subject_name=_parsed(content.subject),
        public_key=serialization.load_der_public_key(content.public_key),  # type: ignore[arg-type]
        serial_number=content.serial_number,
        not_valid_before=content.not_before.replace(tzinfo=None),
        not_valid_after=content.not_after.replace(tzinfo=None),
    )  # fmt: skip
    for value, critical in values:
        made = made.add_extension(value, critical)
    return made


def _parsed(name: bytes) -> x509.Name:
    from asn1crypto.x509 import Name

    parts = Name.load(name).native
    return x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, parts["organization_name"]),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, parts["common_name"]),
        ]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_certificate_is_the_one_that_cryptography_makes(kind: KeyType) -> None:
    """The same fields and extensions give the same octets; where signing is random, but for the signature."""
    who = signer(kind)
    spki = key(kind).public_key().public_bytes(Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    values: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(False, None), True),
        (x509.SubjectKeyIdentifier(who.key_hash), False),
        (x509.SubjectAlternativeName([x509.DNSName("a.example")]), False),
        (x509.TLSFeature([x509.TLSFeatureType.status_request]), False),
        (x509.OCSPNoCheck(), False),
    ]
    content = TBSCertificate(
        128, NOW, datetime(2050, 1, 1, tzinfo=UTC), subject("a leaf"), spki,
        tuple(extension(value, critical) for value, critical in values),
    )  # fmt: skip
    theirs = builder(who, content, values).sign(key(kind), digest(key(kind)))
    assert content.encode(who) == theirs.tbs_certificate_bytes
    ours = content.signed_by(who)
    if kind not in DETERMINISTIC:
        ours = replace(ours, signature=theirs.signature)
    assert ours.encode() == theirs.public_bytes(Encoding.DER)


def test_every_issued_certificate_is_made_alike_by_cryptography() -> None:
    """An Ed25519 PKI's own certificates, taken apart and built again by cryptography, are the same octets."""
    with PKI(key_type="Ed25519", delegated=True) as pki:
        leaf = pki.issue_cert(
            "a.example", "10.1.2.3", must_staple=True, ocsp_urls=[pki.dead_url, pki.ocsp.url]
        )
        answer = ocsp.load_der_ocsp_response(pki.ocsp.response_for(leaf))
        for certificate, issuer in [
            (pki.root.certificate, pki.root),
            (pki.ca.certificate, pki.root),
            (leaf.certificate, pki.ca),
            (answer.certificates[0], pki.ca),
        ]:
            made = x509.CertificateBuilder(
                certificate.issuer, certificate.subject, certificate.public_key(), certificate.serial_number,
                certificate.not_valid_before_utc.replace(tzinfo=None),
                certificate.not_valid_after_utc.replace(tzinfo=None),
                list(certificate.extensions),
            )  # fmt: skip
            assert made.sign(issuer.key, None) == certificate


def test_a_version_1_certificate_can_be_written() -> None:
    """None leaves the version out, and no extensions leaves [3] out: an X.509 v1 certificate."""
    who = signer(ED)
    spki = key(ED).public_key().public_bytes(Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    old = TBSCertificate(5, NOW, NOW, who.name, spki, (), version=None)
    certificate = x509.load_der_x509_certificate(old.signed_by(who).encode())
    assert certificate.version is x509.Version.v1
    assert len(certificate.extensions) == 0


def test_a_signer_embeds_nothing_in_certificates() -> None:
    """A signer that embeds its certificate in answers does not do so in certificates."""
    who = replace(signer(ED), certs=(b"\x30\x00",))
    spki = key(ED).public_key().public_bytes(Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    content = TBSCertificate(5, NOW, NOW, who.name, spki, ())
    assert content.signed_by(who) == content.signed_by(signer(ED))


def test_nocheck_is_the_oid_that_cryptography_knows() -> None:
    """id-pkix-ocsp-nocheck, whose value is NULL (RFC 6960 section 4.2.2.2.1)."""
    assert x509.OCSPNoCheck.oid.dotted_string == OCSP_NO_CHECK
    assert x509.OCSPNoCheck().public_bytes() == b"\x05\x00"
