"""The TLS server: staples, and what each handshake was.

It reads the ClientHello first. Then it knows the leaf (by SNI), whether a staple was asked for, and
which of the two TLS sessions carries that staple unchanged. What is decrypted goes to HTTP, to a
handler, or to a TCP address.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from types import TracebackType
from typing import Any, Protocol, get_args

from cryptography import x509

from . import _client_hello
from ._ca.ca import CA, Realm
from ._ca.leaf import Leaf
from ._client_hello import ClientHello
from ._clock import monotonic
from ._engine.connection import Connection
from ._engine.fetch import Address, connected
from ._engine.http import HttpSession
from ._engine.listener import Listener
from ._engine.loop import Engine
from ._engine.ports import addresses
from ._exchange.http import Answer, HttpRequest
from ._exchange.staples import StapleMessages
from ._exchange.steps import Wire, deliver
from ._layers import Fault, StapleFault, Stapling, check
from ._pkix.reading import load_certificate
from ._tls_openssl import OpenSSLServer
from ._tls_session import VERSIONS, Presentation, Session, needs_tlslite
from .faults._staples import bend_messages
from .staplers._outcome import Outcome
from .staplers._policy import StaplePolicy
from .staplers._stapler import Stapler

StapleFunction = Callable[[Leaf], bytes | None]
"""A staple for a leaf, by the test's own means: DER, or None for none.

It is called at each handshake whose client asks, on a thread of its own: it may take its time, and
fetch the staple over the network, from the PKI's own responder for one.
"""

Staple = Sequence[StapleFault] | bytes | StapleFunction | StaplePolicy | Stapler | None

Issue = Callable[[str | None], Leaf]
"""The leaf for an SNI name; None: the client gave none."""

Handler = Callable[[socket.socket], object]
"""Called on a thread of its own with a socket that carries the decrypted bytes of one connection."""

_PATIENCE = 2.0

# RFC 8446 section 6: an alert record, fatal, handshake_failure.
_HANDSHAKE_FAILURE = bytes([21, 3, 3, 0, 2, 2, 40])


@dataclass(frozen=True)
class _Ready:
    """A staple that is quickly made and waits for nobody, so that the loop itself may do it.

    *reason* says why it is what it is; *faults* bend how it is written.
    """

    make: StapleFunction
    reason: str
    faults: tuple[Stapling, ...] = ()


Source = _Ready | StapleFunction | Stapler
"""Where a server's staples come from."""


def staple_source(staple: Staple) -> Source:
    """What ``staple=`` means. Raises TypeError for what no staple can be."""
    if staple is None:
        return _Ready(lambda leaf: None, "the server has none")
    if isinstance(staple, Stapler):
        return staple
    if isinstance(staple, StaplePolicy):
        return Stapler(staple)
    if isinstance(staple, bytes | bytearray):
        fixed = bytes(staple)
        return _Ready(lambda leaf: fixed, "the octets that the test gave")
    if isinstance(staple, list | tuple):
        checked = check(staple, get_args(StapleFault), "a staple")
        bytes_faults = tuple(fault for fault in checked if not isinstance(fault, Stapling))
        return _Ready(
            lambda leaf: _response_for(leaf, 0, *bytes_faults),
            f"bent by {', '.join(map(repr, checked))}"
            if checked
            else "an honest one, made for this handshake",
            tuple(fault for fault in checked if isinstance(fault, Stapling)),
        )
    if isinstance(staple, Fault):
        raise TypeError(f"staple= takes a list of faults; write staple=[{staple!r}]")
    if callable(staple) and not isinstance(staple, type):
        return staple
    raise TypeError(
        "staple= takes a stapling policy, a Stapler, a list of faults, DER bytes, None, or a function of the "
        f"leaf; got {staple!r}"
    )


