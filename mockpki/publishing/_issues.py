"""What each list says: number, base, times and entries, for any moment of the CA's clock.

1. Nothing is made before somebody asks for it; what has been made stays as it was.
2. Complete and delta lists of one scope share one sequence of numbers.
3. Not locked, and without octets: the publisher asks under the lock of the ledger, and signs later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from .._clock import EPOCH
from .._pkix.status import Reason, Revocation
from ._journal import Change, Journal
from ._moments import Moment, Moments
from ._schedule import Schedule
from ._values import Publishing

_UNITS = {"ms": 1_000, "ns": 1_000_000_000}
_TIDIED = 4096
"""After so many changes, those are let go of that nobody can ask about."""
KEPT = 64
"""So many issues are remembered."""


@dataclass(frozen=True, eq=False)
class Part:
    """What a list has of the certificates of one CA: *revocations* belong to *serials*, one by one."""

    serials: Sequence[int] = field(repr=False)
    revocations: Sequence[Revocation] = field(repr=False)

    @cached_property
    def listed(self) -> dict[int, Revocation]:
        """What is on it, by serial number."""
        return dict(zip(self.serials, self.revocations, strict=True))


@dataclass(frozen=True, eq=False)
class Issue:
    """One list of one scope, complete or, with a *base*, a delta: a part for each CA that ever had something
    on it, by the numbers of these CAs."""

    moment: Moment
    number: int
    base: int | None
    this_update: datetime
    next_update: datetime
    parts: Sequence[Part] = field(repr=False)

    @cached_property
    def serials(self) -> Sequence[int]:
        """All that are on it."""
        return [serial for part in self.parts for serial in part.serials]

    def find(self, serial: int, authority: int = 0) -> Revocation | None:
        """What it says of *serial* of that CA, None where it says nothing."""
        return self.parts[authority].listed.get(serial) if authority < len(self.parts) else None


class Issues:
    """The issues of one scope. *find_end* gives the notAfter of a certificate by the number of its CA and its
    serial number, None where nobody knows it.

    A CA that publishes its own CRLs has the number 0; those of a CRL issuer are counted.
    """

    def __init__(
        self, publishing: Publishing, moments: Moments, find_end: Callable[[int, int], datetime | None]
    ) -> None:
        self._journals: list[Journal] = []
        self._publishing, self._moments, self._find_end = publishing, moments, find_end
        self._made: dict[tuple[Moment, bool], Issue] = {}
        self._numbers: dict[Moment, int] = {}
        self._tidy_at = _TIDIED

    def find_current(self, now: datetime, delta: bool = False) -> Issue | None:
        """What is published at *now*; None where there is no such list yet."""
        moment = self._moments.find_last(now, delta)
        if moment is None:
            return None
        issue = self._made.get((moment, delta))
        if issue is None:
            issue = self._made[moment, delta] = self._make(moment, delta)
            while len(self._made) > KEPT:
                del self._made[next(iter(self._made))]
        return issue

    @property
    def made(self) -> list[Issue]:
        """What has been asked for so far, the last of it, oldest first."""
        return sorted(self._made.values(), key=lambda issue: (issue.moment, issue.base is not None))

    def note_change(
        self,
        now: datetime,
        index: int,
        serials: Sequence[int],
        after: Revocation | None,
        authority: int = 0,
    ) -> None:
        """These serials of that CA go onto the list as *after*; None: off it. See `Journal.note`."""
        while len(self._journals) <= authority:
            self._journals.append(Journal(dated=self._publishing.keep_expired is not None))
        self._journals[authority].note(now, index, serials, after)
        if self.remembered >= self._tidy_at and (base := self._find_base(now)) is not None:
            for journal in self._journals:
                journal.forget(base)
            self._tidy_at = self.remembered + _TIDIED

    @property
    def remembered(self) -> int:
        """How many changes are not let go of."""
        return sum(map(len, self._journals))

    def has(self, serial: int, authority: int = 0) -> bool:
        """Whether *serial* of that CA is revoked as far as this list goes, published or not."""
        return authority < len(self._journals) and serial in self._journals[authority]

    def _find_base(self, now: datetime) -> Moment | None:
        """The earliest moment that anything signed from *now* on has to know about."""
        moment = self._moments.find_last(now, delta=False)
        for _ in range(2):
            moment = moment and self._moments.find_last(moment.time, delta=False, before=moment)
        return moment

    # One issue.

    def _make(self, moment: Moment, delta: bool) -> Issue:
        schedule = self._find_schedule(delta)
        this_update = moment.time - schedule.backdate
        next_update = this_update + schedule.life
        base_number = None
        if delta:
            base = self._choose_base(moment)
            # The base is the older one, and has its number first.
            base_number = self._number(base)
            found = [self._list_delta(journal, base, moment) for journal in self._journals]
        else:
            found = [
                self._list_complete(number, moment, this_update) for number in range(len(self._journals))
            ]
        parts = [Part(list(listed), list(listed.values())) for listed in found]
        return Issue(moment, self._number(moment), base_number, this_update, next_update, parts)

    def _list_complete(self, authority: int, moment: Moment, this_update: datetime) -> dict[int, Revocation]:
        listed = self._journals[authority].list_at(moment)
        gone = self._list_gone(authority, listed, moment, this_update)
        if gone:
            listed = {serial: revocation for serial, revocation in listed.items() if serial not in gone}
        return listed

    def _list_gone(
        self, authority: int, listed: dict[int, Revocation], moment: Moment, this_update: datetime
    ) -> set[int]:
        """Which of *listed* have left the list because their certificates are over."""
        keep = self._publishing.keep_expired
        if keep is None:
            return set()
        found = set()
        for serial in listed:
            end = self._find_end(authority, serial)
            if end is not None and this_update > end + keep:
                # RFC 5280 section 3.3: "An entry MUST NOT be removed from the CRL until it appears on one
                # regularly scheduled CRL issued beyond the revoked certificate's validity period."
                since = self._journals[authority].since(serial, moment)
                shown = self._moments.find_complete_after(end if since is None else max(end, since))
                if shown is None or shown < moment.time:
                    found.add(serial)
        return found

    def _choose_base(self, moment: Moment) -> Moment:
        """The complete list that a delta of *moment* starts from."""
        deltas = self._publishing.deltas
        assert deltas is not None
        last = moment if moment.complete else self._find_before(moment)
        # Where both are signed together, the delta is for those that have not got the new one yet.
        if last is not None and (moment.complete or deltas.base == "previous"):
            last = self._find_before(last) or last
        return last or moment

    def _find_before(self, moment: Moment) -> Moment | None:
        """The moment of the last complete list before *moment*, None before the CA's creation."""
        found = self._moments.find_last(moment.time, delta=False, before=moment)
        return None if found is None or found.time < self._moments.epoch else found

    def _list_delta(self, journal: Journal, base: Moment, moment: Moment) -> dict[int, Revocation]:
        """RFC 5280 section 5.2.4: "A delta CRL only lists those certificates, within its scope, whose
        revocation status has changed since the issuance of a referenced complete CRL"."""
        now, then = journal.list_at(moment), journal.list_at(base)
        found: dict[int, Revocation] = {}
        changes = list(journal.list_changes(base, moment))
        for change in changes:
            for serial, before in change.pairs():
                if serial in now:
                    found[serial] = now[serial]
                elif serial in then:
                    found[serial] = _taken_off(then[serial])
                elif before is not None and self._was_shown(serial, changes, change):
                    # "It is appropriate to list a certificate with reason code removeFromCRL on a delta CRL
                    # even if the certificate was not on hold in the referenced base CRL. If the certificate
                    # was placed on hold in any CRL issued after the base but before this delta CRL and then
                    # released from hold, it MUST be listed on the delta CRL with revocation reason
                    # removeFromCRL."
                    found[serial] = _taken_off(before)
        return found

    def _was_shown(self, serial: int, changes: list[Change], off: Change) -> bool:
        """Whether any list was signed with *serial* on it before the change *off* took it away."""
        first = self._moments.find_first_with
        end = first(off.time, off.index)
        starts = (
            first(change.time, change.index)
            for change in changes
            if change.index < off.index and change.after is not None and serial in change.serials
        )
        return any(start is not None and (end is None or start < end) for start in starts)

    def _number(self, moment: Moment) -> int:
        """RFC 5280 section 5.2.3: "If a CRL issuer generates two CRLs (two complete CRLs, two delta CRLs, or
        a complete CRL and a delta CRL) for the same scope at different times, the two CRLs MUST NOT have the
        same CRL number." """
        number = self._numbers.get(moment)
        if number is None:
            number = self._count(moment)
            earlier = [taken for other, taken in self._numbers.items() if other < moment]
            # A clock that was put back, and issues out of turn, never take a number back, or a second time.
            number = max(number, 1, *(taken + 1 for taken in earlier))
            if number in self._numbers.values():
                number = max(self._numbers.values()) + 1
            self._numbers[moment] = number
            while len(self._numbers) > 4 * KEPT:
                del self._numbers[min(self._numbers)]
        return number

    def _count(self, moment: Moment) -> int:
        unit = _UNITS.get(self._publishing.numbers)
        if unit is None:
            return self._moments.count(moment)
        return (moment.time - EPOCH) // timedelta(seconds=1) * unit

    def _find_schedule(self, delta: bool) -> Schedule:
        deltas = self._publishing.deltas
        return deltas.schedule if delta and deltas is not None else self._publishing.full


def _taken_off(revocation: Revocation) -> Revocation:
    return replace(revocation, reason=Reason.REMOVE_FROM_CRL, invalidity_date=None)
