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
import selectors
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from functools import lru_cache
from typing import Any, Protocol, TypeVar

import httptools

from ._clock import monotonic
from ._exchange.http import Answer, HttpRequest, header
from ._exchange.steps import Abort, Finish, Listening, Send, Silence, Step, Trickle, Wait, Wire
from ._problems import Problems

T = TypeVar("T")

BACKLOG = 1024
_ACCEPTED_AT_ONCE = 128
_CHUNK = 1 << 16
_MAX_BODY = 1 << 20
_MAX_HEAD = 1 << 16
_MAX_UNREAD = 1 << 20
_MAX_TURNS = 200
_PATIENCE = 30


class _Loop(asyncio.SelectorEventLoop):
    """asyncio's loop on a clock that freezegun does not stop."""

    def time(self) -> float:
        return monotonic()

    def __del__(self) -> None:
        """Asyncio's own warns of a loop that was not closed, and of one that could not be made."""


class Engine:
    """The background loop. `acquire` and `release` it in pairs; `call` runs a function on it."""

    _guard = threading.Lock()
    _current: Engine | None = None

    def __init__(self) -> None:
        self.connections: set[Connection] = set()
        self.listeners: set[Listener] = set()
        self.forked = False
        """Whether this is a forked child's copy: an object without its thread."""
        self.activity = 0
        """Rises with everything that is read or accepted."""
        self._users = 0
        self._stopping = False
        self._over = False
        self._waiting: set[Future[Any]] = set()
        self._lock = threading.Lock()
        with contextlib.ExitStack() as undo:
            try:
                self._selector = selectors.DefaultSelector()
                undo.callback(self._selector.close)
                self.loop = _Loop(self._selector)
                undo.callback(self.loop.close)
            except OSError as error:
                _explain(error, "there can be no event loop")
                raise
            self._thread = threading.Thread(target=self._run, name="mockpki", daemon=True)
            self._thread.start()
            undo.pop_all()

    @classmethod
    def acquire(cls) -> Engine:
        with cls._guard:
            if cls._current is None:
                cls._current = Engine()
            cls._current._users += 1
            return cls._current

    def release(self) -> None:
        with Engine._guard:
            self._users -= 1
            if self._users or self.forked:
                return
            if Engine._current is self:
                Engine._current = None
        self._stopping = True
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(_PATIENCE)

    @property
    def is_here(self) -> bool:
        """Whether the caller is the loop's own thread: a fault, a stapler."""
        return threading.current_thread() is self._thread

    def _run(self) -> None:
        loop = self.loop
        while not self._stopping:
            # A callback that raises SystemExit or KeyboardInterrupt ends this, and must not end us.
            with contextlib.suppress(BaseException):
                loop.run_forever()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks))
        with self._lock:
            self._over = True
        for future in list(self._waiting):
            if not future.done():
                future.set_exception(_Closed())
        loop.close()

    def call(self, function: Callable[..., T], *args: Any) -> T:
        """*function* called on the loop's thread; its result, or what it raised.

        Raises ValueError once the engine has stopped, TimeoutError when something keeps it busy.
        """
        # In a forked child all sockets are closed, and no other thread is here to get in the way.
        if self.is_here or self.forked:
            return function(*args)
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(function(*args))
            except BaseException as error:
                future.set_exception(error)

        return self._result_of(future, run)

    def post(self, function: Callable[..., object], *args: Any) -> None:
        """*function* called on the loop's thread before whatever is called there later; nobody waits."""
        self.loop.call_soon_threadsafe(function, *args)

    def settle(self) -> None:
        """Return once whatever had reached this machine's sockets when called has been read.

        On loopback a client's octets are in our socket before its send returns. So it is enough that
        the loop turns until it finds nothing to read; no time is waited for.
        """
        if self.is_here or self.forked:
            return
        future: Future[None] = Future()

        def turn(left: int, quiet: int, seen: int) -> None:
            quiet = quiet + 1 if seen == self.activity else 0
            if left and quiet < 2:
                self.loop.call_soon(turn, left - 1, quiet, self.activity)
            else:
                future.set_result(None)

        # The first turn may follow a look at the sockets that is older than this call: it counts not.
        with contextlib.suppress(_Closed):
            self._result_of(future, lambda: self.loop.call_soon(turn, _MAX_TURNS, -1, self.activity))

    def _result_of(self, future: Future[T], run: Callable[[], object]) -> T:
        with self._lock:
            if self._over:
                raise _Closed()
            self._waiting.add(future)
            self.loop.call_soon_threadsafe(run)
        try:
            return future.result(_PATIENCE)
        except TimeoutError:
            if future.done():
                raise
            raise TimeoutError(
                f"the services have been busy for {_PATIENCE} s; a fault or a stapler of the test's own "
                "does not return"
            ) from None
        finally:
            self._waiting.discard(future)

    @classmethod
    def after_fork(cls) -> None:
        """In a forked child: the parent's sockets are the parent's, and a new PKI gets a new engine."""
        cls._guard = threading.Lock()
        engine, cls._current = cls._current, None
        if engine is None:
            return
        engine.forked = True
        # The selector is shared with the parent: it is closed first, so that nothing unregisters there.
        engine._selector.close()
        for connection in engine.connections:
            connection.disown()
        for listener in engine.listeners:
            listener.disown()


