"""Faults of the times: one class serves OCSP answers, staples and CRLs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from .._window import LIFE, Window
from ._layers import Timing, duration

__all__ = [
    "Stale",
]


@dataclass(frozen=True)
class Stale(Timing):
    """nextUpdate passed *by* ago; the whole answer is that much older. RFC 6960 section 4.2.2.1."""

    by: timedelta = timedelta(days=1)

    def __post_init__(self) -> None:
        duration(self.by, self)

    def __call__(self, honest: Window) -> Window:
        back = honest.now - self.by - (honest.next_update or honest.this_update + LIFE)
        return replace(
            honest,
            this_update=honest.this_update + back,
            next_update=honest.now - self.by,
            produced_at=honest.produced_at + back,
        )
