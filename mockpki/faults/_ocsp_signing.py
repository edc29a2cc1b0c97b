"""Faults of who signs an OCSP answer: delegates of every kind, ResponderIDs, certificates sent along."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from cryptography import x509

from .._layers import OCSPSigning
from .._parameters import check_fields, show
from .._pkix import der
from .._pkix.certificate import (
    KEY_USAGES,
    OCSP_NO_CHECK,
    Pointers,
    TBSCertificate,
    delegate_extensions,
    extension,
)
from .._pkix.der import Extension
from .._pkix.keys import KeyType, key_type_of, spki_der
from .._pkix.signing import Signer, subject
from ._parts import flip_octets
from ._sealing import BadSignature
from ._signing import SignatureDigest, check_digest
from ._strangers import (
    WEAK,
    authority_certificate,
    find_root,
    find_validity,
    key_for,
    make_child,
    make_copy,
    make_stranger,
    speak_for,
)

__all__ = [
    "ByKey",
    "ByName",
    "Delegate",
    "Embed",
    "EmbedCopy",
    "ShortResponderKey",
    "WrongResponderKey",
    "WrongResponderName",
]


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
    "root": find_root,
    "child": make_child,
    "stranger": make_stranger,
    "spoof": lambda authority: authority.with_key(make_stranger(authority).key),
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

    def _check_values(self) -> None:
        for purpose in self.eku:
            der.oid(_PURPOSES.get(purpose, purpose))
        for usage in self.key_usage:
            if usage not in KEY_USAGES:
                raise ValueError(f"{usage!r} is no key usage; there are {', '.join(KEY_USAGES)}")
        if self.issuer not in _ISSUERS:
            raise ValueError(f"{self.issuer!r} issues no delegates; there are {', '.join(_ISSUERS)}")
        if self.key_type is not None and self.key_type not in WEAK:
            KeyType.of(self.key_type)
        if self.digest is not None:
            check_digest(self.digest)
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
        key = key_for("delegate", self.key_type or key_type_of(authority.key))
        name = subject(f"mockpki OCSP delegate {authority.key_hash.hex()[:8]}")
        own = Signer.named(name, key, clock=honest.clock)
        certs = (self._certificate(issuer, own),) if self.embed else ()
        return speak_for(replace(own, certs=certs), honest)

    def _certificate(self, issuer: Signer, own: Signer) -> bytes:
        content = TBSCertificate(
            x509.random_serial_number() if self.serial_number is None else self.serial_number,
            *find_validity(own.clock, self.not_before, self.not_after),
            own.name,
            spki_der(own.key.public_key()),
            tuple(self._extensions(issuer, own, self.eku)),
        )
        signed = content.signed_by(issuer)
        if self.tampered == "content":
            before = replace(content, extensions=tuple(self._extensions(issuer, own, ("server_auth",))))
            signed = replace(signed, signature=before.signed_by(issuer).signature)
        if self.tampered == "signature":
            signed = BadSignature()(signed)
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
        return replace(honest, by_name=False, key_hash=flip_octets(honest.key_hash))


@dataclass(frozen=True)
class ShortResponderKey(OCSPSigning):
    """The ResponderID is only the first *octets* of the hash of the signer's key. RFC 6960 section 4.2.1."""

    octets: int = 19

    def _check_values(self) -> None:
        if not 0 <= self.octets < 20:
            raise ValueError(f"{self!r} does not shorten: SHA-1 has 20 octets; give 0 to 19")

    def __call__(self, honest: Signer) -> Signer:
        return replace(honest, by_name=False, key_hash=honest.key_hash[: self.octets])


_EMBEDDED: dict[str, Callable[[Signer], Signer]] = {
    "issuer": lambda authority: authority,
    "root": find_root,
    "child": make_child,
    "unrelated": make_stranger,
}


@dataclass(frozen=True, init=False, repr=False)
class Embed(OCSPSigning):
    """Certificates sent along, behind what there is; with *first*, before. RFC 6960 section 4.2.1.

    They are the certificates of the CA in question (``issuer``) and of the ``root`` above it, octet for
    octet, as many an honest responder sends them; or new ones of a ``child`` CA below it and of an
    ``unrelated`` authority; in the order given: ``Embed("issuer", "root")``. Left out: the issuer's.
    """

    whose: tuple[str, ...] = ("issuer",)
    first: bool = False

    def __init__(self, *whose: str, first: bool = False) -> None:
        for one in whose:
            if one not in tuple(_EMBEDDED):
                raise ValueError(
                    f"{show(one)} in whose= is nobody to embed; there are {', '.join(_EMBEDDED)}"
                )
        object.__setattr__(self, "whose", whose or Embed.whose)
        object.__setattr__(self, "first", first)
        check_fields(self)

    def __repr__(self) -> str:
        return f"Embed({', '.join(map(repr, self.whose))}{', first=True' if self.first else ''})"

    def __call__(self, honest: Signer) -> Signer:
        more = tuple(authority_certificate(_EMBEDDED[one](honest.authority)) for one in self.whose)
        return _embed(honest, more, self.first)


@dataclass(frozen=True)
class EmbedCopy(OCSPSigning):
    """A stranger's copy of a CA's certificate is sent along: its names, another key. RFC 6960 section 4.2.1.

    *whose* is ``issuer`` or ``root``. Nobody signs with that key: the copy only stands where a client may
    look for the signer's certificate by its name, behind what there is; with *first*, before.
    """

    whose: str = "issuer"
    first: bool = False

    def _check_values(self) -> None:
        if self.whose not in ("issuer", "root"):
            raise ValueError(f"whose={self.whose!r} is nobody to copy; there are issuer and root")

    def __call__(self, honest: Signer) -> Signer:
        copy = make_copy(_EMBEDDED[self.whose](honest.authority))
        return _embed(honest, (authority_certificate(copy),), self.first)


def _embed(honest: Signer, more: tuple[bytes, ...], first: bool) -> Signer:
    return replace(honest, certs=more + honest.certs if first else honest.certs + more)
