"""Ctrl-C while something is opened or closed: it takes effect once that is whole, and is what it was."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any


class Held:
    """A block that Ctrl-C does not interrupt: it waits for the end of the block, and goes on from there.

    Python interrupts the main thread wherever it is, also between a thread that has started and whoever is to
    know of it. Where no handler of Python's is set, and on other threads, nothing changes.
    """

    def __init__(self) -> None:
        self._before: Any = None
        self._caught: tuple[int, FrameType | None] | None = None

    def __enter__(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        before = signal.getsignal(signal.SIGINT)
        if callable(before):
            self._before = before
            signal.signal(signal.SIGINT, self._catch)

    def _catch(self, number: int, frame: FrameType | None) -> None:
        self._caught = number, frame

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            if self._caught is not None:
                self._before(*self._caught)
