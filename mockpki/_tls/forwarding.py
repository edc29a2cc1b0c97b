"""Decrypted octets on their way to a handler or an address, and back."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from .._awaitables import refuse_awaitable
from .._clock import monotonic
from .._engine.connection import Connection, Receiver
from .._engine.fetch import Address, connect
from .._engine.http import Outlet
from .._engine.loop import Engine
from .._engine.standstill import find_place
from .._problems import Problems
from .spoken import Handler

_PATIENCE = 2.0
# The octets that are kept for a connection that is still being made.
_MOST_WAITING = 1 << 17


class TwoWay(Outlet, Protocol):
    """An outlet that can be closed while something is still read."""

    def end_output(self) -> None: ...


class Forward:
    """Decrypted octets on their way to a handler or a TCP connection, which may take its time."""

    def __init__(self, outer: TwoWay) -> None:
        self._outer = outer
        self._waiting = bytearray()
        self._input_over = False
        self._over = False
        self._upstream: Connection | None = None

    def connected(self, upstream: Connection) -> None:
        """Send what has come so far to *upstream*, and the rest when it comes."""
        self._upstream = upstream
        if self._waiting:
            upstream.write(bytes(self._waiting))
        if self._over:
            upstream.finish()
        elif self._input_over:
            upstream.end_output()
        elif not upstream.is_full:
            self._outer.resume_reading()

    def received(self, data: bytes) -> None:
        upstream = self._upstream
        if upstream is None:
            self._waiting += data
        else:
            upstream.write(data)
        if len(self._waiting) > _MOST_WAITING if upstream is None else upstream.is_full:
            self._outer.pause_reading()

    def input_ended(self) -> None:
        """The client sends no more, and waits for what is said to what it sent."""
        self._input_over = True
        if self._upstream is not None:
            self._upstream.end_output()

    def output_taken(self) -> None:
        """The client has room again for what is said behind."""
        if self._upstream is not None:
            self._upstream.resume_reading()

    def ended(self) -> None:
        self._over = True
        if self._upstream is not None:
            self._upstream.finish()


class Back:
    """Octets on their way back from there to the client, which may not read them."""

    def __init__(self, outer: TwoWay, upstream: Connection) -> None:
        self._outer = outer
        self._upstream = upstream

    def received(self, data: bytes) -> None:
        self._outer.write(data)
        if self._outer.is_full:
            self._upstream.pause_reading()

    def input_ended(self) -> None:
        self._outer.end_output()

    def output_taken(self) -> None:
        """There is room behind again for what the client sends."""
        self._outer.resume_reading()

    def ended(self) -> None:
        self._outer.finish()


class Upstreams:
    """What is behind a TLS server: the threads of its handler, the connections to another server."""

    def __init__(self, engine: Engine, problems: Problems) -> None:
        self._engine = engine
        self._problems = problems
        self._threads: dict[threading.Thread, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: set[Connection] = set()
        self._until = 0.0

    def handle(self, outer: TwoWay, handler: Handler) -> Receiver:
        """On the loop: what takes the octets that *outer* decrypts to *handler*, on a thread of its own."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        upstream = self._add(outer, ours)

        def run() -> None:
            try:
                with theirs:
                    refuse_awaitable(handler(theirs), handler, "handler=")
            # Also what is no Exception, such as pytest.fail() or sys.exit().
            except BaseException as error:
                # The client, or the end of the test, may have taken the connection away.
                if not (upstream.closed and isinstance(error, BrokenPipeError | ConnectionResetError)):
                    self._problems.add(error, "raised in the handler of a TLS server")
            finally:
                # It has hung up; a handler that has only ended its output reads on.
                with contextlib.suppress(RuntimeError):  # the loop may have ended before
                    self._engine.post(upstream.hang_up)

        self.start_thread(run, "handler")
        forward = Forward(outer)
        forward.connected(upstream)
        return forward

    def start_thread(self, run: Callable[[], object], what: str) -> None:
        """On the loop: *run* on a thread, which `join` waits for; *what* it is, in words."""
        thread = threading.Thread(target=run, name=f"mockpki {what}", daemon=True)
        self._threads = {one: its for one, its in self._threads.items() if one.is_alive()}
        self._threads[thread] = what
        thread.start()

    def forward(self, outer: TwoWay, targets: Sequence[Address]) -> Receiver:
        """On the loop: what takes the octets that *outer* decrypts to the first of *targets*."""
        forward = Forward(outer)

        async def join() -> None:
            try:
                sock = await connect(self._engine.loop, targets)
            except OSError as error:
                self._problems.add(error, f"the TLS server could not forward a connection to {targets[0][4]}")
                outer.abort()
            else:
                forward.connected(self._add(outer, sock))

        task = self._engine.loop.create_task(join())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return forward

    def _add(self, outer: TwoWay, sock: socket.socket) -> Connection:
        upstream = Connection(self._engine, sock, self._problems, outer.peer)
        self._connections.add(upstream)
        upstream.begin(Back(outer, upstream), self._connections.discard)
        return upstream

    def abort(self) -> None:
        """On the loop: drop every connection, and those that are still being made."""
        for task in list(self._tasks):
            task.cancel()
        for upstream in list(self._connections):
            upstream.abort()

    def begin_to_end(self) -> None:
        """The connections are closed: from now on the threads have so long to end."""
        self._until = monotonic() + _PATIENCE

    def join(self) -> None:
        """Wait for the threads, whose connections are closed; one that does not return is a problem."""
        threads = {one: what for one, what in self._threads.items() if one is not threading.current_thread()}
        for thread in threads:
            thread.join(max(0.0, self._until - monotonic()))
        left = [thread for thread in threads if thread.is_alive()]
        self._threads = {}
        if left:
            what, place = threads[left[0]], find_place(left[0])
            self._problems.add(
                TimeoutError(
                    f"the {what} of a TLS server is still running {_PATIENCE:g} s after its connection "
                    f"was closed{f': it is at {place}' if place else ''}"
                ),
                f"let the {what} return when recv() gives b''",
            )
