"""The HTTP message as data: a request as it was read, an answer as it will be written."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import format_datetime
from functools import cached_property, lru_cache
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote, urldefrag, urlsplit

Headers = tuple[tuple[str, str], ...]


@lru_cache(maxsize=64)
def http_date(time: datetime) -> str:
    """An IMF-fixdate (RFC 9110 section 5.6.7) of an aware UTC time."""
    return format_datetime(time, usegmt=True)


def header(headers: Headers, name: str) -> str | None:
    """The first header of that *name*, in any case."""
    name = name.lower()
    return next((value for key, value in headers if key.lower() == name), None)


class HttpRequest(NamedTuple):
    """One request as it was read. *target* is the request target as sent, not unescaped."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""
    version: str = "1.1"
    keep_alive: bool = True
    client: str = ""


def url_with_question(url: str, question: bytes) -> str:
    """Where to GET the answer of the responder at *url* to *question*, an OCSPRequest in DER."""
    # RFC 6960 appendix A.1: "GET {url}/{url-encoding of base-64 encoding of the DER encoding of the
    # OCSPRequest}". A fragment is not sent (RFC 9110 section 7.1), and would take the question with it.
    start = urldefrag(url).url
    start = start if "?" in start else start.rstrip("/")
    return f"{start}/{quote(base64.b64encode(question), safe='')}"


