"""Each fault of a certificate changes what its name says; much that is odd needs no fault, only an option."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import AuthorityInformationAccessOID
from hypothesis import given, settings
from hypothesis import strategies as st

from mockpki import CA, PKI, Leaf, faults
from mockpki._catalogue.entries import list_faults
from mockpki.faults import _certificate
from tests.kit.asking import cert_id, post, question, statuses
from tests.kit.differ import at, certificate_fields, changed, crl_fields, signature_holds
from tests.kit.issued import EXTENSIONS, TBS, USAGE, locations
from tests.kit.octets import NULL, extension, integer, named, point, tlv
from tests.kit.programs import need, run

POINTS = f"{EXTENSIONS}.crl_distribution_points.extn_value"
URL, OTHER_URL = "http://one.invalid/ca.crl", "http://two.invalid/ca.crl"
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "another CA")])
NAMES = tlv(0x30, named("another CA", 0x31))


def points(*each: bytes) -> bytes:
    """The extnValue of cRLDistributionPoints."""
    return tlv(0x04, tlv(0x30, *each))


ROWS: list[tuple[Any, dict[str, bytes]]] = [
    # A fault, and every field that it changes with what is there then: nothing, where it is left out.
    (faults.SerialNumber(), {f"{TBS}.serial_number": b"\x02\x01\x00"}),
    (faults.SerialNumber(-1), {f"{TBS}.serial_number": b"\x02\x01\xff"}),
    (faults.SerialNumber(2**159), {f"{TBS}.serial_number": b"\x02\x15\x00\x80" + bytes(19)}),
    (faults.SerialNumber(2**159 - 1), {f"{TBS}.serial_number": b"\x02\x14\x7f" + b"\xff" * 19}),
    # asn1crypto fills the default in; see test_a_version_1_certificate.
    (faults.CertVersion(), {f"{TBS}.version": tlv(0xA0, integer(0))}),
    (faults.CertVersion(0), {f"{TBS}.version": tlv(0xA0, integer(0))}),
    (faults.CertVersion(3), {f"{TBS}.version": tlv(0xA0, integer(3))}),
    (faults.NoExtensions(), {EXTENSIONS: b""}),
    # RFC 5280 section 4.2.1.3: digitalSignature is bit 0, keyCertSign 5, cRLSign 6, decipherOnly 8.
    (faults.KeyUsage(), {f"{USAGE}.extn_value": b"\x04\x04\x03\x02\x02\x84"}),
    (faults.KeyUsage("crl_sign"), {f"{USAGE}.extn_value": b"\x04\x04\x03\x02\x01\x02"}),
    (faults.KeyUsage("decipher_only"), {f"{USAGE}.extn_value": b"\x04\x05\x03\x03\x07\x00\x80"}),
    (faults.KeyUsage(()), {f"{USAGE}.extn_value": b"\x04\x03\x03\x01\x00"}),
    (faults.NoKeyUsage(), {USAGE: b""}),
    (
        faults.TlsFeatures(),
        {
            f"{EXTENSIONS}.tls_feature": extension(
                "1.3.6.1.5.5.7.1.24", False, tlv(0x30, integer(5), integer(17))
            )
        },
    ),
    (
        faults.TlsFeatures((0xFFFF,), critical=True),
        {f"{EXTENSIONS}.tls_feature": extension("1.3.6.1.5.5.7.1.24", True, tlv(0x30, integer(0xFFFF)))},
    ),
    (faults.NoRevAvail(), {f"{EXTENSIONS}.2_5_29_56": extension("2.5.29.56", False, NULL)}),
    (faults.NoRevAvail(critical=True), {f"{EXTENSIONS}.2_5_29_56": extension("2.5.29.56", True, NULL)}),
    (faults.DistributionPoint(), {POINTS: points(b"\x30\x00")}),
    (faults.DistributionPoint((URL, OTHER_URL)), {POINTS: points(tlv(0x30, point(URL, OTHER_URL)))}),
    (
        faults.DistributionPoint(URL, reasons="key_compromise"),
        {POINTS: points(tlv(0x30, point(URL), b"\x81\x02\x06\x40"))},
    ),
    (
        faults.DistributionPoint(URL, crl_issuer=NAME),
        {POINTS: points(tlv(0x30, point(URL), tlv(0xA2, tlv(0xA4, NAMES))))},
    ),
    (
        faults.DistributionPoint(relative_name="part 1"),
        {POINTS: points(tlv(0x30, tlv(0xA0, named("part 1", 0xA1))))},
    ),
    (faults.DistributionPoint(rest=b"\x83\x00"), {POINTS: points(tlv(0x30, b"\x83\x00"))}),
    (
        faults.FreshestPointer((URL, OTHER_URL)),
        {
            f"{EXTENSIONS}.freshest_crl": extension(
                "2.5.29.46", False, tlv(0x30, tlv(0x30, point(URL, OTHER_URL)))
            )
        },
    ),
]


@pytest.fixture
def pki() -> Iterator[PKI]:
    """A PKI that signs with Ed25519."""
    with PKI(key_type="ed25519") as pki:
        yield pki


KEY = Ed25519PrivateKey.generate()
CSR = x509.CertificateSigningRequestBuilder(x509.Name([])).sign(KEY, None)
BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)


def issued(pki: PKI, *bent: Any, **options: Any) -> Leaf:
    """A certificate that is the same each time, but for the faults and options; the CA forgets it again."""
    leaf = pki.issue_cert(
        "localhost", csr=CSR, serial_number=0x1000, common_name="one", not_before=BEGIN,
        not_after=BEGIN + timedelta(days=9999), faults=bent, **options,
    )  # fmt: skip
    pki.forget(leaf)
    return leaf


@pytest.mark.parametrize(("fault", "says"), ROWS, ids=[repr(fault) for fault, _ in ROWS])
def test_changes_its_field_alone(pki: PKI, fault: Any, says: dict[str, bytes]) -> None:
    """Every other field keeps its octets, this one says what it is meant to say, and the signature holds."""
    leaf = issued(pki, fault)
    bent = certificate_fields(leaf.der)
    assert changed(certificate_fields(issued(pki).der), bent) == set(says)
    assert {path: at(bent, path) for path in says} == says
    assert signature_holds(leaf.der, pki.ca.certificate.public_key())


def test_an_ocsp_url_that_is_no_text(pki: PKI) -> None:
    """OcspUrl replaces every responder's URL octet for octet; the caIssuers URL stays."""
    plain = issued(pki, ocsp_urls=[URL, OTHER_URL])
    bent = issued(pki, faults.OcspUrl(b"\xff\x00"), ocsp_urls=[URL, OTHER_URL])
    path = f"{EXTENSIONS}.authority_information_access.extn_value"
    assert changed(certificate_fields(plain.der), certificate_fields(bent.der)) == {path}
    ocsp = tlv(0x30, b"\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x01", tlv(0x86, b"\xff\x00"))
    issuers = tlv(
        0x30, b"\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02", tlv(0x86, pki.ca.ca_issuers.url.encode())
    )
    assert at(certificate_fields(bent.der), path) == tlv(0x04, tlv(0x30, ocsp, ocsp, issuers))


