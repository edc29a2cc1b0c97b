"""The control server: threads of its own, apart from the loop that answers TLS, OCSP and CRL clients.

Closing a PKI, making an RSA key and waiting for a request would each block every answer there.
"""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from .._engine.ports import bind, close_sockets
from .limits import IDLE

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Handler(WSGIRequestHandler):
    """One connection. What strangers send is not written to a terminal."""

    timeout = IDLE

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: whoever debugs has the events."""

    def version_string(self) -> str:
        """What the header Server says."""
        return "mockpki"


class ControlServer:
    """*application* on a port of *host*, on all its addresses; 0 for a free one. It runs until `stop`.

    Raises OSError when the port cannot be had.
    """

    def __init__(self, application: WSGIApplication, host: str, port: int) -> None:
        self._held = bind(host, port)
        self._servers: list[BaseWSGIServer] = []
        try:
            for sock in self._held:
                _listen(sock)
                self._servers.append(
                    make_server(
                        sock.getsockname()[0],
                        0,
                        application,
                        threaded=True,
                        request_handler=Handler,
                        fd=sock.fileno(),
                    )
                )
        except BaseException:
            self._close()
            raise
        self._threads = [
            threading.Thread(target=one.serve_forever, args=(0.1,), name="mockpki control", daemon=True)
            for one in self._servers
        ]
        self.port: int = self._held[0].getsockname()[1]

    def start(self) -> None:
        """Take calls from now on."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Take no more calls. Those that are under way go on, on threads that end with the process."""
        for server, thread in zip(self._servers, self._threads, strict=True):
            if thread.is_alive():
                server.shutdown()
                thread.join()
        self._close()

    def _close(self) -> None:
        for server in self._servers:
            server.server_close()
        close_sockets(self._held)


def _listen(sock: socket.socket) -> None:
    sock.setblocking(True)
    # Nobody else may have the port; connections that have ended, which inherit the other, do not keep it.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.listen(128)