def encode_request(url: str, question: bytes | None = None) -> bytes:
    """A request for *url*, with *question*, an OCSPRequest in DER, posted; the connection is not kept.

    Raises ValueError for a URL that cannot be written.
    """
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [
        f"{'GET' if question is None else 'POST'} {target} HTTP/1.1",
        f"Host: {parts.netloc.rpartition('@')[2]}",
    ]
    lines.append("Connection: close")
    if question is not None:
        lines += ["Content-Type: application/ocsp-request", f"Content-Length: {len(question)}"]
    return "\r\n".join((*lines, "", "")).encode("ascii") + (question or b"")


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. Content-Length is a header like any other, so that it can lie.

    With *chunk*, the body goes out in chunks of so many octets. *target* is the target it answers,
    for a fault that refers to it.
    """

    status: int
    headers: Headers
    body: bytes
    version: str = "1.1"
    reason: str | None = None
    chunk: int | None = None
    target: str = field(default="", compare=False, repr=False)

    @classmethod
    def of(cls, status: int, content_type: str, body: bytes, *headers: tuple[str, str]) -> Answer:
        """An answer with a true Content-Length."""
        own = (("Content-Type", content_type), ("Content-Length", str(len(body))))
        return cls(status, own + headers, body)

    @classmethod
    def text(cls, status: int, sentence: str, *headers: tuple[str, str]) -> Answer:
        """A plain sentence for a person."""
        return cls.of(status, "text/plain; charset=utf-8", f"{sentence}\n".encode(), *headers)

    @classmethod
    def read(cls, head: bytes, body: bytes) -> Answer:
        """The answer, not in chunks, whose `head` and body these are."""
        first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        version, status, reason = first.removeprefix("HTTP/").split(" ", 2)
        headers = tuple((name, value) for name, _, value in (line.partition(": ") for line in lines))
        usual = reason_phrase(int(status)) == reason
        return cls(int(status), headers, body, version, None if usual else reason)

    def header(self, name: str) -> str | None:
        """The first header called *name*, in any case; None where there is none."""
        return header(self.headers, name)

    def with_header(self, name: str, value: str) -> Answer:
        """The same with header *name* set to *value*, in its old place if it had one."""
        headers = [(key, value if key.lower() == name.lower() else old) for key, old in self.headers]
        if self.header(name) is None:
            headers.append((name, value))
        return replace(self, headers=tuple(headers))

    def without_header(self, name: str) -> Answer:
        """The same with no header *name*."""
        kept = tuple((key, value) for key, value in self.headers if key.lower() != name.lower())
        return replace(self, headers=kept)

    def head(self) -> bytes:
        """Status line and headers, up to the empty line."""
        reason = self.reason if self.reason is not None else reason_phrase(self.status)
        lines = [f"HTTP/{self.version} {self.status} {reason}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def encode(self) -> bytes:
        """Everything, from the status line to the end of the body."""
        return self._encoded

    @cached_property
    def _encoded(self) -> bytes:
        return self.head() + (self.body if self.chunk is None else _chunked(self.body, self.chunk))

    def with_body(self, body: bytes, tag: str) -> Answer:
        """The same with another *body* and its ETag, each as long as before: nothing else is written anew."""
        at, before, behind = self._around_tag
        headers = (*self.headers[:at], ("ETag", tag), *self.headers[at + 1 :])
        answer = Answer(self.status, headers, body, self.version, self.reason)
        vars(answer)["_encoded"] = b"".join((before, tag.encode("latin-1"), behind, body))
        return answer

    @cached_property
    def _around_tag(self) -> tuple[int, bytes, bytes]:
        """Which header the ETag is, and what is written before and behind its value."""
        at = [name for name, _ in self.headers].index("ETag")
        before = len(replace(self, headers=self.headers[:at]).head()) - len("\r\n") + len("ETag: ")
        head = self.head()
        return at, head[:before], head[before + len(self.headers[at][1]) :]

    @cached_property
    def wires(self) -> dict[tuple[str, bool, bool], Any]:
        """How it goes out, by what makes a difference to that: `mockpki._exchange.steps.deliver` keeps it."""
        return {}

    @property
    def is_delimited(self) -> bool:
        """Whether a client can tell where the body ends before the connection does.

        RFC 9112 section 6.3: else the length "is determined by the number of octets received prior to
        the server closing the connection".
        """
        framing = self.header("Content-Length") or self.header("Transfer-Encoding")
        return framing is not None or self.status in _WITHOUT_CONTENT


_WITHOUT_CONTENT = frozenset({*range(100, 200), 204, 304})


CHALLENGE = 'Basic realm="mockpki"'
"""Who a client shall say that it is, where nothing else is asked for."""

# RFC 9110: "MUST" of sections 15.5.2, 15.5.6, 15.5.8 and 15.5.22. Section 10.2.1: "An empty Allow field value
# indicates that the resource allows no methods, which might occur in a 405 response if the resource has been
# temporarily disabled by configuration." Section 7.8: "A sender of Upgrade MUST also send an "Upgrade"
# connection option in the Connection header field".
_REQUIRED: dict[int, Headers] = {
    401: (("WWW-Authenticate", CHALLENGE),),
    405: (("Allow", ""),),
    407: (("Proxy-Authenticate", CHALLENGE),),
    426: (("Upgrade", "HTTP/2.0"), ("Connection", "Upgrade")),
}


def add_required(answer: Answer) -> Answer:
    """*answer* with the headers that HTTP has with its status, as far as it has none of that name."""
    required = _REQUIRED.get(answer.status, ())
    if answer.status == 206 and answer.body:
        # RFC 9110 section 15.3.7.1: "If a single part is being transferred, the server generating the 206
        # response MUST generate a Content-Range header field".
        size = len(answer.body)
        required = (("Content-Range", f"bytes 0-{size - 1}/{size}"),)
    missing = tuple(pair for pair in required if answer.header(pair[0]) is None)
    return replace(answer, headers=answer.headers + missing) if missing else answer


def obey_http(version: str, answer: Answer) -> Answer:
    """*answer* without what its status forbids, and what the *version* of the request or its own does.

    A Content-Length that is a lie is a fault of its own, and stays.
    """
    # RFC 9112 section 6.1: "A server MUST NOT send a response containing Transfer-Encoding unless the
    # corresponding request indicates HTTP/1.1 (or later minor revisions)."
    if answer.chunk is not None and "1.0" in (version, answer.version):
        answer = replace(answer, chunk=None).without_header("Transfer-Encoding")
    if answer.status in _WITHOUT_CONTENT:
        # RFC 9110 section 15.3.5: "A 204 response is terminated by the end of the header section; it cannot
        # contain content". Section 15.2 and section 15.4.5 say so of 1xx and 304.
        bare = replace(answer, body=b"", chunk=None)
        # RFC 9110 section 8.6: "A server MAY send a Content-Length header field in a 304 (Not Modified)
        # response", which is that of a 200.
        return bare if answer.status == 304 else _without_framing(answer, bare)
    if answer.status == 205:
        # RFC 9110 section 15.3.6: "a server MUST NOT generate content in a 205 response".
        return replace_body(answer, b"")
    return answer


def _without_framing(answer: Answer, bare: Answer) -> Answer:
    # RFC 9112 section 6.1: "A server MUST NOT send a Transfer-Encoding header field in any response with a
    # status code of 1xx (Informational) or 204 (No Content)." RFC 9110 section 8.6: "A server MUST NOT send
    # a Content-Length header field in any response with a status code of 1xx (Informational) or 204 (No
    # Content)."
    bare = bare.without_header("Transfer-Encoding")
    is_true = answer.header("Content-Length") == str(len(answer.body))
    return bare.without_header("Content-Length") if is_true else bare


def replace_body(answer: Answer, body: bytes) -> Answer:
    """*answer* with *body*, and with as much more or less Content-Length."""
    length = answer.header("Content-Length") or ""
    if re.fullmatch(r"-?\d+", length):
        by = int(length) - len(answer.body)
        answer = answer.with_header("Content-Length", str(len(body) + by))
    return replace(answer, body=body)


# RFC 9110 section 15.4.5: "The server generating a 304 response MUST generate any of the following header
# fields that would have been sent in a 200 (OK) response to the same request: Content-Location, Date, ETag,
# and Vary; Cache-Control and Expires". Last-Modified goes with them, as caches expect.
_STAYS = ("cache-control", "date", "etag", "expires", "last-modified", "vary")


def unmodified(answer: Answer) -> Answer:
    """304 in the place of *answer*: the client has it already."""
    headers = tuple((name, value) for name, value in answer.headers if name.lower() in _STAYS)
    return replace(answer, status=304, headers=headers, body=b"")


def _chunked(body: bytes, size: int) -> bytes:
    """The chunked coding of RFC 9112 section 7.1, in chunks of *size*."""
    chunks = (body[at : at + size] for at in range(0, len(body), size))
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


@lru_cache
def reason_phrase(status: int) -> str:
    """What HTTP calls a *status*: ``Not Found``; an empty text for one that has no name."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
