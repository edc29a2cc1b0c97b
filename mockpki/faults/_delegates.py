"""Faults of who signs an OCSP answer: delegates of every kind, other authorities, certificates sent along.

Keys are made once per process and kind of key, certificates whenever an answer is: so they belong to
the PKI that answers, and go by its clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from .._clock import Clock
from .._layers import OCSPSigning, Signing, duration
from .._pkix import der
from .._pkix.certificate import (
    KEY_USAGES,
    OCSP_NO_CHECK,
    Pointers,
    TBSCertificate,
    authority_extensions,
    delegate_extensions,
    extension,
)
from .._pkix.der import Extension
from .._pkix.keys import KeyType, PrivateKey, key_type_of, spki_der, stranger
from .._pkix.signing import SignatureAlgorithm, Signer, subject

__all__ = [
    "ByKey",
    "ByName",
    "ByRoot",
    "Delegate",
    "Embed",
    "SameName",
    "ShortResponderKey",
    "SignatureDigest",
    "WrongResponderKey",
    "WrongResponderName",
]

# Keys, authorities, and their certificates.

_WEAK: dict[str, Callable[[], PrivateKey]] = {
    "RSA-1024": lambda: rsa.generate_private_key(public_exponent=65537, key_size=1024),  # noqa: S505
    "P-192": lambda: ec.generate_private_key(ec.SECP192R1()),
}
"""Keys that no careful CA certifies, by name."""


@lru_cache(maxsize=64)
def _key(role: str, key_type: str) -> PrivateKey:
    """This process's key for a *role* that no PKI here has."""
    return _WEAK[key_type]() if key_type in _WEAK else KeyType.of(key_type).generate()


def _top(authority: Signer) -> Signer:
    """The root above *authority*; ValueError when it is the root."""
    above = authority.issuer
    if above is None:
        raise ValueError("the CA in question is the root, and nothing is above it; use PKI(depth=1) or more")
    return above if above.issuer is None else _top(above)


def _stranger(authority: Signer, name: bytes | None = None) -> Signer:
    """An authority that nobody knows, under the *name* given or one of its own."""
    key = stranger(key_type_of(authority.key))
    return Signer.named(name or subject("mockpki stranger"), key, clock=authority.clock)


def _child(authority: Signer) -> Signer:
    """A CA right below *authority*, of which its ledger knows nothing."""
    key = _key("child", key_type_of(authority.key))
    name = subject(f"mockpki child CA {authority.key_hash.hex()[:8]}")
    return Signer.named(name, key, authority, authority.clock)


def _validity(
    clock: Clock, not_before: timedelta | None = None, not_after: timedelta | None = None
) -> tuple[datetime, datetime]:
    """The period that these offsets from now make; where they are left out, it holds now.

    Now is then both the PKI's time and the system's, as it is for a certificate that a CA issues.
    """
    now, system = clock.now(), clock.system_time()
    return (
        min(now, system) - timedelta(days=30) if not_before is None else now + not_before,
        max(now, system) + timedelta(days=60) if not_after is None else now + not_after,
    )


def authority_certificate(authority: Signer) -> bytes:
    """A certificate of *authority*: its name and key, signed by the one above, or by itself. DER."""
    issuer = authority.issuer or authority
    content = TBSCertificate(
        x509.random_serial_number(),
        *_validity(authority.clock),
        authority.name,
        spki_der(authority.key.public_key()),
        authority_extensions(issuer, authority, Pointers()),
    )
    return content.signed_by(issuer).encode()


def speaking(signer: Signer, honest: Signer) -> Signer:
    """*signer* in the place of *honest*: named in the same way, and answering for the same CA."""
    return replace(signer, by_name=honest.by_name, delegated=True, issuer=honest.authority)


# Other authorities.


@dataclass(frozen=True)
class SameName(Signing):
    """Signed by a stranger under the CA's own name. RFC 6960 section 3.2, check 4.

    With *embed*, the certificate that the stranger has made itself is sent along.
    """

    embed: bool = True

    def __call__(self, honest: Signer) -> Signer:
        other = _stranger(honest.authority, honest.authority.name)
        certs = (authority_certificate(other),) if self.embed else ()
        return speaking(replace(other, certs=certs), honest)


@dataclass(frozen=True)
class ByRoot(Signing):
    """Signed by the root above the CA; with *embed*, its certificate too. RFC 6960 section 4.2.2.2.

    Raises ValueError when the CA is the root.
    """

    embed: bool = False

    def __call__(self, honest: Signer) -> Signer:
        root = _top(honest.authority)
        certs = (authority_certificate(root),) if self.embed else ()
        return speaking(replace(root, certs=certs), honest)


