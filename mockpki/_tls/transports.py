"""Which of the two TLS libraries shows what, and what neither of them can: known before a client comes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from .._pkix.keys import PrivateKey
from .._pkix.reading import load_certificate
from .client_certificates import anchor_store
from .openssl import new_context
from .session import VERSIONS, Presentation, needs_tlslite
from .signing import oldest_version, signing_kind

# Those of python-ecdsa's, which tlslite computes with, that TLS has a number for.
_CURVES = {"secp256r1", "secp384r1", "secp521r1", "secp256k1"}
_CURVES |= {f"brainpoolP{size}r1" for size in (256, 384, 512)}


def check_transport(
    shown: Presentation,
    *,
    bent: bool = False,
    make_staple: Callable[[], bytes | None] | None = None,
    make_context: Callable[[Presentation], object] = new_context,
) -> None:
    """Raise ValueError for what no handshake could show, whichever library it is left to.

    With *bent*, staples are written by faults, which OpenSSL cannot do. *make_staple* makes a staple as the
    handshake will; None where only the handshake can tell. *make_context* tries OpenSSL, and may keep what it
    made.
    """
    oldest = oldest_version(shown.private_key)
    if VERSIONS.index(oldest) > VERSIONS.index(shown.maximum_version):
        raise ValueError(
            f"no client can shake hands: {signing_kind(shown.private_key)} keys sign from {oldest} on, and "
            f"maximum_version={shown.maximum_version!r}; allow {oldest}, or give the leaf another key_type"
        )
    if shown.client_cas:
        anchor_store(shown.client_cas)
    by_tlslite = bent or needs_tlslite(shown.staples, shown.chain[0])
    if not by_tlslite:
        make_context(shown)
    limit = find_limit(shown)
    if limit is not None and (by_tlslite or _is_odd(make_staple, shown)):
        raise ValueError(f"only tlslite can send what is asked for, and {limit}")


def find_limit(shown: Presentation) -> str | None:
    """Why tlslite cannot show it, whatever the staple; None where it can."""
    key = shown.private_key
    if not _knows(key):
        name = key.curve.name if isinstance(key, ec.EllipticCurvePrivateKey) else type(key).__name__
        return (
            f"tlslite has no {name}; with such a key only staples that OpenSSL carries can be sent: "
            "give the leaf another key_type, or staple=None, or an OCSP answer about it"
        )
    for der in shown.client_cas:
        public = load_certificate(der).public_key()
        if not isinstance(
            public,
            rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey,
        ):
            kind = type(public).__name__.removesuffix("PublicKey")
            return f"tlslite reads no certificate that a {kind} key has signed; give another client_ca="
    return None


def _knows(key: PrivateKey) -> bool:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.curve.name in _CURVES
    return isinstance(key, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)


def _is_odd(make_staple: Callable[[], bytes | None] | None, shown: Presentation) -> bool:
    """Whether the staple is one that OpenSSL does not carry. One that cannot be made fails its handshake."""
    if make_staple is not None:
        with suppress(Exception):
            return needs_tlslite((make_staple(),), shown.chain[0])
    return False
