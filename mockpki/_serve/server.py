"""The control server: threads of its own, apart from the loop that answers TLS, OCSP and CRL clients.

Closing a PKI, making an RSA key and waiting for a request would each block every answer there.
"""

from __future__ import annotations

import contextlib
import io
import socket
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from .application import write_problem
from .guard import HEADERS
from .limits import IDLE, LARGEST_HEAD
from .problem import Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_REST = 1 << 24
"""Octets that are still read of a request that was refused, so that its sender comes to read the answer."""
_PAUSE = 0.2
"""Seconds without any of them."""


class _Lines(io.BufferedReader):
    """What comes on a connection, and the last line that was read of it."""

    last = b""

    def readline(self, size: int | None = -1, /) -> bytes:
        self.last = super().readline(size)
        return self.last


class Handler(WSGIRequestHandler):
    """One connection. What strangers send is not written to a terminal."""

    timeout = IDLE
    default_request_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: whoever debugs has the events."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing, too, and it is not tried to read a target that is none."""

    def version_string(self) -> str:
        """What the header Server says."""
        return "mockpki"

    def setup(self) -> None:
        """Begin to read."""
        super().setup()
        self.rfile: _Lines = _Lines(self.rfile.detach())

    def parse_request(self) -> bool:
        """Whether there is a request that can be answered; if not, it has been said why."""
        if not super().parse_request():
            return False
        if self.rfile.last not in (b"\r\n", b"\n"):
            # The connection ended within the head, which http.server takes for the end of the head.
            self.send_error(400, "its head ends before an empty line")
            return False
        head = len(self.raw_requestline) + sum(
            len(name) + len(text) + 4 for name, text in self.headers.items()
        )
        if head > LARGEST_HEAD:
            self.send_error(431)
            return False
        try:
            urlsplit(self.path)
        except ValueError as error:
            self.send_error(400, str(error))
            return False
        return True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is no request, as any other that cannot be done. *code* is http.server's."""
        if code in (414, 431):
            problem = Problem("too-long-head", f"a head has at most {LARGEST_HEAD:,} octets, and 100 lines")
        else:
            problem = Problem("not-http", f"this is no request of HTTP/1.1: {message or code}"[:300])
        response = write_problem(problem)
        # It is said by that, whatever the line of the request had.
        self.request_version = self.default_request_version
        self.send_response(problem.status)
        for name, value in {**HEADERS, **response.headers, "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.get_data())
        self.wfile.flush()
        self._read_rest()

    def _read_rest(self) -> None:
        # A connection that is closed with something unread is reset, and the answer is lost on the way.
        left = _REST
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_PAUSE)
            while left > 0 and (octets := self.connection.recv(1 << 16)):
                left -= len(octets)


class ControlServer:
    """*application* on a port of *host*; 0 for a free one. It runs until `stop`.

    Raises OSError when the port cannot be had.
    """

    def __init__(self, application: WSGIApplication, host: str, port: int) -> None:
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