# Delegates.

_PURPOSES = {
    "ocsp_signing": "1.3.6.1.5.5.7.3.9",
    "server_auth": "1.3.6.1.5.5.7.3.1",
    "client_auth": "1.3.6.1.5.5.7.3.2",
    "any": "2.5.29.37.0",
}
_EXTENDED_KEY_USAGE, _KEY_USAGE = "2.5.29.37", "2.5.29.15"
_ISSUERS: dict[str, Callable[[Signer], Signer]] = {
    "ca": lambda authority: authority,
    "root": _top,
    "child": _child,
    "stranger": _stranger,
    "spoof": lambda authority: authority.with_key(_stranger(authority).key),
}


@dataclass(frozen=True)
class Delegate(OCSPSigning):
    """Signed by a delegate, honest but for what is asked for here. RFC 6960 section 4.2.2.2.

    *eku* are the purposes of its certificate: ``ocsp_signing``, ``server_auth``, ``client_auth``,
    ``any`` or a dotted OID (``1.3.6.1.5.5.7.3`` is one cut short); ``()`` leaves the extension out, and
    so it does for *key_usage*, whose names are `x509.KeyUsage`'s. *nocheck* is id-pkix-ocsp-nocheck;
    *embed*, whether the certificate is sent along. Its *issuer* is the ``ca``, the ``root`` above, a
    ``child`` CA below, a ``stranger``, or a ``spoof``: a stranger under the CA's name. *not_before* and
    *not_after* are counted from now. *key_type* may be weak: ``RSA-1024`` or ``P-192``; *digest* is the
    one its certificate is signed with. *tampered* is ``signature`` (a bit flipped) or ``content`` (the
    CA has signed it for server_auth, and *eku* was put in afterwards). With *serial_number* it can be
    revoked, and *ocsp_url* and *crl_url* say where that can be learnt.
    """

    eku: tuple[str, ...] = ("ocsp_signing",)
    nocheck: bool = True
    embed: bool = True
    issuer: str = "ca"
    not_before: timedelta | None = None
    not_after: timedelta | None = None
    key_usage: tuple[str, ...] = ("digital_signature",)
    key_type: str | None = None
    digest: str | None = None
    tampered: str | None = None
    serial_number: int | None = None
    ocsp_url: str | None = None
    crl_url: str | None = None

    def __post_init__(self) -> None:
        for names in (self.eku, self.key_usage):
            if not isinstance(names, tuple):
                raise TypeError(f"eku and key_usage take tuples of names; got {names!r}")
        for purpose in self.eku:
            der.oid(_PURPOSES.get(purpose, purpose))
        for usage in self.key_usage:
            if usage not in KEY_USAGES:
                raise ValueError(f"{usage!r} is no key usage; there are {', '.join(KEY_USAGES)}")
        if self.issuer not in _ISSUERS:
            raise ValueError(f"{self.issuer!r} issues no delegates; there are {', '.join(_ISSUERS)}")
        for offset in (self.not_before, self.not_after):
            if offset is not None:
                duration(offset, self)
        if self.key_type is not None and self.key_type not in _WEAK:
            KeyType.of(self.key_type)
        if self.digest is not None:
            _check_digest(self.digest)
        if self.tampered not in (None, "signature", "content"):
            raise ValueError(f"tampered= takes 'signature' or 'content'; got {self.tampered!r}")
        if self.tampered == "content" and self.eku == ("server_auth",):
            raise ValueError(
                f"{self!r} changes nothing: the CA has signed it for server_auth; give another eku"
            )

    def __call__(self, honest: Signer) -> Signer:
        authority = honest.authority
        issuer = _ISSUERS[self.issuer](authority)
        if self.digest is not None:
            issuer = SignatureDigest(self.digest)(issuer)
        key = _key("delegate", self.key_type or key_type_of(authority.key))
        name = subject(f"mockpki OCSP delegate {authority.key_hash.hex()[:8]}")
        own = Signer.named(name, key, clock=honest.clock)
        certs = (self._certificate(issuer, own),) if self.embed else ()
        return speaking(replace(own, certs=certs), honest)

    def _certificate(self, issuer: Signer, own: Signer) -> bytes:
        content = TBSCertificate(
            x509.random_serial_number() if self.serial_number is None else self.serial_number,
            *_validity(own.clock, self.not_before, self.not_after),
            own.name,
            spki_der(own.key.public_key()),
            tuple(self._extensions(issuer, own, self.eku)),
        )
        signed = content.signed_by(issuer)
        if self.tampered == "content":
            before = replace(content, extensions=tuple(self._extensions(issuer, own, ("server_auth",))))
            signed = replace(signed, signature=before.signed_by(issuer).signature)
        if self.tampered == "signature":
            *first, last = signed.signature
            signed = replace(signed, signature=bytes((*first, last ^ 1)))
        return signed.encode()

    def _extensions(self, issuer: Signer, own: Signer, eku: tuple[str, ...]) -> Iterator[Extension]:
        """An honest delegate's, in their places, with what was asked for instead of some."""
        for honest in delegate_extensions(issuer, own):
            if honest.oid == _EXTENDED_KEY_USAGE:
                if eku:
                    purposes = (der.oid(_PURPOSES.get(purpose, purpose)) for purpose in eku)
                    yield honest._replace(value=der.sequence(*purposes))
            elif honest.oid == _KEY_USAGE:
                if self.key_usage:
                    bits = {name: name in self.key_usage for name in KEY_USAGES}
                    yield extension(x509.KeyUsage(**bits), critical=True)
            elif honest.oid != OCSP_NO_CHECK or self.nocheck:
                yield honest
        yield from Pointers(
            ocsp=() if self.ocsp_url is None else (self.ocsp_url,),
            crl=() if self.crl_url is None else (self.crl_url,),
        ).extensions()


