"""Both TLS sessions against real clients: pyOpenSSL, Python's ssl, tlslite-ng and openssl s_client.

No sockets but for s_client: bytes are carried from one side to the other by hand.
"""

import datetime as dt
import re
import shutil
import socket
import ssl
import subprocess
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given, settings
from hypothesis import strategies as st
from OpenSSL import SSL, crypto

from mockpki._exchange.staples import StapleMessages, certificate_status, staple_messages
from mockpki._pkix.keys import KeyType, PrivateKey
from mockpki._tls.alerts import alert_name
from mockpki._tls.openssl import OpenSSLServer, OpenSSLSession, new_context
from mockpki._tls.session import Presentation, Session, needs_tlslite
from mockpki._tls.tlslite import TlsliteSession
from tests.kit.authorities import key as made

with warnings.catch_warnings():  # on Python 3.11 it imports asyncore
    warnings.simplefilter("ignore", DeprecationWarning)
    from tlslite.extensions import StatusRequestExtension
    from tlslite.handshakesettings import HandshakeSettings
    from tlslite.messages import Certificate, ClientHello
    from tlslite.tlsconnection import TLSConnection

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
DAY = dt.timedelta(days=1)

# --- certificates and responses -------------------------------------------------------------

KEYS: dict[str, Callable[[], Any]] = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "Ed448": ed448.Ed448PrivateKey.generate,
    "ML-DSA-44": lambda: made(KeyType.MLDSA44),  # skips where there is none
}


@dataclass(frozen=True)
class Identity:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Any

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def serial_number(self) -> int:
        return self.certificate.serial_number


