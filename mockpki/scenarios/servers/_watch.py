"""The responder of a scenario: it answers as the steps say, and notes when it was asked."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ... import faults
from ..._clock import monotonic
from ..._layers import Listener
from ..._pki import PKI
from ...faults import OCSPFault
from ...sequences import Incoming

_LONG = 1.0
"""Seconds that no handshake on loopback takes."""


@dataclass(frozen=True)
class TimedRequest:
    """A request to the responder: when it *came*, and when its answer was *due*; `math.inf` for never.

    Both are `mockpki._clock.monotonic`.
    """

    came: float
    due: float


@dataclass
class Watch:
    """Watches the responder of *pki*. With *life*, its answers are valid for that long and no longer."""

    pki: PKI
    life: timedelta | None = None
    faults: tuple[OCSPFault, ...] = ()
    delay: float = 0.0
    _requests: list[TimedRequest] = field(default_factory=list)
    _arrival: threading.Condition = field(default_factory=threading.Condition)

    def answer_with(self, *faults_: OCSPFault, delay: float = 0.0) -> None:
        """Answer with these faults from now on, and so many seconds late; `math.inf`: never."""
        self.faults, self.delay = faults_, delay
        if any(isinstance(fault, Listener) for fault in faults_):
            self.pki.ocsp.respond_with(*faults_)
        else:
            self.pki.ocsp.respond_by(self._choose_faults)

    def _choose_faults(self, incoming: Incoming) -> tuple[OCSPFault, ...]:
        came = monotonic()
        with self._arrival:
            self._requests.append(TimedRequest(came, came + self.delay))
            self._arrival.notify_all()
        if self.hangs:
            return (*self.answer_faults, faults.Hang())
        if self.delay:
            return (*self.answer_faults, faults.Slow(timedelta(seconds=self.delay)))
        return self.answer_faults

    @property
    def answer_faults(self) -> tuple[Any, ...]:
        """The faults that its answers have now, except that they are late."""
        own = () if self.life is None else (faults.Long(timedelta(), self.life),)
        return (*own, *self.faults)

    @property
    def requests(self) -> list[TimedRequest]:
        """Every request so far."""
        with self._arrival:
            return list(self._requests)

    @property
    def is_up(self) -> bool:
        """Whether an answer can come at all."""
        return not self.hangs and not any(isinstance(fault, Listener) for fault in self.faults)

    @property
    def hangs(self) -> bool:
        """Whether requests are never answered."""
        return self.delay == math.inf

    def wait_for(self, count: int, seconds: float) -> bool:
        """Whether there were so many requests in all, or are within that time."""
        with self._arrival:
            return self._arrival.wait_for(lambda: len(self._requests) >= count, seconds)

    def was_held_up(self, began: float, ended: float) -> bool:
        """Whether what went on from *began* to *ended* had to wait for an answer, by the order of events.

        Either an answer that was not there at the beginning was there at the end. Or there was none, and it
        took longer than anything takes that does not wait.
        """
        pending = [request for request in self.delayed if request.came <= ended and began < request.due]
        return any(request.due <= ended for request in pending) or (bool(pending) and ended - began > _LONG)

    @property
    def delayed(self) -> list[TimedRequest]:
        """The requests whose answers did not come at once."""
        return [request for request in self.requests if request.due > request.came]

    @property
    def last_due(self) -> float:
        """When the last answer that comes at all is due; in the past, if it has come."""
        return max((request.due for request in self.requests if request.due < math.inf), default=0.0)
