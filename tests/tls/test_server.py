"""The TLS server itself: where it is, what it presents, and when it ends."""

import socket
import urllib.request

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from mockpki import PKI, faults
from mockpki._engine.ports import addresses
from tests.kit.staple_reader import capture
from tests.kit.tls_clients import connected, context, each_version, received, shake_hands
from tests.kit.variants import VARIANTS
from tests.tls.kit import GET, only, staple_seen


@each_version
@pytest.mark.parametrize("key_type", ["P-256", "P-384", "RSA-2048", "Ed25519"])
def test_every_key_type_is_presented_and_stapled(version: str, key_type: str) -> None:
    """Chain, handshake signature and staple are good with each key that Python's OpenSSL knows."""
    with PKI(key_type=key_type) as pki, pki.tls_server(pki.issue_cert("localhost")) as server:
        with connected(server, context(pki, version)) as tls:
            assert tls.version() == version
        staple = staple_seen(pki, server, version)
        assert staple == server.connections[1].staple


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_the_chain_is_complete(depth: int) -> None:
    """Whoever trusts the root alone can verify the leaf at any depth."""
    with PKI(depth=depth) as pki, pki.tls_server(pki.issue_cert("localhost")) as server:
        shake_hands(server, context(pki))
        assert only(server).completed


# HTTP.


@each_version
def test_http_is_answered_and_kept_alive(pki: PKI, version: str) -> None:
    """Requests on one connection are answered one after the other, and counted."""
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf) as server, connected(server, context(pki, version)) as tls:
        with tls.makefile("rb") as answers:
            for _ in range(3):
                tls.sendall(GET)
                assert answers.readline() == b"HTTP/1.1 200 OK\r\n"
                headers = dict(line.split(b": ", 1) for line in iter(answers.readline, b"\r\n"))
                assert repr(leaf).encode() in answers.read(int(headers[b"Content-Length"]))
        assert only(server).requests == 3
        assert not only(server).closed
        tls.sendall(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert received(tls).startswith(b"HTTP/1.1 200 OK\r\n")
    assert only(server).requests == 4
    assert only(server).closed
    assert only(server).error is None


def test_the_url_leads_here(pki: PKI) -> None:
    """`url` can be opened as it is, by name or by address, with Python's own client."""
    for identities, host in (
        (["localhost"], "localhost"),
        (["127.0.0.1"], "127.0.0.1"),
        (["other.example", "127.0.0.1", "localhost"], "127.0.0.1"),
        (["localhost", "127.0.0.1"], "localhost"),
    ):
        with pki.tls_server(pki.issue_cert(*identities)) as server:
            assert server.url == f"https://{host}:{server.port}/"
            opener = urllib.request.build_opener(
                urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context(pki))
            )
            with opener.open(server.url, timeout=10) as answer:
                assert answer.status == 200
            assert only(server).requests == 1
    with pki.tls_server(pki.issue_cert("other.example")) as server:
        assert server.url == f"https://127.0.0.1:{server.port}/"


@pytest.mark.parametrize(
    ("variant", "identity", "host"),
    [
        ("::1", "::1", "[::1]"),
        ("::1", "localhost", "localhost"),
        ("::1", "other.example", "[::1]"),
        ("localhost", "localhost", "localhost"),
        ("localhost", "127.0.0.1", "127.0.0.1"),
        ("localhost", "other.example", "localhost"),
    ],
)
def test_the_url_of_a_pki_elsewhere(variant: str, identity: str, host: str) -> None:
    """On ::1, and on localhost as a whole, the URL says how to get there, and `host` leads there too."""
    with VARIANTS[variant]() as pki, pki.tls_server(pki.issue_cert(identity)) as server:
        assert server.url == f"https://{host}:{server.port}/"
        assert server.host == variant
        shake_hands(server, context(pki), identity)
        with socket.create_connection((host.strip("[]"), server.port)):
            assert len(server.connections) == 2


def test_localhost_is_had_on_every_address(pki: PKI) -> None:
    """A URL with localhost in it leads here by IPv6 as well, where this machine has it."""
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        for address in addresses("localhost"):
            with socket.create_connection((address, server.port)):
                pass
        assert len(server.connections) == len(addresses("localhost"))


# Odd certificates.


ODD: dict[str, tuple[faults.CertificateContent, ...]] = {
    repr(fault): (fault,)
    for fault in (
        faults.OcspUrl(), faults.DistributionPoint(), faults.FreshestPointer(), faults.KeyUsage(),
        faults.NoKeyUsage(), faults.TlsFeatures(), faults.NoRevAvail(), faults.NoExtensions(),
        faults.SerialNumber(0), faults.SerialNumber(-1), faults.SerialNumber(2**400),
        faults.CertVersion(None), faults.CertVersion(0), faults.CertVersion(1), faults.CertVersion(3),
    )
}  # fmt: skip
ODD["v1"] = (faults.CertVersion(None), faults.NoExtensions())


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("staple", [True, False], ids=["stapled", "bare"])
@each_version
def test_any_certificate_can_be_presented(pki: PKI, odd: str, staple: bool, version: str) -> None:
    """Whatever a fault made of it, it is sent as it is to a client that does not verify, with its staple."""
    leaf = pki.issue_cert("localhost", faults=ODD[odd])
    assert leaf.names == (() if faults.NoExtensions() in ODD[odd] else ("localhost",))
    assert repr(leaf).endswith(f"by {pki.ca.common_name}>")
    with pki.tls_server(leaf, staple=[] if staple else None) as server:
        flight = capture(pki, server, version, verify=False)
        assert flight.certificates == [leaf.der, pki.ca.der]
        if "DistributionPoint" in odd and version == "TLSv1.2":
            # OpenSSL, as a client, wants to understand every extension, and this one is empty.
            assert only(server).alert == "handshake_failure"
        else:
            assert flight.completed
            assert only(server).completed
        (shown,) = flight.statuses[0] if staple else [None]
    assert only(server).staple == (None if shown is None else shown[4:])


