"""The life of `mockpki serve`: how it says that it is ready, and what ends it.

1. The first line on stdout is one JSON object: when it is there, the server answers.
2. With ``--exit-with-stdin`` the end of stdin ends it: the kernel closes the pipe of a parent that is killed.
3. SIGTERM, SIGINT, a call and an idle time end it, too; a second signal at once.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO

import msgspec

ENDED, LEFT_OVER, MISTAKE, CANNOT_LISTEN = 0, 1, 2, 3
"""Exit statuses."""
_PATIENCE = 5.0
"""Seconds that closing everything may take."""


class Life:
    """What waits for the end. `end` may be called from any thread, and more than once."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self.why = ""

    def end(self, why: str = "") -> None:
        """Let `wait` return."""
        if not self._over.is_set():
            self.why = why
            self._over.set()

    @property
    def over(self) -> bool:
        """Whether it has been ended."""
        return self._over.is_set()

    def wait(self) -> None:
        """Return when it is ended. Signals arrive meanwhile."""
        while not self._over.wait(1.0):
            pass

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """Within the block SIGTERM and SIGINT end it, and a second one ends the process at once."""

        def obey(number: int, frame: FrameType | None) -> None:
            if self.over:
                os._exit(128 + number)
            self.end(signal.Signals(number).name)

        before = {number: signal.signal(number, obey) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def end_with(self, stdin: BinaryIO) -> None:
        """End when *stdin* does; what comes on it before is nobody's."""

        def read() -> None:
            with contextlib.suppress(OSError, ValueError):
                while stdin.read1(65536):  # type: ignore[attr-defined]
                    pass
            self.end("end of stdin")

        threading.Thread(target=read, name="mockpki stdin", daemon=True).start()

    def end_when_idle(self, seconds: float, last_call: Any) -> None:
        """End so many *seconds* after *last_call* (a function) says there was one."""

        def look() -> None:
            while not self.over:
                left = last_call() + seconds - time.monotonic()
                if left <= 0:
                    self.end("idle")
                time.sleep(max(0.05, min(left, 1.0)))

        threading.Thread(target=look, name="mockpki idle", daemon=True).start()


def write_ready_line(ready: Mapping[str, Any]) -> None:
    """Say on stdout that the server answers: one line, and nothing before it."""
    sys.stdout.write(msgspec.json.encode(ready).decode() + "\n")
    sys.stdout.flush()


@contextlib.contextmanager
def ready_file(path: Path | None, ready: Mapping[str, Any]) -> Iterator[None]:
    """The same in a file, until the end of the block.

    It is written aside and renamed, so that nobody reads half of it; only its owner may.
    """
    if path is None:
        yield
        return
    number, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(msgspec.json.encode(ready) + b"\n")
        os.replace(aside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(aside)
        raise
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()


@contextlib.contextmanager
def bounded_end(seconds: float = _PATIENCE) -> Iterator[None]:
    """A block that ends the process if it is not over after so many *seconds*: nothing hangs at the end."""
    done = threading.Event()

    def guard() -> None:
        if not done.wait(seconds):
            sys.stderr.write(f"mockpki serve: not everything was closed within {seconds:g} s\n")
            sys.stderr.flush()
            os._exit(LEFT_OVER)

    threading.Thread(target=guard, name="mockpki end", daemon=True).start()
    try:
        yield
    finally:
        done.set()


def raise_descriptor_limit() -> None:
    """Let this process open as many files and sockets as it may: a PKI takes a dozen."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
