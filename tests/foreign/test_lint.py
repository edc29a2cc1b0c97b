"""pkilint finds nothing in what is honest that is not explained here, and does find what is bent."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as their_ocsp
from pkilint import loader, pkix
from pkilint.pkix import certificate, crl, extension, name, ocsp
from pkilint.validation import ValidationFindingSeverity

from mockpki import PKI
from mockpki._pkix import der
from mockpki._pkix.certificate import Pointers, TBSCertificate, authority_extensions
from mockpki._pkix.certificate import extension as extension_of_ours
from mockpki._pkix.crl import TBSCertList, crl_number
from mockpki._pkix.der import Extension
from mockpki._pkix.keys import KeyType, spki_der
from mockpki._pkix.ocsp_request import CertID
from mockpki._pkix.ocsp_response import OCSPResponse, ResponseData, ResponseStatus, SingleResponse
from mockpki._pkix.status import Status
from mockpki._pkix.times import generalized_time
from mockpki.publishing import IMMEDIATE
from tests.kit.authorities import NOW, key, signer
from tests.kit.indirect_world import SHARDS, WITH_DELTAS, IndirectWorld

# What an honest certificate is found with all the same, and why it stays.
EXPLAINED = {
    # RFC 5280 section 4.2.1.6 wants names "in the preferred name syntax", which knows no wildcard; RFC 6125
    # section 6.4.3 and all of the web have it.
    ("pkix.invalid_domain_name_syntax", 'Invalid domain name syntax: "*.a.example"'),
    # A host name of one label is in that syntax (RFC 1034 section 3.5); pkilint wants two.
    ("pkix.invalid_domain_name_syntax", 'Invalid domain name syntax: "localhost"'),
}

Findings = set[tuple[str, str | None]]

_NAMES, _EXTENSIONS = name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS


def _decoders() -> list[Any]:
    return [pkix.create_attribute_decoder(_NAMES), pkix.create_extension_decoder(_EXTENSIONS)]


_CERTIFICATES = certificate.create_pkix_certificate_validator_container(
    certificate.create_decoding_validators(_NAMES, _EXTENSIONS),
    [
        certificate.create_issuer_validator_container([]),
        certificate.create_validity_validator_container(),
        certificate.create_subject_validator_container([]),
        certificate.create_extensions_validator_container([]),
        certificate.create_spki_validator_container([]),
    ],
)
_CRLS = crl.create_pkix_crl_validator_container(
    _decoders(),
    [
        crl.create_issuer_validator_container([]),
        crl.create_validity_validator_container([]),
        crl.create_extensions_validator_container([]),
    ],
)
_RESPONSES = ocsp.create_pkix_ocsp_response_validator_container(
    [ocsp.create_response_decoder(), *_decoders()], []
)


def _findings(validator: Any, document: Any) -> Findings:
    return {
        (found.finding.code, found.message)
        for result in validator.validate(document.root)
        for found in result.finding_descriptions
        if found.finding.severity < ValidationFindingSeverity.NOTICE
    }


def lint_certificate(der: bytes) -> Findings:
    """What pkilint's PKIX profile finds in a certificate, above a notice."""
    load = loader.RFC5280CertificateDocumentLoader()
    return _findings(_CERTIFICATES, load.load_der_document(der, "a certificate"))


def lint_crl(der: bytes) -> Findings:
    """What pkilint's PKIX profile finds in a CRL, above a notice."""
    load = loader.RFC5280CertificateListDocumentLoader()
    return _findings(_CRLS, load.load_der_document(der, "a CRL"))


def lint_response(der: bytes) -> Findings:
    """What pkilint finds in an OCSP response, above a notice."""
    load = loader.RFC6960OCSPResponseDocumentLoader()
    return _findings(_RESPONSES, load.load_der_document(der, "an OCSP response"))


@pytest.fixture(scope="module", params=["P-256", "P-384", "RSA-2048", "Ed25519", "ML-DSA-44"])
def world(request: pytest.FixtureRequest) -> Iterator[PKI]:
    """A PKI of each kind of signature, whose OCSP answers a delegate signs."""
    key(KeyType.of(request.param))
    with PKI(key_type=request.param, delegated=True) as pki:
        yield pki


