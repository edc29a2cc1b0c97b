"""How a connection ends."""

import socket
from datetime import timedelta

HOUR = timedelta(hours=1)
SOON = timedelta(milliseconds=20)


def ends(connection: socket.socket, *, skip: bool = False) -> str:
    """How the connection ends, which is waited for, after nothing more; or after whatever still comes."""
    try:
        while octets := connection.recv(1 << 16):
            assert skip, f"more came: {octets!r}"
    except ConnectionResetError:
        return "reset"
    return "close"
