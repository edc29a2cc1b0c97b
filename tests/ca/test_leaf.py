"""A leaf: its names, its files' contents, and the contexts that present it."""

import ssl
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL

from mockpki import PKI, faults
from mockpki._ca.leaf import shorten


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


def test_files_of_one_serial_number() -> None:
    """Certificates of two CAs, or of one that has forgotten the first, have files of their own."""
    with PKI() as pki:
        leaves = [ca.issue_cert("localhost", serial_number=5) for ca in (pki.ca, pki.root)]
        assert Path(leaves[0].key_file).exists()
        pki.forget(leaves[0])
        leaves.append(pki.ca.issue_cert("localhost", serial_number=5))
        for leaf in leaves:
            assert Path(leaf.cert_file).read_bytes() == leaf.cert_pem
            assert Path(leaf.chain_file).read_bytes() == leaf.chain_pem
            assert Path(leaf.key_file).read_bytes() == leaf.key_pem
            leaf.configure_cert(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
        cas = [ca.create_child_ca(faults=[faults.SerialNumber(7)]) for ca in (pki.root, pki.ca)]
        assert [Path(ca.cert_file).read_bytes() for ca in cas] == [ca.cert_pem for ca in cas]


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["a.example"], "a.example"),
        (["a.example", "b.example", "::1"], "a.example, b.example, ::1"),
        (["a.example", "b.example", "::1", "c.example"], "a.example, b.example and 2 more names"),
        (
            [f"host-{number}.example" for number in range(700)],
            "host-0.example, host-1.example and 698 more names",
        ),
        ([".".join(["a" * 60] * 4)], "a" * 32 + "..." + ("a" * 60)[-29:]),
    ],
    ids=["one", "three", "four", "many", "long"],
)
def test_a_leaf_in_a_message(world: PKI, names: list[str], shown: str) -> None:
    """Its repr is a line at most, however many names it has, and however long they are."""
    leaf = world.issue_cert(*names)
    assert repr(leaf) == f"<Leaf {shown} by {world.ca.common_name}>"
    assert leaf.names == tuple(names)


def test_odd_names_in_a_message(world: PKI) -> None:
    """No name breaks the line, and a leaf without any is told by its serial number."""
    assert shorten("a\nb\t") == r"a\nb\t"
    leaf = world.issue_cert(common_name="x", faults=[faults.SerialNumber(10**300)])
    assert leaf.names == ()
    assert repr(leaf).startswith("<Leaf number 1000")
    assert len(repr(leaf)) < 200
