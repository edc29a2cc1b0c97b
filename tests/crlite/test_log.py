"""A certificate transparency log and what it signs."""

import base64
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from mockpki import PKI, Leaf
from mockpki.crlite import CtLog, Sct
from tests.kit.logged import Logged, flip_signature

AT = datetime(2026, 11, 26, 12, 30, 15, 678_901, tzinfo=timezone.utc)
KEYS = {
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "RSA": rsa.generate_private_key(public_exponent=65537, key_size=2048),
}


def spki(key: Any) -> bytes:
    """SubjectPublicKeyInfo."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[no-any-return]


def issue(pki: PKI, log: CtLog, *at: datetime, **bent: Any) -> Leaf:
    """A certificate with an SCT for each time."""
    return pki.issue_cert("localhost", faults=[Logged(pki.ca.signer, log, at, **bent)])


def listed(certificate: x509.Certificate) -> list[Any]:
    """The SCTs that cryptography reads in it."""
    return list(
        certificate.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps).value
    )


def verify(log: CtLog, certificate: x509.Certificate, issuer: x509.Certificate, number: int = 0) -> None:
    """InvalidSignature unless the log signed what RFC 6962 section 3.2 says, as cryptography reads it."""
    sct = listed(certificate)[number]
    tbs = certificate.tbs_precertificate_bytes
    milliseconds = round(sct.timestamp.replace(tzinfo=timezone.utc).timestamp() * 1000)
    signed = b"".join(
        (
            *(b"\0", b"\0", milliseconds.to_bytes(8, "big"), b"\0\1"),
            *(sha256(spki(issuer.public_key())).digest(), len(tbs).to_bytes(3, "big"), tbs, b"\0\0"),
        )
    )
    key = load_der_public_key(log.spki)
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(sct.signature, signed, padding.PKCS1v15(), hashes.SHA256())
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        key.verify(sct.signature, signed, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_its_signatures_are_true(pki: PKI, key: Any) -> None:
    """cryptography reads two SCTs of this log and time in the certificate, and both signatures hold."""
    log = CtLog(key)
    certificate = issue(pki, log, AT, AT - timedelta(days=1)).certificate
    for number, sct in enumerate(listed(certificate)):
        assert sct.log_id == log.log_id == sha256(spki(key.public_key())).digest()
        assert sct.version is x509.certificate_transparency.Version.v1
        assert sct.entry_type is x509.certificate_transparency.LogEntryType.PRE_CERTIFICATE
        assert sct.signature_hash_algorithm.name == "sha256"
        assert (
            sct.signature_algorithm.name
            == ("ANONYMOUS", "RSA", "DSA", "ECDSA")[1 if key is KEYS["RSA"] else 3]
        )
        expected = AT.replace(microsecond=678_000) - timedelta(days=number)
        assert sct.timestamp.replace(tzinfo=timezone.utc) == expected
        verify(log, certificate, pki.ca.certificate, number)


def test_they_are_of_this_certificate_issuer_and_log(pki: PKI) -> None:
    """A turned bit, another issuer or another log: the signature holds no more."""
    log = CtLog()
    certificate = issue(pki, log, AT).certificate
    verify(log, certificate, pki.ca.certificate)
    with pytest.raises(InvalidSignature):
        verify(log, certificate, pki.root.certificate)
    with pytest.raises(InvalidSignature):
        verify(CtLog(), certificate, pki.ca.certificate)
    with pytest.raises(InvalidSignature):
        verify(log, issue(pki, log, AT, bent=flip_signature).certificate, pki.ca.certificate)


def test_the_same_key_is_the_same_log() -> None:
    """A log is its key; each has one of its own unless it is given."""
    key: Any = KEYS["P-256"]
    assert CtLog(key).log_id == CtLog(key, name="another name").log_id != CtLog().log_id


def test_its_timestamp_is_what_coverage_is_compared_with() -> None:
    """The time counts to the millisecond since 1970, whatever its zone."""
    log = CtLog()
    east = AT.astimezone(timezone(timedelta(hours=9)))
    sct = Sct.parse(log.sct(b"tbs", b"spki", east))
    assert sct.log_and_time == (log.log_id, int(AT.timestamp()) * 1000 + 678)


def test_the_file_for_openssl() -> None:
    """It names one log, enabled, by its public key."""
    log = CtLog(name="a log")
    key = base64.b64encode(log.spki).decode()
    assert log.openssl_config == f"enabled_logs = mockpki\n\n[mockpki]\ndescription = a log\nkey = {key}\n"


@pytest.mark.parametrize(
    ("key", "kind", "sentence"),
    [
        (ec.generate_private_key(ec.SECP384R1()), ValueError, "a log is one of P-256, or RSA with 2048 bits"),
        (ed25519.Ed25519PrivateKey.generate(), TypeError, "a log is a private key, of P-256 or RSA; got"),
        ("key", TypeError, "a log is a private key, of P-256 or RSA; got 'key'"),
    ],
)
def test_other_keys_are_refused(key: Any, kind: type[Exception], sentence: str) -> None:
    """RFC 6962 section 2.1.4 has two kinds."""
    with pytest.raises(kind, match=sentence):
        CtLog(key)


def test_a_time_is_aware_and_since_1970() -> None:
    """A naive time or one before 1970 has no timestamp."""
    with pytest.raises(ValueError, match="has no time zone"):
        CtLog().sct(b"", b"", datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="at= is a time since 1970"):
        CtLog().sct(b"", b"", datetime(1969, 12, 31, tzinfo=timezone.utc))
