"""What a stapler remembers for the test: its events and its numbers."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict
from datetime import datetime

from .._watchers import Watchers
from ._events import Counts, Event, Kind, Stats

_COUNTED = {
    Kind.FETCH_STARTED: "fetches",
    Kind.ANSWERED: "answered",
    Kind.REFUSED: "refused",
    Kind.NO_ANSWER: "unanswered",
    Kind.WAITING: "waited",
    Kind.SERVED: "stapled",
    Kind.FAKED: "faked",
    Kind.RELAYED: "relayed",
    Kind.OMITTED: "omitted",
    Kind.ABORTED: "aborted",
}


class EventLog:
    """Only ever added to. It is written on the loop and may be read anywhere.

    Of events, the newest *limit* are kept, or all.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.counts = Counts()
        self.last = 0
        """How many events there were."""
        self.watchers: Watchers[[]] = Watchers()
        """Those who are told of each event, on the loop."""
        self._events: deque[Event] = deque(maxlen=limit)
        self._held_back: set[str] = set()

    def add(self, time: datetime, name: str, kind: Kind, detail: str) -> None:
        self._events.append(Event(time, name, kind, detail))
        self.last += 1
        counted = _COUNTED.get(kind)
        if counted is not None:
            setattr(self.counts, counted, getattr(self.counts, counted) + 1)
        self.watchers.tell()

    def keep(self, limit: int | None) -> None:
        """Keep so many events from now on."""
        self._events = deque(self._events, limit)

    def since(self, number: int) -> list[tuple[int, Event]]:
        """The events with a higher number, oldest first, each with its own; the first had 1."""
        events, last = list(self._events), self.last
        first = last - len(events) + 1
        return [one for one in enumerate(events, first) if one[0] > number]

    def hold_back(self, name: str) -> None:
        """A sighting of *name* was not enough to begin a fetch."""
        self.counts.sightings += 1
        self._held_back.add(name)

    def let_through(self, name: str) -> None:
        """It has been sighted often enough."""
        self._held_back.discard(name)

    @property
    def events(self) -> list[Event]:
        return list(self._events)

    @property
    def stats(self) -> Stats:
        return Stats(**asdict(self.counts), fetches_saved=len(self._held_back))
