"""When an answer was made, and how long it may be believed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LIFE = timedelta(days=7)
"""How long an honest OCSP answer or CRL is good for: within the limits of the CA/Browser Forum's
Baseline Requirements for both (sections 4.9.7 and 4.9.9)."""

BACKDATED_BY = timedelta(minutes=10)
"""How long ago an honest OCSP answer or CRL says that it was made: thisUpdate, and producedAt with it.

RFC 6960 section 4.2.2.1: "Responses whose thisUpdate time is later than the local system time SHOULD be
considered unreliable." There are clients that look at their clock, connect, and then take that sentence to
the second; there are those that look once, before they wait for another responder. So CAs date back.
"""


@dataclass(frozen=True, slots=True)
class Window:
    """The times of one answer, aware UTC in whole seconds.

    *now* is the PKI's time when the answer is made. A CRL has no *produced_at*. The three others are what
    the answer says: a CA that answers honestly says nothing of the last ten minutes.
    """

    now: datetime
    this_update: datetime
    next_update: datetime | None
    produced_at: datetime

    @classmethod
    def honest(cls, now: datetime) -> Window:
        """Dated ten minutes back, and good for a week from then on."""
        made = now - BACKDATED_BY
        return cls(now=now, this_update=made, next_update=made + LIFE, produced_at=made)
