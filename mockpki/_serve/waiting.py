"""Waiting for what is to come, without polling and without holding anything."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Protocol, TypeVar

from .._clock import monotonic
from .durations import read_duration
from .hosted import Hosted
from .limits import LONGEST_WAIT
from .queries import After

T = TypeVar("T")


class Watched(Protocol):
    """Whatever has a record that grows."""

    def watch(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have *wake* called when it does. The result ends that."""


def wait_for_some(
    hosted: Hosted,
    watched: Watched,
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
