"""What certificates hold: every option of issue_cert, and each profile spelled out bit by bit."""

import ipaddress
import ssl
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from OpenSSL import SSL, crypto

from mockpki import CA, PKI, Leaf, faults
from mockpki._pkix.certificate import check_validity
from mockpki._pkix.keys import KeyType, key_type_of
from mockpki._pkix.signing import Signer
from tests.kit.authorities import KINDS, NOW, digest, key

UTC = timezone.utc
ED = KeyType.ED25519
KEY_USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign",
)  # fmt: skip
OCSP, CA_ISSUERS = AuthorityInformationAccessOID.OCSP, AuthorityInformationAccessOID.CA_ISSUERS


@pytest.fixture(scope="module")
def world() -> Iterator[PKI]:
    """One PKI for the tests that only look at certificates."""
    with PKI() as pki:
        yield pki


@pytest.fixture(scope="module")
def ca(world: PKI) -> CA:
    """Its issuing CA."""
    return world.ca


# The profiles.


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


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_type_makes_a_whole_pki(kind: KeyType) -> None:
    """Root, CAs, leaves and the OCSP delegate, with each key type, each in its profile."""
    key(kind)
    with PKI(key_type=kind, depth=2, delegated=True) as pki:
        for own in pki.cas:
            assert_is_ca(own.certificate, own.issuer or own)
            assert key_type_of(own.key) is kind
        leaf = pki.issue_cert("a.example", must_staple=True)
        assert_is_leaf(leaf, x509.DNSName("a.example"), must_staple=True)
        assert key_type_of(leaf.key) is kind
        assert_is_leaf(
            pki.issue_cert("joe@a.example", client=True), x509.RFC822Name("joe@a.example"), client=True
        )
        answer = ocsp.load_der_ocsp_response(pki.ocsp.response_for(leaf))
        (delegate,) = answer.certificates
        assert_is_delegate(delegate, pki.ca)
        assert len({item.subject for item in (*leaf.chain, delegate, pki.root.certificate)}) == 5


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
    with pytest.raises(TypeError, match="a key type is a name such as 'P-256'; got 256"):
        ca.issue_cert("a.example", key_type=256)  # type: ignore[arg-type]


def test_a_chain_is_accepted_by_an_independent_verifier(world: PKI) -> None:
    """cryptography's path validation accepts a leaf under the root, for its name and no other."""
    leaf = world.issue_cert("a.example", "*.b.example", "10.1.2.3")
    policy = PolicyBuilder().store(Store([world.root.certificate]))
    for name in (
        x509.DNSName("a.example"),
        x509.DNSName("x.b.example"),
        x509.IPAddress(ipaddress.ip_address("10.1.2.3")),
    ):
        assert policy.build_server_verifier(name).verify(leaf.certificate, [world.ca.certificate])
    with pytest.raises(VerificationError):
        policy.build_server_verifier(x509.DNSName("c.example")).verify(
            leaf.certificate, [world.ca.certificate]
        )
    with pytest.raises(VerificationError), PKI() as other:
        PolicyBuilder().store(Store([other.root.certificate])).build_server_verifier(
            x509.DNSName("a.example")
        ).verify(leaf.certificate, [world.ca.certificate])


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


# Validity.


def test_a_certificate_begins_30_days_ago_and_lasts_90(ca: CA) -> None:
    """So that a stale answer is stale and nothing else; and authorities outlive what they issue."""
    certificate = ca.issue_cert("a.example").certificate
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(days=90)
    age = ca._realm.clock.now() - certificate.not_valid_before_utc
    assert timedelta(days=30) <= age < timedelta(days=31)
    assert ca.certificate.not_valid_before_utc < certificate.not_valid_before_utc
    assert certificate.not_valid_after_utc < ca.certificate.not_valid_after_utc


