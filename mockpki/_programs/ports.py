"""Free ports, for programs that cannot be given a socket, and whether somebody listens on one."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections.abc import Iterator

_PORTS = range(20_000, 32_000)
"""Below those that systems give to connections, which come and go."""

_taken: set[int] = set()
_lock = threading.Lock()


@contextlib.contextmanager
def free_port() -> Iterator[int]:
    """A port that nobody listens on, and that no other site of this process is given."""
    with _lock:
        while True:
            port = random.choice(_PORTS)
            if port not in _taken and _can_bind(port):
                break
        _taken.add(port)
    try:
        yield port
    finally:
        with _lock:
            _taken.discard(port)


def is_listening(host: str, port: int) -> bool:
    """Whether somebody takes connections there."""
    try:
        socket.create_connection((host, port), 1).close()
    except OSError:
        return False
    return True


def _can_bind(port: int) -> bool:
    with socket.socket() as sock:
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