class _Closed(ValueError):  # noqa: N818 - it says what is the matter
    def __init__(self) -> None:
        super().__init__("this PKI is closed, and its services with it; use it inside its `with` block")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=Engine.after_fork)


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
        # The loop is given the number. Given the socket, it would spell it out, with two system calls,
        # each time that it looks for one which it does not watch.
        self._fd = sock.fileno()
        self._problems = problems
        self._out = bytearray()
        self._reading = False
        self._peer_finished = False
        self._finishing = False
        self._receiving = False
        self._paused = False
        self._delay: asyncio.TimerHandle | None = None
        self._on_close: Callable[[Connection], None] = engine.connections.discard
        engine.connections.add(self)

    def begin(self, session: Session, on_close: Callable[[Connection], None], delay: float = 0.0) -> None:
        """Hand what arrives to *session*, from *delay* seconds on."""
        self.session = session
        self._on_close = on_close
        if delay:
            self._delay = self.loop.call_later(delay, self._listen)
        else:
            self._listen()

    def _listen(self) -> None:
        """Often the first octets are here already."""
        self._delay = None
        self._read()
        if not self.closed and not self._paused:
            self._start_reading()

    def _start_reading(self) -> None:
        self._reading = True
        self.loop.add_reader(self._fd, self._read)

    def _stop_reading(self) -> None:
        if self._reading:
            self._reading = False
            self.loop.remove_reader(self._fd)

    def _read(self) -> bool:
        """Whether there was anything to read, the end included."""
        try:
            data = self._sock.recv(_CHUNK)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            self.abort(reset=False)
            return True
        self._engine.activity += 1
        self._receiving = True
        try:
            self._take(data)
        # Also what is no Exception, such as pytest.fail() in a fault of the test's own.
        except BaseException as error:
            self._problems.add(error, f"raised on the connection of {self.peer}")
            self.abort()
        finally:
            self._receiving = False
        return True

    def _take(self, data: bytes) -> None:
        if not data:
            # A client that has closed its side is not waiting for more than what is under way.
            self._peer_finished = True
            self._stop_reading()
            self._end_session()
            self.finish()
        elif self.session is not None:
            self.session.received(data)
            if len(self._out) > _MAX_UNREAD and not self.closed:
                # It asks and does not read the answers: hear it out once it does.
                self._paused = True
                self._stop_reading()

    def drain(self) -> None:
        """Read what has arrived by now."""
        for _ in range(_MAX_TURNS):
            # A session that is at work already may have caused this call, and cannot take more.
            if self.closed or self._receiving or self._paused or self._delay or not self._read():
                return

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
            self.loop.add_writer(self._fd, self._flush)
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
            self.loop.remove_writer(self._fd)
            if self._finishing:
                self._close()
            elif self._paused:
                self._paused = False
                self._start_reading()

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
        if self._delay is not None:
            self._delay.cancel()
        self._stop_reading()
        if self._out:
            self.loop.remove_writer(self._fd)
        if self._finishing and not self._peer_finished:
            with contextlib.suppress(OSError):
                # What the peer still sends must not turn our FIN into an RST that overtakes it.
                self._sock.shutdown(socket.SHUT_WR)
                self._sock.recv(_CHUNK)
        self._sock.close()
        self._engine.connections.discard(self)
        self._on_close(self)
        try:
            self._end_session()
        except BaseException as error:
            self._problems.add(error, f"raised when the connection of {self.peer} ended")

    def disown(self) -> None:
        """In a forked child: let go of the parent's socket, without a word to the client."""
        self.closed = True
        self._sock.close()

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
        self._delay = 0.0
        try:
            self._ready = self._open()
        except BaseException:
            close_sockets(self._holders)
            raise
        engine.listeners.add(self)

    def _open(self) -> list[socket.socket]:
        """Sockets that listen: the system takes connections from now on, and keeps them for `start`."""
        opened: list[socket.socket] = []
        try:
            for holder in self._holders:
                sock = _new_socket(holder.family)
                opened.append(sock)
                sock.bind(holder.getsockname())
                # The connections that it accepts inherit this.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.listen(BACKLOG)
        except OSError as error:
            close_sockets(opened)
            _explain(error, f"port {self.port} cannot be listened on")
            raise
        return opened

    def start(self) -> None:
        """On the loop: take connections. Started twice is started."""
        if self._listening:
            return
        self._listening, self._ready = self._ready or self._open(), []
        for sock in self._listening:
            self._engine.loop.add_reader(sock, self._accept, sock)

    def stop(self) -> None:
        """On the loop: refuse connections, and tear down those there are. The port stays ours.

        What had arrived by then is read before, so that the evidence has it.
        """
        for sock in list(self._listening):
            self._accept(sock, closing=True)
        for connection in list(self.connections):
            connection.drain()
        self._refuse()

    def _refuse(self) -> None:
        for sock in self._listening:
            self._engine.loop.remove_reader(sock)
        close_sockets(self._listening)
        for connection in list(self.connections):
            connection.abort()

    def obey(self, listening: Listening) -> None:
        """From any thread: `start` or `stop`, and let new connections wait before they are read."""
        self._engine.call(self._obey, listening)

    def _obey(self, listening: Listening) -> None:
        self._delay = listening.delay
        if listening.accepting:
            self.start()
        else:
            self.stop()

    def close(self) -> None:
        """On the loop: `stop`, and give the port back."""
        self.stop()
        self.disown()
        self._engine.listeners.discard(self)

    def disown(self) -> None:
        """Let go of every socket. In a forked child that is all there is to do."""
        for sockets in (self._holders, self._ready, self._listening):
            close_sockets(sockets)

    def _accept(self, listening: socket.socket, *, closing: bool = False) -> None:
        for accepted in range(_ACCEPTED_AT_ONCE):
            try:
                sock, address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                # The system says so before it looks whether anyone is waiting: it is true of the first one.
                if error.errno in _EXHAUSTED and not accepted and not closing:
                    _explain(error, "")
                    self._problems.add(error, f"port {self.port} could not take a connection, and closed")
                    self._refuse()
                return
            self._engine.activity += 1
            sock.setblocking(False)
            self._begin(Connection(self._engine, sock, self._problems, f"{address[0]}:{address[1]}"))

    def _begin(self, connection: Connection) -> None:
        self.connections.add(connection)
        try:
            session = self._new_session(connection)
        except BaseException as error:
            self._problems.add(error, f"raised when {connection.peer} connected to port {self.port}")
            self.connections.discard(connection)
            connection.abort()
            return
        connection.begin(session, self.connections.discard, self._delay)


