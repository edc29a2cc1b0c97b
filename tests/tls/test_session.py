"""Both TLS sessions against real clients: pyOpenSSL, Python's ssl, tlslite-ng and openssl s_client.

No sockets but for s_client: bytes are carried from one side to the other by hand.
"""

import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from OpenSSL import SSL

from mockpki._exchange.staples import certificate_status
from mockpki._pkix.keys import PrivateKey
from mockpki._tls.openssl import OpenSSLServer
from mockpki._tls.resumption import Resumption
from mockpki._tls.session import Presentation, Session
from mockpki._tls.tlslite import TlsliteSession
from tests.kit.tls_clients import each_version
from tests.tls.certificates import CA, CHAIN, GOOD, HONEST, ROOT, issue, leaf, response
from tests.tls.clients import (
    OpenSSLClient,
    PythonClient,
    TlsliteClient,
    connected,
    each_transport,
    pump,
    start,
)


@each_transport
@each_version
class TestHandshake:
    def test_honest(self, transport: str, version: str) -> None:
        """The staple arrives byte for byte, and what was agreed on is told."""
        client, session = connected(transport, version)
        assert client.staple == session.staple_sent == GOOD
        assert session.version == version
        assert (session.alpn, session.client_certificate) == (None, None)
        assert (session.alert, session.alert_sent, session.error) == (None, None, None)
        assert not session.closed

    def test_not_asked(self, transport: str, version: str) -> None:
        """A client that does not ask is given no staple, and that is recorded."""
        client, session = OpenSSLClient(version, ask=False), start(transport)
        pump(client, session)
        assert session.established
        assert session.staple_sent is None

    def test_no_staple(self, transport: str, version: str) -> None:
        """Without a staple the client asks for nothing to come."""
        client, session = connected(transport, version, replace(HONEST, staples=()))
        assert client.staple == b""
        assert session.staple_sent is None

    @pytest.mark.parametrize("key", ["P-384", "RSA", "Ed25519", "Ed448"])
    def test_keys(self, transport: str, version: str, key: str) -> None:
        """Each kind of key signs the handshake."""
        subject = leaf(key)
        staple = response(subject)
        shown = Presentation((subject.der, CA.der), subject.key, (staple,))
        client, _ = connected(transport, version, shown)
        assert client.staple == staple

    def test_python_client(self, transport: str, version: str) -> None:
        """Python's ssl, which verifies the name too, gets through as well."""
        context = ssl.create_default_context(cadata=ssl.DER_cert_to_PEM_cert(ROOT.der))
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.maximum_version = ssl.TLSVersion[version.replace(".", "_")]
        client, session = PythonClient(context), start(transport)
        pump(client, session)
        assert client.established, client.error
        assert session.established
        assert client.tls.version() == session.version == version

    def test_byte_by_byte(self, transport: str, version: str) -> None:
        """It does not matter in what pieces the client's bytes come."""
        client, session = OpenSSLClient(version), start(transport)
        client.receive(b"")
        while there := client.pending():
            for byte in there:
                assert session.receive(bytes([byte])) == b""
            client.receive(session.pending())
        assert session.established
        assert client.staple == GOOD

    def test_alpn(self, transport: str, version: str) -> None:
        """The server's first protocol that the client knows is taken."""
        client = OpenSSLClient(version, alpn=(b"http/1.1", b"h2", b"spdy"))
        session = start(transport, replace(HONEST, alpn=("h3", "h2", "http/1.1")))
        pump(client, session)
        assert session.established
        assert session.alpn == "h2"
        assert client.connection.get_alpn_proto_negotiated() == b"h2"

    @pytest.mark.parametrize(("offered", "optional"), [((), False), (("h3",), True), (("h3",), False)])
    def test_alpn_without_overlap(
        self, transport: str, version: str, offered: tuple[str, ...], optional: bool
    ) -> None:
        """No protocol in common is no reason to fail where there is none here, or none is needed."""
        client = OpenSSLClient(version, alpn=(b"h2",))
        session = start(transport, replace(HONEST, alpn=offered, alpn_optional=optional))
        pump(client, session)
        if offered and not optional:
            assert session.alert_sent == "no_application_protocol"
            assert client.connection.get_alpn_proto_negotiated() == b""
            return
        assert session.established
        assert session.alpn is None
        assert client.connection.get_alpn_proto_negotiated() == b""

    def test_no_resumption(self, transport: str, version: str) -> None:
        """A client that tries to resume gets the whole handshake again, staple included."""
        first, _ = connected(transport, version)
        again = OpenSSLClient(version, resume=first)
        session = start(transport)
        pump(again, session)
        assert session.established
        assert again.staple == session.staple_sent == GOOD

    @pytest.mark.parametrize("other", ["openssl", "tlslite"])
    def test_resumption(self, transport: str, version: str, other: str) -> None:
        """Where it is asked for, a session goes on without a staple, by the library that began it alone."""
        memory = Resumption()
        shown = replace(HONEST, resumption=memory)
        server = OpenSSLServer()
        begin: dict[str, Callable[[], Session]] = {
            "openssl": lambda: server.session(shown),
            "tlslite": lambda: TlsliteSession(shown),
        }
        first = OpenSSLClient(version)
        session = begin[transport]()
        pump(first, session)
        assert session.established
        assert not session.resumed
        assert first.staple == session.staple_sent == GOOD
        again = OpenSSLClient(version, resume=first)
        session = begin[other]()
        pump(again, session)
        assert session.established, session.error
        assert session.version == version
        assert session.resumed == (other == transport)
        # OpenSSL's client tells its callback of no staple where it was shown no certificate.
        assert (again.staple or b"") == (session.staple_sent or b"") == (b"" if session.resumed else GOOD)

    def test_only_other_versions(self, transport: str, version: str) -> None:
        """A server that has none of the client's versions says so by alert."""
        other = "TLSv1.3" if version == "TLSv1.2" else "TLSv1.2"
        client = OpenSSLClient("TLSv1.2")
        shown = replace(HONEST, minimum_version=other, maximum_version=other)
        session = start(transport, shown)
        pump(client, session)
        assert session.established == (other == "TLSv1.2")
        assert session.alert_sent == (None if other == "TLSv1.2" else "protocol_version")
        assert (session.error is None) == (other == "TLSv1.2")
        assert session.version == ("TLSv1.2" if session.established else None)