def test_honest_certificates_are_clean(world: PKI) -> None:
    """Root, CA, a leaf with every option, a client's and the OCSP delegate's certificate."""
    leaf = world.issue_cert("localhost", "a.example", "*.a.example", "10.1.2.3", must_staple=True)
    client = world.issue_cert("joe@a.example", client=True)
    bare = world.issue_cert("a.example", ocsp_urls=[], crl_urls=[], ca_issuers_urls=[])
    (delegate,) = their_ocsp.load_der_ocsp_response(world.ocsp.response_for(leaf)).certificates
    delegate_der = delegate.public_bytes(Encoding.DER)
    for octets in (world.root.der, world.ca.der, client.der, bare.der, delegate_der):
        assert lint_certificate(octets) == set()
    # Equal, so that an explanation which is no longer needed has to go.
    assert lint_certificate(leaf.der) == EXPLAINED


def test_honest_crls_are_clean(world: PKI) -> None:
    """A CRL that is empty, and one with every reason that a complete CRL may have."""
    assert lint_crl(world.root.crl.crl()) == set()
    reasons = set(x509.ReasonFlags) - {x509.ReasonFlags.remove_from_crl}
    leaves = {reason: world.issue_cert("a.example") for reason in reasons}
    for reason, leaf in leaves.items():
        world.revoke(leaf, reason, invalidity_date=NOW)
    loaded = {entry.serial_number for entry in x509.load_der_x509_crl(world.crl.crl())}
    # Another test may have revoked some before.
    assert loaded >= {leaf.serial_number for leaf in leaves.values()}
    assert lint_crl(world.crl.crl()) == set()


def test_a_crl_issuer_is_clean() -> None:
    """Its certificate, those of a CA and a leaf that name it, and its lists, whole, in shards, and deltas."""
    with PKI(ago=timedelta(days=21)) as pki:
        for publishes in (IMMEDIATE, WITH_DELTAS, SHARDS):
            found = IndirectWorld(pki, publishes)
            publisher = found.issuer.crl
            pki.revoke([found.one, found.other], "certificate_hold")
            if publishes is IMMEDIATE:
                lists = [publisher.crl()]
            else:
                publisher.publish()
                lists = [file.der for file in publisher.files]
            assert max(len(x509.load_der_x509_crl(one)) for one in lists) == 2
            if publishes is WITH_DELTAS:
                pki.release(found.one)
                publisher.publish(delta=True)
                lists.append(publisher.crl(delta=True))
            assert [lint_crl(one) for one in lists] == [set()] * len(lists)
            for one in (found.issuer.der, found.first.der):
                assert lint_certificate(one) == set()
            assert lint_certificate(found.one.der) < EXPLAINED  # its name is "localhost"


def test_honest_responses_are_clean(world: PKI) -> None:
    """Good, revoked, on hold and unknown, with and without a nonce, for each hash."""
    good, revoked, held = (world.issue_cert("a.example") for _ in range(3))
    world.revoke(revoked, "key_compromise")
    world.revoke(held, "certificate_hold")
    for target in (good, revoked, held, 5):
        assert lint_response(world.ocsp.response_for(target)) == set()
    for hash_name in ("sha1", "sha256", "sha384", "sha512"):
        der = world.ocsp.response_for(good, hash_algorithm=hash_name, nonce=b"n" * 32)
        assert lint_response(der) == set()


@pytest.mark.parametrize("responder_id", ["key", "name"])
def test_honest_responses_of_the_issuer_are_clean(responder_id: str) -> None:
    """Answers that the CA signs itself, under either ResponderID."""
    with PKI(responder_id=responder_id) as pki:
        assert lint_response(pki.ocsp.response_for(pki.issue_cert("a.example"))) == set()


# The linters do look: each of these is honest but for one thing.

ED = KeyType.ED25519


def _authority(change: Callable[[tuple[Extension, ...]], tuple[Extension, ...]]) -> bytes:
    who = signer(ED)
    extensions = change(authority_extensions(who, who, Pointers(ocsp=["http://a.example/"])))
    spki = spki_der(who.key.public_key())
    end = NOW.replace(year=2030)
    return TBSCertificate(5, NOW, end, who.name, spki, extensions).signed_by(who).encode()


def _bend(oid: str, critical: bool) -> Callable[[tuple[Extension, ...]], tuple[Extension, ...]]:
    def change(items: tuple[Extension, ...]) -> tuple[Extension, ...]:
        return tuple(item._replace(critical=critical) if item.oid == oid else item for item in items)

    return change


