"""The event loop, and the TCP and HTTP that run on it. It obeys a `Wire` and decides nothing.

1. One loop and one daemon thread per process, started with the first PKI and stopped with the last.
2. `Connection` and `Listener` live on the loop's thread; other threads go through `Engine.call`.
3. Nothing here waits for a client: closing tears every connection down at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import os
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

import httptools

from ._answer import Abort, Answer, Finish, HttpRequest, Send, Silence, Step, Wait, Wire
from ._clock import monotonic
from ._services import Problems

T = TypeVar("T")

BACKLOG = 1024
_CHUNK = 1 << 16
_MAX_BODY = 1 << 20
_MAX_HEAD = 1 << 16


class _Loop(asyncio.SelectorEventLoop):
    """asyncio's loop on a clock that freezegun does not stop."""

    def time(self) -> float:
        return monotonic()


class Engine:
    """The background loop. `acquire` and `release` it in pairs; `call` runs a function on it."""

    _guard = threading.Lock()
    _current: Engine | None = None

    def __init__(self) -> None:
        self.loop = _Loop()
        self._users = 0
        self._pid = os.getpid()
        self.connections: set[Connection] = set()
        self._thread = threading.Thread(target=self._run, name="mockpki", daemon=True)
        self._thread.start()

    @classmethod
    def acquire(cls) -> Engine:
        with cls._guard:
            engine = cls._current
            # A forked child has the object, but not the thread.
            if engine is None or engine._pid != os.getpid():
                engine = cls._current = Engine()
            engine._users += 1
            return engine

    def release(self) -> None:
        with self._guard:
            self._users -= 1
            if self._users or self._pid != os.getpid():
                return
            if type(self)._current is self:
                type(self)._current = None
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def call(self, function: Callable[..., T], *args: Any) -> T:
        """*function* called on the loop's thread; its result, or what it raised."""
        if threading.current_thread() is self._thread:
            return function(*args)
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(function(*args))
            except BaseException as error:
                future.set_exception(error)

        self.loop.call_soon_threadsafe(run)
        return future.result()

    def settle(self) -> None:
        """Return once whatever had reached this machine's sockets when called has been read.

        On loopback a client's octets are in our socket before its send returns, so a few turns of
        the loop see them all; no time is waited for.
        """
        if threading.current_thread() is self._thread:
            return
        done = threading.Event()

        def turn(left: int) -> None:
            if left:
                self.loop.call_soon(turn, left - 1)
            else:
                done.set()

        self.loop.call_soon_threadsafe(turn, 6)
        done.wait(5)


class Session(Protocol):
    """What sits on a `Connection`: it is told of octets and of the end."""

    def received(self, data: bytes) -> None: ...

    def ended(self) -> None:
        """The peer closed, or the connection was lost or torn down. Called once."""