PERIODS = [
    (NOW - timedelta(days=9), NOW - timedelta(days=2)),
    (NOW + timedelta(days=2000), NOW + timedelta(days=2001)),
    (NOW, NOW + timedelta(seconds=1)),
    (NOW, NOW),
    (datetime(1950, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    (NOW.astimezone(timezone(timedelta(hours=9))), NOW + timedelta(days=1)),
]


@pytest.mark.parametrize(("not_before", "not_after"), PERIODS)
def test_validity_is_what_was_asked(ca: CA, not_before: datetime, not_after: datetime) -> None:
    """Past, future, one second, the end of the calendar, another zone: both times are as given."""
    certificate = ca.issue_cert("a.example", not_before=not_before, not_after=not_after).certificate
    assert (certificate.not_valid_before_utc, certificate.not_valid_after_utc) == (not_before, not_after)


def test_one_end_alone_moves_the_other(ca: CA) -> None:
    """With one end given, the other is where it usually is, or 90 days from it."""
    now = ca._realm.clock.now()
    ended = ca.issue_cert("a.example", not_after=now - timedelta(days=40)).certificate
    assert ended.not_valid_after_utc == now - timedelta(days=40)
    assert ended.not_valid_before_utc == now - timedelta(days=130)
    coming = ca.issue_cert("a.example", not_before=now + timedelta(days=400)).certificate
    assert coming.not_valid_before_utc == now + timedelta(days=400)
    assert coming.not_valid_after_utc == now + timedelta(days=490)
    short = ca.issue_cert("a.example", not_after=now + timedelta(hours=1)).certificate
    assert short.not_valid_before_utc < now < short.not_valid_after_utc == now + timedelta(hours=1)


def test_a_fraction_of_a_second_is_cut(ca: CA) -> None:
    """X.509 has whole seconds."""
    end = (NOW + timedelta(days=1)).replace(microsecond=999_999)
    leaf = ca.issue_cert("a.example", not_before=NOW, not_after=end)
    assert leaf.certificate.not_valid_after_utc == end.replace(microsecond=0)


def test_a_period_that_is_none(ca: CA) -> None:
    """Backwards, without a zone, or no time at all: each its own sentence."""
    with pytest.raises(ValueError, match=r"would end at .*, before it begins at"):
        ca.issue_cert("a.example", not_before=NOW, not_after=NOW - timedelta(seconds=1))
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="has no time zone; give an aware datetime"):
        ca.issue_cert("a.example", not_before=naive)
    with pytest.raises(ValueError, match="has no time zone; give an aware datetime"):
        ca.issue_cert("a.example", not_after=naive)
    with pytest.raises(TypeError, match="a time is an aware datetime; got '2026'"):
        check_validity("2026", "2027")  # type: ignore[arg-type]


def test_a_shifted_clock_widens_the_period() -> None:
    """Where the PKI's clock is ahead, a certificate is valid by it and by the system's."""
    with PKI() as pki:
        pki.clock.shift(timedelta(days=300))
        pki.clock.shift(timedelta(days=100))
        assert pki.clock.offset == timedelta(days=400)
        certificate = pki.issue_cert("a.example").certificate
        system, shifted = pki.clock.system_time(), pki.clock.now()
        assert timedelta(days=399) < shifted - system < timedelta(days=401)
        for moment in (system, shifted):
            assert certificate.not_valid_before_utc < moment < certificate.not_valid_after_utc


def test_a_shift_that_is_none(world: PKI) -> None:
    """What is no timedelta, or leaves the calendar, is refused, and the clock stays where it was."""
    before = world.clock.offset
    with pytest.raises(TypeError, match=r"shift\(\) takes a timedelta, such as timedelta\(days=1\); got 5"):
        world.clock.shift(5)  # type: ignore[arg-type]
    for by in (timedelta.max, timedelta.min, timedelta(days=-365 * 100), timedelta(days=365 * 7500)):
        with pytest.raises(ValueError, match="moves this clock out of the years 1950 to 9000"):
            world.clock.shift(by)
    assert world.clock.offset == before


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
    with pytest.raises(TypeError, match=f"{option} takes a list of URLs; got the text 'http://a'"):
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
    with pytest.raises(TypeError, match="a serial number is an int; got '5'"):
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
        with pytest.raises(TypeError, match=f"a time is an aware datetime; got {time!r}"):
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


# Signing requests.


def request(*names: str, private: Any = None) -> x509.CertificateSigningRequest:
    """A CSR as somebody else's tool makes it."""
    private = private or key(KeyType.P384)
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(map(x509.DNSName, names)), critical=False)
    return builder.sign(private, digest(private))


