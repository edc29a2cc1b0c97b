"""All CRLite filters of a PKI: which there are at any moment, and what they are made of."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import get_args

from .._clock import Clock
from .._crlite.contents import count_milliseconds
from .._pkix.status import Reason, Revocation
from ..publishing._issues import KEPT
from ..publishing._journal import Journal
from ..publishing._moments import Moment, Moments
from ..publishing._schedule import Deltas, Schedule
from ..publishing._values import Publishing
from .enrolment import Enrolment, Entry, Extent
from .filter_file import Channel, FilterFile, Serials

CHANNELS: tuple[Channel, ...] = get_args(Channel)
_COMPATIBLE = (Reason.KEY_COMPROMISE, Reason.CESSATION_OF_OPERATION, Reason.PRIVILEGE_WITHDRAWN)
_BY_HAND = Publishing(Schedule(every=None, life=timedelta(days=10)))
_AT_ONCE = timedelta()


@dataclass
class _Line:
    """The filters of one channel, one after another."""

    channel: Channel
    moments: Moments
    first: int
    """What its files are numbered from: no two lines share a name."""
    last: int = 0
    """The highest number so far."""
    made: dict[Moment, FilterFile] = field(default_factory=dict)

    def forget(self, current: Iterable[Moment]) -> None:
        """Lets go of files that are not *current* any more, but for the last ones."""
        others = self.made.keys() - set(current)
        for moment in [moment for moment in self.made if moment in others][:-KEPT]:
            del self.made[moment]

    def find_current(self, now: datetime) -> list[Moment]:
        """The last full filter at *now*, and the deltas after it, oldest first; none before the first."""
        full = self.moments.find_last(now, delta=False)
        if full is None:
            return []
        found = []
        moment = self.moments.find_last(now, delta=True)
        while moment is not None and moment > full:
            found.append(moment)
            moment = self.moments.find_last(moment.time, delta=True, before=moment)
        return [full, *reversed(found)]

    def find_parent(self, moment: Moment) -> Moment | None:
        """The filter that a delta of *moment* goes on from; None for a full one."""
        if moment.complete:
            return None
        kinds = (self.moments.find_last(moment.time, delta, before=moment) for delta in (False, True))
        return max((one for one in kinds if one is not None), default=None)


class Filters:
    """The filters of all channels. *find_log* gives the LogID, *find_url* makes a URL of a name.

    Its lock is taken below those of the ledgers, whose changes it is told of, and it never asks them. Filters
    are built without it.
    """

    def __init__(
        self,
        enrolment: Enrolment,
        clock: Clock,
        find_log: Callable[[], bytes],
        find_url: Callable[[str], str],
    ) -> None:
        self._enrolment, self._clock = enrolment, clock
        self._find_log, self._find_url = find_log, find_url
        self._lock = threading.Lock()
        self._journals: dict[bytes, Journal] = {}
        self._changes = 0
        self._extents: dict[int, Extent] = {}
        self._former: list[_Line] = []
        self.schedule: Schedule | None = None
        """When filters are published by themselves, if they are."""
        self._lines: dict[Channel, _Line] = {}
        self._lines = self._make_lines(_BY_HAND)
        enrolment.watch(self._note)

    def _make_lines(self, publishing: Publishing) -> dict[Channel, _Line]:
        now = self._clock.now()
        first = max((line.last for line in self._lines.values()), default=0)
        return {channel: _Line(channel, Moments(publishing, now, first=False), first) for channel in CHANNELS}

    def _note(self, issuer: bytes, serials: Sequence[int], after: Revocation | None) -> None:
        now = self._clock.now()
        with self._lock:
            journal = self._journals.setdefault(issuer, Journal(dated=False))
            journal.note(now, self._changes, serials, after)
            self._changes += 1
            schedule = self.schedule
            if schedule is not None and schedule.after_revocation == _AT_ONCE and after is not None:
                self._extents[self._changes] = self._enrolment.read()
            for line in self._lines.values():
                line.moments.note_change(now, self._changes, revoked=after is not None)

    # When.

    def start(self, schedule: Schedule) -> None:
        """From now on filters are published as *schedule* says, the first one now, and that is a full one."""
        full = Schedule(every=schedule.life, life=schedule.life)
        with self._lock:
            self.schedule = schedule
            self._former = [*self._lines.values()]
            self._lines = self._make_lines(Publishing(full, deltas=Deltas(schedule)))
            # The regular one of this very second would know nothing that has happened in it.
            self._add_moments(True, None, CHANNELS)

    def publish(self, full: bool, high: int | None, channels: Iterable[Channel]) -> None:
        """Filters of what is known now, by certificates that were logged until *high*."""
        with self._lock:
            self._add_moments(full, high, channels)

    def _add_moments(self, full: bool, high: int | None, channels: Iterable[Channel]) -> None:
        now = self._clock.now()
        # A change of nothing: the next that is published has seen more than this one.
        self._changes += 1
        self._extents[self._changes] = self._enrolment.read(high)
        for channel in channels:
            moments = self._lines[channel].moments
            first = moments.find_last(now, delta=False) is None
            moments.add(now, delta=not (full or first), seen=self._changes)

    def find_next(self) -> datetime | None:
        """When the next filter is due; None where none is."""
        with self._lock:
            moment = self._lines["default"].moments.find_next(self._clock.now())
        return None if moment is None else moment.time

    # Which.

    def find_current(self, channel: Channel) -> list[FilterFile]:
        """What a new client would fetch now: the last full filter and the deltas since."""
        now = self._clock.now()
        with self._lock:
            line = self._lines[channel]
            moments = line.find_current(now)
            line.forget(moments)
            return [self._make(line, moment) for moment in moments]

    def find_named(self, name: str) -> FilterFile | None:
        """The file of that *name*, if there is one, or was not long ago."""
        for channel in CHANNELS:
            self.find_current(channel)
        with self._lock:
            lines = [*self._lines.values(), *self._former]
            return next((file for line in lines for file in line.made.values() if file.name == name), None)

    def find_delta(self, channel: Channel, since: datetime) -> FilterFile:
        """What has been revoked since the filter that was current at the time *since*, as one delta.

        LookupError where there was none then.
        """
        now = self._clock.now()
        with self._lock:
            line = self._lines[channel]
            before, after = line.find_current(since), line.find_current(now)
            if not before:
                raise LookupError(
                    f"since={since}: no filter of the channel {channel!r} was published by then"
                )
            return self._make_file(line, after[-1], before[-1])

    # What they are made of.

    def _make(self, line: _Line, moment: Moment) -> FilterFile:
        file = line.made.get(moment)
        if file is None:
            file = line.made[moment] = self._make_file(line, moment, line.find_parent(moment))
        return file

    def _make_file(self, line: _Line, moment: Moment, parent: Moment | None) -> FilterFile:
        known, revoked = self._list_known(moment), self._list_revoked(line.channel, moment)
        universe = {issuer: (serials, revoked[issuer] & serials) for issuer, serials in known.items()}
        if parent is not None:
            before = self._list_known(parent)
            listed = self._list_revoked(line.channel, parent)
            for issuer, (serials, new) in universe.items():
                old = listed[issuer] & before.get(issuer, frozenset())
                universe[issuer] = serials, new - old
        ending = "filter" if parent is None else "delta"
        number = line.first + moment.order
        line.last = max(line.last, number)
        # Clients take names of 32 octets.
        name = f"{moment.time:%y%m%d%H%M%S}-{number}-{line.channel}.{ending}"
        return FilterFile(
            name,
            self._find_url(name),
            line.channel,
            None if parent is None else self._make(line, parent).name,
            moment.time,
            universe,
            self._cover(moment),
        )

    def _read_log(self, moment: Moment) -> tuple[list[Entry], int]:
        """The entries that *moment* knows, and up to which time it covers any."""
        entries = self._enrolment.entries
        if moment.seen is not None and moment.seen in self._extents:
            extent = self._extents[moment.seen]
            return entries[: extent.entries], extent.high
        # What happens in the second of a regular moment comes after it.
        back = _AT_ONCE if self.schedule is None else self.schedule.backdate
        high = count_milliseconds(moment.time - back) - 1
        return [entry for entry in list(entries) if entry.time < moment.time], high

    def _list_known(self, moment: Moment) -> dict[bytes, Serials]:
        """By issuer, what is logged and has not expired. An issuer without any is left out."""
        entries, high = self._read_log(moment)
        found: dict[bytes, set[int]] = {}
        for entry in entries:
            if entry.timestamp <= high and (entry.not_after is None or entry.not_after >= moment.time):
                found.setdefault(entry.issuer, set()).add(entry.serial)
        return {issuer: frozenset(serials) for issuer, serials in found.items()}

    def _list_revoked(self, channel: Channel, moment: Moment) -> dict[bytes, Serials]:
        """By issuer, what is revoked for a reason that counts in the *channel*."""
        found: dict[bytes, Serials] = _Nothing()
        for issuer, journal in self._journals.items():
            listed = journal.list_at(moment).items()
            counts = (serial for serial, one in listed if channel == "default" or one.reason in _COMPATIBLE)
            found[issuer] = frozenset(counts)
        return found

    def _cover(self, moment: Moment) -> dict[bytes, tuple[int, int]]:
        """From the first SCT on."""
        entries, high = self._read_log(moment)
        low = min((entry.timestamp for entry in entries), default=high + 1)
        return {self._find_log(): (low, high)} if low <= high else {}


class _Nothing(dict[bytes, Serials]):
    """An issuer of whom nothing is listed has revoked nothing."""

    def __missing__(self, issuer: bytes) -> Serials:
        return frozenset()