class Connection:
    """One accepted TCP connection on the loop."""

    def __init__(self, engine: Engine, sock: socket.socket, problems: Problems, peer: str) -> None:
        self.loop = engine.loop
        self.peer = peer
        self.session: Session | None = None
        self.closed = False
        self._engine = engine
        self._sock = sock
        self._problems = problems
        self._out = bytearray()
        self._finishing = False
        self._on_close: Callable[[Connection], None] = engine.connections.discard
        engine.connections.add(self)

    def begin(self, session: Session, on_close: Callable[[Connection], None]) -> None:
        """Hand what arrives to *session*. Often the first octets are here already."""
        self.session = session
        self._on_close = on_close
        self._read()
        if not self.closed:
            self.loop.add_reader(self._sock, self._read)

    def _read(self) -> None:
        try:
            data = self._sock.recv(_CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.abort(reset=False)
            return
        self._guarded(data)

    def _guarded(self, data: bytes) -> None:
        try:
            if data and self.session is not None:
                self.session.received(data)
            elif not data:
                # A client that has closed its side is not waiting for more than what is under way.
                self.loop.remove_reader(self._sock)
                self._end_session()
                self.finish()
        except Exception as error:
            self._problems.add(error, f"raised on the connection of {self.peer}")
            self.abort()

    def write(self, data: bytes) -> None:
        if self.closed or self._finishing:
            return
        if not self._out:
            try:
                sent = self._sock.send(data)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError:
                self.abort(reset=False)
                return
            if sent == len(data):
                return
            data = data[sent:]
            self.loop.add_writer(self._sock, self._flush)
        self._out += data

    def _flush(self) -> None:
        try:
            sent = self._sock.send(self._out)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.abort(reset=False)
            return
        del self._out[:sent]
        if not self._out:
            self.loop.remove_writer(self._sock)
            if self._finishing:
                self._close()

    @property
    def buffered(self) -> int:
        """Octets that the peer has not taken yet."""
        return len(self._out)

    def finish(self) -> None:
        """Send what is left, then close in order."""
        if self.closed:
            return
        self._finishing = True
        if not self._out:
            self._close()

    def abort(self, *, reset: bool = True) -> None:
        """Close at once; with *reset*, by RST."""
        if self.closed:
            return
        if reset:
            with contextlib.suppress(OSError):
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._close()

    def _close(self) -> None:
        self.closed = True
        self.loop.remove_reader(self._sock)
        self.loop.remove_writer(self._sock)
        with contextlib.suppress(OSError):
            if self._finishing:
                # What the peer still sends must not turn our FIN into an RST that overtakes it.
                self._sock.shutdown(socket.SHUT_WR)
                self._sock.recv(_CHUNK)
        self._sock.close()
        self._engine.connections.discard(self)
        self._on_close(self)
        try:
            self._end_session()
        except Exception as error:
            self._problems.add(error, f"raised when the connection of {self.peer} ended")

    def _end_session(self) -> None:
        session, self.session = self.session, None
        if session is not None:
            session.ended()


class Listener:
    """One port, on every address of *host*, that can stop listening and start again.

    A holder socket is bound and never listens: it keeps the port while nobody is there to answer,
    so that the URLs in certificates stay right. Raises OSError when the port is taken.
    """

    def __init__(
        self,
        engine: Engine,
        host: str,
        port: int,
        new_session: Callable[[Connection], Session],
        problems: Problems,
    ) -> None:
        self._engine = engine
        self._new_session = new_session
        self._problems = problems
        self.connections: set[Connection] = set()
        self._holders = bind(host, port)
        self.port: int = self._holders[0].getsockname()[1]
        self._listening: list[socket.socket] = []
        self._sockets_to_listen = self._open()

    def _open(self) -> list[socket.socket]:
        opened = []
        for holder in self._holders:
            # Without SO_REUSEPORT (Windows) the holder itself has to listen, and an outage leaves its
            # port free for a moment.
            sock = _new_socket(holder.family) if _REUSEPORT else holder
            if sock is not holder:
                sock.bind(holder.getsockname())
            sock.listen(BACKLOG)
            opened.append(sock)
        return opened

    def start(self) -> None:
        """On the loop: take connections."""
        for sock in self._sockets_to_listen or self._open():
            self._engine.loop.add_reader(sock, self._accept, sock)
            self._listening.append(sock)
        self._sockets_to_listen = []

    def stop(self) -> None:
        """On the loop: refuse connections, and tear down those there are. The port stays ours."""
        for sock in self._listening:
            self._engine.loop.remove_reader(sock)
            sock.close()
        self._listening = []
        for connection in list(self.connections):
            connection.abort()

    def set_accepting(self, accepting: bool) -> None:
        """From any thread: `start` or `stop`."""
        self._engine.call(self.start if accepting else self.stop)

    def close(self) -> None:
        """On the loop: `stop`, and give the port back."""
        self.stop()
        for sock in (*self._holders, *self._sockets_to_listen):
            sock.close()

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(BACKLOG):
            try:
                sock, address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                    self._problems.add(
                        error, f"port {self.port} cannot take more connections; raise `ulimit -n`"
                    )
                    self.stop()
                return
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(self._engine, sock, self._problems, f"{address[0]}:{address[1]}")
            self.connections.add(connection)
            connection.begin(self._new_session(connection), self.connections.discard)


def start_all(listeners: Iterable[Listener]) -> None:
    """On the loop: `Listener.start` for each."""
    for listener in listeners:
        listener.start()


def close_all(listeners: Iterable[Listener]) -> None:
    """On the loop: `Listener.close` for each."""
    for listener in listeners:
        listener.close()


_REUSEPORT = hasattr(socket, "SO_REUSEPORT")


def _new_socket(family: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setblocking(False)
    if _REUSEPORT:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    return sock


def addresses(host: str) -> list[str]:
    """The loopback addresses that *host* stands for; ValueError for anything else."""
    if host == "localhost":
        return ["127.0.0.1", "::1"] if _has_ipv6() else ["127.0.0.1"]
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(host).is_loopback:
            return [host]
    raise ValueError(
        f"{host!r} is not a loopback address; mockpki serves on '127.0.0.1', '::1' or 'localhost' only"
    )


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


def bind(host: str, port: int) -> list[socket.socket]:
    """Holder sockets on one port of every address; a port of 0 is chosen by the system."""
    hosts = addresses(host)
    for attempt in range(20):
        bound: list[socket.socket] = []
        try:
            chosen = port
            for address in hosts:
                family = socket.AF_INET6 if ":" in address else socket.AF_INET
                sock = socket.socket(family, socket.SOCK_STREAM)
                bound.append(sock)
                sock.setblocking(False)
                if family == socket.AF_INET6:
                    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                # Bound before SO_REUSEPORT is set, a port that anyone else holds is an error.
                sock.bind((address, chosen))
                if _REUSEPORT:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                chosen = sock.getsockname()[1]
            return bound
        except OSError as error:
            for sock in bound:
                sock.close()
            if port or attempt == 19:
                error.add_note(
                    f"mockpki: port {port} of {host} cannot be had; leave port= out to get a free one"
                )
                raise
    raise AssertionError("unreachable")  # pragma: no cover


class Outlet(Protocol):
    """Where an HTTP session writes: a `Connection`, or TLS above one."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop: ...

    @property
    def peer(self) -> str: ...

    def write(self, data: bytes) -> None: ...

    def finish(self) -> None: ...

    def abort(self) -> None: ...


class HttpSession:
    """HTTP/1 on one connection: requests in their order, each answered by *handle* as a `Wire`."""

    def __init__(self, outlet: Outlet, handle: Callable[[HttpRequest], Wire]) -> None:
        self._outlet = outlet
        self._handle = handle
        self._parser = httptools.HttpRequestParser(self)
        self._steps: deque[Step] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._over = False
        self._size = 0
        self._target = b""
        self._headers: list[tuple[str, str]] = []
        self._body = b""

    # httptools calls these.

    def on_message_begin(self) -> None:
        self._target, self._headers, self._body, self._size = b"", [], b"", 0

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self._size = 0
        if any(name.lower() == "expect" for name, _ in self._headers):
            self._outlet.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        parser = self._parser
        request = HttpRequest(
            parser.get_method().decode("latin-1"),
            self._target.decode("latin-1"),
            tuple(self._headers),
            self._body,
            parser.get_http_version(),
            parser.should_keep_alive(),
            self._outlet.peer,
        )
        self._run(self._handle(request))

    # The connection calls these.

    def received(self, data: bytes) -> None:
        if self._over:
            return None
        self._size += len(data)
        try:
            if (self._size > _MAX_HEAD and not self._body) or len(self._body) > _MAX_BODY:
                return self._refuse(413, "the request is larger than any OCSP request")
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._refuse(400, f"this is not a request that can be answered ({error})")

    def ended(self) -> None:
        self._over = True
        self._steps.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _refuse(self, status: int, sentence: str) -> None:
        answer = Answer.text(status, f"mockpki: {sentence}", ("Connection", "close"))
        self._run((Send(answer.encode()), Finish()))
        self._over = True

    # The steps.

    def _run(self, wire: Wire) -> None:
        busy = bool(self._steps)
        self._steps.extend(wire)
        if not busy:
            self._go_on()

    def _go_on(self) -> None:
        steps = self._steps
        while steps:
            match steps[0]:
                case Send(data):
                    self._outlet.write(data)
                case Wait(seconds):
                    self._timer = self._outlet.loop.call_later(seconds, self._waited)
                    return
                case Silence():
                    return
                case Finish():
                    self._end(self._outlet.finish)
                    return
                case Abort():
                    self._end(self._outlet.abort)
                    return
            # Writing may have found the connection gone, and emptied the list.
            if steps:
                steps.popleft()

    def _waited(self) -> None:
        self._timer = None
        if self._steps:
            self._steps.popleft()
            self._go_on()

    def _end(self, how: Callable[[], None]) -> None:
        self._over = True
        self._steps.clear()
        how()
