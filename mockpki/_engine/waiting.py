"""A test that waits: in the event loop of its own, which is not ours, or in the way of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def wait_in_loop(
    take: Callable[[], T | None], watch: Callable[[Callable[[], None]], Callable[[], None]], seconds: float
) -> T | None:
    """What *take* gives, as soon as it gives something; None after so many *seconds*. The loop goes on.

    *watch* has a function called, by any thread, whenever it is worth looking again; the result ends that.
    """
    loop, news = asyncio.get_running_loop(), asyncio.Event()
    over = threading.Event()

    def wake() -> None:
        with suppress(RuntimeError):  # the loop may have ended before
            loop.call_soon_threadsafe(news.set)

    def end() -> None:
        over.set()
        wake()

    # The loop's own timers stand still where freezegun stops the time.
    timer = threading.Timer(max(0.0, seconds), end)
    timer.daemon = True
    unwatch = watch(wake)
    timer.start()
    try:
        while True:
            # In this order: what came in time is given, even in the last moment.
            is_over, taken = over.is_set(), take()
            if taken is not None or is_over:
                return taken
            await news.wait()
            news.clear()
    finally:
        timer.cancel()
        unwatch()


def blocks_a_loop() -> bool:
    """Whether the caller's thread runs an event loop, which stands still while it waits."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