@each_transport
@pytest.mark.parametrize("agreed", ["h2", None])
def test_hello_retry_request(transport: str, agreed: str | None) -> None:
    """A second ClientHello does not lose the staple, nor double it, nor change the protocol."""
    client = TlsliteClient(key_shares=(), alpn=(b"http/1.1", b"h2"))
    session = start(transport, replace(HONEST, alpn=("h2",) if agreed else ()))
    pump(client, session)
    assert client.established
    assert session.established
    assert session.alpn == agreed
    assert client.entries == [[(5, certificate_status(GOOD))], []]


@each_transport
def test_odd_chains(transport: str) -> None:
    """Any certificate may follow the leaf, also one whose algorithm is unheard of."""
    strange = issue("strange", key="ML-DSA-44").der
    client, _ = connected(transport, "TLSv1.3", replace(HONEST, chain=(*CHAIN, strange)))
    chain = client.connection.get_peer_cert_chain(as_cryptography=True)
    assert chain is not None
    assert [found.public_bytes(Encoding.DER) for found in chain] == [*CHAIN, strange]


GARBAGE = {
    "http": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "zeros": bytes(100),
    "ones": b"\xff" * 100,
    "an empty hello": b"\x16\3\1\0\4\1\0\0\0",
    "a server hello": b"\x16\3\1\0\4\2\0\0\0",
    "application data": b"\x17\3\3\0\5hello",
    "a long record": b"\x16\3\1\xff\xff" + bytes(65535),
}


@each_transport
class TestGarbage:
    @pytest.mark.parametrize("name", GARBAGE)
    def test_samples(self, transport: str, name: str) -> None:
        """Garbage is recorded, answered with an alert, and raises nothing."""
        session = start(transport)
        assert session.receive(GARBAGE[name]) == b""
        assert session.closed
        assert session.error is not None
        assert re.fullmatch(r"(OpenSSL|[a-z]).*[^.]", session.error)
        assert not session.established
        # OpenSSL has no words for what does not look like TLS at all; older ones see a length in it.
        speechless = transport == "openssl" and name in {"http", "zeros", "ones"}
        if name == "ones" and SSL.OPENSSL_VERSION_NUMBER < 0x40000000:
            speechless = speechless and session.alert_sent != "record_overflow"
        assert (session.alert_sent is None) == speechless
        assert session.pending()[:1] == (b"" if speechless else b"\x15")

    @settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def test_mutations(self, transport: str, data: st.DataObject) -> None:
        """A ClientHello with a few bytes changed raises nothing, and failing gives a reason."""
        client = OpenSSLClient()
        client.receive(b"")
        mutated = bytearray(client.pending())
        for _ in range(data.draw(st.integers(0, 3))):
            mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
        session = start(transport)
        session.receive(bytes(mutated))
        assert session.closed == (session.error is not None)
        session.eof()
        assert session.error is not None

    def test_nothing(self, transport: str) -> None:
        """A client that goes away without a byte is named as such, once."""
        session = start(transport)
        assert session.receive(b"") == b""
        session.eof()
        session.eof()
        assert session.closed
        assert session.error == "the client closed the connection before the handshake was complete"
        assert (session.alert, session.alert_sent, session.pending()) == (None, None, b"")
        assert (session.version, session.alpn) == (None, None)


