"""How much one server holds, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

LARGEST_BODY = 1 << 20
LARGEST_HEAD = 1 << 16
"""Octets of a request: both."""
LONGEST_WAIT = timedelta(seconds=60)
IDLE = 30.0
"""Seconds after which a connection that says nothing is closed."""
CAS, CERTIFICATES, SERVERS = 50, 10_000, 100
"""How many of each one PKI has."""
EVENTS, LISTENERS = 1000, 32
"""How many of the newest events are kept, and how many may listen."""
REMEMBERED = 1000
"""How many PKIs that were closed are still known to have been."""


@dataclass(frozen=True)
class Limits:
    """What ``--max-pkis``, ``--pki-ttl`` and ``--journal`` say."""

    pkis: int = 200
    ttl: timedelta | None = None
    journal: int = 10_000
