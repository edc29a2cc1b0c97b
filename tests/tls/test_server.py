"""The TLS server itself: which certificate, which staple, which version, and what it remembers."""

import contextlib
import socket
import ssl
import struct
import threading
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from OpenSSL import SSL

from mockpki import PKI, Leaf, faults
from mockpki._engine.ports import addresses
from mockpki._tls.handshake import Handshake
from mockpki._tls.server import TlsServer
from tests.kit.staple_reader import capture
from tests.kit.tls_clients import VERSIONS, connected, context, received, shake_hands
from tests.kit.variants import VARIANTS

each_version = pytest.mark.parametrize("version", VERSIONS)

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def only(server: TlsServer) -> Handshake:
    """The one connection there was."""
    (handshake,) = server.connections
    return handshake


def staple_seen(pki: PKI, server: TlsServer, version: str = "TLSv1.3", name: str = "localhost") -> bytes:
    """The staple that pyOpenSSL's client is given, b"" for none."""
    seen: list[bytes] = []

    def keep(_: SSL.Connection, staple: bytes, __: Any) -> bool:
        seen.append(staple)
        return True

    ctx = SSL.Context(SSL.TLS_CLIENT_METHOD)
    number = {"TLSv1.2": SSL.TLS1_2_VERSION, "TLSv1.3": SSL.TLS1_3_VERSION}[version]
    ctx.set_min_proto_version(number)
    ctx.set_max_proto_version(number)
    pki.configure_trust(ctx)
    ctx.set_verify(SSL.VERIFY_PEER)
    ctx.set_ocsp_client_callback(keep)
    with socket.create_connection((server.host, server.port), timeout=10) as sock:
        sock.setblocking(True)
        client = SSL.Connection(ctx, sock)
        client.set_tlsext_host_name(name.encode("ascii"))
        client.request_ocsp()
        client.set_connect_state()
        client.do_handshake()
        client.shutdown()
    (staple,) = seen
    return staple


def certificate_seen(server: TlsServer, ctx: ssl.SSLContext, name: str) -> bytes:
    """The DER of the leaf that Python's ssl is shown, and has verified, for *name*."""
    with connected(server, ctx, name) as tls:
        return tls.getpeercert(binary_form=True) or b""


# Which certificate.


def test_sni_chooses_the_leaf(pki: PKI) -> None:
    """The exact name wins over the wildcard, in any case; what nobody has gets the first leaf."""
    first = pki.issue_cert("first.example")
    wildcard = pki.issue_cert("*.wild.example")
    exact = pki.issue_cert("exact.wild.example", "other.test")
    ctx = context(pki)
    with pki.tls_server(first, wildcard, exact) as server:
        assert certificate_seen(server, ctx, "first.example") == first.der
        assert certificate_seen(server, ctx, "exact.wild.example") == exact.der
        assert certificate_seen(server, ctx, "EXACT.wild.example") == exact.der
        assert certificate_seen(server, ctx, "other.test") == exact.der
        assert certificate_seen(server, ctx, "any.wild.example") == wildcard.der
        # RFC 6125 section 6.4.3: a wildcard stands for one label only.
        ctx.check_hostname = False
        assert certificate_seen(server, ctx, "a.b.wild.example") == first.der
        assert certificate_seen(server, ctx, "nobody.test") == first.der
        with (
            socket.create_connection((server.host, server.port)) as sock,
            ctx.wrap_socket(sock) as tls,
        ):
            assert tls.getpeercert(binary_form=True) == first.der
        seen = [(handshake.server_name, handshake.leaf) for handshake in server.connections]
    assert [leaf for _, leaf in seen] == [first, exact, exact, exact, wildcard, first, first, first]
    assert [name for name, _ in seen][:2] == ["first.example", "exact.wild.example"]
    assert seen[-1][0] is None


def test_an_international_name_is_found(pki: PKI) -> None:
    """A name beyond ASCII is one in its A-label form, as clients send it."""
    plain, umlaut = pki.issue_cert("localhost"), pki.issue_cert("bücher.example")
    with pki.tls_server(plain, umlaut) as server:
        assert certificate_seen(server, context(pki), "xn--bcher-kva.example") == umlaut.der


