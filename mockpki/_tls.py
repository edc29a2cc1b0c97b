"""The TLS server: staples, and what each handshake was.

It reads the ClientHello first. Then it knows the leaf (by SNI), whether a staple was asked for, and
which of the two TLS sessions carries that staple unchanged. What is decrypted goes to HTTP, to a
handler, or to a TCP address.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol

from cryptography import x509

from . import _client_hello, _tls_session
from ._answer import Answer, HttpRequest, Wire
from ._authority import Realm
from ._client_hello import ClientHello
from ._engine import Connection, Engine, HttpSession, Listener
from ._leaf import Leaf
from ._services import deliver
from ._tls_openssl import OpenSSLServer
from ._tls_session import Presentation
from .faults._layers import (
    Encoding,
    Envelope,
    OCSPContent,
    Sealing,
    Signing,
    StapleFault,
    Timing,
    check,
)

Stapler = Callable[[Leaf], bytes | None]
"""How a server comes by the staple for a leaf: DER, or None for none."""

Staple = Sequence[StapleFault] | bytes | Stapler | None

Handler = Callable[[socket.socket], object]
"""Called on a thread of its own with a socket that carries the decrypted bytes of one connection."""


def stapler(staple: Staple) -> Stapler:
    """What ``staple=`` means, as a `Stapler`. Raises TypeError for what no staple can be."""
    if staple is None:
        return lambda leaf: None
    if isinstance(staple, bytes | bytearray):
        fixed = bytes(staple)
        return lambda leaf: fixed
    if isinstance(staple, list | tuple):
        faults = check(staple, (Timing, OCSPContent, Signing, Sealing, Envelope, Encoding), "a staple")
        return lambda leaf: leaf.issuer.ocsp.response_for(leaf, *faults)  # type: ignore[arg-type]
    if callable(staple):
        return staple
    raise TypeError(
        f"staple= takes a list of faults, DER bytes, None, or a function of the leaf; got {staple!r}"
    )


@dataclass
class Handshake:
    """Evidence: one connection to a TLS server, as far as it got.

    *staple* are the octets the client was given, None for none. *completed* tells whether the
    handshake ended well for the server; *alert* names the alert the client sent (RFC 8446 section 6)
    and *error* says why a handshake failed. *leaf* was presented; *client_certificate* was the
    client's. *requests* counts the HTTP requests that followed.
    """

    client: str
    server_name: str | None = None
    version: str | None = None
    alpn: str | None = None
    staple_requested: bool = False
    staple: bytes | None = field(default=None, repr=False)
    completed: bool = False
    alert: str | None = None
    error: str | None = None
    leaf: Leaf | None = None
    client_certificate: x509.Certificate | None = field(default=None, repr=False)
    requests: int = 0
    closed: bool = False


class Inner(Protocol):
    """What takes the decrypted bytes."""

    def received(self, data: bytes) -> None: ...

    def ended(self) -> None: ...


class TlsServer:
    """A TLS server on loopback. Made by `PKI.tls_server`; a context manager."""

    def __init__(
        self,
        realm: Realm,
        leaves: Sequence[Leaf],
        staple: Stapler,
        *,
        port: int,
        alpn: Sequence[str],
        minimum_version: str,
        maximum_version: str,
        client_cas: Sequence[bytes],
        client_certificate_required: bool,
        handler: Handler | None,
        forward_to: tuple[str, int] | None,
    ) -> None:
        self._realm = realm
        self._leaves = leaves
        self._staple = staple
        self._wanted_port = port
        self._alpn = tuple(alpn)
        self._versions = (minimum_version, maximum_version)
        self._client_cas = tuple(client_cas)
        self._client_certificate_required = client_certificate_required
        self._handler = handler
        self._forward_to = forward_to
        self._openssl = OpenSSLServer()
        self._listener: Listener | None = None
        self._handshakes: list[Handshake] = []
        self._threads: list[threading.Thread] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._upstreams: set[Connection] = set()
        self._presentation(leaves[0], None)

    def __repr__(self) -> str:
        where = f"port {self._listener.port}" if self._listener else "not started"
        return f"<TlsServer {where}, {len(self._handshakes)} connections>"

    def __enter__(self) -> TlsServer:
        self._realm.require_open()
        listener = Listener(
            self._realm.engine,
            self._bind_host,
            self._wanted_port,
            lambda connection: _TlsConnection(self, connection),
            self._realm.problems,
        )
        self._listener = listener
        self._realm.listeners.append(listener)
        self._realm.engine.call(listener.start)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop, and drop every connection at once. `connections` stays readable."""
        listener = self._listener
        if listener is None or listener not in self._realm.listeners:
            return
        self._realm.engine.call(self._close_on_loop, listener)
        self._realm.listeners.remove(listener)
        for thread in self._threads:
            thread.join(2)
            if thread.is_alive():
                self._realm.problems.add(
                    TimeoutError(
                        "the handler of a TLS server is still running 2 s after its connection was closed"
                    ),
                    "let the handler return when recv() gives b''",
                )

    def _close_on_loop(self, listener: Listener) -> None:
        listener.close()
        for task in list(self._tasks):
            task.cancel()
        for upstream in list(self._upstreams):
            upstream.abort()

    # Where it is.

    @property
    def _started(self) -> Listener:
        if self._listener is None:
            raise ValueError(
                "this TLS server is not running yet; use it as `with pki.tls_server(leaf) as server:`"
            )
        return self._listener

    @property
    def _bind_host(self) -> str:
        return (
            "localhost"
            if self._url_host == "localhost" and self._realm.host == "127.0.0.1"
            else self._realm.host
        )

    @property
    def host(self) -> str:
        """The address to connect to."""
        return self._realm.host

    @property
    def port(self) -> int:
        return self._started.port

    @property
    def _url_host(self) -> str:
        """The first name of the first leaf that leads here, or else the address."""
        for name in self._leaves[0].names:
            if name == "localhost" or (name.endswith(".localhost") and "*" not in name):
                return name
            with contextlib.suppress(ValueError):
                if ipaddress.ip_address(name) == ipaddress.ip_address(self.host):
                    break
        return self._realm.url_host

    @property
    def url(self) -> str:
        """An https URL of this server: by name if the first leaf is for ``localhost``, else by address.

        For a leaf with another name, connect to `host` and `port` and give the name as SNI.
        """
        return f"https://{self._url_host}:{self.port}/"

    @property
    def connections(self) -> list[Handshake]:
        """Every connection so far, oldest first; what has just arrived is read first."""
        self._realm.engine.settle()
        return list(self._handshakes)

    # What the connections ask of it.

    @property
    def engine(self) -> Engine:
        return self._realm.engine

    def opened(self, handshake: Handshake) -> None:
        self._handshakes.append(handshake)

    def choose(self, server_name: str | None) -> Leaf:
        """The leaf for an SNI name: the one that has it, then a wildcard, then the first."""
        if server_name is not None:
            name = server_name.lower().rstrip(".")
            wildcard = "*." + name.partition(".")[2]
            for wanted in (name, wildcard):
                for leaf in self._leaves:
                    if wanted in map(str.lower, leaf.names):
                        return leaf
        return self._leaves[0]

    def session(self, leaf: Leaf, staple: bytes | None) -> _tls_session.Session:
        """A TLS session that shows *leaf* and carries *staple* octet for octet."""
        shown = self._presentation(leaf, staple)
        if _tls_session.needs_tlslite(shown.staples, shown.chain[0]):
            from ._tls_tlslite import TlsliteSession

            return TlsliteSession(shown)
        return self._openssl.session(shown)

    def _presentation(self, leaf: Leaf, staple: bytes | None) -> Presentation:
        minimum, maximum = self._versions
        return Presentation(
            leaf.chain_ders,
            leaf.key,
            () if staple is None else (staple,),
            self._alpn,
            self._client_cas,
            self._client_certificate_required,
            minimum,
            maximum,
        )

    def staple_for(self, leaf: Leaf) -> bytes | None:
        staple = self._staple(leaf)
        if staple is not None and not isinstance(staple, bytes):
            raise TypeError(f"a stapler returns DER bytes or None; {self._staple!r} returned {staple!r}")
        return staple

    def problem(self, error: BaseException, where: str) -> None:
        self._realm.problems.add(error, where)

    def inner(self, outer: _TlsConnection) -> Inner:
        """What takes the decrypted bytes of a new connection."""
        if self._forward_to is not None:
            return self._forwarded(outer, self._forward_to)
        if self._handler is not None:
            return self._handled(outer, self._handler)
        return HttpSession(outer, outer.answer)

    def _upstream(self, outer: _TlsConnection, sock: socket.socket) -> Connection:
        upstream = Connection(self.engine, sock, self._realm.problems, outer.peer)
        self._upstreams.add(upstream)
        upstream.begin(_Back(outer), self._upstreams.discard)
        return upstream

    def _handled(self, outer: _TlsConnection, handler: Handler) -> Inner:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)

        def run() -> None:
            try:
                with theirs:
                    handler(theirs)
            except OSError as error:
                # The client, or the end of the test, has taken the connection away.
                if not isinstance(error, ConnectionError | TimeoutError):
                    self.problem(error, "raised in the handler of a TLS server")
            except Exception as error:
                self.problem(error, "raised in the handler of a TLS server")

        thread = threading.Thread(target=run, name="mockpki handler", daemon=True)
        self._threads.append(thread)
        forward = _Forward(outer)
        forward.connected(self._upstream(outer, ours))
        thread.start()
        return forward

    def _forwarded(self, outer: _TlsConnection, address: tuple[str, int]) -> Inner:
        forward = _Forward(outer)

        async def connect() -> None:
            sock = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
            sock.setblocking(False)
            try:
                await self.engine.loop.sock_connect(sock, address)
            except (OSError, asyncio.CancelledError) as error:
                sock.close()
                outer.abort()
                if isinstance(error, OSError):
                    self.problem(error, f"the TLS server could not forward to {address}")
                return
            forward.connected(self._upstream(outer, sock))

        task = self.engine.loop.create_task(connect())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return forward


