"""Keys and certificates of a user's own, in every form; what is none is refused in a sentence."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.name import _ASN1Type

from mockpki import PKI, Leaf, relying_party
from mockpki._ca.adopted import read_authority, read_certificate, read_key
from mockpki.relying_party import judge
from tests.kit.programs import need, run

KEY = ec.generate_private_key(ec.SECP256R1())
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a root of one's own")])


def stored(key: Any, encoding: Encoding = Encoding.PEM, password: bytes = b"") -> bytes:
    """A private key as PKCS #8."""
    protection = BestAvailableEncryption(password) if password else NoEncryption()
    octets: bytes = key.private_bytes(encoding, PrivateFormat.PKCS8, protection)
    return octets


def certificate(key: Any = KEY, *, ca: bool | None = True) -> x509.Certificate:
    """A self-signed certificate; *ca* None has no basicConstraints."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME).public_key(key.public_key())
        .serial_number(7).not_valid_before(now - timedelta(days=9)).not_valid_after(now + timedelta(days=9))
    )  # fmt: skip
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
    return builder.sign(key, None if isinstance(key, ed448.Ed448PrivateKey) else hashes.SHA256())


CERTIFICATE = certificate()
PEM = CERTIFICATE.public_bytes(Encoding.PEM)
FORMS: dict[str, Callable[[Path, bytes, bytes, Any], Any]] = {
    "an object": lambda folder, pem, der, given: given,
    "PEM": lambda folder, pem, der, given: pem,
    "PEM as text": lambda folder, pem, der, given: pem.decode(),
    "DER": lambda folder, pem, der, given: der,
    "a path": lambda folder, pem, der, given: _write(folder, pem),
    "a path as text": lambda folder, pem, der, given: str(_write(folder, der)),
}


def _write(folder: Path, octets: bytes) -> Path:
    path = folder / f"{len(octets)}.file"
    path.write_bytes(octets)
    return path


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read(form: str, tmp_path: Path) -> None:
    """Certificates and keys, as objects, text, octets and files."""
    find = FORMS[form]
    key = read_key(find(tmp_path, stored(KEY), stored(KEY, Encoding.DER), KEY), "key")
    assert key.public_key() == KEY.public_key()
    der = CERTIFICATE.public_bytes(Encoding.DER)
    assert read_certificate(find(tmp_path, PEM, der, CERTIFICATE), "root") == CERTIFICATE


@pytest.mark.parametrize(
    "key",
    [KEY, rsa.generate_private_key(65537, 2048), ed448.Ed448PrivateKey.generate()],
    ids=["P-256", "RSA", "Ed448"],
)
def test_a_root_of_ones_own_issues(key: Any) -> None:
    """What a PKI below it issues and says is verified against that certificate alone, and with no other."""
    own = certificate(key)
    with PKI(root=(own, key)) as pki, PKI() as other:
        leaf = pki.issue_cert("localhost")
        pki.revoke(leaf)
        assert pki.root.certificate == own
        crls = [pki.crl.crl(), pki.root.crl.crl()]
        chain = [*leaf.chain, own]
        said = judge(chain, crls=crls, policy="rfc5280")
        assert not said.accepted
        assert "revoked" in str(said)
        good = pki.issue_cert("localhost")
        assert judge([*good.chain, own], crls=[pki.crl.crl(), pki.root.crl.crl()], policy="rfc5280").accepted
        pki.ca.certificate.verify_directly_issued_by(own)
        with pytest.raises(ValueError, match="Issuer"):
            pki.ca.certificate.verify_directly_issued_by(other.root.certificate)


OTHER = ec.generate_private_key(ec.SECP256R1())
WRONG: dict[str, tuple[Any, type[Exception], str]] = {
    "another's key": ((CERTIFICATE, OTHER), ValueError, "root= holds a key, and the certificate .* another"),
    "a leaf": ((certificate(ca=False), KEY), ValueError, "root= takes a CA, and .*a root of one.*is none by"),
    "no basicConstraints": ((certificate(ca=None), KEY), ValueError, "none by its basicConstraints"),
    "no certificate": ((b"MII", KEY), ValueError, "root= holds no certificate that cryptography reads"),
    "a number for it": ((7, KEY), TypeError, "root= takes an x509.Certificate, PEM, DER or a path; got 7"),
    "no such file": (("none.pem", KEY), ValueError, "root='none.pem' names a file that cannot be read"),
    "no key": ((CERTIFICATE, PEM), ValueError, "root= holds no private key that cryptography reads"),
    "a password": ((CERTIFICATE, stored(KEY, password=b"x")), ValueError, "decrypt it, and give the key as"),
    "no signer": (
        (CERTIFICATE, stored(x25519.X25519PrivateKey.generate())), ValueError,
        "root= cannot be used: X25519PrivateKey is no key that an authority here can sign with",
    ),
    "a certificate alone": (CERTIFICATE, TypeError, r"root= takes a trustme.CA, or \(certificate, key\)"),
    "three": ((CERTIFICATE, KEY, KEY), TypeError, r"root= takes a trustme.CA, or \(certificate, key\)"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_authority(what: str) -> None:
    """Each is refused with the parameter, what came, and the way out."""
    given, error, sentence = WRONG[what]
    with pytest.raises(error, match=sentence):
        read_authority(given)


def issued(
    below: tuple[x509.Certificate, Any] | None, name: str, *, ca: bool = True, key_id: bytes | None = None
) -> tuple[x509.Certificate, Any]:
    """A CA of a user's own, by the one *below* which it is, or by itself; *key_id* is the SHA-1 if left out.

    Its name is a PrintableString, which OpenSSL writes nowhere, and others do.
    """
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    own = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name, _ASN1Type.PrintableString)])
    above, signer = (own, key) if below is None else (below[0].subject, below[1])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    if key_id is not None:
        identifier = x509.SubjectKeyIdentifier(key_id)
    builder = (
        x509.CertificateBuilder().subject_name(own).issuer_name(above).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=9))
        .not_valid_after(now + timedelta(days=9)).add_extension(identifier, critical=False)
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
    )  # fmt: skip
    return builder.sign(signer, hashes.SHA256()), key


ROOT = issued(None, "own root", key_id=b"root's own way")
POLICY = issued(ROOT, "own policy CA")
ISSUING = issued(POLICY, "own issuing CA", key_id=bytes(range(20)))


def test_openssl_takes_a_chain_of_ones_own(tmp_path: Path) -> None:
    """Root, policy CA and issuing CA of a user's own: OpenSSL verifies chain, CRLs and OCSP answers below.

    Each CA calls its key what it likes (RFC 5280 section 4.2.1.2), and what is issued calls it the same.
    """
    pems = [stored(ISSUING[1]), ISSUING[0].public_bytes(Encoding.PEM)]
    key_file, cert_file = (_write(tmp_path, pem) for pem in pems)
    openssl = need("openssl")
    with PKI(root=ROOT, depth=0) as pki:
        policy = pki.root.adopt_child_ca(*POLICY)
        ca = policy.adopt_child_ca(cert_file, str(key_file), publishes="vault")
        assert (ca.certificate, ca.issuer, policy.issuer) == (ISSUING[0], policy, pki.root)
        assert pki.cas == (pki.root, policy, ca)
        good, bad = ca.issue_cert("localhost"), ca.issue_cert("localhost")
        pki.revoke(bad)
        ca.crl.publish()

        def verify(leaf: Leaf) -> str:
            files = "-CAfile", pki.ca_file, "-untrusted", leaf.chain_file, "-CRLfile", pki.crl_file
            done = run(openssl, "verify", "-crl_check_all", *files, leaf.cert_file)
            return "OK" if done.returncode == 0 else done.stderr

        def ask(leaf: Leaf) -> str:
            files = "-issuer", ca.cert_file, "-cert", leaf.cert_file, "-CAfile", pki.ca_file
            done = run(openssl, "ocsp", *files, "-verify_other", leaf.chain_file, "-url", ca.ocsp.url)
            assert "Response verify OK" in done.stderr, done.stderr
            return done.stdout.splitlines()[0].rpartition(": ")[2]

        assert verify(good) == "OK"
        assert "certificate revoked" in verify(bad)
        assert (ask(good), ask(bad)) == ("good", "revoked")
        again = policy.certify(ca)
        assert ca.signer.key_identifier == bytes(range(20))
        own = again.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        assert own.value.digest == bytes(range(20))
        with pki.tls_server(good) as server:
            verdict = relying_party.check(server.host, server.port, ca=pki.ca_file, server_name="localhost")
            assert verdict.accepted
        pki.revoke(ca)
        assert "certificate revoked" in verify(good)


CHILDREN: dict[str, tuple[Any, str]] = {
    "another's key": ((POLICY[0], OTHER), "key= holds a key, and the certificate of 'CN=own policy"),
    "a leaf": (issued(ROOT, "own leaf", ca=False), "certificate= takes a CA, and 'CN=own leaf' is none by"),
    "no key": ((POLICY[0], PEM), "key= holds no private key that cryptography reads"),
    "of another CA": (
        ISSUING, "certificate= is that of 'CN=own issuing CA', which 'CN=own root' has not issued: its "
        "issuer is 'CN=own policy CA'",
    ),
    "of a namesake": (
        issued(issued(None, "own root"), "own policy CA"),
        "which 'CN=own root' has not issued: its signature was made by another key; have the CA that did",
    ),
    "itself": (ROOT, "certificate= is that of <CA own root>, which is in this PKI already; use that"),
    "twice": (POLICY, "certificate= is that of <CA own policy CA>, which is in this PKI already"),
}  # fmt: skip


@pytest.fixture(scope="module")
def own_pki() -> Iterator[PKI]:
    """A root of a user's own, which has adopted one CA."""
    with PKI(root=ROOT, depth=0) as pki:
        pki.root.adopt_child_ca(*POLICY)
        yield pki


@pytest.mark.parametrize("what", CHILDREN)
def test_what_is_no_child(own_pki: PKI, what: str) -> None:
    """Each is refused with the parameter, what came, and the way out; and leaves nothing behind."""
    given, sentence = CHILDREN[what]
    before = own_pki.cas
    with pytest.raises(ValueError, match=re.escape(sentence)):
        own_pki.root.adopt_child_ca(*given)
    assert own_pki.cas == before