def test_each_leaf_has_its_own_staple(pki: PKI) -> None:
    """The staple is about the leaf that SNI has chosen."""
    leaves = pki.issue_cert("a.example"), pki.issue_cert("b.example")
    with pki.tls_server(*leaves) as server:
        for name, leaf in zip(("a.example", "b.example"), leaves, strict=True):
            staple = staple_seen(pki, server, name=name)
            assert ocsp.load_der_ocsp_response(staple).serial_number == leaf.serial_number


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


# Which version, which protocol.


@each_version
def test_versions_are_kept_to(pki: PKI, version: str) -> None:
    """A server for one version completes with it, and tells a client of the other: protocol_version."""
    other = next(name for name in VERSIONS if name != version)
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf, minimum_version=version, maximum_version=version) as server:
        with connected(server, context(pki)) as tls:
            assert tls.version() == version
        with pytest.raises(ssl.SSLError, match=r"(?i)alert protocol version"):
            shake_hands(server, context(pki, other))
        met, missed = server.connections
    assert (met.version, met.completed) == (version, True)
    assert not missed.completed
    assert missed.error is not None
    assert "protocol_version" in missed.error


def test_alpn_is_the_servers_first_that_the_client_knows(pki: PKI) -> None:
    """ALPN is negotiated in the server's order, left out where nothing matches, and recorded."""
    with pki.tls_server(pki.issue_cert("localhost"), alpn=["h2", "http/1.1"]) as server:
        for offered, agreed in (
            (["http/1.1", "h2"], "h2"),
            (["http/1.1"], "http/1.1"),
            (["other"], None),
            (None, None),
        ):
            with connected(server, context(pki, alpn=offered)) as tls:
                assert tls.selected_alpn_protocol() == agreed
            assert server.connections[-1].alpn == agreed


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


# Client certificates.


@each_version
def test_client_certificate(pki: PKI, version: str) -> None:
    """An optional one is recorded where it comes, and may be missing."""
    leaf, client = pki.issue_cert("localhost"), pki.issue_cert("user@example.com", client=True)
    with pki.tls_server(leaf, client_ca=pki.ca) as server:
        with connected(server, context(pki, version, own=client)) as tls:
            tls.sendall(GET)
            assert tls.recv(15) == b"HTTP/1.1 200 OK"
        with connected(server, context(pki, version)) as tls:
            tls.sendall(GET)
            assert tls.recv(15) == b"HTTP/1.1 200 OK"
        shown, none = server.connections
    assert shown.client_certificate == client.certificate
    assert none.client_certificate is None
    assert shown.completed
    assert none.completed


@each_version
def test_a_required_client_certificate(pki: PKI, version: str) -> None:
    """None at all and another CA's are refused, each with its alert; the right one is accepted."""
    leaf, client = pki.issue_cert("localhost"), pki.issue_cert("user@example.com", client=True)
    with (
        PKI() as other,
        pki.tls_server(leaf, client_ca=pki.ca, client_certificate_required=True) as server,
    ):
        stranger = other.issue_cert("user@example.com", client=True)
        for own, alert in ((None, "required|handshake failure"), (stranger, "unknown ca")):
            with (
                pytest.raises(ssl.SSLError, match=rf"(?i)alert.*({alert})"),
                connected(server, context(pki, version, own=own)) as tls,
            ):
                # In TLS 1.3 the client is done before the server has judged.
                tls.recv(1)
        with connected(server, context(pki, version, own=client)) as tls:
            tls.sendall(GET)
            assert tls.recv(15) == b"HTTP/1.1 200 OK"
        missing, wrong, right = server.connections
    assert not missing.completed
    assert "peer did not return a certificate" in str(missing.error)
    assert not wrong.completed
    assert "unknown_ca" in str(wrong.error)
    assert right.completed
    assert right.client_certificate == client.certificate


def test_clients_of_another_pki(pki: PKI) -> None:
    """client_ca= is a trust anchor, and may be anybody's; several may be given."""
    with PKI() as other, pki.tls_server(pki.issue_cert("localhost"), client_ca=[pki.ca, other.ca]) as server:
        stranger = other.issue_cert("user@example.com", client=True)
        shake_hands(server, context(pki, own=stranger))
        assert only(server).client_certificate == stranger.certificate


