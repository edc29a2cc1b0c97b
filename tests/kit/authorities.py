"""Keys and authorities for the tests of encoders: one of each kind in a run, for RSA is slow to make."""

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from mockpki._pkix.crl import encode_entries
from mockpki._pkix.keys import KeyType, PrivateKey
from mockpki._pkix.signing import Signer, subject
from mockpki._pkix.status import Revocation
from mockpki._services.ledger import Ledger

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=timezone.utc)

KINDS = list(KeyType)

# The same octets give the same signature, so whole structures can be held against each other.
DETERMINISTIC = {KeyType.RSA2048, KeyType.RSA3072, KeyType.RSA4096, KeyType.ED25519}


def key(kind: KeyType, number: int = 0) -> PrivateKey:
    """The key of this kind and *number*; skips where the installed cryptography makes none."""
    try:
        return _generated(kind, number)
    except ValueError as error:
        if not kind.startswith("ML-DSA"):
            raise
        pytest.skip(str(error))


@lru_cache
def _generated(kind: KeyType, number: int) -> PrivateKey:
    return kind.generate()


def pairs(ledger: Ledger, start: int = 0) -> list[tuple[int, Revocation]]:
    """What a ledger says is revoked, from the *start*-th on, one by one."""
    _, _, serials, revocations = ledger.list_revoked(start)
    return list(zip(serials, revocations, strict=True))


def encoded(revoked: Iterable[tuple[int, Revocation]]) -> bytes:
    """The entries of a CRL for these."""
    listed = list(revoked)
    return encode_entries([serial for serial, _ in listed], [revocation for _, revocation in listed])


def digest(private: PrivateKey) -> Any:
    """What cryptography's builders have to be told to sign with."""
    if isinstance(private, rsa.RSAPrivateKey):
        return hashes.SHA256()
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}[private.key_size]
    return None


def signer(kind: KeyType, number: int = 0) -> Signer:
    """An authority of ours with that key."""
    return Signer.named(subject(f"mockpki {kind} {number}"), key(kind, number))


def certificate(kind: KeyType, number: int = 0) -> x509.Certificate:
    """The same authority as cryptography's own builder certifies it."""
    return _certified(kind, number)


@lru_cache
def _certified(kind: KeyType, number: int) -> x509.Certificate:
    own = key(kind, number)
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "mockpki"),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, f"mockpki {kind} {number}"),
        ]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(own.public_key())
        .serial_number(1 + number)
        .not_valid_before(NOW - timedelta(days=365))
        .not_valid_after(NOW + timedelta(days=365))
        .sign(own, digest(own))
    )
