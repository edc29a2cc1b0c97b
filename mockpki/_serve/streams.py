"""The stream of events, for programs and for pages: Server-Sent Events."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from contextlib import suppress

from werkzeug.wrappers import Request, Response

from . import bodies
from .problem import Problem
from .route import Call, Content, Routes

ROUTES = Routes()
STREAM = "text/event-stream"


@ROUTES.add("GET", "/v1/events", query=bodies.WhichEvents, answers=STREAM, refusals=("limit-reached",))
def listen(call: Call) -> Response | Content:
    """What happens from now on, as it happens: of one PKI, or of all.

    The kinds of events are pki, certificate, service, tls_server, stage, clock, request, handshake (`state`:
    opened, established, closed), stapler and problem. The `document` of one is that which the call for it
    would answer. With the header `Last-Event-ID`, from there on; `lost` says how many cannot be had any more.
    """
    query, request = call.query, call.request
    pki = None if query.pki is None else call.topology.find(query.pki).id
    after = _read_last(request.headers.get("Last-Event-ID"))
    if request.method == "HEAD":
        return Content(b"", STREAM)
    listener = call.topology.events.listen(after, pki)
    response = Response(listener.stream(_watch_connection(request)), content_type=STREAM)
    response.call_on_close(listener.close)
    return response


def _read_last(text: str | None) -> int | None:
    """The number that a client has come to. Raises Problem for what is none."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise Problem("invalid", f"Last-Event-ID is the id of an event, a number; got {text[:60]!r}")
    return int(text)


def _watch_connection(request: Request) -> Callable[[], bool]:
    """Whether whoever has sent *request* is still there."""
    own: socket.socket | None = request.environ.get("werkzeug.socket")

    def is_there() -> bool:
        if own is None:
            return True
        with suppress(OSError, ValueError):
            readable, _, _ = select.select([own], [], [], 0)
            # Nothing comes after a request that asks for a stream, but its end.
            return not readable or bool(own.recv(1, socket.MSG_PEEK))
        return False

    return is_there
