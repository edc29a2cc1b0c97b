"""The PKI's time. Nothing else in the package asks what time it is."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from types import TracebackType

from ._parameters import show
from ._watchers import Watchers

if hasattr(time, "clock_gettime"):

    def monotonic() -> float:
        """Seconds that only rise, for time-outs; freezegun does not stop them."""
        return time.clock_gettime(time.CLOCK_MONOTONIC)

    def _real_time() -> float:
        return time.clock_gettime(time.CLOCK_REALTIME)

else:  # pragma: no cover - Windows has no clock_gettime; freezegun stops these two there
    monotonic = time.monotonic
    _real_time = time.time


EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
"""From which seconds are counted."""


def _read_clock() -> dt.datetime:
    """The system's time, or freezegun's in place of it, as aware UTC."""
    # The module's attribute and not an imported name: it is what freezegun replaces, and its replacement
    # holds in every thread; its time.time() does not, below some modules. Local time and its way back to UTC
    # agree with each other, where now(utc) would be off by freezegun's tz_offset.
    local = dt.datetime.now()  # noqa: DTZ005
    return EPOCH + dt.timedelta(seconds=local.timestamp())


class Clock:
    """What the authorities of one PKI take for the time: the system's, moved by `shift` or `set`.

    It can be stopped, by `stop`: then only they move it, and nothing falls due by itself.

    It follows ``freezegun.freeze_time``. It moves thisUpdate, nextUpdate, producedAt and validity
    periods; it does not move the clock of the client under test. All times are aware UTC in whole
    seconds.
    """

    def __init__(self) -> None:
        self._offset = dt.timedelta()
        self._stopped: dt.datetime | None = None
        self._watchers: Watchers[[]] = Watchers()
        self._lock = threading.Lock()

    @property
    def offset(self) -> dt.timedelta:
        """How far this clock is ahead of the system's; of one that is stopped, how far it was at that moment,
        and has been moved since."""
        return self._offset

    @property
    def stopped(self) -> bool:
        """Whether it stands still until it is moved."""
        return self._stopped is not None

    def now(self) -> dt.datetime:
        """The time, cut to the second."""
        stopped = self._stopped
        if stopped is not None:
            return stopped.replace(microsecond=0)
        return (_read_clock() + self._offset).replace(microsecond=0)

    def shift(self, by: dt.timedelta) -> None:
        """Move the whole PKI *by* this much, forwards or (negative) back, on top of earlier shifts.

        Raises TypeError when *by* is not a timedelta, ValueError when it leaves the years 1950 to 9000.
        """
        self._move("shift(", by, lambda: self._offset + by)

    def set(self, offset: dt.timedelta) -> None:
        """Have the whole PKI be *offset* ahead of the system's time (negative: behind), wherever it was.

        Set twice is set once, as ``shift`` is not. What ``PKI(ago=...)`` did is undone, too. A clock that is
        stopped stands at *offset* from the moment it was stopped at. Raises the same errors as `shift`.
        """
        self._move("set(offset=", offset, lambda: offset)

    def _move(self, call: str, given: dt.timedelta, find_offset: Callable[[], dt.timedelta]) -> None:
        if not isinstance(given, dt.timedelta):
            raise TypeError(f"{call}) takes a timedelta, such as timedelta(days=1); got {show(given)}")
        with self._lock:
            try:
                offset = find_offset()
                by = offset - self._offset
                year = (self.now() + by).year
            except OverflowError:
                year = 0
            # Room for the windows and validity periods around it.
            if not 1950 <= year <= 9000:
                raise ValueError(f"{call}{given!r}) moves this clock out of the years 1950 to 9000")
            self._offset = offset
            if self._stopped is not None:
                self._stopped += by
        self._watchers.tell()

    def stop(self) -> Stopped:
        """Stop this clock at the second that it shows; `shift` still moves it, and `resume` lets it run.

        As a block it runs on at the end, if it ran at the beginning. Under a clock that stands, an answer
        is as old at the end of a test as at its beginning, and what falls due is up to the test: see
        `PKI.run_until`.
        """
        was_running = not self.stopped
        if was_running:
            self._stopped = self.now()
            self._watchers.tell()
        return Stopped(self.resume if was_running else lambda: None)

    def resume(self) -> None:
        """Let a stopped clock run on from where it stands. One that runs does so anyway."""
        stood, self._stopped = self._stopped, None
        if stood is not None:
            self._offset += stood.replace(microsecond=0) - self.now()
            self._watchers.tell()

    def watch(self, watcher: Callable[[], object]) -> Callable[[], None]:
        """Have *watcher* called after each `shift`, `set`, `stop` and `resume`, by the thread that does it.

        The result ends that.
        """
        return self._watchers.add(watcher)

    @staticmethod
    def system_time() -> dt.datetime:
        """The system's own time, which OpenSSL goes by, whatever freezegun or `shift` say."""
        return dt.datetime.fromtimestamp(int(_real_time()), dt.timezone.utc)

    def __repr__(self) -> str:
        state = "stopped" if self.stopped else f"{self._offset} ahead"
        return f"<Clock {self.now():%Y-%m-%d %H:%M:%S}Z, {state}>"


class Stopped:
    """What `Clock.stop` returns: for a ``with`` block, at whose end the clock runs on."""

    def __init__(self, resume: Callable[[], None]) -> None:
        self._resume = resume

    def __enter__(self) -> None:
        """It stands already."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._resume()
