"""When an answer was made, and how long it may be believed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LIFE = timedelta(days=7)
"""How long an honest OCSP answer or CRL is good for: within the limits of the CA/Browser Forum's
Baseline Requirements for both (sections 4.9.7 and 4.9.9)."""


@dataclass(frozen=True, slots=True)
class Window:
    """The times of one answer, aware UTC in whole seconds.

    *now* is the PKI's time when the answer is made. A CRL has no *produced_at*.
    """

    now: datetime
    this_update: datetime
    next_update: datetime | None
    produced_at: datetime

    @classmethod
    def honest(cls, now: datetime) -> Window:
        """Made now, good for a week."""
        return cls(now=now, this_update=now, next_update=now + LIFE, produced_at=now)
