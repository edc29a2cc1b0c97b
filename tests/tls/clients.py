"""The other end of a TLS session, by three libraries, and both ends together without a socket."""

import ssl
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest
from OpenSSL import SSL, crypto

from mockpki._exchange.staples import certificate_status
from mockpki._tls.openssl import OpenSSLServer, OpenSSLSession
from mockpki._tls.session import Presentation, Session
from mockpki._tls.tlslite import TlsliteSession
from tests.kit.tls_octets import extensions, messages, records, vector
from tests.tls.certificates import HONEST, ROOT, Identity

with warnings.catch_warnings():  # on Python 3.11 it imports asyncore
    warnings.simplefilter("ignore", DeprecationWarning)
    from tlslite.extensions import StatusRequestExtension
    from tlslite.handshakesettings import HandshakeSettings
    from tlslite.messages import Certificate, ClientHello
    from tlslite.tlsconnection import TLSConnection


VERSIONS = {"TLSv1.2": SSL.TLS1_2_VERSION, "TLSv1.3": SSL.TLS1_3_VERSION}


class Client(Protocol):
    """The other end: bytes in, bytes out, like a session."""

    def receive(self, data: bytes) -> None: ...
    def pending(self) -> bytes: ...


class OpenSSLClient:
    """pyOpenSSL; keeps the staple that arrived, b"" for none."""

    def __init__(
        self,
        version: str = "TLSv1.3",
        *,
        trust: Identity | None = ROOT,
        ask: bool = True,
        accept: bool = True,
        alpn: tuple[bytes, ...] = (),
        identity: Identity | None = None,
        resume: "OpenSSLClient | None" = None,
    ) -> None:
        self.staple: bytes | None = None
        self.error: SSL.Error | None = None
        self.received = bytearray()
        self.established = self.closed = False
        self.accept = accept
        if resume is None:
            context = self._context(version, trust, alpn, identity)
        else:
            context = resume.connection.get_context()
        self.connection: SSL.Connection = SSL.Connection(context, None)
        self.connection.set_app_data(self)
        self.connection.set_connect_state()
        if resume is not None:
            session = resume.connection.get_session()
            assert session is not None
            self.connection.set_session(session)
        if ask:
            self.connection.request_ocsp()

    @staticmethod
    def _context(
        version: str, trust: Identity | None, alpn: tuple[bytes, ...], identity: Identity | None
    ) -> SSL.Context:
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_max_proto_version(VERSIONS[version])
        context.set_verify(SSL.VERIFY_PEER)
        store = context.get_cert_store()
        assert store is not None
        if trust is not None:
            store.add_cert(crypto.X509.from_cryptography(trust.certificate))
        if identity is not None:
            context.use_certificate(identity.certificate)
            context.use_privatekey(identity.key)
        if alpn:
            context.set_alpn_protos(list(alpn))

        def got(connection: SSL.Connection, staple: bytes, _data: object) -> bool:
            client = connection.get_app_data()
            client.staple = staple
            return bool(client.accept)

        context.set_ocsp_client_callback(got)
        return context

    def receive(self, data: bytes) -> None:
        if data:
            self.connection.bio_write(data)
        try:
            if not self.established:
                self.connection.do_handshake()
                self.established = True
            while True:
                self.received += self.connection.recv(2**16)
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.closed = True
        except SSL.Error as error:
            self.error = error

    def pending(self) -> bytes:
        try:
            return self.connection.bio_read(2**22)
        except SSL.WantReadError:
            return b""


