"""What a stapler remembers for the test: its events and its numbers."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

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
    """Only ever added to. It is written on the loop and may be read anywhere."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._events: list[Event] = []
        self._held_back: set[str] = set()

    def add(self, time: datetime, name: str, kind: Kind, detail: str) -> None:
        self._events.append(Event(time, name, kind, detail))
        counted = _COUNTED.get(kind)
        if counted is not None:
            setattr(self.counts, counted, getattr(self.counts, counted) + 1)

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
