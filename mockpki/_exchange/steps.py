"""How an answer goes over the wire, step by step, and whether a port takes connections.

The engine obeys a `Wire` and decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .http import Answer, HttpRequest, obey_http


@dataclass(frozen=True, slots=True)
class Send:
    """Put these octets on the wire."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Trickle:
    """Put these octets on the wire, *size* at a time, with so many seconds between."""

    data: bytes = field(repr=False)
    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Silence:
    """Do nothing until the client goes away or the service closes."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Send what is left, then end the connection in order (FIN)."""


@dataclass(frozen=True, slots=True)
class Abort:
    """Tear the connection down at once (RST)."""


Step = Send | Trickle | Wait | Silence | Finish | Abort
Wire = tuple[Step, ...]


def join_octets(wire: Wire) -> bytes:
    """Everything that goes out."""
    return b"".join(step.data for step in wire if isinstance(step, Send | Trickle))


def is_wire(value: object) -> bool:
    """Whether *value*, which a user's fault may have made, can be put on the wire step by step."""
    return isinstance(value, tuple) and all(map(_is_step, value))


def _is_step(step: object) -> bool:
    match step:
        case Send(data):
            return _has_type(data, bytes)
        case Trickle(data, size, seconds):
            return (
                _has_type(data, bytes)
                and _has_type(size, int)
                and size > 0
                and _has_type(seconds, int, float)
            )
        case Wait(seconds):
            return _has_type(seconds, int, float)
    return isinstance(step, Step)


def _has_type(value: object, *types: type) -> bool:
    """Whether it is what its annotation says, which nobody has checked."""
    return isinstance(value, types)


@dataclass(frozen=True, slots=True)
class Listening:
    """Whether a service's port takes connections at all, and after how many seconds it reads them."""

    accepting: bool = True
    delay: float = 0.0


def deliver(request: HttpRequest, answer: Answer) -> Wire:
    """The honest way out: everything at once, and the connection kept or closed as asked.

    An answer of HTTP/1.0, or one whose end nothing else tells, closes it whatever was asked.
    """
    # One answer goes out again and again, in few ways.
    how = (request.version, request.method == "HEAD", request.keep_alive)
    wire: Wire | None = answer.wires.get(how)
    if wire is None:
        wire = answer.wires[how] = _make_wire(answer, *how)
    return wire


def _make_wire(answer: Answer, version: str, head_only: bool, keep_alive: bool) -> Wire:
    answer = obey_http(version, answer)
    # RFC 9110 section 9.3.2: "the server MUST NOT send content in the response" to HEAD.
    keep_alive = keep_alive and answer.version != "1.0" and (head_only or answer.is_delimited)
    option = "keep-alive" if keep_alive else "close"
    if not keep_alive or version == "1.0":
        upgrades = (answer.header("Connection") or "").lower() == "upgrade"
        answer = answer.with_header("Connection", f"Upgrade, {option}" if upgrades else option)
    sent = Send(answer.head() if head_only else answer.encode())
    return (sent,) if keep_alive else (sent, Finish())
