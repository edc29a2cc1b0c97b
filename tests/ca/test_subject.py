"""Whom a certificate is for: keys that are brought or made, names that are given or made up."""

from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat

from mockpki import CA, PKI
from mockpki._ca.subject import read_authority_name, read_name
from tests.kit.programs import need, run

OID = x509.NameOID
KEY = ec.generate_private_key(ec.SECP384R1())
BILLING = x509.Name(
    [x509.NameAttribute(OID.ORGANIZATION_NAME, "Example"), x509.NameAttribute(OID.COMMON_NAME, "billing")]
)


def request() -> x509.CertificateSigningRequest:
    """A CSR with a name and a key of its own."""
    return x509.CertificateSigningRequestBuilder().subject_name(BILLING).sign(KEY, hashes.SHA256())


def test_a_renewal_has_the_same_key(ca: CA) -> None:
    """Another certificate, another serial number, the same key; and without key= another one."""
    first = ca.issue_cert("localhost")
    second, third = ca.issue_cert("localhost", key=first.key), ca.issue_cert("localhost")
    assert second.key is first.key
    assert second.certificate.public_key() == first.certificate.public_key()
    assert second.serial_number != first.serial_number
    assert third.certificate.public_key() != first.certificate.public_key()


def test_a_key_from_elsewhere(ca: CA) -> None:
    """A key that somebody stored goes into the certificate, and its file into a server's configuration."""
    leaf = ca.issue_cert("localhost", key=ca.issue_cert("localhost", key=KEY).key_pem)
    assert leaf.certificate.public_key() == KEY.public_key()
    assert leaf.key_pem == ca.issue_cert("a.test", key=leaf.key_file).key_pem
    child = ca.create_child_ca(key=KEY)
    assert child.certificate.public_key() == KEY.public_key()
    child.issue_cert("b.test").certificate.verify_directly_issued_by(child.certificate)


@pytest.mark.parametrize("given", [BILLING, "CN=billing,O=Example"], ids=["a Name", "RFC 4514"])
def test_a_name_of_ones_own(ca: CA, given: Any) -> None:
    """It is the subject, whole and in its order: of a leaf, of a CSR's, and of a CA and what it issues."""
    child = ca.create_child_ca(subject=given)
    for named in (
        ca.issue_cert("localhost", subject=given),
        ca.issue_cert(subject=given),
        ca.issue_cert("localhost", csr=request(), subject=given),
        child,
    ):
        assert named.certificate.subject == BILLING
    assert child.issue_cert("localhost").certificate.issuer == BILLING


def test_an_empty_name_makes_the_others_critical(ca: CA) -> None:
    """RFC 5280 section 4.2.1.6; with a name they are not, and without any there is no certificate."""
    for subject, critical in ((x509.Name([]), True), ("", True), (BILLING, False), (None, False)):
        leaf = ca.issue_cert("localhost", subject=subject)
        names = leaf.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        assert names.critical is critical
        checked = run(
            need("openssl"), "verify", "-x509_strict", "-CAfile", ca.issuer and ca.issuer.cert_file,
            "-untrusted", ca.cert_file, "-verify_hostname", "localhost", leaf.cert_file,
        )  # fmt: skip
        assert checked.returncode == 0, checked.stderr
    with pytest.raises(ValueError, match="subject= is empty, so the certificate needs an identity"):
        ca.issue_cert(subject="")


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a key and a CSR": ({"csr": request(), "key": KEY}, "csr= brings a key of its own; leave key= out"),
    "a type and a CSR": ({"csr": request(), "key_type": "P-256"}, "leave key_type='P-256' out"),
    "a key and a type": ({"key": KEY, "key_type": "P-256"}, "key= brings a type of its own; leave key_type="),
    "two names": (
        {"subject": "CN=a", "common_name": "b"},
        "is the whole name; leave common_name='b'",
    ),
    "no name": ({"subject": "no name"}, "subject='no name' is no name by RFC 4514"),
    "no key": ({"key": b"no key"}, "key= holds no private key"),
    "no file": ({"key": "no-such.key"}, "key='no-such.key' names a file that cannot be read"),
    "nobody": ({}, "a certificate needs an identity"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_contradicts(ca: CA, what: str) -> None:
    """Two things that say the same, or one that is none, are refused with the way out."""
    given, sentence = WRONG[what]
    with pytest.raises(ValueError, match=sentence):
        ca.issue_cert(*([] if what == "nobody" else ["localhost"]), **given)


def test_a_ca_has_one_name(ca: CA) -> None:
    """It cannot be empty, nor both taken over and given."""
    assert read_authority_name(None, None) is None
    assert read_authority_name(BILLING, None) == read_name("CN=billing,O=Example")
    assert ca.create_child_ca(name_of=ca).certificate.subject == ca.certificate.subject
    with pytest.raises(ValueError, match="name_of= and subject= both say"):
        ca.create_child_ca(name_of=ca, subject="CN=a")
    with pytest.raises(ValueError, match="subject= of a CA cannot be empty"):
        ca.create_child_ca(subject="")


def test_a_key_under_a_password_is_named() -> None:
    """The sentence says what to do with it."""
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption

    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    with PKI() as pki, pytest.raises(ValueError, match="key= holds a key under a password; decrypt it"):
        pki.issue_cert("localhost", key=pem)
