"""Certificates and OCSP responses for TLS sessions, whole and taken apart."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from mockpki._pkix.keys import KeyType
from mockpki._tls.session import Presentation
from tests.kit.authorities import key as made
from tests.kit.octets import children, join, tlv

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
DAY = dt.timedelta(days=1)

KEYS: dict[str, Callable[[], Any]] = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "Ed448": ed448.Ed448PrivateKey.generate,
    "ML-DSA-44": lambda: made(KeyType.MLDSA44),  # skips where there is none
}


@dataclass(frozen=True)
class Identity:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Any

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def serial_number(self) -> int:
        return self.certificate.serial_number


def issue(name: str, issuer: Identity | None = None, key: str = "P-256", ca: bool = True) -> Identity:
    """A certificate signed by *issuer*, or by itself."""
    private_key = KEYS[key]()
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    )
    signing_key = issuer.key if issuer else private_key
    ec_or_rsa = isinstance(signing_key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    return Identity(builder.sign(signing_key, hashes.SHA256() if ec_or_rsa else None), private_key)


ROOT = issue("root")
CA = issue("intermediate", ROOT)
OTHER = issue("another leaf", CA, ca=False)
SELF_SIGNED = issue("self-signed")


@lru_cache
def leaf(key: str = "P-256") -> Identity:
    """The leaf with that kind of key, always the same."""
    return issue("leaf", CA, key, ca=False)


def response(
    subject: Identity,
    issuer: Identity = CA,
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    hashed: hashes.HashAlgorithm | None = None,
) -> bytes:
    """A successful OCSP response with one SingleResponse."""
    revoked = NOW if status is ocsp.OCSPCertStatus.REVOKED else None
    builder = ocsp.OCSPResponseBuilder().add_response(
        subject.certificate,
        issuer.certificate,
        hashed or hashes.SHA1(),
        status,
        NOW,
        NOW + DAY,
        revoked,
        None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer.certificate)
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def error_response(status: ocsp.OCSPResponseStatus) -> bytes:
    """A response of five bytes."""
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


def singles(der: bytes) -> bytes:
    """The SingleResponses of a response."""
    return _basic(der)[1][-1][1]


def with_singles(der: bytes, content: bytes) -> bytes:
    """A response with other SingleResponses; the signature no longer fits, nobody looks."""
    basic, data = _basic(der)
    data[-1] = (0x30, content)
    basic[0] = (0x30, join(data))
    return with_basic(der, tlv(0x30, join(basic)))


def with_cert_id(der: bytes, field: int, content: bytes) -> bytes:
    """A response whose CertID has another hash algorithm (0), issuerNameHash (1) or issuerKeyHash (2)."""
    single = children(children(singles(der))[0][1])
    cert_id = children(single[0][1])
    cert_id[field] = (cert_id[field][0], content)
    single[0] = (single[0][0], join(cert_id))
    return with_singles(der, tlv(0x30, join(single)))


def with_basic(der: bytes, basic: bytes, status: int = 0, kind: bytes | None = None) -> bytes:
    """A response with another BasicOCSPResponse, status or response type."""
    typed = children(children(children(der)[0][1])[1][1])[0][1]
    oid = children(typed)[0][1] if kind is None else kind
    inner = tlv(0x30, join([(6, oid), (4, basic)]))
    return tlv(0x30, join([(10, bytes([status])), (0xA0, inner)]))


def basic_of(der: bytes) -> bytes:
    """The BasicOCSPResponse in a response."""
    typed = children(children(children(der)[0][1])[1][1])[0][1]
    return children(typed)[1][1]


def _basic(der: bytes) -> tuple[list[tuple[int, bytes]], list[tuple[int, bytes]]]:
    basic = children(children(basic_of(der))[0][1])
    return basic, children(basic[0][1])


GOOD = response(leaf())
CHAIN = (leaf().der, CA.der)
HONEST = Presentation(CHAIN, leaf().key, (GOOD,))
ASKING = replace(HONEST, client_cas=(CA.der, ROOT.der))
