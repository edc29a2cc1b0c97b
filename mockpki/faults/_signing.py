"""Faults of the signer and of the signature."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from .._layers import Signing
from .._pkix.keys import key_type_of, stranger
from .._pkix.signing import SignatureAlgorithm, Signer, subject
from ._strangers import authority_certificate, find_root, make_stranger, speak_for

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
        key = stranger(key_type_of(honest.key))
        other = Signer.named(subject("mockpki stranger"), key, clock=honest.clock)
        certs = (authority_certificate(other),) if self.embed else ()
        return speak_for(replace(other, certs=certs), honest)


@dataclass(frozen=True)
class Forged(Signing):
    """Signed with a key that nobody knows, in the name of the right signer. RFC 6960 section 3.2, check 2."""

    def __call__(self, honest: Signer) -> Signer:
        return honest.with_key(stranger(key_type_of(honest.key)))


# Other authorities.


@dataclass(frozen=True)
class SameName(Signing):
    """Signed by a stranger under the CA's own name. RFC 6960 section 3.2, check 4.

    With *embed*, the certificate that the stranger has made itself is sent along.
    """

    embed: bool = True

    def __call__(self, honest: Signer) -> Signer:
        other = make_stranger(honest.authority, honest.authority.name)
        certs = (authority_certificate(other),) if self.embed else ()
        return speak_for(replace(other, certs=certs), honest)


@dataclass(frozen=True)
class ByRoot(Signing):
    """Signed by the root above the CA; with *embed*, its certificate too. RFC 6960 section 4.2.2.2.

    Raises ValueError when the CA is the root.
    """

    embed: bool = False

    def __call__(self, honest: Signer) -> Signer:
        root = find_root(honest.authority)
        certs = (authority_certificate(root),) if self.embed else ()
        return speak_for(replace(root, certs=certs), honest)


# What it is signed with.

_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "md5": hashes.MD5(),  # noqa: S303
    "sha1": hashes.SHA1(),  # noqa: S303
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
# RFC 8017 appendix A.2.4 and RFC 5758 section 3.2. ECDSA with MD5 has no identifier.
_RSA = {name: f"1.2.840.113549.1.1.{last}" for name, last in zip(_DIGESTS, (4, 5, 11, 12, 13), strict=True)}
_ECDSA = {
    "sha1": "1.2.840.10045.4.1",
    "sha256": "1.2.840.10045.4.3.2",
    "sha384": "1.2.840.10045.4.3.3",
    "sha512": "1.2.840.10045.4.3.4",
}


def check_digest(name: str) -> None:
    if name not in _DIGESTS:
        raise ValueError(f"{name!r} is no digest to sign with; there are {', '.join(_DIGESTS)}")


@dataclass(frozen=True)
class SignatureDigest(Signing):
    """Signed over another digest, *name*: md5, sha1, sha256, sha384 or sha512. RFC 6960 section 4.3.

    Raises ValueError where the signer's kind of key has none such, or uses it anyway: MD5 takes an RSA
    key, and Ed25519 and ML-DSA have no choice of digest.
    """

    name: str = "sha1"

    def __post_init__(self) -> None:
        check_digest(self.name)

    def __call__(self, honest: Signer) -> Signer:
        own = isinstance(honest.key, rsa.RSAPrivateKey)
        known = _RSA if own else _ECDSA if isinstance(honest.key, ec.EllipticCurvePrivateKey) else {}
        if self.name not in known:
            raise ValueError(
                f"{self!r} cannot be had with a key of type {key_type_of(honest.key)}; "
                "make the PKI with key_type='RSA-2048'"
            )
        algorithm = SignatureAlgorithm(known[self.name], _DIGESTS[self.name], null=own)
        if algorithm.encode() == honest.algorithm.encode():
            raise ValueError(f"{self!r} changes nothing: the signer uses {self.name}; give another digest")
        return replace(honest, algorithm=algorithm)
