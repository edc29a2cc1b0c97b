"""What all targets share: what a target is, and the world that is fuzzed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mockpki import PKI, Leaf


@dataclass(frozen=True)
class Target:
    """*run* takes any octets, and raises AssertionError, or whatever the code let out, for a bug.

    *seeds* are octets to begin with: what real clients send.
    """

    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


@dataclass(frozen=True)
class World:
    """The services that are fuzzed, and a server's and a client's certificate."""

    pki: PKI
    server: Leaf
    client: Leaf


@contextlib.contextmanager
def world() -> Iterator[World]:
    """A PKI of one CA. Its key, its name and the serial numbers are the same in every process.

    So octets that found something find it again; but for TLS, which has random numbers of its own.
    """
    key = ec.derive_private_key(0xF022, ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "fuzzed CA")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(1))
        .not_valid_after(now + timedelta(100))
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    # As much of a trustme.CA as is read: one of its own would have a new key each time.
    root: Any = SimpleNamespace(
        cert_pem=SimpleNamespace(bytes=lambda: certificate.public_bytes(Encoding.PEM)),
        private_key_pem=SimpleNamespace(bytes=lambda: pem),
    )
    with PKI(depth=0, root=root) as pki:
        server = pki.issue_cert("localhost", serial_number=0x1001)
        client = pki.issue_cert("client.example", serial_number=0x1002, client=True)
        pki.revoke(client)
        yield World(pki, server, client)