# What is said of the signer.


@dataclass(frozen=True)
class ByName(OCSPSigning):
    """The ResponderID is the signer's name. RFC 6960 section 4.2.1."""

    def __call__(self, honest: Signer) -> Signer:
        return replace(honest, by_name=True)


@dataclass(frozen=True)
class ByKey(OCSPSigning):
    """The ResponderID is the hash of the signer's key. RFC 6960 section 4.2.1."""

    def __call__(self, honest: Signer) -> Signer:
        return replace(honest, by_name=False)


@dataclass(frozen=True)
class WrongResponderName(OCSPSigning):
    """The ResponderID is a name that nobody has. RFC 6960 section 4.2.2.3."""

    def __call__(self, honest: Signer) -> Signer:
        return replace(honest, by_name=True, name=subject("mockpki nobody"))


@dataclass(frozen=True)
class WrongResponderKey(OCSPSigning):
    """The ResponderID is the hash of no key: every bit of it differs. RFC 6960 section 4.2.2.3."""

    def __call__(self, honest: Signer) -> Signer:
        return replace(honest, by_name=False, key_hash=bytes(octet ^ 0xFF for octet in honest.key_hash))


@dataclass(frozen=True)
class ShortResponderKey(OCSPSigning):
    """The ResponderID is only the first *octets* of the hash of the signer's key. RFC 6960 section 4.2.1."""

    octets: int = 19

    def __post_init__(self) -> None:
        if not 0 <= self.octets < 20:
            raise ValueError(f"{self!r} does not shorten: SHA-1 has 20 octets; give 0 to 19")

    def __call__(self, honest: Signer) -> Signer:
        return replace(honest, by_name=False, key_hash=honest.key_hash[: self.octets])


_EMBEDDED: dict[str, Callable[[Signer], Signer]] = {
    "issuer": lambda authority: authority,
    "root": _top,
    "child": _child,
    "unrelated": _stranger,
}


@dataclass(frozen=True, init=False, repr=False)
class Embed(OCSPSigning):
    """Certificates sent along, behind what there is; with *first*, before. RFC 6960 section 4.2.1.

    They are certificates of the CA in question (``issuer``), the ``root`` above it, a ``child`` CA below
    it, or an ``unrelated`` authority, in the order given: ``Embed("issuer", "root")``. Left out: the
    issuer's. They have serial numbers of their own.
    """

    whose: tuple[str, ...] = ("issuer",)
    first: bool = False

    def __init__(self, *whose: str, first: bool = False) -> None:
        for one in whose:
            if one not in _EMBEDDED:
                raise ValueError(f"{one!r} is nobody to embed; there are {', '.join(_EMBEDDED)}")
        object.__setattr__(self, "whose", whose or Embed.whose)
        object.__setattr__(self, "first", first)

    def __repr__(self) -> str:
        return f"Embed({', '.join(map(repr, self.whose))}{', first=True' if self.first else ''})"

    def __call__(self, honest: Signer) -> Signer:
        more = tuple(authority_certificate(_EMBEDDED[one](honest.authority)) for one in self.whose)
        return replace(honest, certs=more + honest.certs if self.first else honest.certs + more)


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


def _check_digest(name: str) -> None:
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
        _check_digest(self.name)

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
