"""Waiting for what is to come, without polling and without holding anything."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol, TypeVar

from .._clock import monotonic
from .bodies import After
from .durations import read_duration
from .hosted import Hosted
from .limits import LONGEST_WAIT

T = TypeVar("T")


class Watched(Protocol):
    """Whatever has a record that grows."""

    def watch(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have *wake* called when it does. The result ends that."""


def wait_for_some(hosted: Hosted, watched: Watched, query: After, look: Callable[[], list[T]]) -> list[T]:
    """What *look* finds, as soon as there is something, or nothing after the time that *query* gives it.

    Whoever asks again gets the same: no cursor is kept here.
    """
    if query.wait is None:
        return look()
    wait = read_duration(query.wait, "wait", least=timedelta(), most=LONGEST_WAIT)
    until = monotonic() + wait.total_seconds()
    arrived = threading.Event()
    unwatch = watched.watch(arrived.set)
    try:
        while not (found := look()) and not hosted.closed.is_set():
            left = until - monotonic()
            # Not at once to the end: a PKI that is closed meanwhile rings no bell.
            if left <= 0:
                break
            arrived.wait(min(left, 0.5))
            arrived.clear()
    finally:
        unwatch()
    return found
