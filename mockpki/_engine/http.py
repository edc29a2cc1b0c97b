"""HTTP/1 on one connection."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from .._exchange.http import Answer, HttpRequest, http_date
from .._exchange.steps import Abort, Finish, Send, Silence, Step, Trickle, Wait, Wire
from .._problems import Problems
from .requests import LARGEST, Continue, Found, Refused, RequestReader

# What may wait for a step before it, in octets and steps. A client may ask for megabytes in one segment.
_MOST_UNSENT = 1 << 20
_MOST_STEPS = 100
# A client that is refused may still be sending: to close at once would reset the connection, and might take
# the answer from it. It has so many seconds to read.
_GRACE = 1


class Outlet(Protocol):
    """Where an HTTP session writes: a `Connection`, or TLS above one."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop: ...

    @property
    def peer(self) -> str: ...

    @property
    def is_full(self) -> bool:
        """Whether what was written is not taken."""

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def write(self, data: bytes) -> None: ...

    def finish(self) -> None: ...

    def abort(self) -> None: ...


class HttpSession:
    """HTTP/1 on one connection: requests in their order, each answered by *handle* as a `Wire`.

    What is refused is refused by the time of *now*. *largest* is that of a `RequestReader`.
    """

    def __init__(
        self,
        outlet: Outlet,
        handle: Callable[[HttpRequest], Wire],
        problems: Problems,
        now: Callable[[], datetime],
        largest: int | None = LARGEST,
    ) -> None:
        self._outlet = outlet
        self._handle = handle
        self._problems = problems
        self._now = now
        self._reader = RequestReader(outlet.peer, largest)
        self._steps: deque[Step] = deque()
        self._unsent = 0
        self._timer: asyncio.TimerHandle | None = None
        self._over = False
        self._input_over = False
        self._held = False

    # The connection calls these.

    def received(self, data: bytes) -> None:
        self._reader.feed(data)
        self._serve()

    def input_ended(self) -> None:
        self._input_over = True
        self._finish_if_done()

    def output_taken(self) -> None:
        self._serve()

    def ended(self) -> None:
        self._over = self._reader.over = True
        self._reader.found.clear()
        self._steps.clear()
        if self._timer is not None:
            self._timer.cancel()

    # What was asked.

    def _serve(self) -> None:
        """Answer what was asked, as far as the answers are taken; no more is heard until they are."""
        found = self._reader.found
        while found and not self._is_full:
            wire = self._answer(found.popleft())
            # Most answers are one piece, and go out at once.
            if not self._steps and len(wire) == 1 and isinstance(wire[0], Send):
                self._outlet.write(wire[0].data)
                continue
            if any(isinstance(step, Finish | Abort) for step in wire):
                # What follows a request that ends the connection was never asked.
                found.clear()
                self._reader.over = True
            self._run(wire)
        self._finish_if_done()
        if bool(found) is not self._held and not self._over:
            self._held = bool(found)
            if self._held:
                self._outlet.pause_reading()
            else:
                self._outlet.resume_reading()

    @property
    def _is_full(self) -> bool:
        return self._unsent > _MOST_UNSENT or len(self._steps) > _MOST_STEPS or self._outlet.is_full

    def _answer(self, found: Found) -> Wire:
        match found:
            case HttpRequest():
                return self._handle(found)
            case Continue():
                return (Send(b"HTTP/1.1 100 Continue\r\n\r\n"),)
            case Refused((status, sentence), head_only, sending):
                answer = Answer.text(
                    status, f"mockpki: {sentence}", ("Date", http_date(self._now())), ("Connection", "close")
                )
                # RFC 9110 section 9.3.2: "the server MUST NOT send content in the response" to HEAD.
                sent = Send(answer.head() if head_only else answer.encode())
                return (sent, *([Wait(_GRACE)] if sending else ()), Finish())

    # The steps.

    def _run(self, wire: Wire) -> None:
        busy = bool(self._steps)
        self._steps.extend(wire)
        self._unsent += sum(len(step.data) for step in wire if isinstance(step, Send | Trickle))
        if not busy:
            self._go_on()

    def _write(self, data: bytes) -> None:
        self._unsent -= len(data)
        self._outlet.write(data)

    def _go_on(self) -> None:
        steps = self._steps
        while steps:
            match steps[0]:
                case Send(data):
                    self._write(data)
                case Trickle(data, size, seconds) if len(data) > size:
                    steps[0] = Trickle(data[size:], size, seconds)
                    steps.extendleft((Wait(seconds), Send(data[:size])))
                    continue
                case Trickle(data):
                    self._write(data)
                case Wait(seconds):
                    self._timer = self._outlet.loop.call_later(seconds, self._waited)
                    return
                case Silence():
                    return
                case Finish():
                    self._end(self._outlet.finish)
                    return
                case Abort():
                    self._end(self._outlet.abort)
                    return
            # Writing may have found the connection gone, and emptied the list.
            if steps:
                steps.popleft()

    def _finish_if_done(self) -> None:
        """Once the client sends no more, and has been answered, nothing is left to be said."""
        if self._input_over and not (self._over or self._steps or self._reader.found):
            self._end(self._outlet.finish)

    def _waited(self) -> None:
        self._timer = None
        if not self._steps:
            return
        self._steps.popleft()
        try:
            self._go_on()
            self._serve()
        # Nobody above has called: the loop would write it to a log.
        except BaseException as error:
            self._problems.add(error, f"raised in a late part of the answer to {self._outlet.peer}")
            self._end(self._outlet.abort)

    def _end(self, how: Callable[[], None]) -> None:
        self._over = self._reader.over = True
        self._reader.found.clear()
        self._steps.clear()
        how()
