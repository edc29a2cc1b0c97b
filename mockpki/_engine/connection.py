"""One accepted TCP connection on the loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Protocol

from .._problems import Problems
from .loop import Engine

_CHUNK = 1 << 16
_MAX_UNREAD = 1 << 20
_MAX_READS = 200
# So many seconds a peer has to read what was said to it, and to close.
_GRACE = 1.0
_LOCAL = getattr(socket, "AF_UNIX", None)


class Receiver(Protocol):
    """What sits on a `Connection`: it is told of octets and of the end."""

    def received(self, data: bytes) -> None: ...

    def input_ended(self) -> None:
        """The peer sends no more; it may still read. Whoever has nothing to say finishes, now or later."""

    def output_taken(self) -> None:
        """What was written has gone out, after it had been too much: see `Connection.is_full`."""

    def ended(self) -> None:
        """The connection was closed, lost or torn down. Called once."""


class Connection:
    """One accepted TCP connection on the loop."""

    def __init__(self, engine: Engine, sock: socket.socket, problems: Problems, peer: str) -> None:
        self.loop = engine.loop
        self.peer = peer
        self.receiver: Receiver | None = None
        self.closed = False
        self._engine = engine
        self._sock = sock
        # The loop is given the number. Given the socket, it would spell it out, with two system calls,
        # each time that it looks for one which it does not watch.
        self._fd = sock.fileno()
        self._problems = problems
        self._out = bytearray()
        self._was_full = False
        self._reading = False
        self._peer_finished = False
        self._output_ends = False
        self._finishing = False
        self._lingering = False
        self._receiving = False
        self._paused = False
        self._delay: asyncio.TimerHandle | None = None
        self._on_close: Callable[[Connection], None] = engine.connections.discard
        engine.connections.add(self)

    def begin(self, receiver: Receiver, on_close: Callable[[Connection], None], delay: float = 0.0) -> None:
        """Hand what arrives to *receiver*, from *delay* seconds on."""
        self.receiver = receiver
        self._on_close = on_close
        if delay:
            self._delay = self.loop.call_later(delay, self._listen)
        else:
            self._listen()

    def _listen(self) -> None:
        """Often the first octets are here already."""
        self._delay = None
        if not self._paused:
            self._read()
        if not self.closed and not self._paused and not self._peer_finished:
            self._start_reading()

    def _start_reading(self) -> None:
        if not self._reading:
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
            self._tell(data)
        finally:
            self._receiving = False
        return True

    def _tell(self, data: bytes | None) -> None:
        """Tell the receiver of *data*; None: of room for more."""
        try:
            if data == b"":
                self._end_input()
            elif self.receiver is None:
                return
            elif data is None:
                self.receiver.output_taken()
            else:
                self.receiver.received(data)
        # Also what is no Exception, such as pytest.fail() in a fault of the test's own.
        except BaseException as error:
            self._problems.add(error, f"raised on the connection of {self.peer}")
            self.abort()

    @property
    def is_full(self) -> bool:
        """Whether the peer does not take what is written: time to stop whoever writes it."""
        return len(self._out) > _MAX_UNREAD

    def pause_reading(self) -> None:
        """Leave what the peer sends in the system's buffer, which stops the peer once it is full."""
        self._paused = True
        self._stop_reading()

    def resume_reading(self) -> None:
        """Read on after `pause_reading`."""
        if not self._paused:
            return
        self._paused = False
        if not (self.closed or self._peer_finished or self._delay):
            self._engine.activity += 1
            self._start_reading()

    def _end_input(self) -> None:
        # RFC 9112 section 9.6: "a TCP connection that is half-closed by the client does not delimit a
        # request message, nor does it imply that the client is no longer interested in a response."
        self._peer_finished = True
        self._stop_reading()
        if self._lingering:
            self._close()
        elif self._output_ends:
            self.finish()
        elif self.receiver is not None:
            self.receiver.input_ended()
            if not self.closed:
                self._engine.peers.watch(self)

    @property
    def socket(self) -> socket.socket:
        """The socket, for whoever looks after the peer."""
        return self._sock

    def lost(self) -> None:
        """The peer, which had closed its side, is gone altogether."""
        self.abort(reset=False)

    def drain(self) -> None:
        """Read what has arrived by now."""
        for _ in range(_MAX_READS):
            # A receiver that is at work already may have caused this call, and cannot take more.
            if self.closed or self._receiving or self._paused or self._delay or self._peer_finished:
                return
            if not self._read():
                return

    def write(self, data: bytes) -> None:
        if self.closed or self._finishing or self._output_ends:
            return
        if not self._out:
            try:
                sent = self._sock.send(data)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError:
                self._lose_output()
                return
            if sent == len(data):
                return
            self.loop.add_writer(self._fd, self._flush)
            self._out += memoryview(data)[sent:]
        else:
            self._out += data
        self._was_full |= self.is_full

    def _flush(self) -> None:
        try:
            sent = self._sock.send(self._out)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._lose_output()
            return
        del self._out[:sent]
        if not self._out:
            self.loop.remove_writer(self._fd)
            self._out_is_empty()
            if self._was_full and not self.closed:
                self._was_full = False
                self._tell(None)

    def _lose_output(self) -> None:
        """The peer reads no more. What it had said before stands, and is still read."""
        if self._finishing or self._peer_finished:
            self.abort(reset=False)
            return
        if self._out:
            self.loop.remove_writer(self._fd)
            self._out.clear()
        self._output_ends = True
        # Whoever waits for room has it: nobody is to be spared now.
        if self._was_full:
            self._was_full = False
            self._tell(None)

    def _out_is_empty(self) -> None:
        if self._finishing:
            self._close_in_order()
        elif self._output_ends:
            try:
                self._sock.shutdown(socket.SHUT_WR)
            except OSError:
                self.abort(reset=False)

    def end_output(self) -> None:
        """Send what is left, then say that no more will come, and go on reading."""
        if self.closed or self._finishing or self._output_ends:
            return
        if self._peer_finished:
            self.finish()
            return
        self._output_ends = True
        if not self._out:
            self._out_is_empty()

    def finish(self) -> None:
        """Send what is left, then close in order."""
        if self.closed:
            return
        self._finishing = True
        if not self._out:
            self._close_in_order()

    def _close_in_order(self) -> None:
        if self.closed or self._lingering:
            return
        # RFC 9112 section 9.6: "To avoid the TCP reset problem, servers typically close a connection in
        # stages. First, the server performs a half-close by closing only the write side of the read/write
        # connection. The server then continues to read from the connection until it receives a
        # corresponding close by the client".
        # The ends of a pair have no segments that could overtake each other.
        if self._peer_finished or self._sock.family == _LOCAL:
            self._close()
            return
        try:
            self._sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close()
            return
        self._lingering, self._paused = True, False
        self._end_receiver()
        self._delay = self.loop.call_later(_GRACE, self.lost)
        self._start_reading()

    def abort(self, *, reset: bool = True) -> None:
        """Close at once; with *reset*, by RST."""
        if self.closed:
            return
        if reset and not self._lingering:
            with contextlib.suppress(OSError):
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._close()

    def _close(self) -> None:
        self.closed = True
        if self._delay is not None:
            self._delay.cancel()
        self._engine.peers.forget(self)
        self._stop_reading()
        if self._out:
            self.loop.remove_writer(self._fd)
        self._sock.close()
        self._engine.connections.discard(self)
        self._on_close(self)
        self._end_receiver()

    def hang_up(self) -> None:
        """The peer has closed its socket: take what it had sent, as soon as there is room, and close."""
        if not self.closed:
            self._lose_output()
            self.drain()

    def disown(self) -> None:
        """In a forked child: let go of the parent's socket, without a word to the client."""
        self.closed = True
        self._sock.close()

    def _end_receiver(self) -> None:
        receiver, self.receiver = self.receiver, None
        try:
            if receiver is not None:
                receiver.ended()
        except BaseException as error:
            self._problems.add(error, f"raised when the connection of {self.peer} ended")
