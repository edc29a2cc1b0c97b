"""Requests that HTTP says must be refused, though a parser takes them. Each rule has its clause."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import NamedTuple

from .http import Headers

# RFC 9112 section 3.2: "Host = uri-host [ ":" port ]"; RFC 3986 section 3.2.2 has what a host is made of.
_HOST = re.compile(
    r"(\[[0-9A-Fa-fv:.%\w~!$&'()*+,;=-]+\]|([\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(:\d*)?", re.ASCII
)
_HTTP_WITHOUT_HOST = re.compile(r"https?://([/?#:]|$)", re.IGNORECASE)

METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"])
"""What is known here: the methods of RFC 9110 section 9.3, and PATCH (RFC 5789)."""


class Refusal(NamedTuple):
    """Why a request is refused: the status, and a sentence for a person."""

    status: HTTPStatus
    sentence: str


def judge_method(method: str) -> Refusal | None:
    """Why a request with this method must be refused; None for one that is known, if perhaps not allowed."""
    # RFC 9110 section 9.1: "An origin server that receives a request method that is unrecognized or not
    # implemented SHOULD respond with the 501 (Not Implemented) status code." Methods are case-sensitive.
    if method in METHODS:
        return None
    known = ", ".join(sorted(METHODS))
    return Refusal(
        HTTPStatus.NOT_IMPLEMENTED, f"the method {method[:40]!r} is not implemented here; there are {known}"
    )


def find_refusal(method: str, target: str, version: str, headers: Headers) -> Refusal | None:
    """Why a request with this head must be refused; None where HTTP lets it be answered."""
    # RFC 9110 section 15.6.6: "the server does not support, or refuses to support, the major version of
    # HTTP that was used in the request message".
    if not version.startswith("1."):
        return Refusal(
            HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, f"HTTP/{version} is not spoken here; use HTTP/1.1"
        )
    sentence = _judge_host(version, headers) or _judge_target(target)
    if sentence is not None:
        return Refusal(HTTPStatus.BAD_REQUEST, sentence)
    return judge_method(method) or _judge_codings(version, headers)


def _judge_host(version: str, headers: Headers) -> str | None:
    # RFC 9112 section 3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1
    # request message that lacks a Host header field and to any request message that contains more than one
    # Host header field line or a Host header field with an invalid field value."
    hosts = [value.strip(" \t") for name, value in headers if name.lower() == "host"]
    if not hosts and version != "1.0":
        return "a request of HTTP/1.1 has a Host header field, and this one has none (RFC 9112 section 3.2)"
    if len(hosts) > 1:
        return f"a request has one Host header field, and this one has {len(hosts)} (RFC 9112 section 3.2)"
    if hosts and _HOST.fullmatch(hosts[0]) is None:
        return f"{hosts[0]!r} is no host with or without a port (RFC 9112 section 3.2)"
    return None


def _judge_target(target: str) -> str | None:
    # RFC 9110 section 4.2.1: "A recipient that processes such a URI reference MUST reject it as invalid",
    # of one with an empty host.
    if _HTTP_WITHOUT_HOST.match(target):
        return f"the target {target!r} names no host (RFC 9110 section 4.2.1)"
    return None


def _judge_codings(version: str, headers: Headers) -> Refusal | None:
    codings = ", ".join(value for name, value in headers if name.lower() == "transfer-encoding")
    if not codings:
        return None
    # RFC 9112 section 6.1: "A server or client that receives an HTTP/1.0 message containing a
    # Transfer-Encoding header field MUST treat the message as if the framing is faulty".
    if version == "1.0":
        return Refusal(
            HTTPStatus.BAD_REQUEST,
            "HTTP/1.0 has no Transfer-Encoding, and this request has (RFC 9112 section 6.1)",
        )
    # RFC 9112 section 6.1: "A server that receives a request message with a transfer coding it does not
    # understand SHOULD respond with 501 (Not Implemented)." That chunked comes last the parser has seen to.
    if codings.strip(" \t").lower() != "chunked":
        return Refusal(
            HTTPStatus.NOT_IMPLEMENTED, f"the transfer coding {codings!r} is not understood here; use chunked"
        )
    return None