def test_every_fault_of_a_certificate_is_covered() -> None:
    """Each of the catalogue's is tried here, works without arguments, and names the clause it touches."""
    own = {fault for fault in faults.CATALOGUE if fault.home is faults.CertificateContent}
    assert own == {type(fault) for fault, _ in ROWS} | {faults.OcspUrl}
    assert {fault.__module__ for fault in own} == {_certificate.__name__}
    for entry in list_faults():
        if getattr(faults, entry.name) in own:
            assert entry.clause, entry.name
    for fault in own:
        assert repr(fault()).startswith(fault.__name__)


@dataclass(frozen=True)
class Yesterday(faults.CertificateContent):
    """The certificate ended a day before it began."""

    def __call__(self, honest: faults.TBSCertificate) -> faults.TBSCertificate:
        assert isinstance(honest.not_before, datetime)
        return replace(honest, not_after=honest.not_before - timedelta(days=1))


def test_a_fault_of_ones_own(pki: PKI) -> None:
    """A class of six lines bends leaves, CAs and cross-certificates, and nothing had to be registered."""
    yesterday = [Yesterday()]
    ca = pki.ca.create_child_ca(faults=yesterday)
    for one in (pki.issue_cert("localhost", faults=yesterday), ca, pki.ca.certify(ca, faults=yesterday)):
        assert one.certificate.not_valid_after_utc < one.certificate.not_valid_before_utc


# Serial numbers: the CA knows the certificate by the one that it has.


