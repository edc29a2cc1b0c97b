"""A client that reads CRLs, and keeps what it has or does not. Its lists are honest: it asks for no more than
that they are current."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from ..._validation.revocation_list import RevocationList

Load = Callable[[bool], RevocationList]
"""Fetches the CRL, or (true) the delta."""


class CrlClient:
    """A client and what it has. Its lists are honest: it asks for no more than that they are current."""

    def __init__(self, name: str, *, keeps: bool, deltas: bool) -> None:
        self.name, self.keeps, self.deltas = name, keeps, deltas
        self.states: list[tuple[timedelta, str]] = []
        self._complete: RevocationList | None = None
        self._delta: RevocationList | None = None

    def look(self, serial: int, now: datetime, load: Load) -> str:
        """What it knows of *serial* at *now*: ``good``, ``revoked``, or ``none`` without a current list."""
        complete, delta = self._find_complete(now, load), self._find_delta(now, load)
        if delta is not None and _find_number(complete) < (delta.base or 0):
            # RFC 5280 section 5.2.4 (c): "The CRL number of the complete CRL is equal to or greater than
            # the BaseCRLNumber specified in the delta CRL."
            complete = load(False)
        self._complete, self._delta = complete, delta
        if not _is_current(complete, now):
            return "none"
        lists = [complete]
        if delta is not None and _is_current(delta, now) and self._fits(complete, delta):
            lists.append(delta)
        found = [one.crl.get_revoked_certificate_by_serial_number(serial) for one in lists]
        return "revoked" if any(entry is not None for entry in found) else "good"

    def _find_complete(self, now: datetime, load: Load) -> RevocationList:
        if self.keeps and self._complete is not None and _is_current(self._complete, now):
            return self._complete
        return load(False)

    def _find_delta(self, now: datetime, load: Load) -> RevocationList | None:
        if not self.deltas or (self.keeps and self._delta is not None and _is_current(self._delta, now)):
            return self._delta
        return load(True)

    @staticmethod
    def _fits(complete: RevocationList, delta: RevocationList) -> bool:
        # RFC 5280 section 5.2.4 (d): "The CRL number of the complete CRL is less than the CRL number of the
        # delta CRL."
        return (delta.base or 0) <= _find_number(complete) < _find_number(delta)

    def find_ends(self, now: datetime) -> list[datetime]:
        """When what it has ends."""
        ends = (one.crl.next_update_utc for one in (self._complete, self._delta) if one is not None)
        return [end for end in ends if end is not None and end > now]


def _is_current(one: RevocationList, now: datetime) -> bool:
    return one.crl.next_update_utc is not None and now < one.crl.next_update_utc


def _find_number(one: RevocationList) -> int:
    assert one.number is not None  # an honest one has it
    return one.number
