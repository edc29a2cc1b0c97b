"""Faults of the finished octets, of HTTP, of the connection and of the port."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from .._answer import Abort, Answer, Finish, Listening, Silence, Wait, Wire
from ._layers import HTTP, Encoding, Listener, Transport, duration

__all__ = [
    "Close",
    "Garbage",
    "Hang",
    "HttpStatus",
    "Refused",
    "Reset",
    "Slow",
]


@dataclass(frozen=True)
class Garbage(Encoding):
    """Other octets altogether: *data*, which is not DER unless you make it so."""

    data: bytes = b"mockpki: this is not DER"

    def __call__(self, honest: bytes) -> bytes:
        return self.data


@dataclass(frozen=True)
class HttpStatus(HTTP):
    """The HTTP status is *code*; the body stays, unless *body* replaces it. RFC 9110 section 15."""

    code: int = 503
    body: bytes | None = None

    def __post_init__(self) -> None:
        if not 200 <= self.code <= 999:
            raise ValueError(f"{self.code!r} is no final HTTP status; give one from 200 to 999")

    def __call__(self, honest: Answer) -> Answer:
        answer = replace(honest, status=self.code)
        if self.body is not None:
            answer = replace(answer, body=self.body).with_header("Content-Length", str(len(self.body)))
        return answer


@dataclass(frozen=True)
class Hang(Transport):
    """The connection is accepted and the request is read; then silence, for as long as the client waits."""

    def __call__(self, honest: Wire) -> Wire:
        return (Silence(),)


@dataclass(frozen=True)
class Close(Transport):
    """The connection is closed in order (FIN), without a word."""

    def __call__(self, honest: Wire) -> Wire:
        return (Finish(),)


@dataclass(frozen=True)
class Reset(Transport):
    """The connection is torn down (RST), without a word."""

    def __call__(self, honest: Wire) -> Wire:
        return (Abort(),)


@dataclass(frozen=True)
class Slow(Transport):
    """The answer comes, *by* later."""

    by: timedelta = timedelta(seconds=3)

    def __post_init__(self) -> None:
        duration(self.by, self)

    def __call__(self, honest: Wire) -> Wire:
        return (Wait(self.by.total_seconds()), *honest)


@dataclass(frozen=True)
class Refused(Listener):
    """Nobody listens: connections are refused at once. The port stays this service's own."""

    def __call__(self, honest: Listening) -> Listening:
        return replace(honest, accepting=False)
