"""Signing: who signs, with what, and what comes out.

`Signer` and `Signed` serve certificates, CRLs and OCSP answers alike. A signer says who it *claims*
to be (name and key identifier) apart from the key it holds, so that a forgery is a value too.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, padding, rsa

from .._clock import Clock
from . import der
from .keys import KeyType, PrivateKey, key_hash, key_type_of, spki_der


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """A signature algorithm: its dotted OID, its digest (None where it has one of its own), and
    whether its AlgorithmIdentifier has NULL parameters.
    """

    oid: str
    digest: hashes.HashAlgorithm | None = None
    null: bool = False

    def encode(self) -> bytes:
        """AlgorithmIdentifier, RFC 5280 section 4.1.1.2."""
        return _algorithm_identifier(self.oid, self.null)

    @classmethod
    def for_key(cls, key: PrivateKey) -> SignatureAlgorithm:
        """What a careful CA signs with: SHA-256 (more for a larger curve), or the scheme of the key itself.

        Raises ValueError for a key that cannot sign here.
        """
        if isinstance(key, rsa.RSAPrivateKey):
            return RSA_SHA256
        if isinstance(key, ec.EllipticCurvePrivateKey):
            if key.key_size <= 256:
                return ECDSA_SHA256
            return ECDSA_SHA384 if key.key_size <= 384 else ECDSA_SHA512
        if isinstance(key, ed448.Ed448PrivateKey):
            return ED448
        return _OWN_SCHEME[key_type_of(key)]


# RFC 8017 appendix A.2.4 and RFC 5758 section 3.2: ECDSA with MD5 has no identifier. The parameters are
# NULL for RSA (RFC 4055 section 5) and absent for ECDSA (RFC 5758 section 3.2).
RSA = {
    digest.name: SignatureAlgorithm(f"1.2.840.113549.1.1.{last}", digest, null=True)
    for last, digest in (
        (4, hashes.MD5()),  # noqa: S303
        (5, hashes.SHA1()),  # noqa: S303
        (11, hashes.SHA256()),
        (12, hashes.SHA384()),
        (13, hashes.SHA512()),
    )
}
"""RSA signatures (PKCS #1 version 1.5) by the name of their digest."""
ECDSA = {
    digest.name: SignatureAlgorithm(f"1.2.840.10045.4.{last}", digest)
    for last, digest in (
        ("1", hashes.SHA1()),  # noqa: S303
        ("3.2", hashes.SHA256()),
        ("3.3", hashes.SHA384()),
        ("3.4", hashes.SHA512()),
    )
}
"""ECDSA signatures by the name of their digest."""
RSA_SHA256 = RSA["sha256"]
ECDSA_SHA256, ECDSA_SHA384, ECDSA_SHA512 = ECDSA["sha256"], ECDSA["sha384"], ECDSA["sha512"]
# RFC 8410 section 3 and RFC 9881 section 2: the parameters are absent.
ED448 = SignatureAlgorithm("1.3.101.113")
_OWN_SCHEME = {
    KeyType.ED25519: SignatureAlgorithm("1.3.101.112"),
    KeyType.MLDSA44: SignatureAlgorithm("2.16.840.1.101.3.4.3.17"),
    KeyType.MLDSA65: SignatureAlgorithm("2.16.840.1.101.3.4.3.18"),
    KeyType.MLDSA87: SignatureAlgorithm("2.16.840.1.101.3.4.3.19"),
}


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed structure: *tbs* and *algorithm* are DER, *certs* the DER certificates sent along.

    RFC 5280 sections 4.1.1 and 5.1.1, RFC 6960 section 4.2.1.
    """

    tbs: bytes = field(repr=False)
    algorithm: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    certs: tuple[bytes, ...] = field(default=(), repr=False)

    def encode(self) -> bytes:
        """What was signed, the algorithm, the signature and the certificates, as DER."""
        certs = self.encode_certs()
        return der.long_sequence(self.tbs, self.algorithm, der.bit_string(self.signature), certs)

    def encode_certs(self) -> bytes:
        """The certificates as DER, of which there is nothing where there is none."""
        # RFC 6960 section 4.2.1: "If no certificates are included, then certs SHOULD be absent."
        return der.explicit(0, der.sequence(*self.certs)) if self.certs else b""


@dataclass(frozen=True, slots=True)
class Signer:
    """Whoever signs: the private key, and what the answer says of its owner.

    *name* is the DER of the subject, *key_hash* the SHA-1 of the public key's bits (RFC 6960
    section 4.2.1), *by_name* chooses between them for an OCSP ResponderID, *certs* are the DER
    certificates embedded in an OCSP answer, and *issuer* is the authority above. *delegated* tells
    an OCSP delegate (whose issuer is the CA it answers for) from the CA itself. *certificate* is the DER of
    a CA's own certificate, None where there is none. *key_id* is the key identifier in one that somebody
    else made, and so perhaps in another way than *key_hash*.
    """

    key: PrivateKey = field(repr=False)
    name: bytes
    key_hash: bytes
    algorithm: SignatureAlgorithm
    by_name: bool = False
    certs: tuple[bytes, ...] = field(default=(), repr=False)
    delegated: bool = False
    issuer: Signer | None = field(default=None, repr=False)
    clock: Clock = field(default_factory=Clock, repr=False, compare=False)
    certificate: bytes | None = field(default=None, repr=False)
    key_id: bytes | None = field(default=None, repr=False)

    @classmethod
    def named(
        cls, name: bytes, key: PrivateKey, issuer: Signer | None = None, clock: Clock | None = None
    ) -> Signer:
        """A signer that tells the truth about its key."""
        own_hash = key_hash(spki_der(key.public_key()))
        return cls(
            key, name, own_hash, SignatureAlgorithm.for_key(key), issuer=issuer, clock=clock or Clock()
        )

    @property
    def authority(self) -> Signer:
        """The CA on whose behalf this signer answers: itself, or a delegate's issuer."""
        return self.issuer if self.delegated and self.issuer is not None else self

    @property
    def key_identifier(self) -> bytes:
        """What certificates and CRLs of this signer call its key.

        RFC 5280 section 4.2.1.2: "the value of the subject key identifier MUST be the value placed in the key
        identifier field of the authority key identifier extension of certificates issued by the subject".
        """
        return self.key_hash if self.key_id is None else self.key_id

    def with_key(self, key: PrivateKey) -> Signer:
        """The same claims over another key."""
        return replace(self, key=key, algorithm=SignatureAlgorithm.for_key(key))

    def sign(self, tbs: bytes) -> Signed:
        """The signature over *tbs* with this key and algorithm."""
        return Signed(tbs, self.algorithm.encode(), self.make_signature(tbs), self.certs)

    def make_signature(self, tbs: bytes) -> bytes:
        """The bare octets of it."""
        key, digest = self.key, self.algorithm.digest
        if isinstance(key, ec.EllipticCurvePrivateKey) and digest is not None:
            return key.sign(tbs, _ecdsa(digest))
        if isinstance(key, rsa.RSAPrivateKey) and digest is not None:
            return key.sign(tbs, padding.PKCS1v15(), digest)
        signature: bytes = key.sign(tbs)  # type: ignore[call-arg]
        return signature


