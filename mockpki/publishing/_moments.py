"""When a CA signs: regular times and others, and the times in which its signer is down.

Pure: the clock is the caller's. Nothing happens at a moment; whoever asks what is published at some time asks
for the last moment until then."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from math import lcm

from ._durations import SECOND
from ._values import Publishing


@dataclass(frozen=True, order=True, slots=True)
class Moment:
    """A moment at which complete lists are signed, deltas, or both.

    Regular ones see what happened before their *time*; others may have *seen* the first so many changes
    instead. *order* tells those of one second apart: regular ones have 0, others are counted.
    """

    time: datetime
    order: int = 0
    complete: bool = field(default=True, compare=False)
    delta: bool = field(default=False, compare=False)
    seen: int | None = field(default=None, compare=False)

    def has(self, delta: bool) -> bool:
        """Whether this kind of list is signed then."""
        return self.delta if delta else self.complete


class Moments:
    """All moments of one CA, from its *epoch* on: its creation, at which it signs its first lists."""

    def __init__(self, publishing: Publishing, epoch: datetime, *, first: bool = True) -> None:
        """Without *first*, nothing is signed at the epoch that is not due then."""
        self.epoch = epoch
        deltas = publishing.deltas
        self._full = publishing.full.every
        regular = deltas is not None and not deltas.if_changed
        self._delta = deltas.schedule.every if deltas is not None and regular else None
        self._look = deltas.schedule.every if deltas is not None and deltas.if_changed else None
        self._after = [(False, publishing.full.after_revocation)]
        if deltas is not None:
            self._after.append((True, deltas.schedule.after_revocation))
        self._others: list[Moment] = []
        self._added = 0
        self._down: list[tuple[datetime, datetime | None]] = []
        self._owed: set[bool] = set()
        # RFC 5280 section 3.3 has a CA publish from the start on; a list with nothing on it says so.
        first_delta = deltas is not None and self._delta is None
        if first and (self._full is None or first_delta):
            self._add(epoch, complete=self._full is None, delta=first_delta, seen=0)

    # What is added to the regular ones.

    def add(self, time: datetime, *, delta: bool, seen: int) -> Moment:
        """A moment out of turn, at which the first *seen* changes are known. ValueError while the signer is
        down."""
        if self._is_suspended:
            raise ValueError("nothing can be signed while the signer is suspended; leave the block first")
        return self._add(time, complete=not delta, delta=delta, seen=seen)

    def note_change(self, now: datetime, seen: int, *, revoked: bool) -> None:
        """The list changes *now*, and that is the change number *seen*, counted from 1."""
        for delta, after in self._after if revoked else ():
            if after == timedelta():
                if self._is_suspended:
                    self._owed.add(delta)
                else:
                    self._add(now, complete=not delta, delta=delta, seen=seen)
            elif after is not None and not self._any(now, now + after, delta):
                self._add(now + after, complete=not delta, delta=delta, seen=None)
        if self._look is not None:
            time = self.epoch + ((now - self.epoch) // self._look + 1) * self._look
            if not self._any(now, time, True):
                self._add(time, complete=False, delta=True, seen=None)

    def _add(self, time: datetime, *, complete: bool, delta: bool, seen: int | None) -> Moment:
        self._added += 1
        moment = Moment(time, self._added, complete, delta, seen)
        insort(self._others, moment)
        return moment

    def _any(self, after: datetime, until: datetime, delta: bool) -> bool:
        """Whether there is a moment of this kind after *after* that sees all before it, *until* at the
        latest."""
        step = self._delta if delta else self._full
        if step is not None and self._tick(until, step) > after:
            return True
        return any(after < m.time <= until and m.has(delta) and m.seen is None for m in self._others)

    # An outage of the signer.

    def suspend(self, now: datetime) -> None:
        """From *now* on there are no moments. ValueError when that is so already."""
        if self._is_suspended:
            raise ValueError("the signer is suspended already; leave that block first")
        self._down.append((now, None))

    def resume(self, now: datetime, seen: int) -> None:
        """There are moments again; what was due meanwhile is signed at once."""
        start, _ = self._down.pop()
        missed = list(self._between(start, now))
        kinds = self._owed | {delta for delta in (False, True) if any(m.has(delta) for m in missed)}
        self._owed = set()
        if now > start:
            self._down.append((start, now))
        if kinds:
            self._add(now, complete=False in kinds, delta=True in kinds, seen=seen)

    @property
    def _is_suspended(self) -> bool:
        return bool(self._down) and self._down[-1][1] is None

    def is_down(self, time: datetime) -> bool:
        """Whether the signer is down at *time*."""
        return any(start < time and (end is None or time < end) for start, end in self._down)

    def _between(self, start: datetime, end: datetime) -> Iterator[Moment]:
        """The moments after *start* and before *end*; of regular ones, the last of each kind."""
        yield from (m for m in self._others if start < m.time < end and m.seen is None)
        last = end - SECOND
        for step, delta in ((self._full, False), (self._delta, True)):
            if step is not None and self._tick(last, step) > start:
                yield Moment(self._tick(last, step), 0, not delta, delta)

    # Which there are.

    def find_last(self, until: datetime, delta: bool, before: Moment | None = None) -> Moment | None:
        """The last moment of this kind *until* then; with *before*, the last one before that moment."""
        bound = Moment(until, self._added) if before is None else before
        at = bisect_right(self._others, bound) if before is None else self._index(before)
        other = next((m for m in reversed(self._others[:at]) if m.has(delta) and not self._missed(m)), None)
        regular = self._last_regular(bound if before is not None else None, until, delta)
        return max((m for m in (other, regular) if m is not None), default=None)

    def _index(self, before: Moment) -> int:
        at = bisect_right(self._others, before)
        return at - 1 if at and self._others[at - 1] == before else at

    def _missed(self, moment: Moment) -> bool:
        """Whether the signer was down; one that has seen changes was signed all the same: nobody else makes
        such."""
        return moment.seen is None and self.is_down(moment.time)

    def _last_regular(self, before: Moment | None, until: datetime, delta: bool) -> Moment | None:
        step = self._delta if delta else self._full
        if step is None:
            return None
        if before is not None:
            # Of one second the regular one is first.
            until = before.time if before.order else before.time - SECOND
        while True:
            time = self._tick(until, step)
            down = next(
                (start for start, end in self._down if start < time and (end is None or time < end)), None
            )
            if down is None:
                return self._regular(time)
            until = down

    def _tick(self, until: datetime, step: timedelta) -> datetime:
        return self.epoch + (until - self.epoch) // step * step

    def _regular(self, time: datetime) -> Moment:
        complete, delta = (
            step is not None and not (time - self.epoch) % step for step in (self._full, self._delta)
        )
        return Moment(time, 0, complete, delta)

    def find_next(self, now: datetime) -> Moment | None:
        """The first moment after *now*; None where nothing is due."""
        found = [m for m in self._others if m.time > now and not self._missed(m)]
        for step in (self._full, self._delta):
            if step is not None:
                found.append(self._regular(self._tick(now, step) + step))
        return min(found, default=None)

    def find_first_with(self, time: datetime, index: int) -> Moment | None:
        """The first moment that sees the change number *index*, counted from 0, which happened at *time*."""
        found = [
            m
            for m in self._others
            if (m.time > time if m.seen is None else m.seen > index) and not self._missed(m)
        ]
        for step in (self._full, self._delta):
            if step is not None:
                found.append(self._first_regular_after(time, step))
        return min(found, default=None)

    def find_complete_after(self, time: datetime) -> datetime | None:
        """The first regular time after *time* at which complete lists are signed."""
        return None if self._full is None else self._first_regular_after(time, self._full).time

    def _first_regular_after(self, time: datetime, step: timedelta) -> Moment:
        at = self._tick(time, step) + step
        for start, end in self._down:
            if start < at and end is not None and at < end:
                at = self._tick(end - SECOND, step) + step
        return self._regular(at)

    def count(self, moment: Moment) -> int:
        """How many moments there were from the epoch on, this one included."""
        others = self._others[: bisect_right(self._others, moment)]
        missed = 0
        for start, end in self._down:
            if start < moment.time:
                until = moment.time if end is None else min(moment.time, end - SECOND)
                missed += self._count_regular(until) - self._count_regular(start)
        return self._count_regular(moment.time) - missed + sum(not self._missed(m) for m in others)

    def _count_regular(self, until: datetime) -> int:
        steps = [step for step in (self._full, self._delta) if step is not None]
        since = until - self.epoch
        found = sum(since // step + 1 for step in steps)
        return found - (since // reduce(_common, steps) + 1) if len(steps) == 2 else found


def _common(one: timedelta, other: timedelta) -> timedelta:
    """How often two schedules meet."""
    return lcm(one // SECOND, other // SECOND) * SECOND