BENT_CERTIFICATES = [
    ("2.5.29.19", False, "pkix.basic_constraints_extension_not_critical"),
    ("2.5.29.15", False, "pkix.key_usage_extension_not_critical"),
    ("2.5.29.14", True, "pkix.certificate_skid_extension_critical"),
    ("2.5.29.35", True, "pkix.authority_key_identifier_critical"),
    ("1.3.6.1.5.5.7.1.1", True, "pkix.authority_information_access_extension_critical"),
]


@pytest.mark.parametrize(("oid", "critical", "code"), BENT_CERTIFICATES)
def test_a_bent_certificate_is_found(oid: str, critical: bool, code: str) -> None:
    """A criticality that is wrong is found by name; the same certificate with the right one is clean."""
    assert lint_certificate(_authority(lambda items: items)) == set()
    assert {found for found, _ in lint_certificate(_authority(_bend(oid, critical)))} == {code}


_AKI, _NUMBER = extension_of_ours(x509.AuthorityKeyIdentifier(b"k" * 20, None, None)), crl_number(5)

BENT_CRLS: list[tuple[Callable[[TBSCertList], TBSCertList], str]] = [
    (lambda c: replace(c, extensions=(_NUMBER,)), "pkix.authority_key_identifier_missing"),
    (lambda c: replace(c, extensions=(_AKI,)), "pkix.crl_number_missing"),
    (
        lambda c: replace(c, extensions=(_AKI, _NUMBER._replace(critical=True))),
        "pkix.crl_number_extension_critical",
    ),
    (lambda c: replace(c, next_update=None), "pkix.validity_period_end_value_missing"),
    (lambda c: replace(c, this_update=generalized_time(NOW)), "pkix.wrong_time_useful_type"),
]


@pytest.mark.parametrize(("bend", "code"), BENT_CRLS)
def test_a_bent_crl_is_found(bend: Callable[[TBSCertList], TBSCertList], code: str) -> None:
    """One thing wrong in a CRL is found by name; the CRL without it is clean."""
    who = signer(ED)
    honest = TBSCertList(NOW, NOW + timedelta(days=7), None, (_AKI, _NUMBER))
    assert lint_crl(who.sign(honest.encode(who)).encode()) == set()
    assert {found for found, _ in lint_crl(who.sign(bend(honest).encode(who)).encode())} == {code}


_FRACTION = b"\x18\x1120260304050607.5Z"

BENT_RESPONSES: list[tuple[Callable[[ResponseData], ResponseData], str]] = [
    (lambda r: replace(r, produced_at=_FRACTION), "pkix.generalizedtime_incorrect_syntax"),
    (
        lambda r: replace(r, responses=(replace(r.responses[0], next_update=NOW - timedelta(1)),)),
        "pkix.ocsp_negative_validity_period",
    ),
    (lambda r: replace(r, extensions=()), "itu.invalid_asn1_syntax"),
]


@pytest.mark.parametrize(("bend", "code"), BENT_RESPONSES)
def test_a_bent_response_is_found(bend: Callable[[ResponseData], ResponseData], code: str) -> None:
    """One thing wrong in an OCSP response is found by name; the response without it is clean."""
    who = signer(ED)
    cert_id = CertID(der.sequence(der.oid("1.3.14.3.2.26"), der.NULL), b"n" * 20, b"k" * 20, 5)
    single = SingleResponse(cert_id, Status.GOOD, NOW, NOW + timedelta(days=1))
    honest = ResponseData(NOW, (single,))
    assert lint_response(OCSPResponse(0, who.sign(honest.encode(who)).encode()).encode()) == set()
    bent = OCSPResponse(0, who.sign(bend(honest).encode(who)).encode()).encode()
    assert {found for found, _ in lint_response(bent)} == {code}


@pytest.mark.parametrize("status", [status for status in ResponseStatus if status])
def test_error_answers_are_clean(status: ResponseStatus) -> None:
    """An error is clean without a body; with one it is found."""
    assert lint_response(OCSPResponse(status).encode()) == set()
    found = {code for code, _ in lint_response(OCSPResponse(status, b"\x30\x00").encode())}
    assert "pkix.ocsp_error_response_has_response_body" in found
