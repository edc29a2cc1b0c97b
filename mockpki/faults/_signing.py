"""Faults of the signer and of the signature."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from .._layers import Signing
from .._pkix.keys import key_type_of, stranger
from .._pkix.signing import ECDSA, RSA, SignatureAlgorithm, Signer
from ._strangers import find_root, make_stranger, sign_instead

__all__ = [
    "ByRoot",
    "Forged",
    "SameName",
    "SignatureDigest",
    "WrongSigner",
]


@dataclass(frozen=True)
class WrongSigner(Signing):
    """Signed by an authority that nobody knows, and which says so. RFC 6960 section 3.2, check 4.

    With *embed*, its own certificate is sent along in an OCSP answer. In a CRL the authority key
    identifier stays the honest one.
    """

    embed: bool = False

    def __call__(self, honest: Signer) -> Signer:
        return sign_instead(make_stranger(honest), honest, self.embed)


@dataclass(frozen=True)
class Forged(Signing):
    """Signed with a key that nobody knows, in the name of the right signer. RFC 6960 section 3.2, check 2."""

    def __call__(self, honest: Signer) -> Signer:
        return honest.with_key(stranger(key_type_of(honest.key)))


# Other authorities.


@dataclass(frozen=True)
class SameName(Signing):
    """Signed by a stranger under the CA's own name, which is the ResponderID. RFC 6960 section 3.2, check 4.

    With *embed*, the certificate that the stranger has made itself is sent along. ``SameName(), ByKey()``
    has the hash of the stranger's key for a ResponderID.
    """

    embed: bool = True

    def __call__(self, honest: Signer) -> Signer:
        stranger_ca = make_stranger(honest.authority, honest.authority.name)
        return replace(sign_instead(stranger_ca, honest, self.embed), by_name=True)


@dataclass(frozen=True)
class ByRoot(Signing):
    """Signed by the root above the CA; with *embed*, its own certificate too. RFC 6960 section 4.2.2.2.

    Raises ValueError when the CA is the root.
    """

    embed: bool = False

    def __call__(self, honest: Signer) -> Signer:
        return sign_instead(find_root(honest.authority), honest, self.embed)


# What it is signed with.


def check_digest(name: str) -> None:
    """ValueError where *name* is no digest to sign with."""
    if name not in RSA:
        raise ValueError(f"{name!r} is no digest to sign with; there are {', '.join(RSA)}")


@dataclass(frozen=True)
class SignatureDigest(Signing):
    """Signed over another digest, *name*: md5, sha1, sha256, sha384 or sha512. RFC 6960 section 4.3.

    Raises ValueError where the signer's kind of key has none such, or uses it anyway: MD5 takes an RSA
    key, and Ed25519 and ML-DSA have no choice of digest.
    """

    name: str = "sha1"

    def _check_values(self) -> None:
        check_digest(self.name)

    def __call__(self, honest: Signer) -> Signer:
        known: dict[str, SignatureAlgorithm] = {}
        if isinstance(honest.key, rsa.RSAPrivateKey):
            known = RSA
        elif isinstance(honest.key, ec.EllipticCurvePrivateKey):
            known = ECDSA
        if self.name not in known:
            raise ValueError(
                f"{self!r} cannot be had with a key of type {key_type_of(honest.key)}; "
                "make the PKI with key_type='RSA-2048'"
            )
        algorithm = known[self.name]
        if algorithm.encode() == honest.algorithm.encode():
            raise ValueError(f"{self!r} changes nothing: the signer uses {self.name}; give another digest")
        return replace(honest, algorithm=algorithm)
