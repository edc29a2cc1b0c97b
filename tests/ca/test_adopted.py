"""Keys and certificates of a user's own, in every form; what is none is refused in a sentence."""

from collections.abc import Callable
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

from mockpki import PKI
from mockpki._ca.adopted import read_authority, read_certificate, read_key
from mockpki.relying_party import judge

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
    "another's key": ((CERTIFICATE, OTHER), ValueError, "root= has a key, and the certificate of .* another"),
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
