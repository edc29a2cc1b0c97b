"""The key types that certificates here can have."""

from __future__ import annotations

import enum
import hashlib
from functools import lru_cache
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import (
    CertificateIssuerPrivateKeyTypes,
    CertificateIssuerPublicKeyTypes,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .._parameters import show
from .der import SEQUENCE
from .element import Element

PrivateKey = CertificateIssuerPrivateKeyTypes
PublicKey = CertificateIssuerPublicKeyTypes


KeyName = Annotated[str, "a name such as 'P-256'"]
"""What a `KeyType` is called."""


class KeyType(enum.StrEnum):
    """A key type by the name people use for it."""

    P256 = "P-256"
    P384 = "P-384"
    RSA2048 = "RSA-2048"
    RSA3072 = "RSA-3072"
    RSA4096 = "RSA-4096"
    ED25519 = "Ed25519"
    MLDSA44 = "ML-DSA-44"
    MLDSA65 = "ML-DSA-65"
    MLDSA87 = "ML-DSA-87"

    @classmethod
    def of(cls, name: str) -> KeyType:
        """The type called *name*, in any case. Raises ValueError for one there is not."""
        if not isinstance(name, str):
            raise TypeError(f"a key type is a name such as 'P-256'; got {show(name)}")
        for known in cls:
            if known.lower() == name.lower():
                return known
        raise ValueError(f"key_type={name!r} is no key type; there are {', '.join(cls)}")

    def generate(self) -> PrivateKey:
        """A fresh private key. Raises ValueError where the installed cryptography cannot make it."""
        match self:
            case KeyType.P256:
                return ec.generate_private_key(ec.SECP256R1())
            case KeyType.P384:
                return ec.generate_private_key(ec.SECP384R1())
            case KeyType.ED25519:
                return ed25519.Ed25519PrivateKey.generate()
            case KeyType.RSA2048 | KeyType.RSA3072 | KeyType.RSA4096:
                return rsa.generate_private_key(public_exponent=65537, key_size=int(self.value[4:]))
        return _generate_ml_dsa(self)


def _generate_ml_dsa(key_type: KeyType) -> PrivateKey:
    try:
        from cryptography.hazmat.primitives.asymmetric import mldsa

        key: PrivateKey = getattr(mldsa, f"MLDSA{key_type.value[7:]}PrivateKey").generate()
    except Exception as error:
        raise ValueError(
            f"the installed cryptography cannot make a {key_type} key ({error!r}); "
            "install a newer one, or choose another key type"
        ) from error
    return key


def key_type_of(key: PrivateKey) -> KeyType:
    """The type of an existing key, or the nearest there is, for making another like it.

    An adopted root may have a key that is made nowhere here: P-521, RSA-1024, Ed448. Raises ValueError
    for one whose family is unknown.
    """
    if isinstance(key, rsa.RSAPrivateKey):
        nearest = min((2048, 3072, 4096), key=lambda size: abs(size - key.key_size))
        return KeyType.of(f"RSA-{nearest}")
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return KeyType.P256 if key.key_size <= 256 else KeyType.P384
    if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey):
        return KeyType.ED25519
    for known in (KeyType.MLDSA44, KeyType.MLDSA65, KeyType.MLDSA87):
        if type(key).__name__.startswith(known.value.replace("-", "")):
            return known
    raise ValueError(
        f"{type(key).__name__} is no key that an authority here can sign with; there are {', '.join(KeyType)}"
    )


@lru_cache(maxsize=16)
def stranger(key_type: KeyType) -> PrivateKey:
    """A key of this process that belongs to no certificate: what a forger signs with."""
    return key_type.generate()


def spki_der(key: PublicKey) -> bytes:
    """SubjectPublicKeyInfo."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_bits(spki: bytes) -> bytes:
    """The content of the subjectPublicKey BIT STRING, which key identifiers and CertIDs hash."""
    _, bits = Element.whole(spki, SEQUENCE).fields(2, 2)
    return bits.content[1:]


def key_hash(spki: bytes) -> bytes:
    """RFC 5280 section 4.2.1.2, method 1: "the 160-bit SHA-1 hash of the value of the BIT STRING
    subjectPublicKey (excluding the tag, length, and number of unused bits)".
    """
    return hashlib.sha1(key_bits(spki)).digest()
