"""Hybrid key shares of TLS 1.3, which today's clients send first: ML-KEM beside an elliptic curve.

draft-ietf-tls-ecdhe-mlkem has their layout: the share of the one, then that of the other, and the secrets
in the same order.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_NUMBERS = {"x25519mlkem768": 0x11EC, "secp256r1mlkem768": 0x11EB, "secp384r1mlkem1024": 0x11ED}
_X25519_SIZE = 32


def _find_hybrids() -> dict[str, int]:
    """The groups that the installed cryptography can compute with, by the names that tlslite has for them."""
    try:
        from cryptography.hazmat.primitives.asymmetric import mlkem

        mlkem.MLKEM768PrivateKey.generate()
    except Exception:  # an older one has no such module, and its OpenSSL may have no such key
        return {}
    return _NUMBERS


HYBRIDS = _find_hybrids()


def encapsulate(group: int, share: bytes) -> tuple[bytes, bytes]:
    """The shared secret with a client that sent *share* for *group*, and the server's share.

    Raises ValueError for what is no share of that group.
    """
    if group == _NUMBERS["x25519mlkem768"]:
        split = len(share) - _X25519_SIZE
        secret, mine = _encapsulate(768, share[: max(split, 0)])
        other = x25519.X25519PrivateKey.generate()
        # RFC 8446 section 4.2.8.2 has the octets; an all-zero secret raises ValueError (section 7.4.2).
        other_secret = other.exchange(x25519.X25519PublicKey.from_public_bytes(share[max(split, 0) :]))
        return secret + other_secret, mine + other.public_key().public_bytes_raw()
    curve: ec.EllipticCurve = ec.SECP256R1() if group == _NUMBERS["secp256r1mlkem768"] else ec.SECP384R1()
    kem = 768 if isinstance(curve, ec.SECP256R1) else 1024
    size = 1 + 2 * (curve.key_size // 8)
    own = ec.generate_private_key(curve)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(curve, share[:size])
    own_share = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    secret, mine = _encapsulate(kem, share[size:])
    return own.exchange(ec.ECDH(), theirs) + secret, own_share + mine


def _encapsulate(kem: int, public: bytes) -> tuple[bytes, bytes]:
    from cryptography.hazmat.primitives.asymmetric import mlkem

    key = (mlkem.MLKEM768PublicKey if kem == 768 else mlkem.MLKEM1024PublicKey).from_public_bytes(public)
    return key.encapsulate()
