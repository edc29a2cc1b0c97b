"""Keys and certificates in one file that a password protects: PKCS #12 (RFC 7292)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import KeySerializationEncryption, PrivateFormat, pkcs12

from .keys import PrivateKey

PASSWORD = "mockpki"  # noqa: S105
"""Of every such file, unless another is asked for: it keeps nothing secret, but Java reads none without."""
WRITES_TRUSTSTORES = hasattr(pkcs12, "serialize_java_truststore")
"""Whether the installed cryptography knows the mark by which Java takes a certificate for an anchor."""
_ROUNDS = 2048
"""As many as by OpenSSL's default; more would only take longer."""


def write_p12(
    key: PrivateKey,
    certificate: x509.Certificate,
    others: Sequence[x509.Certificate],
    password: str = PASSWORD,
) -> bytes:
    """*key* with its *certificate*, and *others* above that. Raises ValueError for a key it cannot hold."""
    any_key: Any = key
    try:
        return pkcs12.serialize_key_and_certificates(
            b"mockpki", any_key, certificate, others, _make_encryption(password)
        )
    except TypeError as error:
        raise ValueError(f"the installed cryptography writes no PKCS #12 with this key: {error}") from error


def write_truststore(certificate: x509.Certificate, password: str = PASSWORD) -> bytes:
    """A trust store with *certificate* alone, which Java takes as an anchor.

    Raises ValueError where the installed cryptography writes none.
    """
    if not WRITES_TRUSTSTORES:
        raise ValueError(
            "the installed cryptography writes no trust store for Java; version 45 or later does"
        )
    anchor = pkcs12.PKCS12Certificate(certificate, b"mockpki")
    return pkcs12.serialize_java_truststore([anchor], _make_encryption(password))


_HEAD = re.compile(
    # PFX ::= SEQUENCE { version INTEGER {v3(3)}, authSafe ContentInfo ... }, RFC 7292 section 4; the second
    # is of pkcs7-data or, where it is signed, of pkcs7-signedData.
    rb"\x30(?:[\x00-\x80]|\x81.|\x82..|\x83...)\x02\x01\x03"
    rb"\x30(?:[\x00-\x80]|\x81.|\x82..|\x83...)\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07[\x01\x02]",
    re.DOTALL,
)


def is_p12(data: bytes) -> bool:
    """Whether *data* begins as PKCS #12 does."""
    return bool(_HEAD.match(data))


def read_p12(data: bytes, password: str = PASSWORD) -> tuple[bool, list[tuple[str, x509.Certificate]]]:
    """Whether there is a private key in *data*, and its certificates with their friendly names.

    Raises ValueError for another *password*, and for what cannot be read.
    """
    try:
        found = pkcs12.load_pkcs12(data, password.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(f"PKCS #12 cannot be opened with the password {password!r}: {error}") from error
    kept = [one for one in (found.cert, *found.additional_certs) if one is not None]
    return found.key is not None, [
        ((one.friendly_name or b"").decode("utf-8", "replace"), one.certificate) for one in kept
    ]


def _make_encryption(password: str) -> KeySerializationEncryption:
    """What OpenSSL 3 and Java 8 and later read."""
    return (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(_ROUNDS)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(SHA256())
        .build(password.encode())
    )
