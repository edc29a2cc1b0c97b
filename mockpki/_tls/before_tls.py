"""What is spoken in the clear before a handshake, such as STARTTLS, by a function on a thread of its own."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

from .._awaitables import refuse_awaitable
from .._engine.connection import Connection
from .._engine.loop import Engine
from .._problems import Problems, describe
from .forwarding import Upstreams
from .spoken import Handler


class BeforeTls:
    """One connection, which a function has for itself until it returns.

    It has the connection's own socket, and the loop leaves that alone meanwhile: so whatever the function
    does not read is the handshake's, however early it came.
    """

    def __init__(
        self,
        connection: Connection,
        function: Handler,
        engine: Engine,
        problems: Problems,
        then: Callable[[str | None], object],
    ) -> None:
        """*then* is called on the loop when it returns: with None, or why there will be no handshake."""
        connection.pause_reading()
        self._connection = connection
        self._function = function
        self._engine = engine
        self._problems = problems
        self._then = then
        self._sock = connection.socket.dup()
        self._sock.setblocking(True)
        # Closed on one thread and shut down on another, its number might be another socket's by then.
        self._lock = threading.Lock()
        self._over = False

    def start(self, upstreams: Upstreams) -> None:
        """On the loop: have the function called, on a thread that *upstreams* waits for in the end."""
        upstreams.start_thread(self._run, "before_tls function")

    def end(self) -> None:
        """On the loop: the connection is over. Whatever the function waits for comes to an end, too."""
        with self._lock, contextlib.suppress(OSError):
            self._over = True
            self._sock.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        failure = None
        try:
            refuse_awaitable(self._function(self._sock), self._function, "before_tls=")
        # Also what is no Exception, such as pytest.fail() or sys.exit().
        except BaseException as error:
            failure = f"the before_tls function failed: {describe(error)}"
            # The client, or the end of the test, may have taken the connection away.
            if not (isinstance(error, BrokenPipeError | ConnectionResetError) and self._is_gone()):
                self._problems.add(error, "raised in the before_tls function of a TLS server")
        with self._lock:
            # A file that was made of it, and is still there, would keep it open.
            number = self._sock.detach()
        if number < 0:
            failure = failure or "the before_tls function closed the connection"
        else:
            socket.close(number)
        with contextlib.suppress(RuntimeError):  # the loop may have ended before
            self._engine.post(self._return, failure)

    def _is_gone(self) -> bool:
        """Whether nobody is at the other end."""
        if self._over:
            return True
        try:
            self._sock.setblocking(False)
            return not self._sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _return(self, failure: str | None) -> None:
        if not self._connection.closed:
            # Whether it waits is a property of what both numbers stand for.
            self._connection.socket.setblocking(False)
            self._then(failure)
