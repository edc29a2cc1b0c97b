"""Which certificates a server sends behind its leaf: none, others, in any order, whatever was issued."""

import socket
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL

from mockpki import PKI, Leaf, TlsServer, faults
from tests.kit.tls_clients import each_version, s_client

LONG_AGO = datetime(2021, 9, 30, tzinfo=timezone.utc)
STRANGER = x509.load_pem_x509_certificate(trustme.CA().cert_pem.bytes())


class World:
    """A leaf below two CAs and a root, another root that certified the upper CA, and what has expired."""

    def __init__(self, pki: PKI) -> None:
        self.pki = pki
        self.leaf = pki.issue_cert("localhost")
        self.low, self.high, self.root = pki.ca, pki.cas[1], pki.root
        self.expired: Leaf = self.root.certify(self.root, not_after=LONG_AGO)
        self.cross: Leaf = self.low.certify(self.high)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One for all chains."""
    with PKI(depth=2) as pki:
        yield World(pki)


CHAINS: dict[str, Callable[[World], Any]] = {
    "as it is": lambda world: None,
    "none": lambda world: [],
    "one of two": lambda world: [world.low],
    "reversed": lambda world: [world.high, world.low],
    "with the root": lambda world: (world.low, world.high, world.root),
    "a cross-certificate": lambda world: [world.low, world.cross],
    "an expired root at the end": lambda world: [world.low, world.high, world.expired],
    "a stranger": lambda world: [STRANGER, world.low, world.high],
    "DER": lambda world: [world.low.der, world.high.certificate],
    "twice": lambda world: [world.low, world.low, world.high],
}
EXPECTED: dict[str, Callable[[World], list[Any]]] = {
    **{name: make for name, make in CHAINS.items() if name != "as it is"},
    "as it is": lambda world: [world.low, world.high],
}
BUILDS = {"as it is", "reversed", "with the root", "an expired root at the end", "a stranger", "DER", "twice"}
"""With these a client that trusts the root comes to it."""


def as_der(one: Any) -> bytes:
    """One of a chain as it is sent."""
    if isinstance(one, bytes):
        return one
    if isinstance(one, x509.Certificate):
        return one.public_bytes(Encoding.DER)
    der: bytes = one.der
    return der


def received(server: TlsServer, version: str, name: str = "localhost") -> list[x509.Certificate]:
    """All that a client without opinions is sent."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    number = {"TLSv1.2": SSL.TLS1_2_VERSION, "TLSv1.3": SSL.TLS1_3_VERSION}[version]
    context.set_min_proto_version(number)
    context.set_max_proto_version(number)
    context.set_ocsp_client_callback(lambda *_: True)
    with socket.create_connection((server.host, server.port), timeout=10) as raw:
        raw.settimeout(None)
        tls = SSL.Connection(context, raw)
        tls.set_connect_state()
        tls.set_tlsext_host_name(name.encode())
        # So that a server with an odd staple sends it, too.
        tls.request_ocsp()
        tls.do_handshake()
        return list(tls.get_peer_cert_chain(as_cryptography=True) or ())


@each_version
@pytest.mark.parametrize("staple", [(), [faults.WrongSerial()]], ids=["OpenSSL", "tlslite"])
def test_the_chain_is_sent_as_it_was_given(world: World, version: str, staple: Any) -> None:
    """Octet for octet and in its order, in both versions and by both libraries."""
    for name, make in CHAINS.items():
        with world.pki.tls_server(world.leaf, chain=make(world), staple=staple) as server:
            sent = received(server, version)
        wanted = [world.leaf, *EXPECTED[name](world)]
        assert list(map(as_der, sent)) == list(map(as_der, wanted)), name


def test_clients_build_a_path_where_there_is_one(world: World) -> None:
    """OpenSSL trusts the root, and rejects where what it needs is missing, and for that reason."""
    for name, make in CHAINS.items():
        with world.pki.tls_server(world.leaf, chain=make(world)) as server:
            run = s_client(world.pki, server, "TLSv1.3")
        said = run.stdout + run.stderr
        if name in BUILDS:
            assert "Verify return code: 0 (ok)" in said, name
        else:
            assert "unable to get" in said or "unable to verify" in said, (name, said)


def test_leaves_of_several_cas(world: World) -> None:
    """What is given is sent behind each; left out, behind each its own CAs."""
    other = world.root.create_child_ca().issue_cert("other.test")
    for chain, wanted in ((None, other.chain_ders), ([world.low], (other.der, world.low.der))):
        with world.pki.tls_server(world.leaf, other, chain=chain) as server:
            sent = received(server, "TLSv1.3", "other.test")
        assert tuple(map(as_der, sent)) == wanted


WRONG: dict[str, tuple[Any, type[Exception], str]] = {
    "no list": (7, TypeError, r"chain= of tls_server\(\)"),
    "a number": ([7], TypeError, r"chain= "),
    "no DER": ([b"MII"], ValueError, "chain= has octets that are no certificate in DER"),
    "a text": (["-----BEGIN"], TypeError, r"chain= "),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_sent(world: World, what: str) -> None:
    """What is no certificate is refused where it is written."""
    given, error, sentence = WRONG[what]
    with pytest.raises(error, match=sentence):
        world.pki.tls_server(world.leaf, chain=given)


def test_a_ca_that_has_expired_or_soon_will() -> None:
    """The CA's period is what was said, whoever makes it; OpenSSL rejects what is below an expired one."""
    soon = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(hours=1)
    for end, words in ((LONG_AGO, "certificate has expired"), (soon, "Verify return code: 0 (ok)")):
        with PKI(ca_not_after=end) as pki, pki.tls_server(pki.issue_cert("localhost")) as server:
            assert pki.ca.certificate.not_valid_after_utc == end
            assert pki.root.certificate.not_valid_after_utc > soon
            run = s_client(pki, server, "TLSv1.3")
            assert words in run.stdout + run.stderr
            child = pki.root.create_child_ca(not_before=LONG_AGO - timedelta(9), not_after=end)
            assert child.certificate.not_valid_before_utc == LONG_AGO - timedelta(9)
            assert pki.root.certify(child, not_after=end).certificate.not_valid_after_utc == end
    with PKI(depth=0, ca_not_before=LONG_AGO) as pki:
        assert pki.root.certificate.not_valid_before_utc == LONG_AGO
    with pytest.raises(ValueError, match="ca_not_before= and ca_not_after= are for a CA that is made"):
        PKI(depth=0, root=trustme.CA(), ca_not_after=soon)
