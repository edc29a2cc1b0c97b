"""Which keys a client can use: what each signs a handshake with, and what a ClientHello has room for.

Rules of this file: no TLS library is imported, and what cannot be read of an offer is taken for a yes. The
library says no with the right alert.
"""

from __future__ import annotations

import struct

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from .._pkix.keys import PrivateKey
from .client_hello import Offer

# RFC 8446 section 4.2.3, "enum { ... } SignatureScheme"; draft-ietf-tls-mldsa has ML-DSA's.
_PSS = (0x0804, 0x0805, 0x0806)
_PKCS1 = (0x0401, 0x0501, 0x0601, 0x0301, 0x0201)
_ECDSA = (0x0403, 0x0503, 0x0603, 0x0303, 0x0203)
_ED25519, _ED448 = 0x0807, 0x0808
_ML_DSA = {"MLDSA44": 0x0904, "MLDSA65": 0x0905, "MLDSA87": 0x0906}
# The curve, as cryptography names it: its scheme in TLS 1.3, and its number among the groups.
_CURVES = {"secp256r1": (0x0403, 23), "secp384r1": (0x0503, 24), "secp521r1": (0x0603, 25)}

_TLS13 = 0x0304
# IANA's registry: the suites up to TLS 1.2 whose server signs with ECDSA, and EdDSA (RFC 8422 section 5.10).
_BY_ECDSA = frozenset(
    (
        *range(0xC006, 0xC00B), *range(0xC023, 0xC025), *range(0xC02B, 0xC02D), 0xC048, 0xC049, 0xC05C,
        0xC05D, 0xC072, 0xC073, 0xC086, 0xC087, *range(0xC0AC, 0xC0B0), 0xCCA9,
    )
)  # fmt: skip
# RFC 5746 section 3.3 and RFC 7507 section 2: signals in the place of suites.
_NO_SUITES = frozenset((0x00FF, 0x5600))
_GREASE = frozenset(0x0A0A + 0x1010 * number for number in range(16))


def signing_kind(key: PrivateKey) -> str:
    """What decides which clients can use *key*: two of one kind have the same clients."""
    if isinstance(key, rsa.RSAPrivateKey):
        return "RSA"
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return f"ECDSA on {key.curve.name}"
    return type(key).__name__.removesuffix("PrivateKey").lstrip("_")


def oldest_version(key: PrivateKey) -> str:
    """The first version of TLS that *key* can sign in."""
    if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        return "TLSv1"
    # RFC 8422 section 5.10 brought EdDSA to TLS 1.2; later ones are of TLS 1.3 alone.
    return "TLSv1.2" if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey) else "TLSv1.3"


def can_use(offer: Offer, key: PrivateKey, highest: str) -> bool:
    """Whether a client that makes *offer* can shake hands with a server of *key*, up to TLS *highest*."""
    versions = _numbers(offer.versions, 1)
    if highest == "TLSv1.3" and _TLS13 in versions:
        schemes = _numbers(offer.schemes, 2)
        return not schemes or bool(set(_schemes13(key)) & set(schemes))
    return _can_use12(offer, key)


def _schemes13(key: PrivateKey) -> tuple[int, ...]:
    if isinstance(key, rsa.RSAPrivateKey):
        return _PSS
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return tuple(scheme for scheme, _ in [_CURVES.get(key.curve.name, (0, 0))])
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return (_ED25519,)
    if isinstance(key, ed448.Ed448PrivateKey):
        return (_ED448,)
    return (_ML_DSA.get(signing_kind(key), 0),)


def _can_use12(offer: Offer, key: PrivateKey) -> bool:
    suites = {suite for suite in _numbers(offer.cipher_suites, 0) if suite >> 8 != 0x13}
    schemes = set(_numbers(offer.schemes, 2))
    if isinstance(key, rsa.RSAPrivateKey):
        able = bool(suites - _BY_ECDSA - _NO_SUITES - _GREASE)
        return able and (not schemes or bool(schemes & {*_PKCS1, *_PSS}))
    if oldest_version(key) == "TLSv1.3" or not suites & _BY_ECDSA:
        return False
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return bool(schemes & set(_schemes13(key)))
    # RFC 8422 section 5.1: the curves of the client's groups are those of the server's key, too.
    groups = _numbers(offer.groups, 2)
    _, group = _CURVES.get(key.curve.name, (0, 0))
    return (not schemes or bool(schemes & set(_ECDSA))) and (not groups or not group or group in groups)


def _numbers(data: bytes | None, length: int) -> tuple[int, ...]:
    """The numbers of two octets in *data*, behind *length* octets that tell its size; none if malformed."""
    if data is None or len(data) < length or (len(data) - length) % 2:
        return ()
    return struct.unpack(f">{(len(data) - length) // 2}H", data[length:])
