"""Heads of requests that have come before: the same octets are read in the same way again.

A client sends the same head again and again. So what a parser made of one is kept, if it is written as it
would be here: then nothing of it was left out, and nothing else was in it.
"""

from __future__ import annotations

from typing import NamedTuple

from .._exchange.http import HttpRequest, header

_MOST = 256
_LONGEST = 4096

# An expectation is answered before the content comes; and how long that is, only Content-Length says ahead.
_UNUSUAL = ("Expect", "Transfer-Encoding", "Upgrade")

_known: dict[bytes, Head] = {}


class Head(NamedTuple):
    """What a head says: the request, yet without content and client, and how many octets follow."""

    request: HttpRequest
    size: int


def find_head(octets: bytes) -> Head | None:
    """What these octets, a head and no more, say; None where they have not come before."""
    return _known.get(octets)


def learn_head(octets: bytes, request: HttpRequest) -> None:
    """Remember that these octets, with which a message began, were read as *request*, if they are a head."""
    method, target, headers, _, version, *_ = request
    if octets in _known or len(octets) > _LONGEST:
        return
    if any(header(headers, name) is not None for name in _UNUSUAL):
        return
    lines = [f"{method} {target} HTTP/{version}", *(f"{name}: {value}" for name, value in headers)]
    if "\r\n".join((*lines, "", "")).encode("latin-1") != octets:
        return
    if len(_known) >= _MOST:
        _known.clear()
    _known[octets] = Head(request._replace(body=b"", client=""), int(header(headers, "Content-Length") or 0))