def test_a_client_with_an_odd_certificate(pki: PKI) -> None:
    """A serial number that is not positive is recorded like any other."""
    client = pki.issue_cert("user@example.com", client=True, faults=[faults.SerialNumber(-1)])
    with pki.tls_server(pki.issue_cert("localhost"), client_ca=pki.ca) as server:
        shake_hands(server, context(pki, own=client))
        assert only(server).client_certificate == client.certificate


# Odd certificates.


ODD: dict[str, tuple[faults.CertificateContent, ...]] = {
    repr(fault): (fault,)
    for fault in (
        faults.OcspUrl(), faults.DistributionPoint(), faults.KeyUsage(), faults.NoKeyUsage(),
        faults.TlsFeatures(), faults.NoRevAvail(), faults.NoExtensions(), faults.SerialNumber(0),
        faults.SerialNumber(-1), faults.SerialNumber(2**400), faults.CertVersion(None),
        faults.CertVersion(0), faults.CertVersion(1), faults.CertVersion(3),
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


# Staples.


def honest(response: ocsp.OCSPResponse, leaf: Leaf) -> bool:
    """Whether a response says that *leaf* is good."""
    return (
        response.serial_number == leaf.serial_number
        and response.certificate_status is ocsp.OCSPCertStatus.GOOD
    )


@each_version
def test_the_default_staple_is_honest_and_fresh(pki: PKI, version: str) -> None:
    """Left out, the staple says what the ledger says at that moment, without asking the responder."""
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf) as server:
        staple = staple_seen(pki, server, version)
        assert honest(ocsp.load_der_ocsp_response(staple), leaf)
        assert only(server).staple == staple
        pki.revoke(leaf, "superseded")
        response = ocsp.load_der_ocsp_response(staple_seen(pki, server, version))
        assert response.certificate_status is ocsp.OCSPCertStatus.REVOKED
        assert response.revocation_reason is x509.ReasonFlags.superseded
    pki.ocsp.assert_not_asked()


@each_version
def test_staple_none_is_none(pki: PKI, version: str) -> None:
    """None is no staple, on the wire and in the record."""
    with pki.tls_server(pki.issue_cert("localhost"), staple=None) as server:
        assert staple_seen(pki, server, version) == b""
        assert only(server).staple is None
        assert only(server).staple_requested


@each_version
@pytest.mark.parametrize("kind", [list, tuple])
def test_staple_faults(pki: PKI, version: str, kind: Callable[[Any], Any]) -> None:
    """A list or tuple of faults bends the staple, several of them at once."""
    bent = kind([faults.Stale(by=timedelta(days=2)), faults.Revoked("key_compromise")])
    with pki.tls_server(pki.issue_cert("localhost"), staple=bent) as server:
        response = ocsp.load_der_ocsp_response(staple_seen(pki, server, version))
        assert response.certificate_status is ocsp.OCSPCertStatus.REVOKED
        next_update = response.next_update_utc
        assert next_update is not None
        assert (pki.clock.now() - next_update).days == 2


def test_staple_bytes(pki: PKI) -> None:
    """DER bytes are given to every client as they are."""
    leaf = pki.issue_cert("localhost")
    staple = pki.ocsp.response_for(leaf, hash_algorithm="sha256")
    with pki.tls_server(leaf, staple=staple) as server:
        assert [staple_seen(pki, server) for _ in range(2)] == [staple, staple]
        assert [handshake.staple for handshake in server.connections] == [staple, staple]


def test_a_users_own_fault_bends_the_staple(pki: PKI) -> None:
    """A fault written in a test needs no registration."""

    class Doubled(faults.Encoding):
        """The response twice, one after the other."""

        def __call__(self, honest: bytes) -> bytes:
            return honest + honest

    with pki.tls_server(pki.issue_cert("localhost"), staple=[Doubled()]) as server:
        staple_seen(pki, server)
        staple = only(server).staple
    assert staple is not None
    half = len(staple) // 2
    ocsp.load_der_ocsp_response(staple[:half])
    assert staple[:half] == staple[half:]


def test_a_stapler_may_ask_the_responder(pki: PKI) -> None:
    """A function of the leaf can fetch its staple over HTTP from this very PKI."""
    leaf = pki.issue_cert("localhost")
    request = ocsp.OCSPRequestBuilder().add_certificate(
        leaf.certificate, pki.ca.certificate, hashes.SHA1()
    ).build()  # fmt: skip

    def fetch(wanted: Leaf) -> bytes:
        assert wanted is leaf
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(pki.ocsp.url, request.public_bytes(Encoding.DER), timeout=10) as answer:
            body: bytes = answer.read()
        return body

    with pki.tls_server(leaf, staple=fetch) as server:
        staple = staple_seen(pki, server)
    assert honest(ocsp.load_der_ocsp_response(staple), leaf)
    pki.ocsp.assert_asked(leaf, times=1)
    assert pki.ocsp.requests[0].answer.body == staple


def test_a_stapler_may_return_none(pki: PKI) -> None:
    """A function that returns None staples nothing; nobody asks it for a client that does not ask."""
    asked: list[Leaf] = []
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf, staple=asked.append) as server:
        shake_hands(server, context(pki))
        assert asked == []
        assert staple_seen(pki, server) == b""
        assert asked == [leaf]
        assert [handshake.staple for handshake in server.connections] == [None, None]


