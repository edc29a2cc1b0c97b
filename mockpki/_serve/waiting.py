"""Waiting for what is to come, without polling and without holding anything."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from .._clock import monotonic
from .durations import read_duration
from .hosted import Hosted
from .limits import LONGEST_WAIT
from .queries import After

T = TypeVar("T")


class Record(Protocol[T]):
    """Whatever is written down, and grows."""

    @property
    def last_number(self) -> int:
        """The number of the newest entry, 0 before the first."""

    def since(self, number: int) -> list[T]:
        """Those with a higher one, oldest first."""

    def watch(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have *wake* called when there is something new. The result ends that."""


def _number_of(entry: Any) -> int:
    number: int = entry.number
    return number


def read_page(
    hosted: Hosted,
    record: Record[T],
    query: After,
    *,
    number: Callable[[T], int] = _number_of,
    wanted: Callable[[T], bool] = lambda one: True,
    will_do: Callable[[T], bool] = lambda one: True,
) -> tuple[list[T], int]:
    """Those of *record* that are *wanted* and that *query* is about, and the *number* to read on from.

    With ``wait``, as soon as there is one that *will_do*. Raises Problem as `wait_for_some` does.
    """
    last = record.last_number

    def look() -> list[T]:
        nonlocal last
        found = record.since(query.after)
        # What comes after this look is asked for by the next call.
        last = number(found[-1]) if found else last
        return [one for one in found if wanted(one)]

    found = wait_for_some(hosted, record, query, look, will_do)
    shown = found[: query.limit]
    return shown, number(shown[-1]) if len(shown) < len(found) else last


def wait_for_some(
    hosted: Hosted,
    watched: Record[T],
    query: After,
    look: Callable[[], list[T]],
    will_do: Callable[[T], bool] = lambda one: True,
) -> list[T]:
    """What *look* finds, as soon as there is one that *will_do*, or after the time that *query* gives it.

    Whoever asks again gets the same: no cursor is kept here. Raises Problem if the PKI is closed meanwhile.
    """
    if query.wait is None:
        return look()
    wait = read_duration(query.wait, "wait", least=timedelta(), most=LONGEST_WAIT)
    until = monotonic() + wait.total_seconds()
    woken = threading.Event()
    with ExitStack() as then:
        then.callback(watched.watch(woken.set))
        then.callback(hosted.watch_end(woken.set))
        while True:
            hosted.check_open()
            # Whatever comes after this look wakes, and is found by the next.
            woken.clear()
            found = look()
            left = until - monotonic()
            if left <= 0 or any(map(will_do, found)):
                return found
            woken.wait(left)
