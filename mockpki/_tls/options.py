"""What a TLS server is given, checked."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence

from .._ca.leaf import Leaf
from .._engine.fetch import Address
from .session import VERSIONS

Issue = Callable[[str | None], Leaf]
"""The leaf for an SNI name; None: the client gave none."""

Handler = Callable[[socket.socket], object]
"""Called on a thread of its own with a socket that carries the decrypted bytes of one connection."""


def check_port(port: object) -> int:
    if not isinstance(port, int) or not 0 <= port <= 65535:
        raise ValueError(f"port= takes a number up to 65535, or 0 for a free one; got {port!r}")
    return port


def check_protocols(alpn: Sequence[object]) -> tuple[str, ...]:
    if isinstance(alpn, str):
        raise TypeError(f"alpn= takes a list of protocols, such as ['h2', 'http/1.1']; got the text {alpn!r}")
    names = tuple(name for name in alpn if isinstance(name, str) and 0 < len(name) < 256)
    if len(names) < len(alpn):
        # RFC 7301 section 3.1: "opaque ProtocolName<1..2^8-1>".
        raise ValueError(f"each protocol in alpn= is a text of 1 to 255 characters; got {alpn!r}")
    return names


def check_handler(handler: object) -> None:
    if not callable(handler):
        raise TypeError(f"handler= takes a function that is called with a socket; got {handler!r}")


def check_versions(minimum: str, maximum: str) -> tuple[str, str]:
    for version in (minimum, maximum):
        if version not in VERSIONS:
            raise ValueError(f"{version!r} is no version of TLS; give 'TLSv1.2' or 'TLSv1.3'")
    if VERSIONS.index(minimum) > VERSIONS.index(maximum):
        raise ValueError(f"no version of TLS is at least {minimum} and at most {maximum}")
    return minimum, maximum


def resolve(forward_to: tuple[str, int]) -> Sequence[Address]:
    """The addresses of a (host, port). Raises OSError for a name without any."""
    match forward_to:
        case (str() as host, int() as port) if 0 < port < 65536:
            try:
                return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except OSError as error:
                error.add_note(f"mockpki: forward_to={forward_to!r} leads to no address")
                raise
    raise ValueError(f"forward_to= takes a (host, port), such as ('127.0.0.1', 5432); got {forward_to!r}")
