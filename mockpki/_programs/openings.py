"""Who opens the files of a folder, as the kernel tells it: inotify(7), which is Linux's."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import struct
from pathlib import Path

_OPENED = 0x20
"""IN_OPEN, see inotify(7)."""
_EVENT = struct.Struct("iIII")
"""Its watch, what it is, a cookie, and the length of the name that follows."""
_ENOUGH = 64 * 1024


class Openings:
    """Tells whether a file of *folder* has been opened. Raises OSError where there is no inotify."""

    def __init__(self, folder: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        if not hasattr(libc, "inotify_init1"):
            raise OSError("this system does not tell who opens a file (inotify)")
        self._fd = _check(libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        try:
            _check(libc.inotify_add_watch(self._fd, os.fsencode(folder), _OPENED))
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """No more is told."""
        os.close(self._fd)

    def forget(self) -> None:
        """Take what was opened so far for nothing."""
        self._read()

    def wait_for(self, name: str, seconds: float) -> bool:
        """Whether the file *name* was opened since that was asked last, or is within that time."""
        while name not in (found := self._read()):
            if not found and not select.select([self._fd], [], [], seconds)[0]:
                return False
        return True

    def _read(self) -> set[str]:
        """The names of the files that were opened since."""
        found = set()
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self._fd, _ENOUGH):
                while data:
                    size = _EVENT.unpack_from(data)[3]
                    found.add(os.fsdecode(data[_EVENT.size : _EVENT.size + size].rstrip(b"\0")))
                    data = data[_EVENT.size + size :]
        return found


def _check(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
