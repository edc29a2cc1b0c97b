"""Free ports, for programs that cannot be given a socket, and whether somebody listens on one."""

from __future__ import annotations

import contextlib
import errno
import random
import socket
import sys
import threading
from collections.abc import Iterator

_PORTS = range(20_000, 32_000)
"""Below those that systems give to connections, which come and go."""

_taken: set[int] = set()
_lock = threading.Lock()


@contextlib.contextmanager
def free_port() -> Iterator[int]:
    """A port that nobody listens on, and that nobody else is given; on Linux, in other processes, too."""
    with contextlib.ExitStack() as held:
        with _lock:
            while True:
                port = random.choice(_PORTS)
                if port not in _taken and _can_bind(port) and _claim(port, held):
                    break
            _taken.add(port)
            held.callback(_taken.discard, port)
        yield port


def _claim(port: int, held: contextlib.ExitStack) -> bool:
    """Have other processes of ours know of it while it is *held*; whether none has it."""
    if sys.platform != "linux":
        return True
    # A name that is in no folder, and goes with its socket (unix(7), abstract sockets).
    name = held.enter_context(socket.socket(socket.AF_UNIX))
    try:
        name.bind(f"\0mockpki port {port}")
    except OSError as error:
        return error.errno != errno.EADDRINUSE
    return True


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
