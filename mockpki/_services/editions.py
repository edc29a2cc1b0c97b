"""What honest OCSP answers say at any time: the present, or what was signed ahead, as the CA publishes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from .._clock import Clock
from .._pkix.status import CertStatus, Revocation, Status
from .._pkix.window import Window
from ..publishing._issues import Issue, Issues
from ..publishing._moments import Moments
from ..publishing._schedule import Schedule
from ..publishing._values import Publishing
from .authorities import Authority
from .ledger import Ledger
from .scheduled import Scheduled


@dataclass(frozen=True)
class Edition:
    """What answers say of now: their times, and the status of each serial number.

    Those of one *issue* are made once, and handed out until the next; None: each is made for who asks.
    """

    window: Window
    find_status: Callable[[int], CertStatus]
    issue: Hashable | None = None


class Editions(Protocol):
    """Finds the edition of any time."""

    def find(self, now: datetime) -> Edition:
        """What answers say *now*."""
        ...


@dataclass(frozen=True)
class Live:
    """Answers are signed when they are asked for, of what the *ledger* says then."""

    ledger: Ledger
    schedule: Schedule | None = None

    def find(self, now: datetime) -> Edition:
        if self.schedule is None:
            return Edition(Window.honest(now), self.ledger.status)
        made = now - self.schedule.backdate
        return Edition(Window(now, made, made + self.schedule.life, made), self.ledger.status)


class Ahead:
    """Answers are signed ahead, on a schedule: what has changed since is in the next ones."""

    def __init__(self, schedule: Schedule, clock: Clock, ledger: Ledger) -> None:
        publishing = Publishing(schedule)
        self._clock, self._ledger = clock, ledger
        self._lock = threading.Lock()
        self._changes = 0
        self._moments = Moments(publishing, clock.now())
        self._issues = Issues(publishing, self._moments, lambda authority, serial: None)
        ledger.watch(self._note)

    def _note(self, serials: Sequence[int], after: Revocation | None) -> None:
        now = self._clock.now()
        with self._lock:
            self._issues.note_change(now, self._changes, serials, after)
            self._changes += 1
            self._moments.note_change(now, self._changes, revoked=after is not None)

    def find(self, now: datetime) -> Edition:
        with self._lock:
            issue = self._issues.find_current(now)
        assert issue is not None  # the first is of the CA's creation
        return Edition(_make_window(now, issue), partial(find_status, self._ledger, issue), issue)


@dataclass(frozen=True)
class FromCrl:
    """Answers say what the complete CRLs say that are published, for as long as these do."""

    scheduled: Scheduled
    authority: Authority

    def find(self, now: datetime) -> Edition:
        # The lists of all files are signed at the same moments.
        issue = self.scheduled.find_issue(next(iter(self.scheduled.places.values())), now)
        assert issue is not None  # the first is of the CA's creation
        return Edition(_make_window(now, issue), partial(self._find_status, now), issue)

    def _find_status(self, now: datetime, serial: int) -> CertStatus:
        for place in self.scheduled.find_places(self.authority, serial, delta=False):
            issue = self.scheduled.find_issue(place, now)
            found = None if issue is None else issue.find(serial, self.authority.number)
            if found is not None:
                return found
        return _find_unlisted(self.authority.ledger, serial)


def find_status(ledger: Ledger, issue: Issue, serial: int) -> CertStatus:
    """What *issue* says of *serial*; whoever was not revoked then is what *ledger* knows of it."""
    return issue.find(serial) or _find_unlisted(ledger, serial)


def _find_unlisted(ledger: Ledger, serial: int) -> CertStatus:
    status = ledger.status(serial)
    return Status.GOOD if isinstance(status, Revocation) else status


def _make_window(now: datetime, issue: Issue) -> Window:
    return Window(now, issue.this_update, issue.next_update, issue.this_update)


def find_editions(
    publishes: Publishing, clock: Clock, authority: Authority, scheduled: Scheduled | None
) -> Editions:
    """How the answers of *authority* are made, a CA that *publishes* so."""
    ledger = authority.ledger
    if publishes.ocsp == "from_crl" and scheduled is not None:
        return FromCrl(scheduled, authority)
    if not isinstance(publishes.ocsp, Schedule):
        return Live(ledger)
    schedule = publishes.ocsp
    if schedule.every is None and schedule.after_revocation is None:
        return Live(ledger, schedule)
    return Ahead(schedule, clock, ledger)