@dataclass
class Handshake:
    """Evidence: one connection to a TLS server, as far as it got; it fills as the connection goes on.

    *staple* are the octets the client was given for the leaf, None for none; *staples* those for every
    certificate it was shown, leaf first, empty where there were none at all. *staple_reason* says in a
    sentence why the server had this staple for it, or none. *completed* tells whether the
    handshake ended well for the server; *alert* names the alert the client sent (RFC 8446 section 6)
    and *error* says why a handshake failed. *leaf* was presented; *client_certificate* was the
    client's. *requests* counts the HTTP requests that followed. *closed*: the connection is over.
    """

    client: str
    server_name: str | None = None
    version: str | None = None
    alpn: str | None = None
    staple_requested: bool = False
    staple: bytes | None = field(default=None, repr=False)
    staples: tuple[bytes | None, ...] = field(default=(), repr=False)
    staple_reason: str | None = None
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
    """A TLS server on loopback. Made by `PKI.tls_server`; a context manager, for one block."""

    def __init__(
        self,
        realm: Realm,
        leaves: Sequence[Leaf],
        staple: Source,
        *,
        issue: Issue | None,
        port: int,
        alpn: Sequence[str],
        minimum_version: str,
        maximum_version: str,
        client_cas: Sequence[bytes],
        client_certificate_required: bool,
        handler: Handler | None,
        forward_to: tuple[str, int] | None,
    ) -> None:
        if client_certificate_required and not client_cas:
            raise ValueError("client_certificate_required=True needs client_ca=, to check certificates with")
        self._realm = realm
        self.leaves = leaves
        """Those it was given. Empty for one that has a function issue them."""
        self._issue = issue
        self._staple = staple
        self._faults = staple.faults if isinstance(staple, _Ready) else ()
        self._wanted_port = _port(port)
        self._alpn = _protocols(alpn)
        self._versions = _version_range(minimum_version, maximum_version)
        self._client_cas = tuple(client_cas)
        self._client_certificate_required = client_certificate_required
        if handler is not None:
            _called(handler)
        self._handler = handler
        self._forward_to = None if forward_to is None else _resolved(forward_to)
        self._by_name: dict[str, Leaf] = {}
        for leaf in leaves:
            self._check(leaf)
            for name in leaf.names:
                self._by_name.setdefault(name.lower(), leaf)
        self._url_host, self._bind_host = self._hosts()
        self._openssl = OpenSSLServer()
        self._listener: Listener | None = None
        self._closed = False
        self._handshakes: list[Handshake] = []
        self._handlers: list[threading.Thread] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._upstreams: set[Connection] = set()

    def _hosts(self) -> tuple[str, str]:
        """The host in `url`, which is the first name of the first leaf that leads here; and what to bind."""
        here = self._realm.host
        # A function has a leaf for every name.
        for name in self.leaves[0].names if self.leaves else ("localhost",):
            if name in addresses(here):
                return (f"[{name}]" if ":" in name else name), here
            if name == "localhost" and (here == name or here in addresses(name)):
                # Clients try ::1 first, or 127.0.0.1: both have to be this server's.
                return name, name
        return self._realm.url_host, here

    def __repr__(self) -> str:
        where = f"port {self._listener.port}" if self._listener else "not started"
        return f"<TlsServer {where}, {len(self._handshakes)} connections>"

    def __enter__(self) -> TlsServer:
        self._realm.require_open()
        if self._listener is not None:
            raise ValueError("this TLS server has been started before; make another with pki.tls_server()")
        if isinstance(self._staple, Stapler):
            # Before there is a port: a server may have to wait for its staples, or not start at all.
            self._staple.attach(self, self._realm)
        try:
            self._listener = self._listen()
        except BaseException:
            self._engine.call(self._let_go)
            raise
        self._engine.call(self._listener.start)
        return self

    def _listen(self) -> Listener:
        return Listener(
            self._engine,
            self._bind_host,
            self._wanted_port,
            lambda connection: _TlsConnection(self, connection),
            self._realm.problems,
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop, and drop every connection at once. `connections` stays readable.

        Handlers have two seconds to notice; one that is still running then fails the test.
        """
        if self._closed:
            return
        if self._listener is None:
            # It may be starting, in another thread.
            self._engine.call(self._let_go)
            return
        self._engine.call(self._close_on_loop, self._listener)
        until = monotonic() + _PATIENCE
        handlers = [thread for thread in self._handlers if thread is not threading.current_thread()]
        for thread in handlers:
            thread.join(max(0.0, until - monotonic()))
        if any(thread.is_alive() for thread in handlers):
            self._problem(
                TimeoutError(
                    f"the handler of a TLS server is still running {_PATIENCE:g} s after its connection "
                    "was closed"
                ),
                "let the handler return when recv() gives b''",
            )

    def _close_on_loop(self, listener: Listener) -> None:
        self._closed = True
        self._let_go()
        listener.close()
        for task in list(self._tasks):
            task.cancel()
        for upstream in list(self._upstreams):
            upstream.abort()

    def _let_go(self) -> None:
        if isinstance(self._staple, Stapler):
            self._staple.detach(self)

    def stop_listening(self) -> None:
        """On the loop: refuse connections, and drop those there are, as a process that ends."""
        if self._listener is not None:
            self._listener.stop()

    def listen_again(self) -> None:
        """On the loop: take connections, as a process that has started."""
        if self._listener is not None and not self._closed:
            self._listener.start()

    # Where it is.

    @property
    def host(self) -> str:
        """The address to connect to."""
        return self._realm.host

    @property
    def port(self) -> int:
        """The port to connect to. Raises ValueError before the block is entered."""
        if self._listener is None:
            raise ValueError(
                "this TLS server is not running yet; use it as `with pki.tls_server(leaf) as server:`"
            )
        return self._listener.port

    @property
    def url(self) -> str:
        """An https URL of this server: by name if the first leaf is for ``localhost``, else by address.

        For a leaf with another name, connect to `host` and `port` and give the name as SNI.
        """
        return f"https://{self._url_host}:{self.port}/"

    @property
    def connections(self) -> list[Handshake]:
        """Every connection so far, oldest first; what has just arrived is read first."""
        if self._listener is not None and not self._closed:
            self._engine.settle()
        return list(self._handshakes)

    @property
    def stapler(self) -> Stapler:
        """What gets its staples. Raises ValueError for a server that has none, but a staple of its own."""
        if not isinstance(self._staple, Stapler):
            raise ValueError(
                "this TLS server has no stapler; give it one, as in tls_server(leaf, staple=staplers.NGINX)"
            )
        return self._staple

    # What the connections ask of it.

    @property
    def _engine(self) -> Engine:
        return self._realm.engine

    @property
    def closed(self) -> bool:
        """Whether `close` was called, or the PKI's."""
        return self._closed

    def _opened(self, handshake: Handshake) -> int:
        self._handshakes.append(handshake)
        return len(self._handshakes) - 1

    def _problem(self, error: BaseException, where: str) -> None:
        self._realm.problems.add(error, where)

    def choose(self, server_name: str | None) -> Leaf:
        """The leaf for an SNI name: the one that has it, then a wildcard, then the first.

        A server whose leaves a function issues asks that one, once for each name.
        """
        name = (server_name or "").lower().rstrip(".")
        if self._issue is not None:
            leaf = self._by_name.get(name)
            if leaf is None:
                leaf = self._by_name[name] = self._issued(self._issue, name or None)
                if isinstance(self._staple, Stapler):
                    self._staple.load(leaf)
            return leaf
        wildcard = "*." + name.partition(".")[2]
        return self._by_name.get(name) or self._by_name.get(wildcard) or self.leaves[0]

    def _issued(self, issue: Issue, name: str | None) -> Leaf:
        try:
            leaf: object = issue(name)
            if not isinstance(leaf, Leaf):
                raise TypeError(f"a function that issues leaves returns a Leaf; {issue!r} returned {leaf!r}")
            if leaf.issuer not in self._realm.cas:
                raise ValueError(
                    f"{leaf!r} belongs to another PKI, and clients of this one would not trust it"
                )
            self._check(leaf)
        except BaseException as error:
            error.add_note(f"mockpki: raised by the function that issues leaves, for the name {name!r}")
            raise
        return leaf

    @property
    def staples_unasked(self) -> bool:
        """Whether a client that asks for no staple may be sent one all the same."""
        return bool(self._faults)

    def find_staple(self, leaf: Leaf, number: int, found: Callable[[Future[Outcome]], object]) -> None:
        """Call *found* on the loop with the staple for *leaf*: at once, or when it is there.

        *number* is that of the connection.
        """
        source = self._staple
        if isinstance(source, Stapler):
            source.serve(leaf, number, lambda outcome: found(_done(outcome)))
            return
        if isinstance(source, _Ready):
            found(_outcome(source.make, source.reason, leaf))
            return

        def work() -> None:
            outcome = _outcome(source, "what the test's own function returned", leaf)
            with contextlib.suppress(RuntimeError):  # the loop may have ended before
                self._engine.loop.call_soon_threadsafe(found, outcome)

        # Nobody waits for it: it may hang with the responder that it asks.
        threading.Thread(target=work, name="mockpki stapler", daemon=True).start()

    def session(self, leaf: Leaf, staple: bytes | None) -> Session:
        """A TLS session that shows *leaf* and carries *staple* octet for octet."""
        shown = self._presentation(leaf, staple)
        if self._faults or needs_tlslite(shown.staples, shown.chain[0]):
            from ._tls_tlslite import TlsliteSession

            return TlsliteSession(shown, partial(_bend_messages, leaf, self._faults))
        return self._openssl.session(shown)

    def _check(self, leaf: Leaf) -> None:
        """Raise ValueError for a leaf that cannot be presented."""
        self._presentation(leaf, None)

    def _presentation(self, leaf: Leaf, staple: bytes | None) -> Presentation:
        try:
            key = leaf.key
        except LookupError as error:
            raise ValueError(f"{error}; no TLS server can present it without") from error
        minimum, maximum = self._versions
        return Presentation(
            leaf.chain_ders,
            key,
            () if staple is None else (staple,),
            self._alpn,
            self._client_cas,
            self._client_certificate_required,
            minimum,
            maximum,
        )

    # Where the decrypted bytes go.

    def inner(self, outer: _TlsConnection) -> Inner:
        """What takes the decrypted bytes of a new connection."""
        if self._forward_to is not None:
            return self._forwarded(outer, self._forward_to)
        if self._handler is not None:
            return self._handled(outer, self._handler)
        return HttpSession(outer, outer.answer, self._realm.problems)

    def _upstream(self, outer: _TlsConnection, sock: socket.socket) -> Connection:
        upstream = Connection(self._engine, sock, self._realm.problems, outer.peer)
        self._upstreams.add(upstream)
        upstream.begin(_Back(outer), self._upstreams.discard)
        return upstream

    def _handled(self, outer: _TlsConnection, handler: Handler) -> Inner:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        upstream = self._upstream(outer, ours)

        def run() -> None:
            try:
                with theirs:
                    handler(theirs)
            except Exception as error:
                # The client, or the end of the test, may have taken the connection away.
                if not (upstream.closed and isinstance(error, BrokenPipeError | ConnectionResetError)):
                    self._problem(error, "raised in the handler of a TLS server")

        thread = threading.Thread(target=run, name="mockpki handler", daemon=True)
        self._handlers = [*(other for other in self._handlers if other.is_alive()), thread]
        thread.start()
        forward = _Forward()
        forward.connected(upstream)
        return forward

    def _forwarded(self, outer: _TlsConnection, targets: Sequence[Address]) -> Inner:
        forward = _Forward()

        async def connect() -> None:
            try:
                sock = await connected(self._engine.loop, targets)
            except OSError as error:
                self._problem(error, f"the TLS server could not forward a connection to {targets[0][4]}")
                outer.abort()
            else:
                forward.connected(self._upstream(outer, sock))

        task = self._engine.loop.create_task(connect())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return forward


def _response_for(leaf: Leaf, place: int, *faults: Any) -> bytes:
    """The OCSP response about the certificate at *place* of the leaf's chain, by whoever issued it."""
    about: Leaf | CA = leaf
    issuer: CA | None = leaf.issuer
    for _ in range(place):
        if issuer is not None:
            about, issuer = issuer, issuer.issuer
    if issuer is None:
        raise LookupError(f"{about!r} is a root: nobody is above it to answer for it")
    return issuer.ocsp.response_for(about, *faults)


def _bend_messages(leaf: Leaf, faults: tuple[Stapling, ...], honest: StapleMessages) -> StapleMessages:
    return bend_messages(replace(honest, response_for=partial(_response_for, leaf)), faults)


def _outcome(make: StapleFunction, reason: str, leaf: Leaf) -> Future[Outcome]:
    """What *make* returned for *leaf*, or raised."""
    try:
        made = make(leaf)
        if made is not None and not isinstance(made, bytes):
            raise TypeError(f"a stapler returns DER bytes or None; {make!r} returned {made!r}")
        return _done(Outcome(made, reason))
    except Exception as error:
        future: Future[Outcome] = Future()
        future.set_exception(error)
        return future


def _done(outcome: Outcome) -> Future[Outcome]:
    future: Future[Outcome] = Future()
    future.set_result(outcome)
    return future


# What tls_server() was given.


def _port(port: object) -> int:
    if not isinstance(port, int) or not 0 <= port <= 65535:
        raise ValueError(f"port= takes a number up to 65535, or 0 for a free one; got {port!r}")
    return port


def _protocols(alpn: Sequence[object]) -> tuple[str, ...]:
    if isinstance(alpn, str):
        raise TypeError(f"alpn= takes a list of protocols, such as ['h2', 'http/1.1']; got the text {alpn!r}")
    names = tuple(name for name in alpn if isinstance(name, str) and 0 < len(name) < 256)
    if len(names) < len(alpn):
        # RFC 7301 section 3.1: "opaque ProtocolName<1..2^8-1>".
        raise ValueError(f"each protocol in alpn= is a text of 1 to 255 characters; got {alpn!r}")
    return names


def _called(handler: object) -> None:
    if not callable(handler):
        raise TypeError(f"handler= takes a function that is called with a socket; got {handler!r}")


def _version_range(minimum: str, maximum: str) -> tuple[str, str]:
    for version in (minimum, maximum):
        if version not in VERSIONS:
            raise ValueError(f"{version!r} is no version of TLS; give 'TLSv1.2' or 'TLSv1.3'")
    if VERSIONS.index(minimum) > VERSIONS.index(maximum):
        raise ValueError(f"no version of TLS is at least {minimum} and at most {maximum}")
    return minimum, maximum


def _resolved(forward_to: tuple[str, int]) -> Sequence[Address]:
    """The addresses of a (host, port). Raises OSError for a name without any."""
    match forward_to:
        case (str() as host, int() as port) if 0 < port < 65536:
            try:
                return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except OSError as error:
                error.add_note(f"mockpki: forward_to={forward_to!r} leads to no address")
                raise
    raise ValueError(f"forward_to= takes a (host, port), such as ('127.0.0.1', 5432); got {forward_to!r}")


class _Forward:
    """Decrypted bytes on their way to a handler or a TCP connection."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._over = False
        self._upstream: Connection | None = None

    def connected(self, upstream: Connection) -> None:
        self._upstream = upstream
        if self._waiting:
            upstream.write(bytes(self._waiting))
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
    """One client: a session of TLS on a `Connection`, and an outlet for what sits above it.

    First the ClientHello is read, then its staple is found, then the session begins; what the
    client sends until then is kept in *_early*.
    """

    def __init__(self, server: TlsServer, connection: Connection) -> None:
        self._server = server
        self._connection = connection
        self.loop: asyncio.AbstractEventLoop = connection.loop
        self.peer = connection.peer
        self._early = b""
        self._greeted = False
        self._tls: Session | None = None
        self._inner: Inner | None = None
        self._over = False
        self.handshake = Handshake(self.peer)
        self._number = server._opened(self.handshake)

    # The connection calls these.

    def received(self, data: bytes) -> None:
        if self._tls is not None:
            return self._feed(self._tls, data)
        self._early += data
        if self._greeted:
            return None
        try:
            hello = _client_hello.read(self._early)
        except ValueError:
            # The TLS library says the same to the client, with the right alert.
            hello = ClientHello()
        if hello is not None:
            self._greeted = True
            self._greet(hello)
        return None

    def ended(self) -> None:
        handshake = self.handshake
        handshake.closed = True
        if self._server.closed and not handshake.completed:
            handshake.error = handshake.error or "The server was closed before the handshake was complete."
        elif self._tls is not None:
            self._tls.eof()
            self._note(self._tls)
        elif handshake.error is None:
            missing = "the stapler had returned" if self._greeted else "it had sent a ClientHello"
            handshake.error = f"The client closed the connection before {missing}."
        self._end_inner()

    # The handshake.

    def _greet(self, hello: ClientHello) -> None:
        handshake = self.handshake
        handshake.server_name = hello.server_name
        handshake.staple_requested = hello.staple_requested
        leaf = handshake.leaf = self._server.choose(hello.server_name)
        if hello.staple_requested or self._server.staples_unasked:
            self._server.find_staple(leaf, self._number, partial(self._begin, leaf))
        else:
            handshake.staple_reason = "the client asked for none"
            self._begin(leaf, None)

    def _begin(self, leaf: Leaf, staple: Future[Outcome] | None) -> None:
        if self._connection.closed and (self._server.closed or staple is None or not staple.exception()):
            return
        try:
            outcome = None if staple is None else staple.result()
            if outcome is not None:
                self.handshake.staple_reason = outcome.reason
                if outcome.abort is not None:
                    self._refuse(outcome.abort, outcome.reason)
                    return
            tls = self._server.session(leaf, None if outcome is None else outcome.staple)
        except Exception as error:
            self._server._problem(error, f"raised in a TLS server, which was about to present {leaf!r}")
            self.handshake.error = self.handshake.error or f"{type(error).__name__}: {error}"
            self._connection.abort()
            return
        self._tls = tls
        early, self._early = self._early, b""
        self._feed(tls, early)

    def _refuse(self, how: str, reason: str) -> None:
        """End a handshake that has not begun, as *how* says."""
        alert = _HANDSHAKE_FAILURE if how == "handshake_failure" else b""
        ended = f"with {how}" if alert else "without an alert"
        self.handshake.error = f"The server ended the connection {ended}: {reason}."
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
        if tls.closed:
            self._end_inner()
            # RFC 8446 section 6.1: "Each party MUST send a "close_notify" alert before closing its
            # write side of the connection, unless it has already sent some error alert."
            self.finish()

    def _note(self, tls: Session) -> None:
        handshake = self.handshake
        handshake.alert, handshake.error = tls.alert, tls.error
        handshake.staple, handshake.staples = tls.staple_sent, tls.staples_sent
        if tls.failure is not None:
            failure, tls.failure = tls.failure, None
            self._server._problem(failure, f"raised in a TLS server, which was to staple {handshake.leaf!r}")
        handshake.version = handshake.version or tls.version
        if tls.established and not handshake.completed:
            handshake.alpn = tls.alpn
            certificate = tls.client_certificate
            if certificate is not None:
                handshake.client_certificate = load_certificate(certificate)
            handshake.completed = True

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