def issue(name: str, issuer: Identity | None = None, key: str = "P-256", ca: bool = True) -> Identity:
    """A certificate signed by *issuer*, or by itself."""
    private_key = KEYS[key]()
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    )
    signing_key = issuer.key if issuer else private_key
    ec_or_rsa = isinstance(signing_key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    return Identity(builder.sign(signing_key, hashes.SHA256() if ec_or_rsa else None), private_key)


ROOT = issue("root")
CA = issue("intermediate", ROOT)
OTHER = issue("another leaf", CA, ca=False)
SELF_SIGNED = issue("self-signed")


@lru_cache
def leaf(key: str = "P-256") -> Identity:
    """The leaf with that kind of key, always the same."""
    return issue("leaf", CA, key, ca=False)


def response(
    subject: Identity,
    issuer: Identity = CA,
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    hashed: hashes.HashAlgorithm | None = None,
) -> bytes:
    """A successful OCSP response with one SingleResponse."""
    revoked = NOW if status is ocsp.OCSPCertStatus.REVOKED else None
    builder = ocsp.OCSPResponseBuilder().add_response(
        subject.certificate,
        issuer.certificate,
        hashed or hashes.SHA1(),
        status,
        NOW,
        NOW + DAY,
        revoked,
        None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer.certificate)
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def error_response(status: ocsp.OCSPResponseStatus) -> bytes:
    """A response of five bytes."""
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


def tlv(tag: int, content: bytes) -> bytes:
    """DER of one value, with a length of up to two bytes."""
    size = len(content)
    length = size.to_bytes(1 if size < 256 else 2)
    head = length if size < 128 else bytes([0x80 | len(length)]) + length
    return bytes([tag]) + head + content


def children(content: bytes) -> list[tuple[int, bytes]]:
    """Tags and contents of the values that follow one another in *content*."""
    found = []
    while content:
        size, start = content[1], 2
        if size > 128:
            start += size - 128
            size = int.from_bytes(content[2:start])
        found.append((content[0], content[start : start + size]))
        content = content[start + size :]
    return found


def join(values: list[tuple[int, bytes]]) -> bytes:
    """The values one after the other, the inverse of `children`."""
    return b"".join(tlv(tag, content) for tag, content in values)


def singles(der: bytes) -> bytes:
    """The SingleResponses of a response."""
    return _basic(der)[1][-1][1]


def with_singles(der: bytes, content: bytes) -> bytes:
    """A response with other SingleResponses; the signature no longer fits, nobody looks."""
    basic, data = _basic(der)
    data[-1] = (0x30, content)
    basic[0] = (0x30, join(data))
    return with_basic(der, tlv(0x30, join(basic)))


def with_cert_id(der: bytes, field: int, content: bytes) -> bytes:
    """A response whose CertID has another hash algorithm (0), issuerNameHash (1) or issuerKeyHash (2)."""
    single = children(children(singles(der))[0][1])
    cert_id = children(single[0][1])
    cert_id[field] = (cert_id[field][0], content)
    single[0] = (single[0][0], join(cert_id))
    return with_singles(der, tlv(0x30, join(single)))


def with_basic(der: bytes, basic: bytes, status: int = 0, kind: bytes | None = None) -> bytes:
    """A response with another BasicOCSPResponse, status or response type."""
    typed = children(children(children(der)[0][1])[1][1])[0][1]
    oid = children(typed)[0][1] if kind is None else kind
    inner = tlv(0x30, join([(6, oid), (4, basic)]))
    return tlv(0x30, join([(10, bytes([status])), (0xA0, inner)]))


def basic_of(der: bytes) -> bytes:
    """The BasicOCSPResponse in a response."""
    typed = children(children(children(der)[0][1])[1][1])[0][1]
    return children(typed)[1][1]


def _basic(der: bytes) -> tuple[list[tuple[int, bytes]], list[tuple[int, bytes]]]:
    basic = children(children(basic_of(der))[0][1])
    return basic, children(basic[0][1])


def test_surgery() -> None:
    """Taken apart and put together again, a response is the same."""
    assert with_singles(GOOD, singles(GOOD)) == GOOD
    assert with_basic(GOOD, basic_of(GOOD)) == GOOD
    assert with_cert_id(GOOD, 1, ocsp.load_der_ocsp_response(GOOD).issuer_name_hash) == GOOD


GOOD = response(leaf())
CHAIN = (leaf().der, CA.der)
HONEST = Presentation(CHAIN, leaf().key, (GOOD,))

# --- clients --------------------------------------------------------------------------------

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
    joined = b""
    while flight:
        assert flight[0] == 22
        size = int.from_bytes(flight[3:5])
        joined += flight[5 : 5 + size]
        flight = flight[5 + size :]
    found = []
    while joined:
        size = int.from_bytes(joined[1:4])
        found.append((joined[0], joined[4 : 4 + size]))
        joined = joined[4 + size :]
    return found


def server_hello_extensions(body: bytes) -> list[tuple[int, bytes]]:
    """The types and contents of a ServerHello's extensions."""
    rest = body[2 + 32 + 1 + body[34] + 3 + 2 :]
    found = []
    while rest:
        size = int.from_bytes(rest[2:4])
        found.append((int.from_bytes(rest[:2]), rest[4 : 4 + size]))
        rest = rest[4 + size :]
    return found


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
each_version = pytest.mark.parametrize("version", VERSIONS)


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


# --- the handshake ----------------------------------------------------------------------------


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

    @pytest.mark.parametrize("offered", [(), ("h3",)])
    def test_alpn_without_overlap(self, transport: str, version: str, offered: tuple[str, ...]) -> None:
        """No protocol in common is no reason to fail."""
        client = OpenSSLClient(version, alpn=(b"h2",))
        session = start(transport, replace(HONEST, alpn=offered))
        pump(client, session)
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


# --- alerts -----------------------------------------------------------------------------------


@each_transport
@each_version
class TestAlerts:
    def test_unknown_ca(self, transport: str, version: str) -> None:
        """A client that does not trust the CA says unknown_ca; its twin above trusts."""
        client, session = OpenSSLClient(version, trust=None), start(transport)
        pump(client, session)
        assert client.error is not None
        assert (session.alert, session.established, session.closed) == ("unknown_ca", False, True)
        assert session.error == "the client ended the connection with the alert unknown_ca"
        assert session.staple_sent == GOOD
        assert session.version == version

    def test_unknown_ca_by_python(self, transport: str, version: str) -> None:
        """So does Python's ssl."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.maximum_version = ssl.TLSVersion[version.replace(".", "_")]
        client, session = PythonClient(context), start(transport)
        pump(client, session)
        assert client.error is not None
        assert session.alert == "unknown_ca"

    def test_staple_refused(self, transport: str, version: str) -> None:
        """A client that does not like the staple says bad_certificate_status_response."""
        client, session = OpenSSLClient(version, accept=False), start(transport)
        pump(client, session)
        assert session.alert == "bad_certificate_status_response"
        assert not session.established

    def test_close_before_establishment(self, transport: str, version: str) -> None:
        """A close_notify in the middle of the handshake counts as an alert."""
        client, session = OpenSSLClient(version), start(transport)
        client.receive(b"")
        session.receive(client.pending())
        assert session.receive(b"\x15\3\3\0\2\1\0") == b""
        assert (session.alert, session.established, session.closed) == ("close_notify", False, True)
        assert session.error == "the client ended the connection with the alert close_notify"

    def test_reason_before_close(self, transport: str, version: str) -> None:
        """A close_notify after an alert that says why does not hide it."""
        client, session = OpenSSLClient(version), start(transport)
        client.receive(b"")
        session.receive(client.pending())
        session.receive(b"\x15\3\3\0\2\1\x5a")
        session.receive(b"\x15\3\3\0\2\1\0")
        assert (session.alert, session.established, session.closed) == ("user_canceled", False, True)

    def test_after_establishment(self, transport: str, version: str) -> None:
        """Damaged ciphertext ends an established connection with bad_record_mac."""
        client, session = connected(transport, version)
        client.connection.send(b"hello")
        damaged = bytearray(client.pending())
        damaged[-1] ^= 1
        assert session.receive(bytes(damaged)) == b""
        assert session.established
        assert (session.closed, session.alert_sent) == (True, "bad_record_mac")
        assert session.error is not None
        session.send(b"dropped")
        session.close()
        session.eof()
        assert session.receive(b"more") == b""
        client.receive(session.pending())
        assert client.error is not None


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
        # OpenSSL has no words for what does not look like TLS at all.
        speechless = transport == "openssl" and name in {"http", "zeros", "ones"}
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


# --- application data ---------------------------------------------------------------------------


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


# --- what OpenSSL carries -----------------------------------------------------------------------

S = ocsp.OCSPResponseStatus
FOR_OTHER = response(OTHER)
SHA256 = bytes.fromhex("0609 608648016503040201 0500")
UNHEARD_OF = bytes.fromhex("0602 2a03")
BER_LENGTH = b"\x30\x84" + len(GOOD[4:]).to_bytes(4) + GOOD[4:]
# Name: what is handed over, what arrives, and whether it is left to OpenSSL.
FACTS: dict[str, tuple[bytes, bytes, bool]] = {
    "good": (GOOD, GOOD, True),
    **{
        name: (der, der, True)
        for name, der in {
            "sha-256": response(leaf(), hashed=hashes.SHA256()),
            "revoked": response(leaf(), status=ocsp.OCSPCertStatus.REVOKED),
            "unknown": response(leaf(), status=ocsp.OCSPCertStatus.UNKNOWN),
            "by another CA": response(leaf(), ROOT),
            "bad signature": GOOD[:-1] + bytes([GOOD[-1] ^ 1]),
            "two, both of the leaf": with_singles(
                GOOD, singles(GOOD) + singles(response(leaf(), hashed=hashes.SHA256()))
            ),
            "another issuerKeyHash": with_cert_id(GOOD, 2, bytes(20)),
            **{f"error {status.name}": error_response(status) for status in S if status.value},
        }.items()
    },
    # Carried, but nothing a rule should be built on.
    **{
        name: (der, der, False)
        for name, der in {
            "two, one of the leaf": with_singles(GOOD, singles(GOOD) + singles(FOR_OTHER)),
            "two, the last of the leaf": with_singles(GOOD, singles(FOR_OTHER) + singles(GOOD)),
            "none of any": with_singles(GOOD, b""),
            "another type": with_basic(GOOD, basic_of(GOOD), kind=b"\x2a\x03"),
            "trailing bytes further in": with_basic(GOOD, basic_of(GOOD) + b"xx"),
            "error with a response": with_basic(GOOD, basic_of(GOOD), status=3),
            "unheard-of status": with_basic(GOOD, basic_of(GOOD), status=9),
            "successful without a response": b"\x30\x03\x0a\x01\x00",
        }.items()
    },
    "trailing bytes": (GOOD + b"xx", GOOD, False),
    "trailing bytes after an error": (b"\x30\x03\x0a\x01\x03xx", b"\x30\x03\x0a\x01\x03", False),
    "twice": (GOOD + GOOD, GOOD, False),
    "BER length": (BER_LENGTH, GOOD, False),
    "another issuerNameHash": (with_cert_id(GOOD, 1, bytes(20)), b"", False),
    "SHA-1 called SHA-256": (with_cert_id(GOOD, 0, SHA256), b"", False),
    "an unheard-of hash": (with_cert_id(GOOD, 0, UNHEARD_OF), b"", False),
    "of another serial": (FOR_OTHER, b"", False),
    "of the intermediate": (response(CA, ROOT), b"", False),
    "garbage": (b"garbage", b"", False),
    "truncated": (GOOD[:-1], b"", False),
    "empty": (b"", b"", False),
}

openssl_4 = pytest.mark.skipif(SSL.OPENSSL_VERSION_NUMBER < 0x40000000, reason="older ones carry any bytes")


@pytest.mark.parametrize("name", FACTS)
class TestCarrying:
    @openssl_4
    @each_version
    def test_openssl(self, name: str, version: str) -> None:
        """OpenSSL carries, changes or drops a staple as the comment in _tls_session says."""
        staple, expected, _ = FACTS[name]
        session = by_openssl(replace(HONEST, staples=(staple,)))
        assert given_to_leaf(session, version) == (expected or None)

    @openssl_4
    def test_intermediates(self, name: str) -> None:
        """Whatever the leaf's staple is, intermediates get none of it."""
        client, session = TlsliteClient(), by_openssl(replace(HONEST, staples=(FACTS[name][0],)))
        pump(client, session)
        assert client.entries[1] == []

    def test_decision(self, name: str) -> None:
        """tlslite is called for what OpenSSL does not carry, and for what is not plain."""
        staple, arrives, plain = FACTS[name]
        assert needs_tlslite((staple,), leaf().der) is not plain
        assert not plain or arrives == staple

    @each_version
    def test_tlslite(self, name: str, version: str) -> None:
        """tlslite carries every one as it is."""
        staple = FACTS[name][0]
        session = start("tlslite", replace(HONEST, staples=(staple,)))
        assert given_to_leaf(session, version) == staple
        assert session.staple_sent == staple

    @each_version
    def test_end_to_end(self, name: str, version: str) -> None:
        """The transport that is decided on delivers the bytes, and they are recorded."""
        staple = FACTS[name][0]
        shown = replace(HONEST, staples=(staple,))
        transport = "tlslite" if needs_tlslite(shown.staples, leaf().der) else "openssl"
        session = start(transport, shown)
        assert given_to_leaf(session, version) == session.staple_sent == staple


@each_version
class TestRefusedByClients:
    @openssl_4
    def test_garbage(self, version: str) -> None:
        """OpenSSL's client has no use for a staple that does not parse, and says so."""
        client = OpenSSLClient(version)
        session = start("tlslite", replace(HONEST, staples=(b"garbage",)))
        pump(client, session)
        assert session.alert == "bad_certificate_status_response"
        assert session.staple_sent == b"garbage"

    def test_empty(self, version: str) -> None:
        """RFC 6066 has no empty response, and OpenSSL's client will not have one."""
        client, session = OpenSSLClient(version), start("tlslite", replace(HONEST, staples=(b"",)))
        pump(client, session)
        assert session.alert == "decode_error"
        assert session.staple_sent == b""


class TestDecision:
    def test_refused_by_openssl_server(self) -> None:
        """OpenSSL is never given a staple it would change."""
        with pytest.raises(ValueError, match="use tlslite"):
            OpenSSLServer().session(replace(HONEST, staples=(GOOD + b"x",)))

    def test_no_staples(self) -> None:
        """Nothing to carry is no work for tlslite."""
        assert not needs_tlslite((), leaf().der)
        assert not needs_tlslite((None, None), leaf().der)

    def test_intermediates(self) -> None:
        """A staple on an intermediate is."""
        assert needs_tlslite((GOOD, response(CA, ROOT)), leaf().der)
        assert not needs_tlslite((GOOD, None), leaf().der)

    @openssl_4
    @each_version
    def test_self_signed(self, version: str) -> None:
        """OpenSSL staples nothing to a self-signed leaf; tlslite does."""
        staple = response(SELF_SIGNED, SELF_SIGNED)
        shown = Presentation((SELF_SIGNED.der,), SELF_SIGNED.key, (staple,))
        assert needs_tlslite(shown.staples, SELF_SIGNED.der)
        for start_with, expected in ((by_openssl, b""), (TlsliteSession, staple)):
            client = OpenSSLClient(version, trust=SELF_SIGNED)
            pump(client, start_with(shown))
            assert client.staple == expected

    def test_leaf_that_does_not_parse(self) -> None:
        """A leaf that is no certificate is not OpenSSL's to show."""
        assert needs_tlslite((GOOD,), b"not a certificate")

    @each_version
    def test_large(self, version: str) -> None:
        """A staple of many records arrives, by either transport."""
        many = with_singles(GOOD, singles(GOOD) * 400)
        assert len(many) > 32_768
        for transport in TRANSPORTS:
            session = start(transport, replace(HONEST, staples=(many,)))
            assert given_to_leaf(session, version) == many


# --- OpenSSL only -------------------------------------------------------------------------------


class TestOpenSSL:
    def test_ml_dsa(self) -> None:
        """A post-quantum key signs TLS 1.3 handshakes."""
        subject = leaf("ML-DSA-44")
        staple = response(subject)
        shown = Presentation((subject.der, CA.der), subject.key, (staple,))
        client, _ = connected("openssl", "TLSv1.3", shown)
        assert client.staple == staple

    def test_contexts_are_kept(self) -> None:
        """A context serves every staple, until too many others were used since."""
        server = OpenSSLServer(size=2)

        def used(presentation: Presentation) -> SSL.Context:
            session = server.session(presentation)
            assert isinstance(session, OpenSSLSession)
            return session._connection.get_context()

        first = used(HONEST)
        assert used(replace(HONEST, staples=())) is first
        second = used(replace(HONEST, alpn=("h2",)))
        assert second is not first
        assert used(HONEST) is first
        used(replace(HONEST, alpn=("h3",)))
        assert used(HONEST) is first
        assert used(replace(HONEST, alpn=("h2",))) is not second

    def test_wrong_key(self) -> None:
        """A key that is not the certificate's is refused at once."""
        with pytest.raises(ValueError, match="OpenSSL cannot use this certificate or key"):
            new_context(replace(HONEST, private_key=OTHER.key))

    def test_freed(self) -> None:
        """A session that is let go does not wait for the garbage collector."""
        import gc
        import weakref

        client, session = connected("openssl")
        inner = weakref.ref(session)
        gc.collect()
        gc.disable()
        try:
            del session
            assert inner() is None
        finally:
            gc.enable()
        assert client.established


CLIENT = issue("client", CA, ca=False)
STRANGER = issue("stranger", issue("another root"), ca=False)
ASKING = replace(HONEST, client_cas=(CA.der, ROOT.der))
REQUIRING = replace(ASKING, client_certificate_required=True)


@each_version
class TestClientCertificates:
    @pytest.mark.parametrize("shown", [ASKING, REQUIRING], ids=["asked", "required"])
    def test_given(self, version: str, shown: Presentation) -> None:
        """A client certificate is checked and told."""
        client, session = OpenSSLClient(version, identity=CLIENT), start("openssl", shown)
        pump(client, session)
        assert session.established, session.error
        assert session.client_certificate == CLIENT.der
        asked = client.connection.get_client_ca_list()
        assert [name.CN for name in asked] == ["intermediate", "root"]

    def test_optional(self, version: str) -> None:
        """A client asked for a certificate may have none."""
        client, session = OpenSSLClient(version), start("openssl", ASKING)
        pump(client, session)
        assert session.established
        assert session.client_certificate is None

    def test_missing(self, version: str) -> None:
        """A client without the certificate it needs is told so."""
        client, session = OpenSSLClient(version), start("openssl", REQUIRING)
        pump(client, session)
        expected = {"TLSv1.2": "handshake_failure", "TLSv1.3": "certificate_required"}[version]
        assert (session.established, session.alert_sent) == (False, expected)
        assert session.error == (
            f"OpenSSL ended the connection with {expected}: peer did not return a certificate"
        )

    def test_untrusted(self, version: str) -> None:
        """A certificate of another CA is not taken, required or not."""
        client, session = OpenSSLClient(version, identity=STRANGER), start("openssl", ASKING)
        pump(client, session)
        assert (session.established, session.alert_sent) == (False, "unknown_ca")

    @pytest.mark.parametrize("client_cas", [(), (CA.der, ROOT.der)], ids=["without", "with"])
    def test_chain_as_given(self, version: str, client_cas: tuple[bytes, ...]) -> None:
        """The trust anchors for clients do not creep into the server's chain."""
        shown = replace(HONEST, chain=CHAIN[:1], client_cas=client_cas)
        client, session = OpenSSLClient(version, trust=None), start("openssl", shown)
        client.receive(b"")
        client.connection.set_verify(SSL.VERIFY_NONE)
        pump(client, session)
        chain = client.connection.get_peer_cert_chain(as_cryptography=True)
        assert chain == [leaf().certificate]


# --- tlslite only -------------------------------------------------------------------------------


class TestTlslite:
    def test_intermediates(self) -> None:
        """TLS 1.3 has room for a staple on each certificate, and only those given are there."""
        third = response(CA, ROOT)
        for staples in [(GOOD, third), (None, third), (GOOD, None), (b"x", b"")]:
            client, session = TlsliteClient(), start("tlslite", replace(HONEST, staples=staples))
            pump(client, session)
            assert session.established
            assert session.staple_sent == staples[0]
            assert client.entries == [
                [] if staple is None else [(5, certificate_status(staple))] for staple in staples
            ]

    def test_tls_1_2_flight(self) -> None:
        """The ServerHello acknowledges, CertificateStatus follows Certificate at once."""
        for transport in TRANSPORTS:
            flight = first_flight(start(transport))
            kinds = [kind for kind, _ in flight]
            assert kinds == [2, 11, 22, 12, 14]
            assert flight[2][1] == certificate_status(GOOD)
            assert server_hello_extensions(flight[0][1]).count((5, b"")) == 1

    def test_tls_1_2_flight_without(self) -> None:
        """Not asked, or with nothing to give, it does neither."""
        nothing = replace(HONEST, staples=(None, GOOD))
        for session, ask in [(start("tlslite"), False), (start("tlslite", nothing), True)]:
            flight = first_flight(session, ask=ask)
            assert [kind for kind, _ in flight] == [2, 11, 12, 14]
            assert 5 not in [number for number, _ in server_hello_extensions(flight[0][1])]
            assert session.staple_sent is None

    def test_any_messages(self) -> None:
        """What is written for a staple is data, and goes out as it is."""
        entries = (((5, b"\1\0\0\1x"), (5, b"\1\0\0\1y")), ((4660, b"z"),))

        def odd(honest: StapleMessages) -> StapleMessages:
            return replace(
                honest,
                entries=entries,
                server_hello=((5, b""), (5, b"z")),
                certificate_status=b"\x02\0\0\xff!",
            )

        def session() -> Session:
            return TlsliteSession(HONEST, odd)

        flight = first_flight(session(), ask=False)
        assert flight[2] == (22, b"\x02\0\0\xff!")
        extensions = server_hello_extensions(flight[0][1])
        assert [found for found in extensions if found[0] == 5] == [(5, b""), (5, b"z")]
        client = TlsliteClient()
        pump(client, session())
        assert client.entries == [list(entry) for entry in entries]

    def test_honest_messages(self) -> None:
        """The honest messages are those of RFC 6066 and RFC 8446, and none for who did not ask."""

        def written(version: str, *staples: bytes | None, asked: bool = True) -> tuple[object, ...]:
            messages = staple_messages(CHAIN, staples, asked, version)
            assert messages.sent == (() if not asked or staples[:1] != (b"ab",) else (b"ab", None))
            return messages.entries, messages.server_hello, messages.certificate_status

        nothing = ((), (), None)
        assert written("TLSv1.3", b"ab") == ((((5, b"\1\0\0\2ab"),), ()), (), None)
        assert written("TLSv1.2", b"ab") == ((), ((5, b""),), b"\1\0\0\2ab")
        assert written("TLSv1.3") == written("TLSv1.3", None) == (((), ()), (), None)
        assert written("TLSv1.2") == written("TLSv1.2", None) == nothing
        for version in VERSIONS:
            assert written(version, b"ab", asked=False) == nothing

    def test_too_long_for_tls_1_3(self) -> None:
        """A staple that no CertificateEntry has room for fails with a reason."""
        long = replace(HONEST, staples=(bytes(65_528),))
        assert needs_tlslite(long.staples, leaf().der)
        session = start("tlslite", long)
        pump(OpenSSLClient(), session)
        assert session.alert_sent == "internal_error"
        assert session.error is not None
        assert "staples of 65536 octets in one block of TLSv1.3 extensions are too many" in session.error
        assert isinstance(session.failure, ValueError)
        longest = replace(HONEST, staples=(bytes(65_527),))
        assert given_to_leaf(start("tlslite", longest), "TLSv1.3") == bytes(65_527)
        assert given_to_leaf(start("tlslite", long), "TLSv1.2") == bytes(65_528)

    def test_too_long_for_any_message(self) -> None:
        """No length of three octets counts a staple of 16 MiB; the session fails with a reason."""
        session = start("tlslite", replace(HONEST, staples=(bytes(2**24),)))
        pump(OpenSSLClient("TLSv1.2"), session)
        assert str(session.failure) == (
            "no TLS message has room for a staple of 16777216 octets (RFC 6066 section 8)"
        )
        assert session.alert_sent == "internal_error"

    def test_ml_dsa(self) -> None:
        """A key tlslite does not know is refused with a sentence."""
        subject = leaf("ML-DSA-44")
        with pytest.raises(ValueError, match="tlslite has no MLDSA44PrivateKey"):
            TlsliteSession(Presentation((subject.der,), subject.key))

    def test_client_certificates(self) -> None:
        """Client certificates are OpenSSL's."""
        with pytest.raises(ValueError, match="cannot check client certificates"):
            TlsliteSession(ASKING)


# --- presentations and names --------------------------------------------------------------------


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

    def test_alert_names(self) -> None:
        """Alerts have RFC 8446's names, and unheard-of ones a number."""
        assert alert_name(0) == "close_notify"
        assert alert_name(111) == "certificate_unobtainable"
        assert alert_name(113) == "bad_certificate_status_response"
        assert alert_name(255) == "alert_255"


# --- openssl s_client ---------------------------------------------------------------------------


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
