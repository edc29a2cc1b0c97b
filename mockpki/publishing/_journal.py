"""What became of a list, change by change: what was on it at any moment can be told.

The list as it is now is a dictionary; for an earlier moment, what changed since is undone. Since the last
issue that is little, however long the list."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .._pkix.status import Revocation
from ._moments import Moment


@dataclass(frozen=True, slots=True)
class Change:
    """At *time* these *serials* went from *before* (None: nothing) to *after* (None: off the list)."""

    index: int
    time: datetime
    latest: datetime
    """The latest time of this change and all before it: clocks can be put back."""
    serials: Sequence[int] = field(repr=False)
    before: Sequence[Revocation | None] | None = field(repr=False)
    """One for each serial; None: none of them was on the list."""
    after: Revocation | None

    def is_seen(self, moment: Moment) -> bool:
        """Whether what is signed at *moment* knows of it."""
        return self.time < moment.time if moment.seen is None else self.index < moment.seen

    def pairs(self) -> Iterator[tuple[int, Revocation | None]]:
        """Each serial with what it was."""
        if self.before is None:
            return ((serial, None) for serial in self.serials)
        return zip(self.serials, self.before, strict=True)


class Journal:
    """The list of one scope. Not locked: it lives under the lock of the ledger that tells it of changes.

    *dated*: it can tell since when each serial number is on it, at the cost of a dictionary.
    """

    def __init__(self, *, dated: bool = True) -> None:
        self._listed: dict[int, Revocation] = {}
        self._since: dict[int, Change] = {}
        self._dated = dated
        self._changes: list[Change] = []

    def __contains__(self, serial: int) -> bool:
        """Whether *serial* is on the list now."""
        return serial in self._listed

    def __len__(self) -> int:
        return len(self._changes)

    def note(self, time: datetime, index: int, serials: Sequence[int], after: Revocation | None) -> None:
        """These *serials* are on the list as *after* from *time* on; None: they are off it.

        *index* counts the changes of all lists of a CA, so that one moment can be told for all of them.
        """
        listed = self._listed
        before = None if listed.keys().isdisjoint(serials) else [listed.get(serial) for serial in serials]
        latest = max(time, self._changes[-1].latest) if self._changes else time
        change = Change(index, time, latest, serials, before, after)
        self._changes.append(change)
        if after is None:
            for serial in serials:
                listed.pop(serial, None)
                self._since.pop(serial, None)
        else:
            listed.update(dict.fromkeys(serials, after))
            if self._dated:
                self._since.update(dict.fromkeys(serials, change))

    def list_at(self, moment: Moment) -> dict[int, Revocation]:
        """What is on the list that is signed at *moment*. Not to be changed."""
        if not (undone := self._undo(moment)):
            return self._listed
        listed = dict(self._listed)
        for serial, revocation in undone.items():
            if revocation is None:
                listed.pop(serial, None)
            else:
                listed[serial] = revocation
        return listed

    def since(self, serial: int, moment: Moment) -> datetime | None:
        """When *serial*, which is on the list of *moment*, went onto it; None where that is long ago.

        Of one that has changed since, nobody needs to know: then it is *moment* itself.
        """
        change = self._since.get(serial)
        if change is None:
            return None
        return change.time if change.is_seen(moment) else moment.time

    def _undo(self, moment: Moment) -> dict[int, Revocation | None]:
        """What those serials were at *moment* that have changed since, or may have."""
        found: dict[int, Revocation | None] = {}
        for change in self._from(moment):
            if change.is_seen(moment):
                found.update(dict.fromkeys(change.serials, change.after))
            else:
                for serial, before in change.pairs():
                    found.setdefault(serial, before)
        return found

    def list_changes(self, base: Moment, moment: Moment) -> Iterator[Change]:
        """What *moment* has seen and *base* has not, oldest first."""
        return (change for change in self._from(base) if not change.is_seen(base) and change.is_seen(moment))

    def _from(self, moment: Moment) -> list[Change]:
        """The changes from the first on that *moment* has not seen; after it there may be some that it
        has."""
        if moment.seen is None:
            at = bisect_left(self._changes, moment.time, key=lambda change: change.latest)
        else:
            at = bisect_left(self._changes, moment.seen, key=lambda change: change.index)
        return self._changes[at:]

    def forget(self, seen_by: Moment) -> None:
        """Let go of changes that *seen_by* and whatever is signed later have seen."""
        self._changes = self._from(seen_by)
