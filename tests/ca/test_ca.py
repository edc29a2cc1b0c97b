"""A CA: every option of issue_cert, and the CAs below it."""

import ipaddress
from datetime import datetime, timezone
from typing import Any

import pytest
from cryptography import x509

from mockpki import CA, PKI
from mockpki._pkix.keys import KeyType, key_type_of
from mockpki._pkix.signing import Signer
from tests.kit.asking import cert_id, envelope, post, question, status
from tests.kit.authorities import KINDS, key
from tests.kit.profiles import CA_ISSUERS, OCSP, access_urls, assert_is_leaf, crl_urls, kinds, value_of

UTC = timezone.utc


@pytest.mark.parametrize("kind", KINDS)
def test_a_leaf_may_have_another_key_type(ca: CA, kind: KeyType) -> None:
    """key_type chooses the leaf's key, by name in any case; the signature stays the CA's."""
    key(kind)
    leaf = ca.issue_cert("a.example", key_type=kind.lower())
    assert key_type_of(leaf.key) is kind
    assert_is_leaf(leaf, x509.DNSName("a.example"))


def test_no_key_type_of_that_name(ca: CA) -> None:
    """An unknown key type is a sentence with all the names there are."""
    with pytest.raises(ValueError, match="'P-521' is no key type; there are P-256, P-384, RSA-2048"):
        ca.issue_cert("a.example", key_type="P-521")
    with pytest.raises(
        TypeError, match=r"key_type= of issue_cert.. takes a name such as 'P-256' or None; got 256"
    ):
        ca.issue_cert("a.example", key_type=256)  # type: ignore[arg-type]


# Names.


def test_identities_of_all_kinds(ca: CA) -> None:
    """Host names, wildcards, IDNA, addresses, networks and e-mail stand in one certificate, in order."""
    leaf = ca.issue_cert("a.example", "*.bücher.example", "::1", "10.0.0.0/8", "joe@a.example")
    assert_is_leaf(
        leaf,
        x509.DNSName("a.example"),
        x509.DNSName("*.xn--bcher-kva.example"),
        x509.IPAddress(ipaddress.ip_address("::1")),
        x509.IPAddress(ipaddress.ip_network("10.0.0.0/8")),
        x509.RFC822Name("joe@a.example"),
    )
    assert leaf.names == ("a.example", "*.xn--bcher-kva.example", "::1", "10.0.0.0/8", "joe@a.example")


@pytest.mark.parametrize("wrong", ["https://a.example/", "a..example", "", "Joe <joe@a.example>"])
def test_a_wrong_identity_is_refused(ca: CA, wrong: str) -> None:
    """What is no identity raises ValueError that names it, and nothing is issued."""
    before = len(ca._ledger)
    with pytest.raises(ValueError, match=r"is no host name|is no e-mail address"):
        ca.issue_cert("a.example", wrong)
    assert len(ca._ledger) == before


def test_no_identity_at_all(ca: CA) -> None:
    """Without any identity there is a sentence; a common name alone will do."""
    with pytest.raises(ValueError, match=r"a certificate needs an identity: issue_cert\('localhost'\)"):
        ca.issue_cert()
    leaf = ca.issue_cert(common_name="Somebody")
    assert leaf.certificate.subject.rfc4514_string() == "CN=Somebody,O=mockpki"
    assert leaf.names == ()
    assert "subjectAltName" not in kinds(leaf.certificate)


# Pointers.


def test_several_urls_keep_their_order(world: PKI) -> None:
    """Responders of which some are dead, and CRLs and issuers elsewhere, are written as given."""
    urls = [world.dead_url, world.unresolvable_url, world.ocsp.url]
    leaf = world.issue_cert(
        "a.example",
        ocsp_urls=urls,
        crl_urls=["http://a.example/1.crl", "ldap://a.example/2"],
        ca_issuers_urls=("http://a.example/ca.crt",),
    )
    assert access_urls(leaf.certificate, OCSP) == urls
    assert access_urls(leaf.certificate, CA_ISSUERS) == ["http://a.example/ca.crt"]
    assert crl_urls(leaf.certificate) == ["http://a.example/1.crl", "ldap://a.example/2"]


def test_pointers_can_be_left_out(ca: CA) -> None:
    """An empty list leaves one kind out; all of AIA's kinds, and AIA is gone."""
    no_ocsp = ca.issue_cert("a.example", ocsp_urls=[]).certificate
    assert access_urls(no_ocsp, OCSP) == []
    assert access_urls(no_ocsp, CA_ISSUERS) == [ca.ca_issuers.url]
    assert access_urls(ca.issue_cert("a.example", ca_issuers_urls=[]).certificate, OCSP) == [ca.ocsp.url]
    assert "authorityInfoAccess" not in kinds(
        ca.issue_cert("a.example", ocsp_urls=[], ca_issuers_urls=[]).certificate
    )
    assert "cRLDistributionPoints" not in kinds(ca.issue_cert("a.example", crl_urls=[]).certificate)