def start_all(listeners: Iterable[Listener]) -> None:
    """On the loop: `Listener.start` for each."""
    for listener in listeners:
        listener.start()


def close_all(listeners: Iterable[Listener]) -> None:
    """On the loop: `Listener.close` for each."""
    for listener in listeners:
        listener.close()


def close_sockets(sockets: list[socket.socket]) -> None:
    """Close each, and empty the list."""
    while sockets:
        sockets.pop().close()


def _new_socket(family: int, *, shared: bool = True) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setblocking(False)
    if shared:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    return sock


_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


def _explain(error: OSError, sentence: str) -> None:
    """Say beside *error* what is the way out."""
    if error.errno in _EXHAUSTED:
        sentence = "this process may not open more files or sockets; raise `ulimit -n`, or close some"
    error.add_note(f"mockpki: {sentence}")


@lru_cache(maxsize=16)
def addresses(host: str) -> tuple[str, ...]:
    """The loopback addresses that *host* stands for; ValueError for anything else."""
    if host == "localhost":
        return ("127.0.0.1", "::1") if _has_ipv6() else ("127.0.0.1",)
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(host).is_loopback:
            return (host,)
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
    """Holder sockets on one port of every address; a port of 0 is chosen by the system.

    Raises OSError, with a note on the way out, when the port cannot be had.
    """
    for attempts_left in reversed(range(20)):
        try:
            return _bind_once(addresses(host), port)
        except OSError as error:
            # A port that is free on 127.0.0.1 may be taken on ::1: then another one is tried.
            if port or not attempts_left or error.errno != errno.EADDRINUSE:
                _explain(error, f"port {port} of {host} cannot be had; leave port= out to get a free one")
                raise
    raise AssertionError("unreachable")  # pragma: no cover


