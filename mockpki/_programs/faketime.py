"""The clock of another program: libfaketime reads from a file of ours how far it is ahead.

1. The file is replaced as a whole, so that whoever reads it reads one moment.
2. Not every program goes by it. One that is linked statically does not load the library; one that asks the
   kernel by itself, as those in Go do, loads it in vain; one that drops its environment, as nginx does, does
   not know where the file is. What a program is made of is no proof, so it is watched: `FakeClock.is_read`.
3. Its timers go by the same clock, but who sleeps sees that only when he wakes: see `Processes.wake`.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from types import TracebackType

from .openings import Openings

MISSING = "libfaketime is not installed (on Debian and Ubuntu: apt install faketime)"
"""Why no program's clock can be moved on this machine."""
_NAME = "ahead"
_LEFTOVERS = Path("/dev/shm")  # noqa: S108 - where Linux has what POSIX calls shared memory
_PATIENCE = 10


@cache
def find_library() -> str | None:
    """What LD_PRELOAD has to be for libfaketime, as its own program says; None where it is not installed."""
    program = shutil.which("faketime")
    if program is None:
        return None
    plain = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    try:
        # -m: for programs with threads.
        done = subprocess.run(  # noqa: S603 - a program of the system's
            [program, "-m", "-f", "+0", "env"], env=plain, capture_output=True, text=True, timeout=_PATIENCE,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"^LD_PRELOAD=(.+)$", done.stdout, re.MULTILINE)
    return found[1] if found else None


class FakeClock:
    """A clock for one program, as a block. At first it shows the system's time.

    Raises LookupError where libfaketime is not installed, or where nobody can see whether it is read.
    """

    def __init__(self) -> None:
        library = find_library()
        if library is None:
            raise LookupError(MISSING)
        self._library = library

    def __enter__(self) -> FakeClock:
        self._folder = tempfile.TemporaryDirectory(prefix="mockpki-", ignore_cleanup_errors=True)
        # Servers become somebody else, and then have to read it, too.
        Path(self._folder.name).chmod(0o755)
        try:
            self._openings = Openings(Path(self._folder.name))
        except OSError as error:
            self._folder.cleanup()
            raise LookupError(f"nobody can see here whether it looks at its clock: {error}") from error
        self.set(timedelta())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._openings.close()
        self._folder.cleanup()

    def set(self, ahead: timedelta) -> None:
        """Be so far ahead of the system's time from now on; negative, behind."""
        new = self._file.with_name("new")
        new.write_text(f"{ahead.total_seconds():+f}\n", encoding="ascii")
        new.chmod(0o644)
        new.replace(self._file)

    def add_to(self, environment: Mapping[str, str]) -> dict[str, str]:
        """*environment* with what has a program go by this clock."""
        before = environment.get("LD_PRELOAD")
        return {
            **environment,
            "LD_PRELOAD": f"{self._library}:{before}" if before else self._library,
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
        }

    def forget(self) -> None:
        """Take it as not read so far."""
        self._openings.forget()

    def is_read(self, seconds: float) -> bool:
        """Whether anybody has read this clock since that was asked or forgotten, or does within that time."""
        return self._openings.wait_for(_NAME, seconds)

    @property
    def _file(self) -> Path:
        return Path(self._folder.name) / _NAME


DEAF = (
    "it asks the kernel what time it is, as programs in Go do, or drops its environment, as nginx does "
    "without `env FAKETIME_TIMESTAMP_FILE;` in its configuration"
)
"""Why a program that has loaded libfaketime does not read its clock."""


def find_hindrance(pids: Iterable[int]) -> str:
    """Why a program of these process ids cannot have read its clock, as far as their memory maps tell."""
    # Those of somebody else cannot be read.
    for text in filter(None, map(_read_maps, pids)):
        if ".so" not in text:
            return "it is linked statically, and so loads no libfaketime"
        if "libfaketime" not in text:
            return "it has not loaded libfaketime: it was started without our LD_PRELOAD"
    return ""


def remove_leftovers(pid: int) -> None:
    """Remove the shared memory that libfaketime leaves behind for a program that was killed."""
    for name in (f"faketime_shm_{pid}", f"sem.faketime_sem_{pid}"):
        with contextlib.suppress(OSError):
            (_LEFTOVERS / name).unlink()


def _read_maps(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace")
    return ""