@pytest.mark.parametrize(
    ("stapler", "error", "sentence"),
    [
        (lambda leaf: 1 // 0, ZeroDivisionError, "division"),
        (lambda leaf: "text", TypeError, "a stapler returns DER bytes or None; .* returned 'text'"),
    ],
    ids=["raises", "wrong type"],
)
def test_a_broken_stapler_fails_the_test(stapler: Any, error: type[Exception], sentence: str) -> None:
    """What a stapler raises, or returns amiss, is raised in the test, and the client is cut off."""
    with PKI() as pki:
        with pki.tls_server(pki.issue_cert("localhost"), staple=stapler) as server:
            with pytest.raises((SSL.Error, OSError)):
                staple_seen(pki, server)
            handshake = only(server)
            assert not handshake.completed
            assert handshake.error is not None
            assert handshake.error.startswith(f"{error.__name__}: ")
        with pytest.raises(error, match=sentence) as caught:
            pki.check()
        assert any("which was about to present" in note for note in caught.value.__notes__)


def client_hello(*, ask: bool) -> bytes:
    """What a client of OpenSSL's says first."""
    client = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD), None)
    if ask:
        client.request_ocsp()
    client.set_connect_state()
    with pytest.raises(SSL.WantReadError):
        client.do_handshake()
    return client.bio_read(1 << 16)


def test_a_stapler_at_work_delays_nobody_else(pki: PKI) -> None:
    """While a stapler is at work others are served, and the server closes without waiting for it."""
    entered, leave = threading.Event(), threading.Event()

    def work(leaf: Leaf) -> None:
        entered.set()
        leave.wait(30)

    with pki.tls_server(pki.issue_cert("localhost"), staple=work) as server:
        with socket.create_connection((server.host, server.port), timeout=10) as sock:
            sock.sendall(client_hello(ask=True))
            assert entered.wait(10)
            with connected(server, context(pki)) as tls:
                assert tls.version() == "TLSv1.3"
            server.close()
            assert not leave.is_set()
            with pytest.raises(ConnectionResetError):
                sock.recv(1)
        leave.set()
        waited, served = server.connections
    assert waited.staple_requested
    assert not waited.completed
    assert waited.error == "the server was closed before the handshake was complete"
    assert served.completed


def test_a_client_may_leave_while_the_stapler_works(pki: PKI) -> None:
    """What a stapler returns for a client that has left meets nobody, and is no error."""
    entered, leave = threading.Event(), threading.Event()

    def work(leaf: Leaf) -> bytes:
        entered.set()
        leave.wait(30)
        return pki.ocsp.response_for(leaf)

    with pki.tls_server(pki.issue_cert("localhost"), staple=work) as server:
        with socket.create_connection((server.host, server.port), timeout=10) as sock:
            sock.sendall(client_hello(ask=True))
            assert entered.wait(10)
        assert only(server).closed
        assert only(server).error == "the client closed the connection before the stapler had returned"
        leave.set()
        assert staple_seen(pki, server) == server.connections[1].staple


# What it refuses.