def has_signed(key: object, signature: bytes, data: bytes, digest: hashes.HashAlgorithm | None) -> bool:
    """Whether *signature* over *data* was made with the private part of *key*, a public key of any kind.

    *digest* is the signature algorithm's, None where it has one of its own. Raises ValueError or
    UnsupportedAlgorithm where `cryptography` has no way to tell.
    """
    try:
        if isinstance(key, rsa.RSAPublicKey) and digest is not None:
            key.verify(signature, data, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and digest is not None:
            key.verify(signature, data, _ecdsa(digest))
        elif digest is None:
            any_key: Any = key
            any_key.verify(signature, data)
        else:
            return False
    except (InvalidSignature, AttributeError, TypeError):
        # A key that cannot verify at all, or not in this way, has not made this signature.
        return False
    return True


@lru_cache(maxsize=64)
def _algorithm_identifier(oid: str, null: bool) -> bytes:
    return der.sequence(der.oid(oid), der.NULL if null else b"")


def _ecdsa(digest: hashes.HashAlgorithm) -> ec.ECDSA:
    """Kept, because making one costs a tenth of a signature."""
    return _ECDSA.get(digest.name) or _ECDSA.setdefault(digest.name, ec.ECDSA(digest))


_ECDSA: dict[str, ec.ECDSA] = {}


def subject(common_name: str, *others: x509.NameAttribute[str]) -> bytes:
    """A distinguished name of this package: DER. It always says mockpki."""
    organization = x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "mockpki")
    name = x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)
    return x509.Name([organization, *others, name]).public_bytes()