@pytest.mark.parametrize("serial", [0, -1, -(2**80), 2**159, 2**200])
def test_an_odd_serial_number_has_a_status(pki: PKI, serial: int) -> None:
    """The responder and the CRL know it as it is; no other certificate may have it."""
    leaf = pki.issue_cert("localhost", faults=[faults.SerialNumber(serial)])
    assert leaf.serial_number == serial
    about = question(cert_id(leaf))
    assert statuses(post(pki.ocsp.url, about).body) == ["good"]
    pki.ocsp.assert_asked(leaf, times=1)
    pki.revoke(leaf)
    assert statuses(post(pki.ocsp.url, about).body) == ["revoked"]
    assert at(crl_fields(pki.crl.crl()), "tbs_cert_list.revoked_certificates.0.user_certificate") == integer(
        serial
    )
    with pytest.raises(ValueError, match="already issued serial number"):
        pki.issue_cert("localhost", faults=[faults.SerialNumber(serial)])
    assert leaf.cert_pem.startswith(b"-----BEGIN CERTIFICATE-----")


def test_the_honest_way_to_a_serial_number_stays_honest(pki: PKI) -> None:
    """Without the fault, a number that none may use is refused, whatever other faults there are."""
    with pytest.raises(ValueError, match="is not positive"):
        pki.issue_cert("localhost", serial_number=0, faults=[faults.NoRevAvail()])


# Responder URLs: any text goes, and only those that lead somewhere are asked.

MALFORMED = [
    "ftp://{}", "https://{}", "unknown://{}", "://{}", "//{}", "{}", "http://", "http:///ocsp", "http:",
    "http://127.0.0.1:-1/ocsp", "/ocsp", "", "http://[::1/ocsp", "http://127.0.0.1:99999/", "http:// /",
]  # fmt: skip
ODD = ["hTTp://{}", "http://user:password@{}", "http://{}?a=b", "http://{}//deeper/path#fragment"]


@pytest.mark.parametrize("form", MALFORMED + ODD)
def test_an_ocsp_url_is_written_as_given(pki: PKI, form: str) -> None:
    """Malformed or odd, the URL stands in the certificate character for character."""
    authority = pki.ocsp.url.removeprefix("http://")
    leaf = pki.issue_cert("localhost", ocsp_urls=[form.format(authority)])
    assert locations(leaf.certificate, AuthorityInformationAccessOID.OCSP) == [form.format(authority)]


@pytest.mark.parametrize("form", ODD)
def test_an_odd_ocsp_url_is_answered(pki: PKI, form: str) -> None:
    """Whatever curl makes of it, the responder takes the request and answers."""
    leaf = pki.issue_cert("localhost", ocsp_urls=[form.format(pki.ocsp.url.removeprefix("http://"))])
    [url] = locations(leaf.certificate, AuthorityInformationAccessOID.OCSP)
    ran = run(
        need("curl"), "--silent", "--fail", "--noproxy", "*", "--data-binary", "@-",
        "--output", "/dev/null", url,
        input=question(cert_id(leaf)),
    )  # fmt: skip
    assert ran.returncode == 0
    pki.ocsp.assert_asked(leaf, times=1)


def test_a_certificate_without_any_pointer(pki: PKI) -> None:
    """RFC 9608 section 2: a certificate with noRevAvail says nothing of OCSP or CRLs."""
    leaf = pki.issue_cert("localhost", ocsp_urls=[], crl_urls=[], faults=[faults.NoRevAvail()])
    present = {item.oid.dotted_string for item in leaf.certificate.extensions}
    assert "2.5.29.56" in present
    assert "2.5.29.31" not in present
    assert locations(leaf.certificate, AuthorityInformationAccessOID.OCSP) == []


def test_a_usable_point_behind_one_that_is_not(pki: PKI) -> None:
    """With add, the CA's own distribution point stays, behind the one for a few reasons only."""
    leaf = pki.issue_cert("localhost", faults=[faults.DistributionPoint(URL, "superseded", add=True)])
    first, second = leaf.certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert first.full_name == [x509.UniformResourceIdentifier(URL)]
    assert first.reasons == {x509.ReasonFlags.superseded}
    assert second == x509.DistributionPoint([x509.UniformResourceIdentifier(pki.crl.url)], None, None, None)


def test_a_short_life(pki: PKI) -> None:
    """A certificate for six days is one that began now: no fault is needed."""
    now = pki.clock.now()
    leaf = pki.issue_cert("localhost", not_before=now, not_after=now + timedelta(days=6))
    life = leaf.certificate.not_valid_after_utc - leaf.certificate.not_valid_before_utc
    assert life == timedelta(days=6)