WRONG_STAPLES: dict[str, tuple[Any, str]] = {
    "text": ("good", "a list of faults, DER bytes, None, or a function of the leaf; got 'good'"),
    "number": (7, "a list of faults, DER bytes, None, or a function of the leaf; got 7"),
    "one fault": (faults.Stale(), r"takes a list of faults; write staple=\[Stale\("),
    "a class": (faults.Stale, "a list of faults, DER bytes, None, or a function of the leaf; got <class"),
    "a class in a list": ([faults.Stale], r"Stale is a class; write Stale\(\)"),
    "no fault in a list": (["stale"], "takes faults, such as .*; got 'stale'"),
    "another layer": ([faults.Hang()], "is a fault of the transport layer, which a staple does not have"),
}


@pytest.mark.parametrize("case", WRONG_STAPLES)
def test_what_no_staple_can_be(pki: PKI, case: str) -> None:
    """Each wrong staple= is a TypeError that says what is right, before any server starts."""
    staple, sentence = WRONG_STAPLES[case]
    leaf = pki.issue_cert("localhost")
    with pytest.raises(TypeError, match=sentence):
        pki.tls_server(leaf, staple=staple)


WRONG_OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "no such version": ({"minimum_version": "TLS1.2"}, "'TLS1.2' is no version of TLS; give 'TLSv1.2'"),
    "no version left": (
        {"minimum_version": "TLSv1.3", "maximum_version": "TLSv1.2"},
        "no version of TLS is at least TLSv1.3 and at most TLSv1.2",
    ),
    "port": ({"port": 65536}, "port= takes a number up to 65535, or 0 for a free one; got 65536"),
    "port as text": ({"port": "443"}, "port= takes a number up to 65535, or 0 for a free one; got '443'"),
    "empty protocol": ({"alpn": [""]}, r"in alpn= is a text of 1 to 255 characters; got \[''\]"),
    "protocol in bytes": ({"alpn": [b"h2"]}, r"in alpn= is a text of 1 to 255 characters; got \[b'h2'\]"),
    "required without a CA": ({"client_certificate_required": True}, "needs client_ca="),
    "half an address": ({"forward_to": ("127.0.0.1",)}, r"forward_to= takes a \(host, port\), such as"),
    "port in an address": ({"forward_to": ("127.0.0.1", 0)}, r"forward_to= takes a \(host, port\), such as"),
    "two takers": ({"forward_to": ("127.0.0.1", 1), "handler": print}, "give one of them"),
}


@pytest.mark.parametrize("case", WRONG_OPTIONS)
def test_what_no_server_can_do(pki: PKI, case: str) -> None:
    """Each wrong option is a ValueError that names the value, before any server starts."""
    options, sentence = WRONG_OPTIONS[case]
    leaf = pki.issue_cert("localhost")
    with pytest.raises(ValueError, match=sentence):
        pki.tls_server(leaf, **options)


def test_what_is_no_list_and_no_function(pki: PKI) -> None:
    """A text in place of the list of protocols would offer its letters; a handler has to be called."""
    leaf = pki.issue_cert("localhost")
    with pytest.raises(TypeError, match=r"alpn= takes a list of protocols.*got the text 'h2'"):
        pki.tls_server(leaf, alpn="h2")
    with pytest.raises(TypeError, match="handler= takes a function that is called with a socket; got 7"):
        pki.tls_server(leaf, handler=7)  # type: ignore[arg-type]
    for wrong in ("ca.pem", 7, leaf, [pki.ca, leaf], None):
        with pytest.raises(TypeError, match=r"client_ca= takes a CA or several; got "):
            pki.tls_server(leaf, client_ca=wrong)  # type: ignore[arg-type]


def test_forwarding_to_no_address(pki: PKI) -> None:
    """A name without an address is an OSError at once, and not when the first client comes."""
    with pytest.raises(OSError) as caught:  # noqa: PT011 - the words are the resolver's
        pki.tls_server(pki.issue_cert("localhost"), forward_to=("nowhere.invalid", 80))
    assert caught.value.__notes__ == ["mockpki: forward_to=('nowhere.invalid', 80) leads to no address"]


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