def flipped(csr: x509.CertificateSigningRequest) -> bytes:
    """The CSR with a name changed after it was signed."""
    der = csr.public_bytes(Encoding.DER)
    assert der.count(b"a.example") == 1
    return der.replace(b"a.example", b"b.example")


CSR_FORMS: list[Callable[[x509.CertificateSigningRequest], x509.CertificateSigningRequest | bytes]] = [
    lambda csr: csr,
    lambda csr: csr.public_bytes(Encoding.PEM),
    lambda csr: csr.public_bytes(Encoding.DER),
]


@pytest.mark.parametrize("form", CSR_FORMS, ids=["object", "PEM", "DER"])
def test_a_csr_brings_key_and_names(ca: CA, form: Callable[[Any], Any]) -> None:
    """The certificate is for the CSR's key and names; the private key stays where it is."""
    csr = request("a.example", "b.example")
    leaf = ca.issue_cert(csr=form(csr))
    assert_is_leaf(leaf, x509.DNSName("a.example"), x509.DNSName("b.example"))
    assert leaf.certificate.public_key() == csr.public_key()
    with pytest.raises(LookupError, match="was issued from a CSR: its key is with whoever made the request"):
        leaf.key  # noqa: B018
    with pytest.raises(LookupError, match="was issued from a CSR"):
        leaf.key_file  # noqa: B018


def test_identities_go_before_those_of_a_csr(ca: CA) -> None:
    """Identities that are given replace the CSR's; with none anywhere there is a sentence."""
    assert_is_leaf(ca.issue_cert("c.example", csr=request("a.example")), x509.DNSName("c.example"))
    assert_is_leaf(ca.issue_cert("c.example", csr=request()), x509.DNSName("c.example"))
    with pytest.raises(ValueError, match="a certificate needs an identity"):
        ca.issue_cert(csr=request())


def test_a_csr_that_is_none(ca: CA) -> None:
    """A signature of another key, other octets, another PEM, other types: each its own sentence."""
    assert_is_leaf(ca.issue_cert(csr=request("a.example")), x509.DNSName("a.example"))
    with pytest.raises(ValueError, match="the CSR's signature does not belong to its key"):
        ca.issue_cert(csr=flipped(request("a.example")))
    with pytest.raises(ValueError, match="csr holds no certificate signing request"):
        ca.issue_cert(csr=b"\x30\x00")
    with pytest.raises(ValueError, match="csr holds no certificate signing request"):
        ca.issue_cert(csr=ca.cert_pem)
    with pytest.raises(TypeError, match="csr takes a CertificateSigningRequest, PEM or DER; got 'text'"):
        ca.issue_cert(csr="text")  # type: ignore[arg-type]


# Extensions of one's own.


def test_own_extensions_are_added_and_replace(ca: CA) -> None:
    """One of a new OID is added, critical if it says so; one of an OID that is there takes its place."""
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.999.1"), b"\x05\x00")
    leaf = ca.issue_cert(
        "a.example",
        extensions=[
            x509.Extension(odd.oid, True, odd),
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]),
        ],
    )
    added = leaf.certificate.extensions.get_extension_for_oid(odd.oid)
    assert (added.critical, added.value) == (True, odd)
    usages = value_of(leaf.certificate, x509.ExtendedKeyUsage, critical=False)
    assert list(usages) == [ExtendedKeyUsageOID.CODE_SIGNING]
    plain = ca.issue_cert("a.example").certificate
    order = [item.oid for item in plain.extensions]
    assert [item.oid for item in leaf.certificate.extensions] == [*order, odd.oid]
    with pytest.raises(TypeError, match=r"extensions takes x509.Extension or x509.ExtensionType; got 'odd'"):
        ca.issue_cert("a.example", extensions=["odd"])  # type: ignore[list-item]


# An adopted root.


