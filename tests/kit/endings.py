"""How a connection ends."""

import socket
import time
from collections.abc import Callable
from datetime import timedelta

HOUR = timedelta(hours=1)
SOON = timedelta(milliseconds=20)


def wait_until(is_so: Callable[[], bool], seconds: float = 10) -> None:
    """Return as soon as it is so; fail if it is not by then. Its clock goes on under freezegun."""
    until = time.clock_gettime(time.CLOCK_MONOTONIC) + seconds
    while not is_so():
        assert time.clock_gettime(time.CLOCK_MONOTONIC) < until, f"it was not so within {seconds} s"
        time.sleep(0.005)


def ends(connection: socket.socket, *, skip: bool = False) -> str:
    """How the connection ends, which is waited for, after nothing more; or after whatever still comes."""
    try:
        while octets := connection.recv(1 << 16):
            assert skip, f"more came: {octets!r}"
    except ConnectionResetError:
        return "reset"
    return "close"