def test_a_staple_that_the_transport_cannot_carry_fails_the_test() -> None:
    """Where client certificates are asked for, odd staples cannot be sent; the test is told, not fooled."""
    with PKI() as pki:
        leaf = pki.issue_cert("localhost")
        with pki.tls_server(leaf, staple=b"junk", client_ca=pki.ca) as server:
            with pytest.raises((SSL.Error, OSError)):
                staple_seen(pki, server)
            # Who asks for no staple is not concerned.
            shake_hands(server, context(pki))
        with pytest.raises(ValueError, match="tlslite cannot check client certificates"):
            pki.check()


# Clients that misbehave.


def test_a_client_that_says_nothing(pki: PKI) -> None:
    """It is recorded while it is there, with what it failed to do once it has left."""
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        with socket.create_connection((server.host, server.port)):
            assert not only(server).closed
            assert only(server).error is None
        assert only(server).closed
        assert only(server).error == "the client closed the connection before it had sent a ClientHello"
        with connected(server, context(pki)) as tls:
            assert tls.version() == "TLSv1.3"


@pytest.mark.parametrize(
    "junk",
    [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + bytes(100), bytes(1 << 18), b"\x80\x2e\x01"],
    ids=["HTTP", "bad record", "zeros", "SSLv2"],
)
def test_a_client_that_sends_garbage(pki: PKI, junk: bytes) -> None:
    """What is no TLS ends that connection with an error on record, and no other."""
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        with (
            socket.create_connection((server.host, server.port), timeout=10) as sock,
            contextlib.suppress(OSError),  # it may be cut off at any point
        ):
            sock.sendall(junk)
            sock.shutdown(socket.SHUT_WR)
            received(sock)
        with connected(server, context(pki)) as tls:
            tls.sendall(GET)
            assert tls.recv(15) == b"HTTP/1.1 200 OK"
        broken, sound = server.connections
    assert broken.closed
    assert not broken.completed
    assert broken.error is not None
    assert sound.completed


@pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
@pytest.mark.parametrize("part", [0.5, 1.0], ids=["half a ClientHello", "a ClientHello"])
def test_a_client_that_vanishes(pki: PKI, part: float, reset: bool) -> None:
    """A client that leaves within the handshake leaves a record of how far it came."""
    hello = client_hello(ask=True)
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        with socket.create_connection((server.host, server.port), timeout=10) as sock:
            sock.sendall(hello[: int(len(hello) * part)])
            assert only(server).staple_requested == (part == 1.0)
            if reset:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        gone = only(server)
        assert gone.closed
        assert not gone.completed
        done = "the handshake was complete" if part == 1.0 else "it had sent a ClientHello"
        assert gone.error == f"the client closed the connection before {done}"
        with connected(server, context(pki)) as tls:
            assert tls.version() == "TLSv1.3"


def test_a_client_hello_in_single_octets(pki: PKI) -> None:
    """A ClientHello may come in any pieces."""
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        with socket.create_connection((server.host, server.port), timeout=10) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for octet in client_hello(ask=True):
                sock.sendall(bytes([octet]))
            assert sock.recv(1) == b"\x16"
        assert only(server).staple_requested
        assert only(server).staple is not None


@each_version
def test_close_notify_is_answered(pki: PKI, version: str) -> None:
    """A client that closes in order gets the server's close_notify back."""
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        with connected(server, context(pki, version)) as tls:
            tls.sendall(GET)
            assert tls.recv(15) == b"HTTP/1.1 200 OK"
            tls.settimeout(10)
            received_rest = tls.recv(1 << 16)
            assert received_rest
            tls.unwrap().close()
        assert only(server).error is None
        assert only(server).alert is None


def test_many_at_once(pki: PKI) -> None:
    """Fifty clients at a time are all served, each with its own record."""
    leaf, ctx = pki.issue_cert("localhost"), context(pki)
    with pki.tls_server(leaf) as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connected(server, ctx)) for _ in range(50)]
        for tls in clients:
            tls.sendall(GET)
        assert all(tls.recv(15) == b"HTTP/1.1 200 OK" for tls in clients)
        assert len(server.connections) == 50
        assert all(handshake.completed and handshake.requests == 1 for handshake in server.connections)
        assert len({handshake.client for handshake in server.connections}) == 50
