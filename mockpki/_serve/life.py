"""The life of `mockpki serve`: how it says that it is ready, and what ends it.

1. The first line on stdout is one JSON object: when it is there, the server answers.
2. With ``--exit-with-stdin`` the end of stdin ends it: the kernel closes the pipe of a parent that is killed.
3. SIGTERM, SIGINT, a call and an idle time end it, too; a second signal at once.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from .._ca.folder import replace_file

ENDED, LEFT_OVER, MISTAKE, CANNOT_LISTEN = 0, 1, 2, 3
"""Exit statuses."""
_PATIENCE = 5.0
"""Seconds that closing everything may take."""
_LAST = 1.0
"""Seconds for what must not stay behind when there is no time for the rest."""
_TICK = 0.5


class Life:
    """What waits for the end. `end` may be called from any thread, and more than once."""

    def __init__(self) -> None:
        self.over = False
        """Whether it has been ended."""
        # A signal may come at any moment, also in the midst of what locks: this may be called then.
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.last: list[Callable[[], object]] = []
        """What is done even when there is no time for anything else: nothing stays behind on disk."""

    def end(self) -> None:
        """Let `wait` return."""
        self.over = True
        self._bell.put(None)

    def wait(self, look: Callable[[], object]) -> None:
        """Return when it is ended, and *look* once a second until then. Signals arrive meanwhile."""
        while not self.over:
            try:
                self._bell.get(timeout=_TICK)
            except queue.Empty:
                look()

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """Within the block SIGTERM and SIGINT end it, and a second one ends the process at once."""
        caught: list[int] = []

        def obey(number: int, frame: FrameType | None) -> None:
            if caught:
                self.leave(128 + number)
            caught.append(number)
            self.end()

        before = {number: signal.signal(number, obey) for number in _list_signals()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def end_with_stdin(self) -> None:
        """End when stdin does; what comes on it before is nobody's."""

        def read() -> None:
            # Not by sys.stdin, whose lock Python would wait for at the end.
            with contextlib.suppress(OSError, ValueError):
                while sys.stdin is not None and os.read(sys.stdin.fileno(), 65536):
                    pass
            self.end()

        threading.Thread(target=read, name="mockpki stdin", daemon=True).start()

    @contextlib.contextmanager
    def bounded(self, seconds: float = _PATIENCE) -> Iterator[None]:
        """A block that ends the process if it is not over after so many *seconds*: nothing hangs."""
        done = threading.Event()

        def guard() -> None:
            if not done.wait(seconds):
                with contextlib.suppress(OSError, ValueError):
                    sys.stderr.write(f"mockpki serve: not everything was closed within {seconds:g} s\n")
                    sys.stderr.flush()
                self.leave(LEFT_OVER)

        threading.Thread(target=guard, name="mockpki end", daemon=True).start()
        try:
            yield
        finally:
            done.set()

    def leave(self, status: int) -> None:
        """End the process at once with *status*, whatever it is at."""

        def tidy() -> None:
            for act in self.last:
                with contextlib.suppress(Exception):
                    act()

        # On a thread: whoever was interrupted may hold what that waits for.
        thread = threading.Thread(target=tidy, name="mockpki last", daemon=True)
        thread.start()
        thread.join(_LAST)
        os._exit(status)


def _list_signals() -> list[signal.Signals]:
    """Those that end a server; that of a closed terminal unless it is ignored, as by nohup(1)."""
    names = [name for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)]
    found = [signal.Signals[name] for name in names]
    return [one for one in found if one.name != "SIGHUP" or signal.getsignal(one) != signal.SIG_IGN]


def write_line(text: str) -> None:
    """Say on stdout that the server answers: one line, and nothing before it."""
    # Whoever was to read it may be gone; what ends the server then ends it.
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


@contextlib.contextmanager
def ready_file(path: Path | None, line: str, own: Life) -> Iterator[None]:
    """The same in a file, until the end of the block, or of *own*; nobody reads half of it.

    Raises ValueError for a *path* that cannot be written.
    """
    if path is None:
        yield
        return
    try:
        replace_file(path, f"{line}\n".encode())
    except OSError as error:
        raise ValueError(f"--ready-file: {path} cannot be written: {error.strerror}.") from error
    own.last.append(path.unlink)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()


def raise_descriptor_limit() -> None:
    """Let this process open as many files and sockets as it may: a PKI takes a dozen."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
