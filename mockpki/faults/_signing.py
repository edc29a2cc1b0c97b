"""Faults of the signer and of the signature."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .._keys import key_type_of, stranger
from .._signing import Signed, Signer, subject
from ._layers import Sealing, Signing

__all__ = [
    "BadSignature",
    "Forged",
    "WrongSigner",
]


@dataclass(frozen=True)
class WrongSigner(Signing):
    """Signed by an authority that nobody knows, and which says so. RFC 6960 section 3.2, check 4."""

    def __call__(self, honest: Signer) -> Signer:
        other = Signer.named(subject("mockpki stranger"), stranger(key_type_of(honest.key)))
        return replace(other, by_name=honest.by_name)


@dataclass(frozen=True)
class Forged(Signing):
    """Signed with a key that nobody knows, in the name of the right signer. RFC 6960 section 3.2, check 2."""

    def __call__(self, honest: Signer) -> Signer:
        return honest.with_key(stranger(key_type_of(honest.key)))


@dataclass(frozen=True)
class BadSignature(Sealing):
    """The last bit of the signature is flipped. RFC 6960 section 3.2, check 2."""

    def __call__(self, honest: Signed) -> Signed:
        *first, last = honest.signature
        return replace(honest, signature=bytes((*first, last ^ 1)))
