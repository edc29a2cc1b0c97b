"""A leaf: its names, its files' contents, and the contexts that present it."""

import ssl
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL

from mockpki import PKI


def test_a_leaf_configures_both_kinds_of_context(world: PKI) -> None:
    """trustme's verbs work on ssl.SSLContext and on pyOpenSSL's; anything else is a TypeError."""
    leaf = world.issue_cert("a.example")
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    leaf.configure_cert(server)
    world.configure_trust(client)
    assert client.cert_store_stats()["x509_ca"] == 1
    context = SSL.Context(SSL.TLS_METHOD)
    leaf.configure_cert(context)
    context.check_privatekey()
    for call in (leaf.configure_cert, world.configure_trust):
        with pytest.raises(TypeError, match=r"takes an ssl.SSLContext or an OpenSSL.SSL.Context; got 5"):
            call(5)


def test_configuring_contexts(pki: PKI) -> None:
    """Contexts of `ssl` and of pyOpenSSL take trust and certificates with trustme's verbs."""
    leaf = pki.issue_cert("localhost")
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    leaf.configure_cert(server)
    pki.configure_trust(client)
    assert client.get_ca_certs(binary_form=True) == [pki.root.der]
    their_server, their_client = SSL.Context(SSL.TLS_SERVER_METHOD), SSL.Context(SSL.TLS_CLIENT_METHOD)
    leaf.configure_cert(their_server)
    pki.configure_trust(their_client)
    their_client.set_verify(SSL.VERIFY_PEER)
    one, other = SSL.Connection(their_server), SSL.Connection(their_client)
    one.set_accept_state()
    other.set_connect_state()
    done = set[SSL.Connection]()
    while len(done) < 2:
        for end, peer in ((other, one), (one, other)):
            with suppress(SSL.WantReadError):
                end.do_handshake()
                done.add(end)
            with suppress(SSL.WantReadError):
                peer.bio_write(end.bio_read(1 << 16))
    shown = other.get_peer_cert_chain(as_cryptography=True)
    assert shown is not None
    assert [certificate.public_bytes(Encoding.DER) for certificate in shown] == list(leaf.chain_ders)
    for configure in (leaf.configure_cert, pki.configure_trust):
        with pytest.raises(TypeError, match=r"takes an ssl.SSLContext or an OpenSSL.SSL.Context; got 'x'"):
            configure("x")


def test_a_repr_fits_a_line(pki: PKI) -> None:
    """A leaf is shown by its first names, and how many more there are; long ones are cut."""
    few = pki.issue_cert("a.test", "b.test", "127.0.0.1")
    assert repr(few) == f"<Leaf a.test, b.test, 127.0.0.1 by {pki.ca.common_name}>"
    many = pki.issue_cert(*[f"host-{number}.test" for number in range(200)])
    assert repr(many) == f"<Leaf host-0.test, host-1.test, host-2.test and 197 more by {pki.ca.common_name}>"
    long = pki.issue_cert(*[f"{letter * 60}.{letter * 60}.test" for letter in "abcd"])
    assert len(repr(long)) < 300
