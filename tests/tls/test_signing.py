"""Which keys a client can use, by its own ClientHello."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from mockpki._pkix.keys import KeyType
from mockpki._tls.client_hello import Offer, read_client_hello
from mockpki._tls.signing import can_use, oldest_version, signing_kind
from tests.kit.authorities import key
from tests.tls.clients import OpenSSLClient

TLS12, TLS13 = "TLSv1.2", "TLSv1.3"
KEYS: dict[str, Any] = {
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "P-384": ec.generate_private_key(ec.SECP384R1()),
    "P-521": ec.generate_private_key(ec.SECP521R1()),
    "RSA": rsa.generate_private_key(65537, 2048),
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
    "Ed448": ed448.Ed448PrivateKey.generate(),
}


def words(*numbers: int, size: int = 2) -> bytes:
    """A vector of numbers of two octets, behind its length in *size* octets."""
    content = b"".join(number.to_bytes(2) for number in numbers)
    return len(content).to_bytes(size) + content if size else content


def offer(
    suites: tuple[int, ...] = (0x1301,),
    schemes: tuple[int, ...] | None = None,
    groups: tuple[int, ...] | None = None,
    versions: tuple[int, ...] = (0x0304,),
) -> Offer:
    """What a client says that it can use."""
    return Offer(
        words(*suites, size=0),
        None if groups is None else words(*groups),
        None if schemes is None else words(*schemes),
        words(*versions, size=1) if versions else None,
    )


OFFERS: dict[str, tuple[Offer, set[str]]] = {
    "TLS 1.3 P-256": (offer(schemes=(0x0403,)), {"P-256"}),
    "TLS 1.3 P-384, P-521": (offer(schemes=(0x0603, 0x0503)), {"P-384", "P-521"}),
    "TLS 1.3 PSS": (offer(schemes=(0x0805,)), {"RSA"}),
    "TLS 1.3 PKCS #1": (offer(schemes=(0x0401,)), set()),
    "TLS 1.3 EdDSA": (offer(schemes=(0x0807, 0x0808)), {"Ed25519", "Ed448"}),
    "TLS 1.3, no word": (offer(), set(KEYS)),
    "TLS 1.2 RSA": (offer((0xC02F, 0x00FF), versions=()), {"RSA"}),
    "TLS 1.2 RSA transport": (offer((0x002F,), (0x0401,), versions=()), {"RSA"}),
    "TLS 1.2 ECDSA": (offer((0xC02B,), (0x0403,), versions=()), {"P-256", "P-384", "P-521"}),
    "TLS 1.2 ECDSA P-384": (offer((0xC02B,), (0x0403,), (24, 29), versions=()), {"P-384"}),
    "TLS 1.2 EdDSA": (offer((0xC02B,), (0x0807,), versions=()), {"Ed25519"}),
    "TLS 1.2 signals only": (offer((0x00FF, 0x5600, 0x0A0A), versions=()), set()),
    "TLS 1.2 of both": (offer((0x1301, 0xC02F), (0x0804,), versions=(0x0303,)), {"RSA"}),
    "malformed": (Offer(b"\xc0\x2b", b"\0", b"\0\1\4", b"\2\3"), {"P-256", "P-384", "P-521"}),
}


@pytest.mark.parametrize("case", OFFERS)
def test_an_offer_has_its_keys(case: str) -> None:
    """Versions, suites, schemes and groups decide; what is not said, or malformed, is no reason against."""
    made, usable = OFFERS[case]
    assert {name for name, own in KEYS.items() if can_use(made, own, TLS13)} == usable


def test_the_servers_version_decides_too() -> None:
    """A client of both versions is judged by the one that will be agreed on."""
    both = offer((0x1301, 0xC02F), (0x0403, 0x0804), versions=(0x0304, 0x0303))
    assert can_use(both, KEYS["P-256"], TLS13)
    assert not can_use(both, KEYS["P-256"], TLS12)
    assert can_use(both, KEYS["RSA"], TLS12)


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_openssls_own_client(version: str) -> None:
    """It can use them all, ML-DSA in TLS 1.3 where it is new enough, and never before."""
    client = OpenSSLClient(version)
    client.receive(b"")
    hello = read_client_hello(client.pending())
    assert hello is not None
    assert hello.offer is not None
    for own in KEYS.values():
        assert can_use(hello.offer, own, TLS13)
    quantum = key(KeyType.MLDSA65)
    assert can_use(hello.offer, quantum, TLS13) is (version == TLS13)
    assert not can_use(hello.offer, quantum, TLS12)


def test_kinds_and_their_versions() -> None:
    """Sizes of RSA keys are one kind, curves are several; and what each needs of TLS."""
    assert signing_kind(rsa.generate_private_key(65537, 3072)) == signing_kind(KEYS["RSA"]) == "RSA"
    assert len({signing_kind(own) for own in KEYS.values()}) == len(KEYS)
    assert [oldest_version(KEYS[name]) for name in ("RSA", "P-384", "Ed25519", "Ed448")] == [
        *("TLSv1", "TLSv1", TLS12, TLS12)
    ]
    assert oldest_version(key(KeyType.MLDSA44)) == TLS13
