"""What is due when, and a timer that leads to the next of it."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")


class Timetable(Generic[T]):
    """Things by the moment at which they are due. Used on the loop's thread only.

    One that is put in again stays in at its earlier moment as well: whoever takes it out looks whether that
    still holds.
    """

    def __init__(self) -> None:
        self._due: list[tuple[datetime, int, T]] = []
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None

    def put(self, due: datetime, thing: T) -> None:
        # The number parts things that are due at the same moment.
        heapq.heappush(self._due, (due, next(self._numbers), thing))

    def take(self, now: datetime) -> Iterator[tuple[datetime, T]]:
        """Take out what is due by *now*, the earliest first."""
        while self._due and self._due[0][0] <= now:
            due, _, thing = heapq.heappop(self._due)
            yield due, thing

    def clear(self) -> None:
        self._due.clear()
        self.stop_timer()

    def set_timer(
        self, loop: asyncio.AbstractEventLoop, now: datetime, catch_up: Callable[[], object]
    ) -> None:
        """Have *catch_up* called when the next thing is due, and at no other time."""
        self.stop_timer()
        if self._due:
            # The clock counts whole seconds: what is due in this one may be due a little later.
            self._timer = loop.call_later(max(0.05, (self._due[0][0] - now).total_seconds()), catch_up)

    def stop_timer(self) -> None:
        """Have nothing called until there is a timer again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