class PythonClient:
    """Python's ssl, which asks for no staple."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname="localhost")
        self.established = False
        self.error: ssl.SSLError | None = None

    def receive(self, data: bytes) -> None:
        self._incoming.write(data)
        try:
            if not self.established:
                self.tls.do_handshake()
                self.established = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            self.error = error

    def pending(self) -> bytes:
        return self._outgoing.read()


class _Tlslite(TLSConnection):  # type: ignore[misc]
    """tlslite's client, asking for a staple and showing each CertificateEntry's extensions."""

    entries: list[list[tuple[int, bytes]]]

    def _sendMsg(self, msg: Any, *arguments: Any) -> Iterator[Any]:
        if isinstance(msg, ClientHello) and msg.extensions[0].extType != 5:
            msg.extensions.insert(0, StatusRequestExtension().create())
        yield from super()._sendMsg(msg, *arguments)

    def _getMsg(self, *arguments: Any) -> Iterator[Any]:
        for result in super()._getMsg(*arguments):
            if isinstance(result, Certificate):
                self.entries = [
                    [(found.extType, bytes(found.extData)) for found in entry.extensions]
                    for entry in result.certificate_list
                ]
            yield result


class TlsliteClient:
    """tlslite-ng, TLS 1.3 only: the one client that shows what intermediates were given."""

    def __init__(self, key_shares: tuple[str, ...] = ("secp256r1",), alpn: tuple[bytes, ...] = ()) -> None:
        self._incoming, self._outgoing = bytearray(), bytearray()
        self.established = False
        wanted = HandshakeSettings()
        wanted.minVersion = wanted.maxVersion = (3, 4)
        wanted.certificate_compression_receive = []
        wanted.keyShares = list(key_shares)
        self._tls = _Tlslite(self)
        self._steps = self._tls.handshakeClientCert(
            settings=wanted, alpn=[bytearray(name) for name in alpn] or None, async_=True
        )

    @property
    def entries(self) -> list[list[tuple[int, bytes]]]:
        return self._tls.entries

    def recv(self, size: int) -> bytes:
        if not self._incoming:
            raise BlockingIOError(11, "empty")
        taken = bytes(self._incoming[:size])
        del self._incoming[:size]
        return taken

    def send(self, data: bytes) -> int:
        self._outgoing += data
        return len(data)

    sendall = send

    def close(self) -> None:
        """Nothing to close."""

    def receive(self, data: bytes) -> None:
        self._incoming += data
        for _ in self._steps:
            if not self._incoming:
                return
        self.established = True

    def pending(self) -> bytes:
        taken = bytes(self._outgoing)
        self._outgoing.clear()
        return taken


def pump(client: Client, session: Session) -> bytes:
    """Carry bytes to and fro until there are none; return the application's that arrived."""
    arrived = []
    client.receive(b"")
    while True:
        there = client.pending()
        if there:
            arrived.append(session.receive(there))
        back = session.pending()
        if back:
            client.receive(back)
        if not there and not back:
            return b"".join(arrived)


def handshake_messages(flight: bytes) -> list[tuple[int, bytes]]:
    """The types and bodies of the messages in a flight in the clear."""
    found = list(records(flight))
    assert {kind for kind, _, _ in found} <= {22}
    return list(messages(b"".join(fragment for _, _, fragment in found)))


def server_hello_extensions(body: bytes) -> list[tuple[int, bytes]]:
    """The types and contents of a ServerHello's extensions."""
    _, rest = vector(body[2 + 32 :], 1)
    return extensions(rest[3:]) if rest[3:] else []


def first_flight(session: Session, *, ask: bool = True) -> list[tuple[int, bytes]]:
    """What a session answers to a TLS 1.2 ClientHello."""
    client = OpenSSLClient("TLSv1.2", ask=ask)
    client.receive(b"")
    session.receive(client.pending())
    return handshake_messages(session.pending())


def by_openssl(presentation: Presentation) -> Session:
    """Without the check of `OpenSSLServer`, so that OpenSSL's own ways can be seen."""
    return OpenSSLSession(presentation)


TRANSPORTS: dict[str, Callable[[Presentation], Session]] = {
    "openssl": OpenSSLServer().session,
    "tlslite": TlsliteSession,
}

each_transport = pytest.mark.parametrize("transport", TRANSPORTS)


def start(transport: str, presentation: Presentation = HONEST) -> Session:
    """A session by that transport."""
    return TRANSPORTS[transport](presentation)


def connected(
    transport: str, version: str = "TLSv1.3", presentation: Presentation = HONEST
) -> tuple[OpenSSLClient, Session]:
    """A client that asks for a staple, and a session, after their handshake."""
    client, session = OpenSSLClient(version), start(transport, presentation)
    pump(client, session)
    assert client.established, client.error
    assert session.established, session.error
    return client, session


def given_to_leaf(session: Session, version: str) -> bytes | None:
    """The leaf's staple as it is on the wire, None for none, whatever a client makes of it."""
    if version == "TLSv1.2":
        found = [body for kind, body in first_flight(session) if kind == 22]
    else:
        client = TlsliteClient()
        pump(client, session)
        assert session.established
        found = [content for number, content in client.entries[0] if number == 5]
    assert len(found) < 2
    if not found:
        return None
    assert found[0] == certificate_status(found[0][4:])
    return found[0][4:]


openssl_4 = pytest.mark.skipif(SSL.OPENSSL_VERSION_NUMBER < 0x40000000, reason="older ones carry any bytes")
