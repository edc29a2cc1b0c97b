"""What a server remembers of sessions, to resume them by tlslite. OpenSSL keeps the same in its contexts."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple


class Kept(NamedTuple):
    """For one certificate and what goes with it: the key of its tickets, and the sessions that have a number.

    The latter are tlslite's own, which has no types.
    """

    ticket_key: bytes
    sessions: Any


class Resumption:
    """What is kept of the sessions of one server, apart for each certificate that it shows.

    No session that was begun with one certificate, or with other CAs of clients, goes on under another.
    """

    def __init__(self) -> None:
        self._kept: dict[Hashable, Kept] = {}

    def find(self, whose: Hashable, make_sessions: Callable[[], Any]) -> Kept:
        """What is kept for *whose* sessions; new where there is nothing."""
        kept = self._kept.get(whose)
        if kept is None:
            kept = self._kept[whose] = Kept(secrets.token_bytes(32), make_sessions())
        return kept