def test_every_fault_of_a_certificate_is_presented() -> None:
    """The test above has each of the catalogue's."""
    own = {fault for fault in faults.CATALOGUE if fault.home is faults.CertificateContent}
    assert {type(fault) for given in ODD.values() for fault in given} == own


def test_names_that_cannot_be_read(pki: PKI) -> None:
    """A malformed subjectAltName has no names, and another one those it says; each is presented."""
    oid = x509.SubjectAlternativeName.oid
    for value, names in ((b"\x05\0", ()), (b"\x30\x07\x82\x05b.org", ("b.org",)), (b"\x30\x82", ())):
        leaf = pki.issue_cert("localhost", extensions=[x509.UnrecognizedExtension(oid, value)])
        assert leaf.names == names
        with pki.tls_server(leaf, staple=None) as server:
            assert capture(pki, server, "TLSv1.3", verify=False).certificates[0] == leaf.der


def test_only_leaves_of_this_pki(pki: PKI) -> None:
    """No leaf, another thing, and another PKI's leaf are each refused with a sentence."""
    with pytest.raises(ValueError, match="a TLS server needs a certificate"):
        pki.tls_server()
    with pytest.raises(TypeError, match=r"tls_server\(\) takes leaves.*got 'localhost'"):
        pki.tls_server("localhost")  # type: ignore[arg-type]
    with PKI() as other:
        stranger = other.issue_cert("localhost")
        with pytest.raises(ValueError, match="belongs to another PKI"):
            pki.tls_server(pki.issue_cert("localhost"), stranger)


@pytest.mark.parametrize("place", [0, 1])
def test_a_leaf_without_a_key_cannot_be_presented(pki: PKI, place: int) -> None:
    """A certificate issued from a CSR has its key elsewhere, which is said at once, wherever it stands."""
    key = ec.generate_private_key(ec.SECP256R1())
    csr = x509.CertificateSigningRequestBuilder(x509.Name([])).sign(key, hashes.SHA256())
    leaves = [pki.issue_cert("localhost")]
    leaves.insert(place, pki.issue_cert("other.example", csr=csr))
    with pytest.raises(ValueError, match=r"was issued from a CSR.*no TLS server can present it"):
        pki.tls_server(*leaves)


def test_a_port_in_use(pki: PKI) -> None:
    """A port that is taken is an OSError with a way out; a free one is had, and given back."""
    leaf = pki.issue_cert("localhost")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = pki.tls_server(leaf, port=port)
        with pytest.raises(OSError, match=r"(?i)address already in use") as caught:
            server.__enter__()
        assert caught.value.__notes__ == [
            f"mockpki: port {port} of localhost cannot be had; leave port= out to get a free one"
        ]
    for _ in range(2):
        with pki.tls_server(leaf, port=port) as server:
            assert server.port == port
            assert server.url == f"https://localhost:{port}/"
            shake_hands(server, context(pki))


def test_before_and_after_its_block(pki: PKI) -> None:
    """Not started, it has no port and no connections; closed, it is deaf and the evidence remains."""
    server = pki.tls_server(pki.issue_cert("localhost"))
    assert repr(server) == "<TlsServer not started, 0 connections>"
    assert server.connections == []
    for name in ("port", "url"):
        with pytest.raises(ValueError, match="this TLS server is not running yet; use it as `with"):
            getattr(server, name)
    server.close()
    with server:
        shake_hands(server, context(pki))
        with pytest.raises(ValueError, match="has been started before"):
            server.__enter__()
    assert repr(server) == f"<TlsServer port {server.port}, 1 connections>"
    assert only(server).completed
    server.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.host, server.port))
    with pytest.raises(ValueError, match="has been started before"):
        server.__enter__()


def test_the_end_of_the_pki_ends_its_servers() -> None:
    """A server that is still running when its PKI ends is closed with it, and can be read after."""
    with PKI() as pki:
        leaf = pki.issue_cert("localhost")
        server = pki.tls_server(leaf).__enter__()
        late = pki.tls_server(leaf)
        ctx = context(pki)
        with connected(server, ctx):
            assert only(server).completed
    assert only(server).closed
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port))
    server.close()
    with pytest.raises(ValueError, match="this PKI is closed"):
        late.__enter__()
    with pytest.raises(ValueError, match="this PKI is closed"):
        pki.tls_server(leaf)
