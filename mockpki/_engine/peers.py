"""Peers that send no more: those that still wait for an answer, and those that are gone.

A socket at its end is always ready to be read, so that a selector is of no use. A reset is seen in the
socket. Of a peer that has closed in order nothing comes: whether it still has its socket, on loopback the
system's own table tells. Where there is none, its system is asked (keep-alive), and answers some time later.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol

from .._clock import monotonic

# Seconds between two looks: few while somebody has just closed, and then more.
_FIRST, _LAST = 0.02, 0.5
# The table of a busy machine is long: looking at it takes a share of the time, and not more.
_REST = 5
_KEEP_ALIVE = 5
_TABLES = {socket.AF_INET: Path("/proc/net/tcp"), socket.AF_INET6: Path("/proc/net/tcp6")}
_LOCAL, _REMOTE, _INODE = 1, 2, 9
_TIME_WAIT = " 06 00000000:"


class HalfClosed(Protocol):
    """A connection whose peer sends no more."""

    @property
    def socket(self) -> socket.socket: ...

    def lost(self) -> None:
        """The peer is gone."""


class Peers:
    """The connections that are half-closed, looked at from time to time. Lives on the loop's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._connections: dict[HalfClosed, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._pause = _FIRST

    def watch(self, connection: HalfClosed) -> None:
        """Tell *connection* when its peer is lost, until `forget`."""
        self._connections[connection] = None
        with contextlib.suppress(OSError, AttributeError):
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEP_ALIVE)
            connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _KEEP_ALIVE)
        self._pause = _FIRST
        if self._timer is None:
            self._timer = self._loop.call_later(_FIRST, self._look)

    def forget(self, connection: HalfClosed) -> None:
        """It is closed. One that is not watched is forgotten already."""
        self._connections.pop(connection, None)
        if not self._connections and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        began = monotonic()
        for connection in find_lost(self._connections):
            connection.lost()
        if self._connections and self._timer is None:
            self._pause = min(2 * self._pause, _LAST)
            rest = max(self._pause, _REST * (monotonic() - began))
            self._timer = self._loop.call_later(rest, self._look)


def find_lost(connections: Iterable[HalfClosed]) -> list[HalfClosed]:
    """Those of *connections* whose peer is known to be gone."""
    tables: dict[int, frozenset[tuple[str, str]] | None] = {}
    lost = []
    for connection in connections:
        sock = connection.socket
        if sock.family not in tables:
            tables[sock.family] = _read_table(sock.family)
        if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) or _is_gone(sock, tables[sock.family]):
            lost.append(connection)
    return lost


def _read_table(family: int) -> frozenset[tuple[str, str]] | None:
    """The two ends of every TCP socket that a process holds; None where the system does not say."""
    try:
        lines = _TABLES[socket.AddressFamily(family)].read_text(encoding="ascii").splitlines()[1:]
    except (KeyError, OSError):
        return None
    # One that was closed is kept on for a while by the system alone, and has no inode.
    rows = (line.split(None, _INODE + 1) for line in lines if _TIME_WAIT not in line)
    return frozenset((row[_LOCAL], row[_REMOTE]) for row in rows if row[_INODE] != "0")


def _is_gone(sock: socket.socket, table: frozenset[tuple[str, str]] | None) -> bool:
    if table is None:
        return False
    try:
        ours, theirs = sock.getsockname(), sock.getpeername()
    except OSError:
        return True
    own = _spell(sock.family, ours), _spell(sock.family, theirs)
    # A table that has not even this socket is another one's, as in a namespace of its own; and of the sockets
    # of another machine it has none.
    return ip_address(theirs[0]).is_loopback and own in table and own[::-1] not in table


def _spell(family: int, address: tuple[str, int]) -> str:
    """An address as the table has it: words of 32 bits, in the order of this machine."""
    octets = socket.inet_pton(family, address[0])
    words = (octets[at : at + 4] for at in range(0, len(octets), 4))
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words) + f":{address[1]:04X}"
