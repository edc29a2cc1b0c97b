"""A port that takes connections, or refuses them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable, Sequence

from .._exchange.steps import Listening
from .._problems import Problems
from .connection import Connection, Receiver
from .loop import Engine
from .ports import EXHAUSTED, bind, close_sockets, explain, new_socket

BACKLOG = 1024
_ACCEPTED_AT_ONCE = 128
# Seconds until it is tried again to take connections, where the system had no room for one.
_PAUSE = 0.05


class ListeningPort:
    """One port, on every address of *host*, that can stop listening and start again.

    A holder socket is bound and never listens: it keeps the port while nobody is there to answer,
    so that the URLs in certificates stay right. Of several it is the first that is free. Raises OSError when
    the port is taken.
    """

    def __init__(
        self,
        engine: Engine,
        host: str,
        port: int | Sequence[int],
        new_receiver: Callable[[Connection], Receiver],
        problems: Problems,
    ) -> None:
        self._engine = engine
        self._new_receiver = new_receiver
        self._problems = problems
        self.connections: set[Connection] = set()
        self._holders = bind(host, port)
        self.port: int = self._holders[0].getsockname()[1]
        self._listening: list[socket.socket] = []
        self._delay = 0.0
        self._exhausted = False
        self._reopening: asyncio.TimerHandle | None = None
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
                sock = new_socket(holder.family)
                opened.append(sock)
                sock.bind(holder.getsockname())
                # The connections that it accepts inherit this.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.listen(BACKLOG)
        except OSError as error:
            close_sockets(opened)
            explain(error, f"port {self.port} cannot be listened on")
            raise
        return opened

    def start(self) -> None:
        """On the loop: take connections. Started twice is started."""
        if self._listening:
            return
        self._forget_reopening()
        self._listen(self._ready or self._open())

    def _listen(self, sockets: list[socket.socket]) -> None:
        self._listening, self._ready = sockets, []
        for sock in self._listening:
            # By number, as `Connection` does: given the socket, the loop would spell it out each time.
            self._engine.loop.add_reader(sock.fileno(), self._accept, sock)

    def stop(self) -> None:
        """On the loop: refuse connections, and tear down those there are. The port stays ours.

        What had arrived by then is read before, so that the evidence has it.
        """
        for sock in list(self._listening):
            self._accept(sock, closing=True)
        for connection in list(self.connections):
            connection.drain()
        self._forget_reopening()
        self._refuse()
        for connection in list(self.connections):
            connection.abort()

    def _refuse(self) -> None:
        for sock in self._listening:
            self._engine.loop.remove_reader(sock.fileno())
        close_sockets(self._listening)

    def _give_way(self, error: OSError) -> None:
        """There is no room for a client, who would else wait for nobody: refuse all, until there is."""
        if not self._exhausted:
            self._exhausted = True
            explain(error, "")
            where = f"port {self.port} could not take a connection, and refuses them until it can"
            self._problems.add(error, where)
        self._refuse()
        self._reopening = self._engine.loop.call_later(_PAUSE, self._reopen)

    def _reopen(self) -> None:
        self._reopening = None
        opened: list[socket.socket] = []
        try:
            opened = self._open()
            # There has to be room for a client, too.
            new_socket(opened[0].family).close()
        except OSError:
            close_sockets(opened)
            self._reopening = self._engine.loop.call_later(_PAUSE, self._reopen)
        else:
            self._listen(opened)

    def _forget_reopening(self) -> None:
        if self._reopening is not None:
            self._reopening.cancel()
            self._reopening = None

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
                if error.errno in EXHAUSTED and not accepted and not closing:
                    self._give_way(error)
                return
            self._exhausted = False
            self._engine.activity += 1
            sock.setblocking(False)
            self._begin(Connection(self._engine, sock, self._problems, f"{address[0]}:{address[1]}"))

    def _begin(self, connection: Connection) -> None:
        self.connections.add(connection)
        try:
            receiver = self._new_receiver(connection)
        except BaseException as error:
            self._problems.add(error, f"raised when {connection.peer} connected to port {self.port}")
            self.connections.discard(connection)
            connection.abort()
            return
        connection.begin(receiver, self.connections.discard, self._delay)


def start_all(listeners: Iterable[ListeningPort]) -> None:
    """On the loop: `ListeningPort.start` for each."""
    for listener in listeners:
        listener.start()


def close_all(listeners: Iterable[ListeningPort]) -> None:
    """On the loop: `ListeningPort.close` for each."""
    for listener in listeners:
        listener.close()
