"""Authorities that nobody has certified: keys of no PKI here, and certificates made for them.

Keys are made once per process and kind of key, certificates whenever an answer is: so they belong to the PKI
that answers, and go by its clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from .._clock import Clock
from .._pkix.certificate import Pointers, TBSCertificate, authority_extensions
from .._pkix.keys import KeyType, PrivateKey, key_type_of, spki_der, stranger
from .._pkix.signing import Signer, subject

# Keys, authorities, and their certificates.

WEAK: dict[str, Callable[[], PrivateKey]] = {
    "RSA-1024": lambda: rsa.generate_private_key(public_exponent=65537, key_size=1024),  # noqa: S505
    "P-192": lambda: ec.generate_private_key(ec.SECP192R1()),
}
"""Keys that no careful CA certifies, by name."""


@lru_cache(maxsize=64)
def key_for(role: str, key_type: str) -> PrivateKey:
    """This process's key for a *role* that no PKI here has."""
    return WEAK[key_type]() if key_type in WEAK else KeyType.of(key_type).generate()


def find_root(authority: Signer) -> Signer:
    """The root above *authority*; ValueError when it is the root."""
    above = authority.issuer
    if above is None:
        raise ValueError("the CA in question is the root, and nothing is above it; use PKI(depth=1) or more")
    return above if above.issuer is None else find_root(above)


def make_stranger(authority: Signer, name: bytes | None = None) -> Signer:
    """An authority that nobody knows, under the *name* given or one of its own."""
    key = stranger(key_type_of(authority.key))
    return Signer.named(name or subject("mockpki stranger"), key, clock=authority.clock)


def make_child(authority: Signer) -> Signer:
    """A CA right below *authority*, of which its ledger knows nothing."""
    key = key_for("child", key_type_of(authority.key))
    name = subject(f"mockpki child CA {authority.key_hash.hex()[:8]}")
    return Signer.named(name, key, authority, authority.clock)


def make_copy(authority: Signer) -> Signer:
    """A stranger that passes for *authority*: under its name, and as if certified by the one above it."""
    copy, above = make_stranger(authority, authority.name), authority.issuer
    return copy if above is None else replace(copy, issuer=above.with_key(copy.key))


def find_validity(
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
    """The certificate of *authority*, DER: its own, octet for octet; one made now for who has none.

    That one has its name and key, and is signed by the one above, or by itself.
    """
    if authority.certificate is not None:
        return authority.certificate
    issuer = authority.issuer or authority
    content = TBSCertificate(
        x509.random_serial_number(),
        *find_validity(authority.clock),
        authority.name,
        spki_der(authority.key.public_key()),
        authority_extensions(issuer, authority, Pointers()),
    )
    return content.signed_by(issuer).encode()


def sign_instead(authority: Signer, honest: Signer, embed: bool) -> Signer:
    """*authority* in the place of *honest*; with *embed*, its certificate is sent along."""
    certs = (authority_certificate(authority),) if embed else ()
    return speak_for(replace(authority, certs=certs), honest)


def speak_for(signer: Signer, honest: Signer) -> Signer:
    """*signer* in the place of *honest*: named in the same way, and answering for the same CA."""
    return replace(signer, by_name=honest.by_name, delegated=True, issuer=honest.authority)
