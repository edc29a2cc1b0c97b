"""What is spoken on a connection beside TLS: before the handshake, and behind it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .._awaitables import refuse_async
from .._parameters import show

Handler = Callable[[socket.socket], object]
"""Called on a thread of its own with the socket of one connection."""


@dataclass(frozen=True)
class Spoken:
    """By *before_tls* in the clear, then by *handler* or at *forward_to*, or else HTTP by the server itself.

    Raises TypeError or ValueError for what cannot be.
    """

    handler: Handler | None = None
    forward_to: tuple[str, int] | None = None
    before_tls: Handler | None = None

    def __post_init__(self) -> None:
        if self.handler is not None and self.forward_to is not None:
            raise ValueError("handler= and forward_to= both take the decrypted bytes; give one of them")
        for name in ("handler", "before_tls"):
            function = getattr(self, name)
            if function is not None:
                _check_function(function, f"{name}=")

    @property
    def arguments(self) -> dict[str, Any]:
        """The same, as the arguments of a function that takes them by name."""
        return {name: getattr(self, name) for name in ("handler", "forward_to", "before_tls")}

    @property
    def is_http(self) -> bool:
        """Whether the server's own HTTP is what is spoken behind TLS."""
        return self.handler is None and self.forward_to is None


OWN_HTTP = Spoken()
"""The server's own HTTP."""


def _check_function(function: object, parameter: str) -> None:
    if not callable(function):
        raise TypeError(f"{parameter} takes a function that is called with a socket; got {show(function)}")
    refuse_async(
        function, parameter, "write it with `def`; it has a thread of its own, for asyncio.run() too"
    )
