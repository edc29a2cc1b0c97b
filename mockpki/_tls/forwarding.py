"""Decrypted octets on their way to a handler or an address, and back."""

from __future__ import annotations

from .._engine.connection import Connection
from .._engine.http import Outlet


class Forward:
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


class Back:
    """Bytes on their way back from there to the client."""

    def __init__(self, outer: Outlet) -> None:
        self._outer = outer

    def received(self, data: bytes) -> None:
        self._outer.write(data)

    def ended(self) -> None:
        self._outer.finish()
