"""Faults of the port, before anyone can tell what is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from .._exchange.steps import Listening
from .._layers import Listener
from .._parameters import Pause

__all__ = [
    "Refused",
    "SlowAccept",
]


@dataclass(frozen=True)
class Refused(Listener):
    """Nobody listens: connections are refused at once. The port stays this service's own."""

    def __call__(self, honest: Listening) -> Listening:
        return replace(honest, accepting=False)


@dataclass(frozen=True)
class SlowAccept(Listener):
    """A new connection waits for *by* before anything is read from it.

    The system itself takes a connection at once, so the client finds it open, and nobody there.
    """

    by: Pause = timedelta(seconds=3)

    def __call__(self, honest: Listening) -> Listening:
        return replace(honest, delay=honest.delay + self.by.total_seconds())
