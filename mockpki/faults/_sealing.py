"""Faults of the signature once it is made."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .._layers import Sealing
from .._pkix import der
from .._pkix.element import Element
from .._pkix.signing import ECDSA, RSA, Signed

__all__ = [
    "BadSignature",
    "MislabelledSignature",
]


@dataclass(frozen=True)
class BadSignature(Sealing):
    """The last bit of the signature is flipped. RFC 6960 section 3.2, check 2."""

    def __call__(self, honest: Signed) -> Signed:
        *first, last = honest.signature
        return replace(honest, signature=bytes((*first, last ^ 1)))


@dataclass(frozen=True)
class MislabelledSignature(Sealing):
    """signatureAlgorithm is *oid*, which is not what was signed with. RFC 5280 section 4.1.1.2.

    Left out: the same kind of signature over SHA-512; ECDSA with SHA-256 where the key has no choice. Of
    a CRL only the outer one changes. Raises ValueError for the algorithm it is.
    """

    oid: str | None = None

    def _check_values(self) -> None:
        if self.oid is not None:
            der.oid(self.oid)

    def __call__(self, honest: Signed) -> Signed:
        inside = Element.whole(honest.algorithm, der.SEQUENCE).children()
        was, parameters = inside[0].as_oid(), inside[1:]
        oid = self.oid or _over_sha512(was)
        if oid == was:
            raise ValueError(f"{self!r} changes nothing: the signature is {was}; give another oid=")
        label = der.sequence(der.oid(oid), *(item.der for item in parameters))
        return replace(honest, algorithm=label)


def _over_sha512(was: str) -> str:
    if was.startswith("1.2.840.113549.1.1."):
        return RSA["sha512"].oid
    return ECDSA["sha512" if was.startswith("1.2.840.10045.4.") else "sha256"].oid
