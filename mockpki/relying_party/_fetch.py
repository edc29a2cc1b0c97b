"""HTTP, as much as a client needs to ask a responder or to fetch a CRL. No proxy, no redirect."""

from __future__ import annotations

import http.client
import io
import socket
from datetime import timedelta
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from .._clock import monotonic
from .._engine.ports import refuse_invalid
from .._exchange.http import encode_request, url_with_question
from .._validation.finding import Unusable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_MAX_BODY = 64 << 20


class Deadline:
    """A time-out for a whole conversation, so that a dripping peer cannot draw it out."""

    def __init__(self, timeout: timedelta) -> None:
        self._seconds = timeout.total_seconds()
        self.restart()

    def restart(self) -> None:
        """Count from now."""
        self._until = monotonic() + self._seconds

    def left(self) -> float:
        """Seconds left. Raises TimeoutError when there are none."""
        left = self._until - monotonic()
        if left <= 0:
            raise TimeoutError(f"no answer within {self._seconds:g} s")
        return left


def connect(host: str, port: int, deadline: Deadline) -> socket.socket:
    """A TCP connection. Raises OSError."""
    refuse_invalid(host)
    return socket.create_connection((host, port), deadline.left())


def receive(sock: socket.socket, buffer: WriteableBuffer, deadline: Deadline) -> int:
    """Read into *buffer* what comes first. Raises TimeoutError at the deadline."""
    sock.settimeout(deadline.left())
    return sock.recv_into(buffer)


def ask(url: str, question: bytes, timeout: timedelta) -> bytes:
    """The OCSP response of the responder at *url*. Raises `Unusable`."""
    # RFC 9919 section 6: up to 255 bytes in all, "clients MUST use the GET method".
    get = url_with_question(url, question)
    if len(get) <= 255:
        return fetch(get, timeout)
    return fetch(url, timeout, question)


def fetch(url: str, timeout: timedelta, body: bytes | None = None) -> bytes:
    """The body behind *url*, with *body* posted as an OCSP request. Raises `Unusable`."""
    try:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise Unusable("no http URL", f"{url} is no http URL")
        deadline = Deadline(timeout)
        with connect(parts.hostname, parts.port or 80, deadline) as sock:
            return _exchange(sock, url, body, deadline)
    except TimeoutError as error:
        raise Unusable("timed out", f"no answer within {timeout.total_seconds():g} s") from error
    except ConnectionRefusedError as error:
        raise Unusable("refused", "the connection was refused") from error
    except socket.gaierror as error:
        raise Unusable("no address", f"the host has no address ({error.strerror})") from error
    except (OSError, http.client.HTTPException) as error:
        raise Unusable("broken off", f"the connection broke: {error}") from error
    except ValueError as error:
        raise Unusable("no http URL", f"{url} cannot be read: {error}") from error


def _exchange(sock: socket.socket, url: str, body: bytes | None, deadline: Deadline) -> bytes:
    method = "GET" if body is None else "POST"
    sock.settimeout(deadline.left())
    sock.sendall(encode_request(url, body))
    with http.client.HTTPResponse(cast(socket.socket, _Source(sock, deadline)), method=method) as response:
        response.begin()
        if response.status != 200:
            raise Unusable(f"HTTP {response.status}", f"HTTP status {response.status} {response.reason}")
        received = response.read(_MAX_BODY + 1)
        # http.client tells of missing octets only when it reads without a limit.
        if len(received) > _MAX_BODY:
            raise Unusable("too large", f"more than {_MAX_BODY} octets came")
        if response.length:
            raise http.client.IncompleteRead(received, response.length)
        return received


class _Source(io.RawIOBase):
    """What http.client reads from: the socket, until the deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock, self._deadline = sock, deadline

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        return receive(self._sock, buffer, self._deadline)