def test_a_version_1_certificate(pki: PKI) -> None:
    """Without version and extensions it is v1, as openssl reads it."""
    leaf = pki.issue_cert("localhost", faults=[faults.CertVersion(None), faults.NoExtensions()])
    ran = run(need("openssl"), "x509", "-in", leaf.cert_file, "-noout", "-text")
    assert "Version: 1 (0x0)" in ran.stdout
    assert core.Sequence.load(leaf.der)[0].contents.startswith(integer(leaf.serial_number))
    assert "extensions" not in ran.stdout
    assert leaf.certificate.issuer == pki.ca.certificate.subject


# Typed loosely: a type checker refuses some of these, too.
UNTYPED: Any = faults
MISUSE: list[tuple[Any, type[Exception], str]] = [
    (
        lambda pki: pki.issue_cert("localhost", faults=[faults.Stale()]),
        TypeError,
        "which a certificate does not",
    ),
    (lambda pki: pki.issue_cert("localhost", faults=[faults.NoRevAvail]), TypeError, "write NoRevAvail()"),
    (
        lambda pki: pki.ca.create_child_ca(name_of="CA"),
        TypeError,
        "takes the CA or CRL issuer whose name is taken over",
    ),
    (lambda pki: pki.ca.certify("CA"), TypeError, "certify() takes a CA; got 'CA'"),
    (
        lambda pki: faults.SerialNumber(True),
        TypeError,
        "value= of SerialNumber takes a whole number; got True",
    ),
    (lambda pki: faults.CertVersion(2), ValueError, "is v3, the honest version"),
    (lambda pki: faults.KeyUsage("signing"), ValueError, "'signing' is no key usage"),
    (lambda pki: UNTYPED.OcspUrl("http://x"), TypeError, "takes octets"),
    (lambda pki: issued(pki, faults.OcspUrl(), ocsp_urls=[]), ValueError, "finds no OCSP URL to bend"),
    (lambda pki: issued(pki, faults.NoExtensions(), faults.OcspUrl()), ValueError, "finds no extension"),
    (lambda pki: issued(pki, faults.NoKeyUsage(), faults.NoKeyUsage()), ValueError, "finds no extension"),
    (
        lambda pki: issued(pki, faults.DistributionPoint(add=True), crl_urls=[]),
        ValueError,
        "finds no extension",
    ),
    (lambda pki: pki.crl.respond_with(faults.NoRevAvail()), TypeError, "certificate content"),
]


@pytest.mark.parametrize(("use", "error", "sentence"), MISUSE, ids=[sentence for *_, sentence in MISUSE])
def test_misuse_is_a_sentence(pki: PKI, use: Any, error: type[Exception], sentence: str) -> None:
    """What would leave a test with nothing to test is refused, with the reason."""
    with pytest.raises(error, match=re.escape(sentence)):
        use(pki)


# Whatever is combined: a certificate, or a sentence.

TEXT = st.sampled_from([(), URL])
ANY_FAULT = st.one_of(
    st.builds(faults.SerialNumber, st.integers(-(2**200), 2**200)),
    st.builds(faults.CertVersion, st.none() | st.integers(3, 999)),
    st.builds(faults.KeyUsage, st.lists(st.sampled_from(["crl_sign", "decipher_only"])).map(tuple)),
    st.builds(faults.TlsFeatures, st.lists(st.integers()).map(tuple), st.booleans()),
    st.builds(faults.NoRevAvail, st.booleans()),
    st.builds(faults.OcspUrl, st.binary(max_size=300)),
    st.builds(faults.DistributionPoint, TEXT, add=st.booleans(), rest=st.binary(max_size=9)),
    st.sampled_from([faults.NoExtensions(), faults.NoKeyUsage()]),
)


@pytest.fixture(scope="module")
def long_lived() -> Iterator[CA]:
    """One CA for many examples."""
    with PKI(key_type="ed25519") as pki:
        yield pki.ca


@settings(deadline=None)
@given(bent=st.lists(ANY_FAULT, max_size=6))
def test_any_faults_together_give_a_certificate_or_a_sentence(long_lived: CA, bent: list[Any]) -> None:
    """Random faults in random order end in a certificate whose signature holds, or in words."""
    try:
        leaf = long_lived.issue_cert("localhost", faults=bent)
    except ValueError as error:
        sentence = str(error)
    else:
        assert signature_holds(leaf.der, long_lived.certificate.public_key())
        sentence = "the certificate is signed as it should be"
    assert len(sentence.split()) > 4
