"""A journal: what happened, in its order, each entry with a number that no other ever has.

A load test leaves a million entries and reads none. So an entry is a row of octets: the rows of a block
stand in one run of octets, and where they stand, in arrays of numbers. The garbage collector walks neither.
What several rows of a block say is there once.
"""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate
from typing import Any, Generic, TypeVar

T = TypeVar("T")

Row = tuple[bytes, ...]

_ROWS = 1024
_OCTETS = 1 << 20
# From this size on, a part is kept as the object that it is, which others may hold as well: a CRL of a
# million entries is not copied each time that somebody fetches it.
_LARGE = 1 << 16


class _Block(Generic[T]):
    """Some hundred entries, the first of which has the number *start*.

    *others* are no octets, by place; *seen* are those of them that somebody has.
    """

    def __init__(self, start: int) -> None:
        self.start = start
        self.size = 0
        self.others: dict[int, Row | T] = {}
        self.seen: set[int] = set()
        self._rows = array("H")
        # While it grows, each part and where it stands; then all of them in one, and where each ends.
        self._parts: list[bytes] = []
        self._places: dict[bytes, int] = {}
        self._weight = 0
        self._octets = b""
        self._ends = array("Q")

    def append(self, row: Row) -> None:
        self._rows.extend(self._put_down(row, self.size))
        self.size += 1

    def replace(self, at: int, row: Row) -> None:
        if self._parts:
            self.others.pop(at, None)
            self._rows[at * len(row) : (at + 1) * len(row)] = array("H", self._put_down(row, at))
        else:
            self.others[at] = row

    def _put_down(self, row: Row, at: int) -> list[int]:
        """Where the parts of *row* stand, which is the entry at place *at*."""
        found: list[Any] = list(map(self._places.get, row))
        if None in found:
            self._add_parts(row, at, found)
        return found

    def _add_parts(self, row: Row, at: int, found: list[int | None]) -> None:
        parts, places = self._parts, self._places
        for column, part in enumerate(row):
            if found[column] is None:
                found[column] = place = len(parts)
                if len(part) < _LARGE:
                    places[part] = place
                    self._weight += len(part)
                    parts.append(part)
                else:
                    self.others[at] = row
                    parts.append(b"")

    def row(self, at: int, width: int) -> Row:
        places = self._rows[at * width : (at + 1) * width]
        if self._parts:
            return tuple([self._parts[place] for place in places])
        ends, octets = self._ends, self._octets
        return tuple([octets[ends[place] : ends[place + 1]] for place in places])

    @property
    def full(self) -> bool:
        return self.size >= _ROWS or self._weight >= _OCTETS

    def finish(self) -> None:
        """Nothing will be added."""
        self._octets = b"".join(self._parts)
        self._ends = array("Q", accumulate(map(len, self._parts), initial=0))
        self._rows = self._rows[:]
        self._parts, self._places = [], {}


