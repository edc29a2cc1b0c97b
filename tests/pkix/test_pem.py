"""DER as text, as other libraries write and read it."""

import os
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from mockpki._pkix.keys import KeyType, PrivateKey
from mockpki._pkix.pem import private_pem, write_pem
from tests.kit.authorities import KINDS, certificate, key


@pytest.mark.parametrize("size", [1, 47, 48, 49, 96, 1000])
def test_lines_are_broken_where_python_breaks_them(size: int) -> None:
    """Every line but the last has 64 characters, whatever the octets are."""
    octets = os.urandom(size)
    assert write_pem("CERTIFICATE", octets).decode("ascii") == ssl.DER_cert_to_PEM_cert(octets)


def test_the_label_stands_in_both_lines() -> None:
    """What it is called is up to whoever writes it."""
    assert write_pem("X509 CRL", b"\0") == b"-----BEGIN X509 CRL-----\nAA==\n-----END X509 CRL-----\n"


def test_a_certificate_is_the_one_that_cryptography_writes() -> None:
    """cryptography writes the same text, and reads it back."""
    made = certificate(KeyType.P256)
    pem = write_pem("CERTIFICATE", made.public_bytes(Encoding.DER))
    assert pem == made.public_bytes(Encoding.PEM)
    assert x509.load_pem_x509_certificate(pem) == made


@pytest.mark.parametrize("kind", KINDS)
def test_a_private_key_is_read_back(kind: KeyType) -> None:
    """PKCS #8 without a password: cryptography reads the same key."""
    own: PrivateKey = key(kind)
    pem = private_pem(own)
    assert pem.startswith(b"-----BEGIN PRIVATE KEY-----\n")
    read = load_pem_private_key(pem, None)
    assert read.public_key() == own.public_key()