class _Forward:
    """Decrypted bytes on their way to a TCP connection."""

    def __init__(self, outer: _TlsConnection) -> None:
        self._outer = outer
        self._waiting = b""
        self._over = False
        self._upstream: Connection | None = None

    def connected(self, upstream: Connection) -> None:
        self._upstream = upstream
        upstream.write(self._waiting)
        if self._over:
            upstream.finish()

    def received(self, data: bytes) -> None:
        if self._upstream is None:
            self._waiting += data
        else:
            self._upstream.write(data)

    def ended(self) -> None:
        self._over = True
        if self._upstream is not None:
            self._upstream.finish()


class _Back:
    """Bytes on their way back from there to the client."""

    def __init__(self, outer: _TlsConnection) -> None:
        self._outer = outer

    def received(self, data: bytes) -> None:
        self._outer.write(data)

    def ended(self) -> None:
        self._outer.finish()


class _TlsConnection:
    """One client: a session of TLS on a `Connection`, and an outlet for what sits above it."""

    def __init__(self, server: TlsServer, connection: Connection) -> None:
        self._server = server
        self._connection = connection
        self.loop: asyncio.AbstractEventLoop = connection.loop
        self.peer = connection.peer
        self._hello = b""
        self._tls: _tls_session.Session | None = None
        self._inner: Inner | None = None
        self.handshake = Handshake(self.peer)
        server.opened(self.handshake)

    # The connection calls these.

    def received(self, data: bytes) -> None:
        if self._tls is None:
            self._hello += data
            try:
                hello = _client_hello.read(self._hello)
                if hello is None:
                    return
            except ValueError:
                # The TLS library says the same to the client, with the right alert.
                hello = ClientHello()
            data, self._hello = self._hello, b""
            if not self._begin(hello):
                return
        self._feed(data)

    def ended(self) -> None:
        self.handshake.closed = True
        if self._tls is not None:
            self._tls.eof()
            self._note(self._tls)
        elif self.handshake.error is None:
            self.handshake.error = "The client closed the connection before it had sent a ClientHello."
        self._end_inner()

    # Above the connection.

    def _begin(self, hello: ClientHello) -> bool:
        handshake = self.handshake
        handshake.server_name = hello.server_name
        handshake.staple_requested = hello.staple_requested
        try:
            leaf = handshake.leaf = self._server.choose(hello.server_name)
            staple = self._server.staple_for(leaf) if hello.staple_requested else None
            self._tls = self._server.session(leaf, staple)
        except Exception as error:
            self._server.problem(error, f"raised in a TLS server, at a handshake for {hello.server_name}")
            handshake.error = f"The test's own stapler failed: {error}"
            self._connection.abort()
            return False
        return True

    def _feed(self, data: bytes) -> None:
        tls = self._tls
        assert tls is not None
        plain = tls.receive(data)
        self._flush(tls)
        self._note(tls)
        if tls.established and self._inner is None and not self._connection.closed:
            self._inner = self._server.inner(self)
        if plain and self._inner is not None:
            self._inner.received(plain)
        if tls.closed:
            self._end_inner()
            self._flush(tls)
            self._connection.finish()

    def _note(self, tls: _tls_session.Session) -> None:
        handshake = self.handshake
        handshake.alert, handshake.error = tls.alert, tls.error
        handshake.staple = tls.staple_sent
        if tls.established and not handshake.completed:
            handshake.completed = True
            handshake.alpn = tls.alpn
            certificate = tls.client_certificate
            if certificate is not None:
                handshake.client_certificate = x509.load_der_x509_certificate(certificate)
        handshake.version = handshake.version or tls.version

    def _flush(self, tls: _tls_session.Session) -> None:
        pending = tls.pending()
        if pending:
            self._connection.write(pending)

    def _end_inner(self) -> None:
        inner, self._inner = self._inner, None
        if inner is not None:
            inner.ended()

    def answer(self, request: HttpRequest) -> Wire:
        """What the server says to HTTP of its own accord."""
        self.handshake.requests += 1
        return deliver(request, Answer.text(200, f"mockpki: you reached {self.handshake.leaf!r}"))

    # An outlet for HTTP, a handler or an upstream.

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

    def abort(self) -> None:
        self._connection.abort()
