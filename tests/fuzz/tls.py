"""TLS: the ClientHello reader, and OpenSSL with a real client whose flights are bent on the way."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace

from OpenSSL import SSL

from mockpki._tls.client_hello import ClientHello, read_client_hello
from mockpki._tls.openssl import OpenSSLServer
from mockpki._tls.session import Presentation

from .kit import Target, World

_FLIGHTS = 3
_BUFFER = 1 << 16
_VERSIONS = {"TLSv1.2": SSL.TLS1_2_VERSION, "TLSv1.3": SSL.TLS1_3_VERSION}


@dataclass(frozen=True)
class _Options:
    """What the first octet says of the handshake, bit by bit."""

    version: str
    client_asked: bool
    client_shows: bool
    staple: bool
    alpn: bool
    lengths_fixed: bool

    @classmethod
    def of(cls, octet: int) -> _Options:
        bits = [bool(octet >> place & 1) for place in range(6)]
        return cls("TLSv1.3" if bits[0] else "TLSv1.2", *bits[1:])


def hello(fuzzed: World) -> Target:
    """The reader of ClientHellos raises nothing but ValueError, and one octet later tells the same."""

    def run(data: bytes) -> None:
        found, before = _outcome(data), _outcome(data[:-1])
        assert before is None or before == found, f"{before!r} became {found!r} by one octet more"

    flights = [_client(fuzzed, _Options.of(octet)).first_flight() for octet in range(32)]
    return Target(run, tuple(dict.fromkeys(flights)))


def _outcome(data: bytes) -> ClientHello | str | None:
    """A ClientHello, the sentence that refuses it, or None where more is needed."""
    try:
        return read_client_hello(data)
    except ValueError as error:
        return str(error)


class _Client:
    """A client by OpenSSL, without a socket."""

    def __init__(self, context: SSL.Context, *, staple: bool) -> None:
        self._connection = SSL.Connection(context, None)
        self._connection.set_connect_state()
        self._connection.set_tlsext_host_name(b"localhost")
        if staple:
            self._connection.request_ocsp()

    def first_flight(self) -> bytes:
        """The ClientHello."""
        return self.flight(b"")

    def flight(self, received: bytes) -> bytes:
        """What it sends upon *received*; in a connection that is complete also a request."""
        with contextlib.suppress(SSL.Error):
            if received:
                self._connection.bio_write(received)
            self._connection.do_handshake()
            self._connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        try:
            return self._connection.bio_read(_BUFFER)
        except SSL.Error:
            return b""


def _client(fuzzed: World, options: _Options) -> _Client:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_max_proto_version(_VERSIONS[options.version])
    context.set_verify(SSL.VERIFY_NONE)
    if options.client_shows:
        fuzzed.client.configure_cert(context)
    if options.alpn:
        context.set_alpn_protos([b"h2", b"http/1.1"])
    if options.staple:
        context.set_ocsp_client_callback(lambda *_: True)
    return _Client(context, staple=options.staple)


def tls(fuzzed: World) -> Target:
    """OpenSSLSession never raises, whatever becomes of a real client's flights.

    The first octet is the handshake's `_Options`; the second says which flight is bent by the edits
    that follow, four octets each, or (3) that what follows is all that the client sends.
    """
    server = OpenSSLServer()
    shown = Presentation(
        fuzzed.server.chain_ders,
        fuzzed.server.key,
        (fuzzed.pki.ocsp.response_for(fuzzed.server),),
        ("http/1.1",),
    )
    asking = replace(shown, client_cas=(fuzzed.pki.root.der,))

    def run(data: bytes) -> None:
        options, place, rest = _Options.of(data[0] if data else 0), data[1] % 4 if data[1:] else 3, data[2:]
        session = server.session(asking if options.client_asked else shown)
        if place == _FLIGHTS:
            session.receive(rest)
        else:
            client, received = _client(fuzzed, options), b""
            for number in range(_FLIGHTS):
                flight = client.flight(received)
                if number == place:
                    flight = _bent(flight, rest)
                    if options.lengths_fixed:
                        flight = _with_lengths(flight)
                session.receive(flight)
                received = session.pending()
        # Evidence can be read at any time, and the session ends as any other.
        assert session.version in (None, *_VERSIONS), session.version
        assert session.closed == (session.error is not None), (session.closed, session.error)
        _ = session.alpn, session.client_certificate, session.staples_sent
        if session.established:
            session.send(b"answer")
        session.close()
        session.eof()
        session.pending()

    honest = [bytes((octet, 0)) for octet in range(32)]
    edits = [bytes((octet, place)) + b"\0\5\0\7\0\x30\1\0" for octet in (6, 7, 63) for place in range(3)]
    raw = [bytes((octet, 3)) + _client(fuzzed, _Options.of(octet)).first_flight() for octet in (0, 1, 31)]
    return Target(run, tuple(honest + edits + raw))


def _bent(flight: bytes, edits: bytes) -> bytes:
    """*flight* after *edits*: place (two octets), what to do there, and an octet to do it with."""
    data = bytearray(flight)
    for at in range(0, len(edits) - 3, 4):
        place = int.from_bytes(edits[at : at + 2]) % (len(data) + 1)
        what, octet = edits[at + 2 : at + 4]
        match what % 5:
            case 0:
                data[place : place + 1] = bytes((octet,))
            case 1:
                data[place:place] = bytes((octet,))
            case 2:
                del data[place : place + octet]
            case 3:
                del data[place:]
            case _:
                data[place:place] = data[place : place + octet]
    return bytes(data)


def _with_lengths(flight: bytes) -> bytes:
    """*flight* as one record and one message whose lengths are right."""
    body = flight[9:]
    return flight[:3] + (len(body) + 4).to_bytes(2) + flight[5:6] + len(body).to_bytes(3) + body
