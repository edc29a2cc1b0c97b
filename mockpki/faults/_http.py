"""Faults of the HTTP answer. What they say of the body, they say of the honest one; the rest stays.

A body that changes takes its Content-Length with it: what was true stays true, and a lie as large.
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import parsedate_to_datetime

from .._exchange.http import Answer, http_date, replace_body, unmodified
from .._layers import HTTP

__all__ = [
    "AuthenticationRequired",
    "Cached",
    "Chunked",
    "ContentLength",
    "ContentType",
    "EmptyBody",
    "Gzip",
    "Header",
    "Http10",
    "HttpStatus",
    "NotModified",
    "Oversize",
    "Redirect",
]

# RFC 9110 section 5.6.2: token.
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True)
class HttpStatus(HTTP):
    """The HTTP status is *code*; the body stays, unless *body* replaces it. RFC 9110 section 15.

    A status that HTTP gives no content, as 204, 205 and 304, goes out without one.
    """

    code: int = 503
    body: bytes | None = None

    def _check_values(self) -> None:
        if not 200 <= self.code <= 999:
            raise ValueError(f"{self.code!r} is no final HTTP status; give one from 200 to 999")

    def __call__(self, honest: Answer) -> Answer:
        answer = replace(honest, status=self.code)
        return answer if self.body is None else replace_body(answer, self.body)


@dataclass(frozen=True)
class NotModified(HTTP):
    """304 whatever was asked, and so no content: a cache insists on what the client has. RFC 9110 section
    15.4.5."""

    def __call__(self, honest: Answer) -> Answer:
        return unmodified(honest)


@dataclass(frozen=True)
class Redirect(HTTP):
    """The answer sends the client to the URL *to*; left out, back to where it is. RFC 9110 section 15.4.

    Without *to* the client goes in a circle for as long as the fault lasts; in a script it comes back
    for the next answer. The body stays.
    """

    to: str | None = None
    status: int = 302

    def _check_values(self) -> None:
        if not 300 <= self.status <= 399 or self.status == 304:
            raise ValueError(f"{self.status!r} is no redirection; give 301, 302, 303, 307 or 308")
        if self.to is not None:
            _check_value(self.to, self)

    def __call__(self, honest: Answer) -> Answer:
        to = honest.target if self.to is None else self.to
        # RFC 3986 section 4.2: "A relative reference that begins with two slash characters is termed a
        # network-path reference"; and base-64 may follow a slash.
        to = f"/.{to}" if self.to is None and to.startswith("//") else to
        return replace(honest, status=self.status).with_header("Location", to)


@dataclass(frozen=True)
class AuthenticationRequired(HTTP):
    """The client shall say who it is: 401, or 407 as from a *proxy*. RFC 9110 section 15.5.2.

    *challenge* is the value of WWW-Authenticate, or of Proxy-Authenticate. The body stays.
    """

    challenge: str = 'Basic realm="mockpki"'
    proxy: bool = False

    def _check_values(self) -> None:
        _check_value(self.challenge, self)

    def __call__(self, honest: Answer) -> Answer:
        status, name = (407, "Proxy-Authenticate") if self.proxy else (401, "WWW-Authenticate")
        return replace(honest, status=status).with_header(name, self.challenge)


@dataclass(frozen=True)
class Header(HTTP):
    """The header *name* has this *value*; with None it is missing. RFC 9110 section 6.3."""

    name: str = "Set-Cookie"
    value: str | None = "mockpki=1"

    def _check_values(self) -> None:
        if not _TOKEN.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no name of a header (RFC 9110 section 5.1)")
        if self.value is not None:
            _check_value(self.value, self)

    def __call__(self, honest: Answer) -> Answer:
        if self.value is not None:
            return honest.with_header(self.name, self.value)
        if honest.header(self.name) is None:
            there = ", ".join(name for name, _ in honest.headers)
            raise ValueError(f"{self!r} finds no such header to leave out; there are {there}")
        return honest.without_header(self.name)


@dataclass(frozen=True)
class ContentType(HTTP):
    """Content-Type is *value*; with None it is missing. RFC 6960 appendix A.2."""

    value: str | None = "text/html"

    def _check_values(self) -> None:
        if self.value is not None:
            _check_value(self.value, self)

    def __call__(self, honest: Answer) -> Answer:
        if self.value is None:
            return honest.without_header("Content-Type")
        return honest.with_header("Content-Type", self.value)


@dataclass(frozen=True)
class ContentLength(HTTP):
    """Content-Length is wrong *by* so many octets; with None it is missing. RFC 9112 section 6.3.

    Above 0 the client waits for octets that never come, below 0 some come too many. Where there is
    none, only the connection's end tells where the body ends, and it does end.
    """

    by: int | None = 1

    def _check_values(self) -> None:
        if self.by == 0:
            raise ValueError(f"{self!r} changes nothing; give a number other than 0, or None to leave it out")

    def __call__(self, honest: Answer) -> Answer:
        if self.by is None:
            return honest.without_header("Content-Length")
        return honest.with_header("Content-Length", str(len(honest.body) + self.by))


@dataclass(frozen=True)
class EmptyBody(HTTP):
    """The body is empty, and Content-Length is 0."""

    def __call__(self, honest: Answer) -> Answer:
        return replace_body(honest, b"")


@dataclass(frozen=True)
class Oversize(HTTP):
    """The body is *size* octets long: NULs follow the honest one, and Content-Length is true."""

    size: int = 10_000_000

    def __call__(self, honest: Answer) -> Answer:
        if self.size <= len(honest.body):
            raise ValueError(
                f"{self!r} is not too large for an answer of {len(honest.body)} octets; give a larger size"
            )
        return replace_body(honest, honest.body.ljust(self.size, b"\0"))


@dataclass(frozen=True)
class Chunked(HTTP):
    """The body comes in chunks of *size* octets, and without a Content-Length. RFC 9112 section 7.1.

    HTTP/1.0 has no chunks: to a client that speaks it, and together with `Http10`, the body comes in one
    piece that the end of the connection ends.
    """

    size: int = 100

    def _check_values(self) -> None:
        if self.size < 1:
            raise ValueError(f"{self!r}: a chunk has 1 octet or more")

    def __call__(self, honest: Answer) -> Answer:
        answer = replace(honest, chunk=self.size).with_header("Transfer-Encoding", "chunked")
        # A Content-Length that is a lie was asked for, and stays one.
        is_true = answer.header("Content-Length") == str(len(answer.body))
        return answer.without_header("Content-Length") if is_true else answer


@dataclass(frozen=True)
class Gzip(HTTP):
    """The body is compressed, whether or not the client takes that. RFC 9110 section 8.4."""

    def __call__(self, honest: Answer) -> Answer:
        before = honest.header("Content-Encoding")
        codings = "gzip" if before is None else f"{before}, gzip"
        return replace_body(honest, gzip.compress(honest.body, mtime=0)).with_header(
            "Content-Encoding", codings
        )


@dataclass(frozen=True)
class Cached(HTTP):
    """The caching headers are others: as after *age* in a cache, for a start. RFC 9111 section 5.

    Age is *age*, Expires comes *expires* after Date (before it, if negative), Cache-Control is
    *control*, such as ``"no-store"``; what is None stays as it is. The OCSP answer or CRL itself stays
    as fresh as it was.
    """

    age: timedelta | None = timedelta(days=1)
    expires: timedelta | None = None
    control: str | None = None

    def _check_values(self) -> None:
        if self.age is None and self.expires is None and self.control is None:
            raise ValueError(f"{self!r} changes nothing; give age=, expires= or control=")
        if self.control is not None:
            _check_value(self.control, self)

    def __call__(self, honest: Answer) -> Answer:
        answer = honest
        if self.age is not None:
            answer = answer.with_header("Age", str(int(self.age.total_seconds())))
        date = answer.header("Date")
        if self.expires is not None and date is not None:
            answer = answer.with_header("Expires", http_date(parsedate_to_datetime(date) + self.expires))
        if self.control is not None:
            answer = answer.with_header("Cache-Control", self.control)
        return answer


@dataclass(frozen=True)
class Http10(HTTP):
    """The answer is one of HTTP/1.0, after which the connection ends. RFC 9112 section 9.3."""

    def __call__(self, honest: Answer) -> Answer:
        return replace(honest, version="1.0")


def _check_value(value: object, fault: object) -> None:
    # RFC 9110 section 5.5: "Field values containing CR, LF, or NUL characters are invalid".
    if not isinstance(value, str) or re.search(r"[\r\n\0]|[^\0-\xff]", value):
        raise ValueError(
            f"{fault!r}: {value!r} cannot go into a header, which takes Latin-1 without line ends"
        )
