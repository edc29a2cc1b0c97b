"""Where a thread stands still: in which call of the test's own code, and since when."""

from __future__ import annotations

import faulthandler
import functools
import os
import re
import sysconfig
import tempfile
import threading
from collections.abc import Callable
from typing import NamedTuple

from .._clock import monotonic

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_THREAD = re.compile(r"(?:Current thread|Thread) (0x[0-9a-f]+) ")
_FRAME = re.compile(r'  File "(?P<file>.*)", line (?P<line>\d+|\?+) in (?P<function>.*)')


class _Place(NamedTuple):
    """A call that has not returned, and where in it the thread is."""

    file: str
    line: str
    function: str


class Standstill:
    """A thread that somebody waits for, looked at from time to time.

    *turns* counts what the thread has come back from: two looks between which it has risen did not see the
    same call, and the thread is not even looked at: it is busy, and does not stand.
    """

    def __init__(self, thread: threading.Thread, turns: Callable[[], int] = lambda: 0) -> None:
        self._thread = thread
        self._turns = turns
        self._turn = turns()
        self._call: tuple[str, str] | None = None
        self._since = monotonic()

    def look(self) -> float:
        """The seconds for which it has been in one and the same call of the test's own code; 0 in none."""
        turn, call = self._turns(), None
        for place in _find_own(self._thread)[-1:] if turn == self._turn else ():
            # The outermost: what that calls comes and goes.
            call = place.file, place.function
        self._turn = turn
        if call is None or call != self._call:
            self._call, self._since = call, monotonic()
        return monotonic() - self._since

    def __str__(self) -> str:
        return find_place(self._thread)


def find_place(thread: threading.Thread) -> str:
    """Where *thread* is in the test's own code: ``test_it.py:12, in handle``; empty where it is in none."""
    for place in _find_own(thread):
        return f"{place.file}:{place.line}, in {place.function}"
    return ""


def _find_own(thread: threading.Thread) -> list[_Place]:
    """The calls of the test's own code, the innermost first."""
    places = _read_places(_dump(), thread.ident or 0)
    return [place for place in places if _is_own(place.file)]


def _dump() -> str:
    """Where all threads are, as text.

    Frame objects of a thread that goes on meanwhile are gone before they are looked at, and reading them can
    end the process. This reads them in one piece, while no other thread runs.
    """
    with tempfile.TemporaryFile() as file:
        faulthandler.dump_traceback(file, all_threads=True)
        file.seek(0)
        return file.read().decode("ascii", "replace")


def _read_places(dump: str, ident: int) -> list[_Place]:
    places, is_it = [], False
    for line in dump.splitlines():
        if head := _THREAD.match(line):
            is_it = int(head[1], 16) == ident
        elif is_it and (frame := _FRAME.fullmatch(line)):
            places.append(_Place(**frame.groupdict()))
    return places


def _is_own(file: str) -> bool:
    """Whether *file* is no library's: neither ours, nor Python's, nor an installed one."""
    return not file.startswith(("<frozen ", *_libraries()))


@functools.cache
def _libraries() -> tuple[str, ...]:
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    paths = {_OURS, *(sysconfig.get_path(name) for name in names)}
    return tuple(os.path.join(path, "") for path in paths)