class Journal(Generic[T]):
    """Entries, the newest *limit* of them or all: values of *T*, as they are or as rows of *width* parts.

    *read* makes the value of a number and a row, when somebody looks. Numbers begin with 1, and go on after
    `clear`. Every method may be called from any thread.
    """

    def __init__(self, width: int, read: Callable[[int, Row], T], limit: int | None = None) -> None:
        self.limit = limit
        self._read = read
        self._blank: Row = (b"",) * width
        self._lock = threading.Lock()
        self._blocks: list[_Block[T]] = []
        self._starts: list[int] = []
        self.last = 0
        """The number of the newest entry there ever was, 0 before the first."""
        self.first = 1
        """The number of the oldest that is kept, or will be."""
        self._cleared = 0

    @property
    def count(self) -> int:
        """How many entries there were since the last `clear`."""
        return self.last - self._cleared

    @property
    def dropped(self) -> int:
        """How many of them are not kept any more."""
        return self.first - 1 - self._cleared

    def add(self, row: Row) -> int:
        """Keep *row* as octets; its number."""
        with self._lock:
            return self._append(row)

    def keep(self, make: Callable[[int], T]) -> int:
        """Keep the value that *make* makes of its number as it is; that number."""
        with self._lock:
            number = self._append(self._blank)
            block = self._blocks[-1]
            block.others[number - block.start] = make(number)
            return number

    def settle(self, number: int, row: Row) -> None:
        """Keep *row* as octets, and no longer the value that had its *number*, which nobody changes any more.

        If that was looked at, it stays; if it was dropped, nothing does.
        """
        with self._lock:
            if number >= self.first:
                block = self._block_of(number)
                if number - block.start not in block.seen:
                    block.replace(number - block.start, row)

    def _append(self, row: Row) -> int:
        self.last = number = self.last + 1
        if not self._blocks or self._blocks[-1].full:
            self._begin_block(number)
        self._blocks[-1].append(row)
        if self.limit is not None and number - self.first >= self.limit:
            self._drop_first()
        return number

    def _begin_block(self, number: int) -> None:
        if self._blocks:
            self._blocks[-1].finish()
        self._blocks.append(_Block(number))
        self._starts.append(number)

    def _drop_first(self) -> None:
        # A value may be as large as it likes. Of rows, the block that they share is let go of as a whole.
        self._blocks[0].others.pop(self.first - self._blocks[0].start, None)
        self.first += 1
        if len(self._starts) > 1 and self._starts[1] == self.first:
            del self._blocks[0], self._starts[0]

    def _block_of(self, number: int) -> _Block[T]:
        return self._blocks[bisect_right(self._starts, number) - 1]

    def find(self, number: int) -> T | None:
        """The entry of that *number*; None where it is not kept, or not yet there.

        What a row makes is kept from then on, and is the same whoever looks for it.
        """
        found = self._look(number)
        if not isinstance(found, tuple):
            return found
        made = self._read(number, found)
        with self._lock:
            if number >= self.first:
                block = self._block_of(number)
                before = block.others.get(number - block.start)
                if before is not None and not isinstance(before, tuple):
                    return before
                block.others[number - block.start] = made
        return made

    def _look(self, number: int) -> Row | T | None:
        with self._lock:
            if not self.first <= number <= self.last:
                return None
            block = self._block_of(number)
            at = number - block.start
            other = block.others.get(at)
            if other is None:
                return block.row(at, len(self._blank))
            if not isinstance(other, tuple):
                block.seen.add(at)
            return other

    def since(self, number: int) -> list[T]:
        """Every entry that is kept and has a higher number, or the last *-number* of them, oldest first."""
        if number < 0:
            number += self.last
        found = map(self.find, range(max(self.first, number + 1), self.last + 1))
        # What is dropped meanwhile is not there any more.
        return [entry for entry in found if entry is not None]

    def clear(self) -> None:
        """Drop every entry. What comes then has the numbers that follow."""
        with self._lock:
            self._blocks, self._starts = [], []
            self._cleared = self.last
            self.first = self.last + 1


class Log(Generic[T]):
    """Whatever keeps its entries in a journal, and is read like one."""

    _journal: Journal[T]

    @property
    def count(self) -> int:
        """How many entries there were, those included that are not kept any more."""
        return self._journal.count

    @property
    def last_number(self) -> int:
        """The number of the newest entry there ever was, 0 before the first."""
        return self._journal.last

    @property
    def dropped(self) -> int:
        """How many are not kept any more."""
        return self._journal.dropped

    def since(self, number: int) -> list[T]:
        """Every entry that is kept and has a higher number, or the last *-number* of them, oldest first."""
        return self._journal.since(number)

    def find(self, number: int) -> T | None:
        """The entry of that *number*; None where it is not kept, or not yet there."""
        return self._journal.find(number)

    def clear(self) -> None:
        """Drop every entry."""
        self._journal.clear()