def _bind_once(hosts: Sequence[str], port: int) -> list[socket.socket]:
    bound: list[socket.socket] = []
    try:
        for address in hosts:
            # Bound before SO_REUSEPORT is set, a port that anyone else holds is an error.
            sock = _new_socket(socket.AF_INET6 if ":" in address else socket.AF_INET, shared=False)
            bound.append(sock)
            sock.bind((address, port))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            port = sock.getsockname()[1]
    except BaseException:
        close_sockets(bound)
        raise
    return bound


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

    def __init__(self, outlet: Outlet, handle: Callable[[HttpRequest], Wire], problems: Problems) -> None:
        self._outlet = outlet
        self._handle = handle
        self._problems = problems
        self._parser = httptools.HttpRequestParser(self)
        self._steps: deque[Step] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._over = False
        self._size = 0
        self._target = b""
        self._headers: list[tuple[str, str]] = []
        self._body = bytearray()

    # httptools calls these.

    def on_message_begin(self) -> None:
        self._target, self._headers, self._body, self._size = b"", [], bytearray(), 0

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self._size = 0
        # RFC 9110 section 10.1.1: "A server that receives a 100-continue expectation in an HTTP/1.0
        # request MUST ignore that expectation."
        if self._parser.get_http_version() != "1.0" and not self._upgrades:
            expect = header(tuple(self._headers), "Expect")
            if expect is not None and expect.lower() == "100-continue":
                self._run((Send(b"HTTP/1.1 100 Continue\r\n\r\n"),))

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        # What follows a request that ended the connection was never asked; see also `_feed`.
        if self._over or self._upgrades:
            return
        parser = self._parser
        request = HttpRequest(
            parser.get_method().decode("latin-1"),
            self._target.decode("latin-1"),
            tuple(self._headers),
            bytes(self._body),
            parser.get_http_version(),
            parser.should_keep_alive(),
            self._outlet.peer,
        )
        self._run(self._handle(request))

    @property
    def _upgrades(self) -> bool:
        return self._parser.should_upgrade() and self._parser.get_method() != b"CONNECT"

    # The connection calls these.

    def received(self, data: bytes) -> None:
        if self._over:
            return
        self._size += len(data)
        if (self._size > _MAX_HEAD and not self._body) or len(self._body) > _MAX_BODY:
            # The client is still sending: to close now would reset the connection, and might take
            # this answer from it. It has a second to read.
            self._refuse(413, "the request is larger than any OCSP request", Wait(1))
            return
        try:
            self._feed(data)
        except httptools.HttpParserCallbackError as error:
            # What was raised in one of the methods above is no fault of the client's.
            raise (error.__context__ or error) from None
        except httptools.HttpParserError as error:
            self._refuse(400, f"this is not a request that can be answered ({error})")

    def _feed(self, data: bytes) -> None:
        while True:
            try:
                return self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                rest = data[upgrade.args[0] :]
                if self._parser.get_method() == b"CONNECT":
                    return self._run((Finish(),))
                # RFC 9110 section 7.8: "A server MAY ignore a received Upgrade header field". The parser
                # cannot, and skips the body: it is given the same request without.
                data = self._head_without_upgrade() + rest
                self._parser = httptools.HttpRequestParser(self)

    def _head_without_upgrade(self) -> bytes:
        parser = self._parser
        lines = [f"{parser.get_method().decode()} {self._target.decode('latin-1')} HTTP/1.1"]
        for name, value in self._headers:
            if name.lower() == "connection":
                options = (option.strip() for option in value.split(","))
                value = ", ".join(option for option in options if option.lower() != "upgrade")
            if name.lower() != "upgrade":
                lines.append(f"{name}: {value}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def ended(self) -> None:
        self._over = True
        self._steps.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _refuse(self, status: int, sentence: str, *steps: Step) -> None:
        answer = Answer.text(status, f"mockpki: {sentence}", ("Connection", "close"))
        self._run((Send(answer.encode()), *steps, Finish()))
        self._over = True

    # The steps.

    def _run(self, wire: Wire) -> None:
        if self._over:
            return
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
                case Trickle(data, size, seconds) if len(data) > size:
                    steps[0] = Trickle(data[size:], size, seconds)
                    steps.extendleft((Wait(seconds), Send(data[:size])))
                    continue
                case Trickle(data):
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
        if not self._steps:
            return
        self._steps.popleft()
        try:
            self._go_on()
        # Nobody above has called: the loop would write it to a log.
        except BaseException as error:
            self._problems.add(error, f"raised in a late part of the answer to {self._outlet.peer}")
            self._end(self._outlet.abort)

    def _end(self, how: Callable[[], None]) -> None:
        self._over = True
        self._steps.clear()
        how()
