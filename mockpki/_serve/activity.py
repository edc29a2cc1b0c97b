"""How long nobody has called."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from werkzeug.wsgi import ClosingIterator

from .._clock import monotonic

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

UNCOUNTED = "/health"
"""Whoever looks whether a server is there does not use it."""


class Activity:
    """*application*, with a look at when it was called. A call that waits, or reads events, is under way."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        self._changed = threading.Condition()
        self._last = monotonic()
        self._under_way = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == UNCOUNTED:
            return self._application(environ, start_response)
        self._count(1)
        try:
            parts = self._application(environ, start_response)
        except BaseException:
            self._count(-1)
            raise
        end: Callable[[], None] = lambda: self._count(-1)  # noqa: E731 - the type is for the checker
        return ClosingIterator(parts, end)

    def _count(self, more: int) -> None:
        with self._changed:
            self._under_way += more
            self._last = monotonic()
            self._changed.notify_all()

    def idle(self) -> float:
        """Seconds since the last call ended; 0 while one is under way."""
        with self._changed:
            return 0.0 if self._under_way else monotonic() - self._last

    def let_end(self, seconds: float) -> bool:
        """Wait until no call is under way, for so many *seconds* at most; whether none is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._under_way, seconds)
