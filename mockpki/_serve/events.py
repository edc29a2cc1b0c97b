"""Events: what happened on this server, in its order, for whoever listens.

1. An event has a number, which rises by one across the server. The newest thousand are kept, for those that
   come back (`Last-Event-ID`) and those that are slow; who is slower than that is dropped, not waited for.
2. Nobody is called here, and nothing is waited for but in `Listener`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from .._clock import monotonic
from .limits import EVENTS, LISTENERS
from .problem import Problem

_BEAT = 15.0
"""Seconds of silence after which a comment is sent, by which those on the way see that all is well."""
_LOOK = 0.5
"""Seconds after which it is looked whether a listener is still there."""


class Event(NamedTuple):
    """Something that happened in the PKI of that id, if it was in one: *data* is JSON."""

    number: int
    kind: str
    pki: str | None
    data: bytes

    def write(self) -> bytes:
        """As it goes over the wire: HTML Living Standard section 9.2.5."""
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (self.number, self.kind.encode(), self.data)


class Events:
    """The newest events, and those who listen. Every method may be called from any thread."""

    def __init__(self) -> None:
        self.last = 0
        """The number of the newest event, 0 before the first."""
        self.gone = 0
        """The number of the newest that is not kept any more."""
        self.closed = False
        self.changed: Callable[[str], object] = lambda pki: None
        """Called with the id of a PKI in which a call has changed something; set by who reads records."""
        self.first_came: Callable[[], object] = lambda: None
        self.last_left: Callable[[], object] = lambda: None
        """Called when there are listeners, and when there are none any more; never both at once."""
        self._kept: deque[Event] = deque()
        self._news = threading.Condition()
        self._coming = threading.Lock()
        self._listeners = 0

    def add(self, kind: str, pki: str | None, data: Any) -> None:
        """Something has happened: *data* is what it is, for JSON."""
        encoded = msgspec.json.encode(data)
        with self._news:
            self.last += 1
            self._kept.append(Event(self.last, kind, pki, encoded))
            if len(self._kept) > EVENTS:
                self.gone = self._kept.popleft().number
            self._news.notify_all()

    def since(self, number: int) -> tuple[int, list[Event]]:
        """The events with a higher number, oldest first; and how many of these are not kept any more."""
        with self._news:
            kept = self._kept
            # The numbers of those kept follow one another.
            first = kept[0].number if kept else self.last + 1
            return max(0, self.gone - number), list(islice(kept, max(0, number + 1 - first), None))

    def wait(self, number: int, seconds: float) -> None:
        """Return once there is an event with a higher number, or the server ends, or time is over."""
        with self._news:
            self._news.wait_for(lambda: self.closed or self.last > number, seconds)

    def listen(self, after: int | None = None, pki: str | None = None) -> Listener:
        """Someone who listens from the event numbered *after* on, or from now on; to one PKI, or to all.

        Raises Problem for one too many, and once the server ends.
        """
        with self._coming:
            if self.closed:
                raise Problem("gone", "this server is ending")
            if self._listeners >= LISTENERS:
                raise Problem(
                    "limit-reached",
                    f"{LISTENERS} listeners are there, which is the most; close a stream, or a page, first",
                )
            if not self._listeners:
                self.first_came()
            self._listeners += 1
        # A number that this server has not reached is that of another server, which was here before.
        known = self.last if after is None else 0 if after > self.last else max(after, 0)
        return Listener(self, known, pki, self._leave)

    def _leave(self) -> None:
        with self._coming:
            try:
                if self._listeners == 1:
                    self.last_left()
            finally:
                self._listeners -= 1

    @property
    def listeners(self) -> int:
        """How many there are."""
        return self._listeners

    def close(self) -> None:
        """There are no more events. Whoever listens has the rest, and is done."""
        with self._news:
            self.closed = True
            self._news.notify_all()


class Listener:
    """Someone who has the events after the one numbered *known*; `close` it."""

    def __init__(self, events: Events, known: int, pki: str | None, leave: Callable[[], None]) -> None:
        self._events, self._known, self._pki, self._leave = events, known, pki, leave
        self._open = True

    def close(self) -> None:
        """Leave. Leaving twice does nothing."""
        if self._open:
            self._open = False
            self._leave()

    def stream(self, is_there: Callable[[], bool]) -> Iterator[bytes]:
        """What goes over the wire, until the server ends, *is_there* says no, or it has been too slow."""
        events = self._events
        yield b"retry: 1000\n: mockpki\n\n"
        beat, resumed = monotonic() + _BEAT, True
        while self._open:
            lost, news = events.since(self._known)
            if lost and not resumed:
                return
            if lost:
                yield Event(news[0].number - 1, "lost", None, msgspec.json.encode({"lost": lost})).write()
            resumed = False
            for event in news:
                self._known = event.number
                # What is lost may have been anybody's.
                if self._pki in (None, event.pki) or event.pki is None:
                    yield event.write()
            if news:
                beat = monotonic() + _BEAT
                continue
            if events.closed or not is_there():
                return
            if monotonic() >= beat:
                yield b": beat\n\n"
                beat = monotonic() + _BEAT
            events.wait(self._known, _LOOK)
