"""One client: a session of TLS on a connection, and an outlet for what sits above it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from typing import Protocol

from .._ca.leaf import Leaf
from .._engine.connection import Connection, Receiver
from .._exchange.http import Answer, HttpRequest, http_date
from .._exchange.refusals import METHODS
from .._exchange.steps import Wire, deliver
from .._pkix.reading import load_certificate
from .._problems import describe
from ..staplers._provision import Provision
from .before_tls import BeforeTls
from .client_hello import ClientHello, ClientHelloReader, Offer
from .handshake import Handshake
from .session import Session
from .staple_source import Source, faults_of

# RFC 8446 section 6: an alert record, fatal, handshake_failure.
_HANDSHAKE_FAILURE = bytes([21, 3, 3, 0, 2, 2, 40])
# A 200 would promise a tunnel to the one, and to say its own words back to the other: RFC 9110 sections 9.3.6
# and 9.3.8.
_REFUSED_METHODS = frozenset({"CONNECT", "TRACE"})
# The octets that a client may send ahead while its staple is being found.
_MOST_EARLY = 1 << 17
_RESUMED = "an earlier session was resumed, in which no certificate is sent, and no staple"


class Server(Protocol):
    """What a connection asks of the TLS server that it came to."""

    @property
    def closed(self) -> bool: ...

    def now(self) -> datetime:
        """The time that its own HTTP tells, and when a connection comes."""

    @property
    def source(self) -> Source:
        """Where the staples of handshakes that begin now come from."""

    def opened(self, handshake: Handshake) -> int:
        """A connection has begun, and *handshake* will be its evidence; how many there were before."""

    def progressed(self, handshake: Handshake) -> None:
        """The handshake is completed, or the connection over, and its evidence whole."""

    def choose(self, server_name: str | None, offer: Offer | None) -> Leaf:
        """The leaf for an SNI name, and for what the client can use."""

    def find_staple(
        self, source: Source, leaf: Leaf, number: int, found: Callable[[Future[Provision]], object]
    ) -> None:
        """Call *found* with the staple for *leaf* by *source*, at once or later."""

    def session(self, leaf: Leaf, staple: bytes | None, source: Source) -> Session:
        """A TLS session that shows these, with a staple of that *source*."""

    def speak_first(self, connection: Connection, then: Callable[[str | None], object]) -> BeforeTls | None:
        """Have a function speak in the clear, and call *then*; None where TLS comes first."""

    def inner(self, outer: TlsConnection) -> Receiver:
        """What takes the decrypted octets."""

    def report(self, error: BaseException, where: str) -> None:
        """Something failed here, and not at the client."""


class TlsConnection:
    """One client: a session of TLS on a `Connection`, and an outlet for what sits above it.

    First the ClientHello is read, then its staple is found, then the session begins; what the
    client sends until then is kept in *_early*.
    """

    def __init__(self, server: Server, connection: Connection) -> None:
        self._server = server
        self._connection = connection
        self.loop: asyncio.AbstractEventLoop = connection.loop
        self.peer = connection.peer
        self._early = bytearray()
        self._hello = ClientHelloReader()
        self._greeted = False
        self._tls: Session | None = None
        self._inner: Receiver | None = None
        self._over = False
        self._input_over = False
        self.handshake = Handshake(self.peer, time=server.now())
        self._number = server.opened(self.handshake)
        self._clear = server.speak_first(connection, self._speak_tls)

    # The connection calls these.

    def received(self, data: bytes) -> None:
        if self._tls is not None:
            return self._feed(self._tls, data)
        self._early += data
        if self._greeted:
            if len(self._early) > _MOST_EARLY:
                self._connection.pause_reading()
            return None
        try:
            hello = self._hello.read(data)
        except ValueError:
            # The TLS library says the same to the client, with the right alert.
            hello = ClientHello()
        if hello is not None:
            self._greeted = True
            self._greet(hello)
        return None

    def input_ended(self) -> None:
        tls = self._tls
        if tls is not None and tls.established and not tls.closed:
            self._end_input()
        elif tls is None or not tls.established:
            # Nobody completes a handshake without a word.
            self._connection.finish()

    def output_taken(self) -> None:
        if self._inner is not None:
            self._inner.output_taken()

    def ended(self) -> None:
        handshake = self.handshake
        handshake.closed = True
        if self._clear is not None:
            self._clear.end()
        if self._server.closed and not handshake.completed:
            handshake.error = handshake.error or "the server was closed before the handshake was complete"
        elif self._tls is not None:
            self._tls.eof()
            self._note(self._tls)
        elif handshake.error is None:
            missing = "the stapler had returned" if self._greeted else "it had sent a ClientHello"
            handshake.error = f"the client closed the connection before {missing}"
        self._server.progressed(handshake)
        self._end_inner()

    # The handshake.

    def _speak_tls(self, failure: str | None) -> None:
        """Begin, now that a function has spoken; or end, if there is a *failure*."""
        if failure is None:
            self._connection.resume_reading()
        else:
            self.handshake.error = failure
            self._connection.finish()

    def _greet(self, hello: ClientHello) -> None:
        handshake = self.handshake
        handshake.server_name = hello.server_name
        handshake.staple_requested = hello.staple_requested
        leaf = handshake.leaf = self._server.choose(hello.server_name, hello.offer)
        # Another may be put in its place while the staple is being found.
        source = self._server.source
        if hello.staple_requested or faults_of(source):
            self._server.find_staple(source, leaf, self._number, partial(self._begin, leaf, source))
        else:
            handshake.staple_reason = "the client asked for none"
            self._begin(leaf, source, None)

    def _begin(self, leaf: Leaf, source: Source, staple: Future[Provision] | None) -> None:
        if self._connection.closed and (self._server.closed or staple is None or not staple.exception()):
            return
        try:
            self._present(leaf, source, staple)
        # Nobody above may have called: the loop would write it to a log. Also what is no Exception.
        except BaseException as error:
            self._server.report(error, f"raised in a TLS server, which was about to present {leaf!r}")
            self.handshake.error = self.handshake.error or describe(error)
            self._connection.abort()

    def _present(self, leaf: Leaf, source: Source, staple: Future[Provision] | None) -> None:
        provision = None if staple is None else staple.result()
        if provision is not None:
            self.handshake.staple_reason = provision.reason
            if provision.abort is not None:
                self._refuse(provision.abort, provision.reason)
                return
        tls = self._tls = self._server.session(leaf, None if provision is None else provision.staple, source)
        early, self._early = bytes(self._early), bytearray()
        self._connection.resume_reading()
        self._feed(tls, early)

    def _refuse(self, how: str, reason: str) -> None:
        """End a handshake that has not begun, as *how* says."""
        alert = _HANDSHAKE_FAILURE if how == "handshake_failure" else b""
        self.handshake.alert_sent = how if alert else None
        ended = f"with {how}" if alert else "without an alert"
        self.handshake.error = f"the server ended the connection {ended}: {reason}"
        self._connection.write(alert)
        self._connection.finish()

    def _feed(self, tls: Session, data: bytes) -> None:
        plain = tls.receive(data)
        self._flush(tls)
        self._note(tls)
        if tls.established and not self._over:
            if self._inner is None:
                self._inner = self._server.inner(self)
            if plain:
                self._inner.received(plain)
        if not tls.closed:
            return
        # RFC 8446 section 6.1, of close_notify: "This does not have any effect on its read side of the
        # connection. Note that this is a change from versions of TLS prior to TLS 1.3 in which
        # implementations were required to react to a "close_notify" by discarding pending writes and
        # sending an immediate "close_notify" alert of their own."
        if tls.established and tls.error is None and tls.version == "TLSv1.3":
            self._end_input()
        else:
            self._end_inner()
            # RFC 8446 section 6.1: "Each party MUST send a "close_notify" alert before closing its
            # write side of the connection, unless it has already sent some error alert."
            self.finish()

    def _end_input(self) -> None:
        """The client sends no more; what is under way to it goes on."""
        if not self._input_over:
            self._input_over = True
            if self._inner is None:
                self.finish()
            else:
                self._inner.input_ended()

    def _note(self, tls: Session) -> None:
        handshake = self.handshake
        handshake.alert, handshake.error, handshake.alert_sent = tls.alert, tls.error, tls.alert_sent
        handshake.staple, handshake.staples = tls.staple_sent, tls.staples_sent
        if tls.failure is not None:
            failure, tls.failure = tls.failure, None
            self._server.report(failure, f"raised in a TLS server, which was to present {handshake.leaf!r}")
        handshake.version = handshake.version or tls.version
        if tls.established and not handshake.completed:
            handshake.alpn = tls.alpn
            certificate = tls.client_certificate
            if certificate is not None:
                handshake.client_certificate = load_certificate(certificate)
            handshake.completed = True
            if tls.resumed:
                handshake.resumed = True
                handshake.staple_reason = _RESUMED
            if not handshake.closed:
                self._server.progressed(handshake)

    def _flush(self, tls: Session) -> None:
        pending = tls.pending()
        if pending:
            self._connection.write(pending)

    def _end_inner(self) -> None:
        self._over = True
        inner, self._inner = self._inner, None
        if inner is not None:
            inner.ended()

    def answer(self, request: HttpRequest) -> Wire:
        """What the server says to HTTP of its own accord."""
        self.handshake.requests += 1
        # RFC 9110 section 6.6.1: "An origin server with a clock (as defined in Section 5.6.7) MUST generate a
        # Date header field in all 2xx (Successful), 3xx (Redirection), and 4xx (Client Error) responses".
        date = ("Date", http_date(self._server.now()))
        if request.method in _REFUSED_METHODS:
            allow = ("Allow", ", ".join(sorted(METHODS - _REFUSED_METHODS)))
            sentence = f"mockpki: {request.method} is not allowed here"
            return deliver(request, Answer.text(405, sentence, date, allow))
        return deliver(request, Answer.text(200, f"mockpki: you reached {self.handshake.leaf!r}", date))

    # An outlet for HTTP, a handler or an upstream.

    @property
    def is_full(self) -> bool:
        """Whether the client does not take what is written."""
        return self._connection.is_full

    def pause_reading(self) -> None:
        self._connection.pause_reading()

    def resume_reading(self) -> None:
        self._connection.resume_reading()

    def write(self, data: bytes) -> None:
        tls = self._tls
        if tls is not None and not self._connection.closed:
            tls.send(data)
            self._flush(tls)

    def finish(self) -> None:
        tls = self._tls
        if tls is not None and not self._connection.closed:
            tls.close()
            self._flush(tls)
        self._connection.finish()

    def end_output(self) -> None:
        """Say that no more will come, and go on reading."""
        tls = self._tls
        if tls is None or self._input_over:
            self.finish()
        elif not self._connection.closed:
            tls.close()
            self._flush(tls)
            if tls.closed:
                self._connection.finish()
            else:
                self._connection.end_output()

    def abort(self) -> None:
        self._connection.abort()
