"""The control server: threads of its own, apart from the loop that answers TLS, OCSP and CRL clients.

Closing a PKI, making an RSA key and waiting for a request would each block every answer there.
"""

from __future__ import annotations

import socket
import threading
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from .application import Application
from .limits import IDLE


class Handler(WSGIRequestHandler):
    """One connection. What strangers send is not written to a terminal."""

    timeout = IDLE

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: whoever debugs has the events."""

    def version_string(self) -> str:
        """What the header Server says."""
        return "mockpki"


class ControlServer:
    """*application* on a port of *host*; 0 for a free one. It runs until `stop`.

    Raises OSError when the port cannot be had.
    """

    def __init__(self, application: Application, host: str, port: int) -> None:
        self._held = _bind(host, port)
        self._server: BaseWSGIServer = make_server(
            host, 0, application, threaded=True, request_handler=Handler, fd=self._held.fileno()
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="mockpki control", daemon=True
        )
        self.host = host
        self.port: int = self._held.getsockname()[1]

    def start(self) -> None:
        """Take calls from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more calls. Those that are under way go on, on threads that end with the process."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._held.close()


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    held = socket.socket(family, socket.SOCK_STREAM)
    try:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((host, port))
        held.listen(128)
    except BaseException:
        held.close()
        raise
    return held
