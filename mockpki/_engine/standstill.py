"""Where a thread stands still: in which call of the test's own code, and since when."""

from __future__ import annotations

import functools
import os
import sys
import sysconfig
import threading
from types import CodeType, FrameType

from .._clock import monotonic

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Standstill:
    """A thread that somebody waits for, looked at from time to time."""

    def __init__(self, thread: threading.Thread) -> None:
        self._thread = thread
        self._call: FrameType | None = None
        self._since = monotonic()

    def look(self) -> float:
        """The seconds for which it has been in one and the same call of the test's own code; 0 in none."""
        # The outermost: what that calls comes and goes.
        call = next(reversed(_find_own(self._thread)), None)
        if call is None or call is not self._call:
            self._call, self._since = call, monotonic()
        return monotonic() - self._since

    def __str__(self) -> str:
        return find_place(self._thread)


def find_place(thread: threading.Thread) -> str:
    """Where *thread* is in the test's own code: ``test_it.py:12, in handle``; empty where it is in none."""
    frames = _find_own(thread)
    if not frames:
        return ""
    code = frames[0].f_code
    return f"{code.co_filename}:{frames[0].f_lineno}, in {code.co_name}"


def _find_own(thread: threading.Thread) -> list[FrameType]:
    """The frames of the test's own code, the innermost first."""
    frame = sys._current_frames().get(thread.ident or 0)
    frames: list[FrameType] = []
    # All of them first, and quickly: the thread may go on meanwhile, if it does not stand still.
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    codes: list[object] = [one.f_code for one in frames]
    # CPython 3.11 has frames of running threads that are gone before they are looked at, with anything for
    # a code.
    pairs = zip(frames, codes, strict=True)
    return [one for one, code in pairs if isinstance(code, CodeType) and _is_own(code.co_filename)]


def _is_own(file: str) -> bool:
    """Whether *file* is no library's: neither ours, nor Python's, nor an installed one."""
    return not file.startswith(("<frozen ", *_libraries()))


@functools.cache
def _libraries() -> tuple[str, ...]:
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    paths = {_OURS, *(sysconfig.get_path(name) for name in names)}
    return tuple(os.path.join(path, "") for path in paths)
