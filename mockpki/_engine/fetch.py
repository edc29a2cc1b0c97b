"""One question to a responder over HTTP, as a task on the loop. No proxy, no redirect."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httptools

from .._exchange.http import encode_request, reason_phrase, url_with_question
from .ports import refuse_invalid

_MOST = 1 << 20
_LONGEST_HEAD = 1 << 16
_CHUNK = 1 << 16
# All but 101, which nobody has asked for.
_INTERIM = frozenset({100, *range(102, 200)})

Address = tuple[int, int, int, str, Any]
"""As `socket.getaddrinfo` has it."""
MayReach = Callable[[str, int], bool]
"""Whether an address and a port may be connected to."""


class NoAnswer(Exception):  # noqa: N818 - it is a finding, raised where it is found
    """The responder gave no OCSP response. It says why, in a sentence."""


async def connect(loop: asyncio.AbstractEventLoop, addresses: Sequence[Address]) -> socket.socket:
    """A socket to the first address that takes the connection. Raises OSError as the last one did."""
    failed: OSError | None = None
    for family, kind, protocol, _, address in addresses:
        sock = socket.socket(family, kind, protocol)
        sock.setblocking(False)
        try:
            await loop.sock_connect(sock, address)
        except BaseException as error:
            sock.close()
            if not isinstance(error, OSError):
                raise
            failed = error
        else:
            return sock
    raise failed or OSError("there is no address to connect to")


def choose_allowed(addresses: Sequence[Address], may_reach: MayReach | None) -> list[Address]:
    """Those of the *addresses* that may be reached: all, where there is no rule."""
    return [one for one in addresses if may_reach is None or may_reach(one[4][0], one[4][1])]


async def ask(url: str, question: bytes, method: str, may_reach: MayReach | None = None) -> bytes:
    """The body of the answer to *question*, an OCSPRequest in DER. Raises `NoAnswer`; has no time-out.

    It goes only where *may_reach*, if there is one, allows.
    """
    if method == "GET":
        url = url_with_question(url, question)
    return await _send(url, question if method == "POST" else None, may_reach)


async def get(url: str) -> bytes:
    """The body of the answer at *url*. Raises `NoAnswer`; has no time-out."""
    return await _send(url, None, None)


async def _send(url: str, body: bytes | None, may_reach: MayReach | None) -> bytes:
    try:
        return await _exchange(url, body, may_reach)
    except ConnectionRefusedError as error:
        raise NoAnswer("the connection was refused") from error
    except socket.gaierror as error:
        raise NoAnswer(f"the responder's host has no address ({error.strerror})") from error
    except OSError as error:
        raise NoAnswer(f"the connection broke: {error}") from error
    except ValueError as error:
        raise NoAnswer(f"{url} cannot be asked: {error}") from error


async def _exchange(url: str, body: bytes | None, may_reach: MayReach | None) -> bytes:
    loop, parts = asyncio.get_running_loop(), urlsplit(url)
    refuse_invalid(parts.hostname)
    found = await loop.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)
    # By address and not by name, which may lead elsewhere the next time.
    allowed = choose_allowed(found, may_reach)
    if not allowed:
        raise NoAnswer(f"{parts.hostname} port {parts.port or 80} is not among what this PKI may reach")
    sock = await connect(loop, allowed)
    # A task that is cancelled has the loop forget the socket before it comes here.
    with sock:
        await loop.sock_sendall(sock, encode_request(url, body))
        answer = _IncomingAnswer()
        while not answer.complete:
            data = await loop.sock_recv(sock, _CHUNK)
            if data:
                answer.feed(data)
            else:
                answer.end()
    return bytes(answer.body)


class _IncomingAnswer:
    """An HTTP answer as it comes in."""

    def __init__(self) -> None:
        self.complete = False
        self.body = bytearray()
        self._begun = False
        self._delimited = False
        # The octets since the last of the content: a head, trailers, what surrounds chunks.
        self._overhead = 0
        self._parser = httptools.HttpResponseParser(self)

    # httptools calls these.

    def on_header(self, name: bytes, value: bytes) -> None:
        self._delimited |= name.lower() in (b"content-length", b"transfer-encoding")

    def on_headers_complete(self) -> None:
        # RFC 9110 section 15.2: "A client MUST be able to parse one or more 1xx responses received prior to
        # a final response".
        self._begun = self._parser.get_status_code() not in _INTERIM

    def on_body(self, body: bytes) -> None:
        self._overhead = 0
        self.body += body

    def on_message_complete(self) -> None:
        self.complete = self._begun

    # The fetch calls these.

    def feed(self, data: bytes) -> None:
        self._overhead += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass
        except httptools.HttpParserError as error:
            # What follows a complete answer is none of ours.
            if not self.complete:
                raise NoAnswer(f"what came is not HTTP: {error}") from error
        if self._begun:
            self._check_status()
        if len(self.body) > _MOST:
            raise NoAnswer(f"more than {_MOST} octets came")
        if self._overhead > _LONGEST_HEAD and not self.complete:
            raise NoAnswer(f"more than {_LONGEST_HEAD} octets came that are no content")

    def end(self) -> None:
        """The responder has closed the connection."""
        # RFC 9112 section 6.3: else the length "is determined by the number of octets received prior to
        # the server closing the connection".
        if not self._begun or self._delimited:
            raise NoAnswer("the connection was closed before the answer was complete")
        self.complete = True

    def _check_status(self) -> None:
        status = self._parser.get_status_code()
        if status != HTTPStatus.OK:
            raise NoAnswer(f"the responder answered HTTP {status} {reason_phrase(status)}".rstrip())