@pytest.mark.parametrize("option", ["ocsp_urls", "crl_urls", "ca_issuers_urls"])
def test_urls_are_a_list(ca: CA, option: str) -> None:
    """One URL as text is a mistake, and so is one that is not ASCII; each says so."""
    with pytest.raises(
        TypeError, match=f"{option}= of issue_cert.. takes a list of URLs or None; got 'http://a'"
    ):
        ca.issue_cert("a.example", **{option: "http://a"})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the URL 'http://bücher' is not ASCII"):
        ca.issue_cert("a.example", **{option: ["http://bücher"]})  # type: ignore[arg-type]


# Serial numbers.


@pytest.mark.parametrize("serial", [1, 128, 2**159 - 1])
def test_a_chosen_serial(serial: int) -> None:
    """A serial number may be chosen, once."""
    with PKI() as pki:
        leaf = pki.issue_cert("a.example", serial_number=serial)
        assert leaf.serial_number == leaf.certificate.serial_number == serial
        with pytest.raises(ValueError, match=f"has already issued serial number {serial:#x}; choose another"):
            pki.issue_cert("a.example", serial_number=serial)


@pytest.mark.parametrize(
    ("serial", "sentence"),
    [(0, "is not positive"), (-5, "is not positive"), (2**159, "longer than 20 octets")],
)
def test_a_serial_that_no_certificate_may_have(ca: CA, serial: int, sentence: str) -> None:
    """RFC 5280 section 4.1.2.2: positive, and of 20 octets at most."""
    with pytest.raises(ValueError, match=sentence):
        ca.issue_cert("a.example", serial_number=serial)
    assert serial not in ca._ledger


def test_a_serial_that_is_no_number(ca: CA) -> None:
    """A text is a TypeError before anything is signed or noted; the number it spells can be used."""
    with pytest.raises(
        TypeError, match=r"serial_number= of issue_cert.. takes a whole number or None; got '5'"
    ):
        ca.issue_cert("a.example", serial_number="5")  # type: ignore[arg-type]
    with PKI() as pki:
        assert pki.issue_cert("a.example", serial_number=5).serial_number == 5


def test_what_is_not_signed_is_not_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """When signing fails, the serial number is free; once it is signed, it is not."""

    def fail(*_: object) -> None:
        raise RuntimeError("no signature today")

    with PKI() as pki:
        with monkeypatch.context() as broken:
            broken.setattr(Signer, "sign", fail)
            with pytest.raises(RuntimeError, match="no signature today"):
                pki.issue_cert("a.example", serial_number=5)
            with pytest.raises(RuntimeError, match="no signature today"):
                pki.root.certify(pki.ca)
        assert 5 not in pki.ca._ledger
        assert len(pki.root._ledger) == 1  # pki.ca
        assert pki.issue_cert("a.example", serial_number=5).serial_number == 5


@pytest.mark.parametrize("time", [5, "2026-01-01"])
def test_a_time_that_is_none(ca: CA, time: Any) -> None:
    """Wherever a time is taken, another thing is a TypeError, and an aware datetime is taken."""
    leaf, now = ca.issue_cert("a.example"), datetime.now(UTC)
    for call in (
        lambda time: ca.issue_cert("a.example", not_before=time),
        lambda time: ca.issue_cert("a.example", not_after=time),
        lambda time: ca.revoke(leaf, at=time),
        lambda time: ca.revoke(leaf, invalidity_date=time),
    ):
        with pytest.raises(TypeError, match=f"= of .* takes an aware datetime or None; got {time!r}"):
            call(time)
        call(now)


def test_serials_and_subjects_are_unlike(ca: CA) -> None:
    """Clients keep what they know by serial, subject and key: no two certificates share one."""
    leaves = [ca.issue_cert("a.example") for _ in range(20)]
    for values in (
        {leaf.serial_number for leaf in leaves},
        {leaf.certificate.subject for leaf in leaves},
        {value_of(leaf.certificate, x509.SubjectKeyIdentifier, critical=False).digest for leaf in leaves},
    ):
        assert len(values) == 20


# CAs below.


def test_a_child_ca(pki: PKI) -> None:
    """It is live when it is made, with a ledger of its own, and what it issues leads to the root."""
    child = pki.ca.create_child_ca(key_type="Ed25519")
    assert pki.cas[-1] is child
    assert pki.ca is not child
    leaf = child.issue_cert("localhost")
    assert status(leaf) == "good"
    assert leaf.chain_ders == (leaf.der, child.der, pki.ca.der)
    assert (
        envelope(post(pki.ocsp.url, question(cert_id(leaf))).body)["response_status"].native == "unauthorized"
    )
