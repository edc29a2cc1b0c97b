"""PKCS #12 is read by others: keys with their chains, and trust stores."""

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from mockpki import PKI
from mockpki._pkix.keys import KeyType
from mockpki._pkix.pkcs12 import PASSWORD, WRITES_TRUSTSTORES, write_truststore
from tests.kit.authorities import key
from tests.kit.programs import need, run

JAVA_TRUSTED = "2.16.840.1.113894.746875.1.1"
"""The attribute by which Java knows an anchor (JEP 229)."""


@pytest.mark.parametrize("key_type", ["P-256", "P-384", "RSA-2048", "Ed25519"])
def test_a_key_comes_back_with_its_chain(key_type: str) -> None:
    """What was written is read with the password, by cryptography, and not with another one."""
    with PKI(depth=2) as pki:
        leaf = pki.issue_cert("localhost", key_type=key_type)
        with open(leaf.p12_file, "rb") as file:
            data = file.read()
    key, certificate, others = pkcs12.load_key_and_certificates(data, PASSWORD.encode())
    assert key is not None
    assert key.public_key() == leaf.key.public_key()
    assert (certificate, *others) == leaf.chain
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_key_and_certificates(data, b"another")


def test_a_key_that_none_holds() -> None:
    """An ML-DSA key, and one that is elsewhere, are said to be none for such a file."""
    with PKI() as pki:
        with pytest.raises(LookupError, match="issued from a CSR"):
            _ = pki.issue_cert(csr=_request(pki)).p12_file
        leaf = pki.issue_cert("localhost", key=key(KeyType.MLDSA44))
        with pytest.raises(ValueError, match="writes no PKCS #12 with this key"):
            _ = leaf.p12_file


def _request(pki: PKI) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    key = pki.issue_cert("localhost").key
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    request = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM)


@pytest.mark.skipif(
    not WRITES_TRUSTSTORES, reason="the installed cryptography writes no trust store for Java"
)
def test_a_trust_store_holds_the_root_alone() -> None:
    """OpenSSL finds one certificate, no key, and the mark by which Java takes it for an anchor."""
    with PKI() as pki:
        data = write_truststore(pki.root.certificate)
        with open(pki.truststore_file, "rb") as file:
            given = file.read()
        [loaded] = pkcs12.load_pkcs12(given, PASSWORD.encode()).additional_certs
        assert loaded.certificate == pki.root.certificate
    password = f"pass:{PASSWORD}"
    shown = run(need("openssl"), "pkcs12", "-info", "-nokeys", "-passin", password, input=data)
    assert shown.stdout.count("BEGIN CERTIFICATE") == 1
    assert JAVA_TRUSTED in shown.stdout
    without = run(
        need("openssl"), "pkcs12", "-nocerts", "-passin", password, "-passout", password, input=data
    )
    assert "PRIVATE KEY" not in without.stdout


def test_an_older_cryptography_writes_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it does not know Java's mark, that is said, and which version does."""
    monkeypatch.setattr("mockpki._pkix.pkcs12.WRITES_TRUSTSTORES", False)
    with PKI() as pki, pytest.raises(ValueError, match="no trust store for Java; version 45 or later does"):
        _ = pki.truststore_file