@each_transport
@each_version
class TestData:
    def test_both_directions(self, transport: str, version: str) -> None:
        """Data of many records arrives whole, either way."""
        client, session = connected(transport, version)
        data = bytes(range(256)) * (4096 if transport == "openssl" else 512)
        session.send(data)
        client.receive(session.pending())
        assert bytes(client.received) == data
        client.connection.sendall(data)
        assert session.receive(client.pending()) == data

    def test_with_the_last_flight(self, transport: str, version: str) -> None:
        """Data in the same packet as the client's Finished is not lost."""
        client, session = OpenSSLClient(version), start(transport)
        client.receive(b"")
        while not client.established:
            session.receive(client.pending())
            client.receive(session.pending())
        client.connection.send(b"early bird")
        client.connection.shutdown()
        assert session.receive(client.pending()) == b"early bird"
        assert session.established
        assert session.closed
        assert (session.alert, session.error) == (None, None)

    def test_too_early(self, transport: str, version: str) -> None:
        """Nothing can be sent before the handshake, and closing has nothing to say."""
        session = start(transport, replace(HONEST, maximum_version=version))
        with pytest.raises(RuntimeError, match="before the handshake is complete"):
            session.send(b"hello")
        session.close()
        assert session.pending() == b""

    def test_closed_by_server(self, transport: str, version: str) -> None:
        """Closing sends close_notify, and what is sent afterwards is dropped."""
        client, session = connected(transport, version)
        session.send(b"last words")
        session.close()
        session.close()
        session.send(b"dropped")
        client.receive(session.pending())
        assert bytes(client.received) == b"last words"
        assert client.closed
        assert session.error is None

    def test_closed_by_client(self, transport: str, version: str) -> None:
        """A client's close_notify closes without being an alert or an error."""
        client, session = connected(transport, version)
        client.connection.shutdown()
        assert session.receive(client.pending()) == b""
        assert (session.closed, session.alert, session.error) == (True, None, None)
        session.close()
        session.eof()
        client.receive(session.pending())
        assert client.closed
        assert session.error is None

    def test_end_without_close(self, transport: str, version: str) -> None:
        """Just closing TCP after the handshake is no error either."""
        _, session = connected(transport, version)
        session.eof()
        assert (session.closed, session.error) == (True, None)


class TestPresentation:
    def test_refused(self) -> None:
        """What no handshake could show is refused, each with its reason."""
        key: PrivateKey = leaf().key
        with pytest.raises(ValueError, match="at least one certificate"):
            Presentation((), key)
        with pytest.raises(ValueError, match="3 staples for 2 certificates"):
            Presentation(CHAIN, key, (None, None, None))
        with pytest.raises(ValueError, match="needs client_cas"):
            Presentation(CHAIN, key, client_certificate_required=True)
        with pytest.raises(ValueError, match=r"'TLS 1\.3' is no TLS version"):
            Presentation(CHAIN, key, maximum_version="TLS 1.3")

    def test_staple(self) -> None:
        """The leaf's staple is the first, if there is one."""
        assert HONEST.staple == GOOD
        assert replace(HONEST, staples=()).staple is None


def serve(listener: socket.socket, session: Session) -> None:
    """One connection, until it is closed; answers "pong" to whatever comes."""
    connection, _ = listener.accept()
    with connection:
        connection.settimeout(20)
        while not session.closed:
            data = connection.recv(2**16)
            if not data:
                session.eof()
            elif session.receive(data):
                session.send(b"pong\n")
                session.close()
            connection.sendall(session.pending())


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@each_transport
@each_version
class TestSClient:
    def s_client(self, session: Session, version: str, *options: str) -> str:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = threading.Thread(target=serve, args=(listener, session))
            server.start()
            port = listener.getsockname()[1]
            protocol = "-" + version.lower().replace("v", "").replace(".", "_")
            command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", protocol, *options]
            client = subprocess.run(
                command, input="ping\n", capture_output=True, text=True, timeout=30, check=False
            )
            server.join(30)
        assert not server.is_alive()
        return client.stdout

    def test_status(self, transport: str, version: str, tmp_path: Path) -> None:
        """s_client sees the staple, verifies the chain and gets its answer."""
        anchor = tmp_path / "root.pem"
        anchor.write_bytes(ROOT.certificate.public_bytes(Encoding.PEM))
        options = ("-status", "-ign_eof", "-verify_return_error", "-CAfile", str(anchor))
        session = start(transport)
        printed = self.s_client(session, version, *options)
        assert "OCSP Response Status: successful (0x0)" in printed
        assert f"Serial Number: {leaf().serial_number:X}" in printed.replace("Number: 0", "Number: ")
        assert "pong" in printed
        assert session.established

    def test_no_status(self, transport: str, version: str) -> None:
        """Without -status it is sent none."""
        session = start(transport)
        printed = self.s_client(session, version, "-ign_eof")
        assert "OCSP" not in printed
        assert session.staple_sent is None
        assert session.established

    def test_untrusted(self, transport: str, version: str) -> None:
        """An s_client that insists on trust says unknown_ca."""
        session = start(transport)
        self.s_client(session, version, "-status", "-verify_return_error")
        assert session.alert == "unknown_ca"
        assert not session.established
