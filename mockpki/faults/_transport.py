"""Faults of the connection."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from .._exchange.steps import Abort, Finish, Send, Silence, Step, Trickle, Wait, Wire, join_octets
from .._layers import Transport
from .._parameters import Pause

__all__ = [
    "Close",
    "Drip",
    "Half",
    "Hang",
    "NotHttp",
    "Reset",
    "Slow",
    "SlowBody",
]


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
class NotHttp(Transport):
    """*data* comes instead of an HTTP answer, and the connection is closed. RFC 9112 section 4."""

    data: bytes = b"220 mockpki ESMTP\r\n"

    def __call__(self, honest: Wire) -> Wire:
        return (Send(self.data), Finish())


@dataclass(frozen=True)
class Slow(Transport):
    """The answer comes, *by* later."""

    by: Pause = timedelta(seconds=3)

    def __call__(self, honest: Wire) -> Wire:
        return (Wait(self.by.total_seconds()), *honest)


@dataclass(frozen=True)
class SlowBody(Transport):
    """The HTTP head comes at once, and the body *by* later."""

    by: Pause = timedelta(seconds=3)

    def __call__(self, honest: Wire) -> Wire:
        head, body = _cut(honest, len(_head(honest)))
        return (*head, Wait(self.by.total_seconds()), *body)


@dataclass(frozen=True)
class Drip(Transport):
    """The answer comes in drops, so many *bytes_per_second*, and never more than ten drops a second."""

    bytes_per_second: float = 100

    def _check_values(self) -> None:
        if not self.bytes_per_second > 0:
            raise ValueError(f"{self!r} never sends anything; give more than 0, or use faults.Hang()")

    def __call__(self, honest: Wire) -> Wire:
        size = max(1, round(self.bytes_per_second / 10))
        pause = size / self.bytes_per_second
        return tuple(Trickle(step.data, size, pause) if isinstance(step, Send) else step for step in honest)


@dataclass(frozen=True)
class Half(Transport):
    """Half of the body comes, *then* ``"silence"``, ``"reset"`` or ``"close"``. RFC 9112 section 8.

    Content-Length, if there is one, promises the whole. A reset overtakes what the client has no room
    for yet, so half of an answer of many kilobytes may be less than half.
    """

    then: str = "silence"

    def _check_values(self) -> None:
        if self.then not in _ENDS:
            raise ValueError(f"{self.then!r} is no end; after half a body come {', '.join(map(repr, _ENDS))}")

    def __call__(self, honest: Wire) -> Wire:
        head = len(_head(honest))
        sent, _ = _cut(honest, head + (len(join_octets(honest)) - head) // 2)
        # Where there was no body, an end may be among what is left of it.
        return (*(step for step in sent if not isinstance(step, Silence | Finish | Abort)), _ENDS[self.then])


_ENDS: dict[str, Step] = {"silence": Silence(), "reset": Abort(), "close": Finish()}


def _head(wire: Wire) -> bytes:
    """The part up to the empty line; nothing, where there is none."""
    octets = join_octets(wire)
    return octets[: octets.find(b"\r\n\r\n") + 4] if b"\r\n\r\n" in octets else b""


def _cut(wire: Wire, size: int) -> tuple[Wire, Wire]:
    """The steps up to the octet number *size*, and those after it."""
    before: list[Step] = []
    for at, step in enumerate(wire):
        if isinstance(step, Send | Trickle):
            if size < len(step.data):
                start = [replace(step, data=step.data[:size])] if size else []
                return (*before, *start), (replace(step, data=step.data[size:]), *wire[at + 1 :])
            size -= len(step.data)
        before.append(step)
    return tuple(before), ()