def adopted(private: Any) -> trustme.CA:
    """A trustme.CA around a key of somebody's own, as from_pem makes it."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "somebody's root")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=9))
        .not_valid_after(now + timedelta(days=999))
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
        .sign(private, None if isinstance(private, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    )
    pem = private.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return trustme.CA.from_pem(certificate.public_bytes(Encoding.PEM), pem)


# No Edwards curves: trustme does not hand out such a key (it wants the traditional format, which has none).
OTHERS = {
    "trustme": lambda: trustme.CA(),
    "trustme RSA": lambda: trustme.CA(key_type=trustme.KeyType.RSA),
    "P-384": lambda: adopted(key(KeyType.P384)),
    "P-521": lambda: adopted(ec.generate_private_key(ec.SECP521R1())),
    "RSA-1024": lambda: adopted(rsa.generate_private_key(65537, 1024)),
}


@pytest.mark.parametrize("which", OTHERS)
@pytest.mark.parametrize("depth", [0, 1])
def test_an_adopted_root_signs_for_the_pki(which: str, depth: int) -> None:
    """Under a root of trustme, whatever its key, CAs, leaves, answers and CRLs verify; a forgery does not."""
    root = OTHERS[which]()
    own = x509.load_pem_x509_certificate(root.cert_pem.bytes())
    with PKI(root=root, depth=depth, delegated=True) as pki:
        assert pki.root.certificate == own
        leaf = pki.issue_cert("a.example")
        chain = [leaf.certificate, *(one.certificate for one in reversed(pki.cas))]
        for below, above in pairwise(chain):
            below.verify_directly_issued_by(above)
        assert x509.load_der_x509_crl(pki.root.crl.crl()).is_signature_valid(own.public_key())  # type: ignore[arg-type]
        answer = ocsp.load_der_ocsp_response(pki.ocsp.response_for(leaf))
        answer.certificates[0].verify_directly_issued_by(pki.ca.certificate)
        forged = x509.load_der_x509_crl(pki.root.crl.crl(faults.Forged()))
        assert not forged.is_signature_valid(own.public_key())  # type: ignore[arg-type]


def test_an_adopted_root_is_trusted_as_trustme_trusts_it() -> None:
    """What the PKI issues is trusted where trustme's root is, and nowhere else."""
    root = trustme.CA()
    with PKI(root=root) as pki:
        leaf = pki.issue_cert("a.example")
        context = SSL.Context(SSL.TLS_METHOD)
        root.configure_trust(context)
        verify = crypto.X509StoreContext
        intermediates = [crypto.X509.from_cryptography(item) for item in leaf.chain[1:]]
        ours = crypto.X509.from_cryptography(leaf.certificate)
        store = context.get_cert_store()
        assert store is not None
        verify(store, ours, intermediates).verify_certificate()
        other = SSL.Context(SSL.TLS_METHOD)
        trustme.CA().configure_trust(other)
        elsewhere = other.get_cert_store()
        assert elsewhere is not None
        with pytest.raises(crypto.X509StoreContextError, match="unable to get"):
            verify(elsewhere, ours, intermediates).verify_certificate()


def test_a_root_that_is_no_trustme_ca() -> None:
    """Anything else as root is a TypeError; a key that cannot sign here is a sentence of its own."""
    with pytest.raises(TypeError, match=r"root= takes a trustme.CA; got 'root.pem'"):
        PKI(root="root.pem")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="is no key that an authority here can sign with"):
        PKI(root=adopted(dsa.generate_private_key(1024)))
    with pytest.raises(
        ValueError, match=r"trustme does not hand out the key of root=<trustme\.CA .*RSA or EC"
    ):
        PKI(root=adopted(ed25519.Ed25519PrivateKey.generate()))


# Contexts.


def test_a_leaf_configures_both_kinds_of_context(world: PKI) -> None:
    """trustme's verbs work on ssl.SSLContext and on pyOpenSSL's; anything else is a TypeError."""
    leaf = world.issue_cert("a.example")
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    leaf.configure_cert(server)
    world.configure_trust(client)
    assert client.cert_store_stats()["x509_ca"] == 1
    context = SSL.Context(SSL.TLS_METHOD)
    leaf.configure_cert(context)
    context.check_privatekey()
    for call in (leaf.configure_cert, world.configure_trust):
        with pytest.raises(TypeError, match=r"takes an ssl.SSLContext or an OpenSSL.SSL.Context; got 5"):
            call(5)
