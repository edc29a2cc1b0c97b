"""A server of a few lines as a program, and what is left of one."""

import contextlib
import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

from mockpki.staplers import ServerCommand

PLAIN = """
import socket, ssl, sys
host, port, chain, key = sys.argv[1:5]
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(chain, key)
print("at your service", flush=True)
with socket.create_server((host, int(port))) as listening:
    while True:
        connection, _ = listening.accept()
        try:
            with context.wrap_socket(connection, server_side=True) as tls:
                tls.recv(1)
        except OSError:
            pass
"""
"""A TLS server that knows nothing of staples."""

DIES = """
import socket, sys
print("at your service", flush=True)
with socket.create_server((sys.argv[1], int(sys.argv[2]))) as listening:
    while True:
        connection, _ = listening.accept()
        if connection.recv(1):
            print("fatal: I cannot", flush=True)
            sys.exit(3)
"""
"""A server that ends itself when a client says something."""

ARGUMENTS = ("{host}", "{port}", "{chain_file}", "{key_file}")


def command(script: str, *arguments: str, **options: object) -> ServerCommand:
    """The script as a server."""
    words = [sys.executable, "-c", script, *arguments]
    options = {"grace": timedelta(milliseconds=20), "name": "script", **options}
    return ServerCommand(words, **options)  # type: ignore[arg-type]


def alive(pid: int) -> bool:
    """Whether a process is there, and not only as a name that its parent has not yet read out."""
    for _ in range(200):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat")
            if not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z"):
                time.sleep(0.01)
                continue
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return True
