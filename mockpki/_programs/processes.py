"""Programs of others, each in a process group of its own, which ends with all that it started.

1. A client runs to its end, and what it prints is kept: `Processes.run`.
2. A server is started, and ended when it is no longer needed: `Processes.start` and `Processes.end`.
3. `Processes.stop` kills them all, from any thread, and then nothing starts any more.

What left its process group is found by the mark that it was started with: see `strays`.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import signal
import subprocess
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .._clock import monotonic
from .strays import add_mark, end_strays, wait_for_group, wait_for_states

_KEPT = 32 * 1024
"""Octets that are kept from the beginning of what a program prints, and from its end."""
_READ_SIZE = 64 * 1024
_GOODBYE = 1.0
"""Seconds for the last octets of a program that has ended."""
_GONE = 5.0
"""Seconds after which a server that was killed is no more."""
_AWAKE = 0.5
"""Seconds after which nobody waits any more for a program that was woken to sleep again."""
_STOPPED, _ASLEEP = b"TtZX", b"SDIZX"
"""States of those that were stopped, and of those that wait for something; or are no more: see proc(5)."""
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


_COLOURS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
"""ECMA-48 section 5.4: colours, and what moves the cursor."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


_NOISE = re.compile(
    r"""\.\.\.\ \d+\ (?:more|common|shared) | at\ \S | File\ " | \^+$ | [\W_]*$ | https?://\S+$
    | (?:For\ )?More\ (?:details|info) | .*\bplease\b | .*\bTo\ learn\ more\b | To\ (?:ignore|disable)
    | Process\ (?:exited|finished) | exit\ status | Node\.js\ v | DONE$""",
    re.VERBOSE | re.IGNORECASE,
)
"""Frames of stacks, and what is said whatever the matter is."""
_ERROR = re.compile(
    r"error|exception|alert|fail|fatal|problem|invalid|revoked|refused|reject|expired|unable|can(?:not|'t)"
    r"|could not",
    re.IGNORECASE,
)


def _count_signs(line: str) -> int:
    """How much speaks for a line: that it is about an error, and that it tells of what."""
    about = bool(_ERROR.search(line))
    return about + (about and ":" in line)


@dataclass(frozen=True)
class Ended:
    """How a program ended: *status* is its exit status, negative for a signal, None if it took too long."""

    status: int | None
    printed: str
    """What it wrote to its output and errors, in the order in which it did; of much, beginning and end."""
    seconds: float

    @property
    def readable(self) -> str:
        """The same without colours; other control characters show as U+FFFD."""
        return _CONTROL.sub("\ufffd", _COLOURS.sub("", self.printed).replace("\r\n", "\n"))

    @property
    def telling_line(self) -> str:
        """The line that says most of why it failed: no frame of a stack, and no word of general advice.

        Of several that speak of an error the last, which in Java is the cause of all others; where none
        does, the last line.
        """
        lines = [line.strip() for line in self.readable.splitlines()]
        lines = [line for line in lines if line and not _NOISE.match(line)]
        best = max(map(_count_signs, lines), default=0)
        return next((line for line in reversed(lines) if _count_signs(line) == best), self.last_line)

    @property
    def last_line(self) -> str:
        """The last line that is not blank, readable."""
        return next((line.strip() for line in reversed(self.readable.splitlines()) if line.strip()), "")


@dataclass(frozen=True)
class _Traces:
    """What a program is known by, though it may have left its group: its mark, and its own folder."""

    mark: str
    own: Path


class Processes:
    """The programs that are running."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mark = secrets.token_hex(16)
        self._running: set[subprocess.Popen[bytes]] = set()
        self._traces: dict[subprocess.Popen[bytes], _Traces] = {}
        self._count = 0
        self._stopped = False

    def start(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        output: int | IO[bytes] = subprocess.PIPE,
        folder: Path | None = None,
        own: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start *command* in *folder*, with nothing to read. What it prints, errors too, goes to *output*.

        *own* is a folder that was made for it alone: who runs there, when it is ended, is ended, too.
        Raises OSError if it cannot be started, InterruptedError after `stop`.
        """
        # With the lock: whatever starts is seen by whoever stops.
        with self._lock:
            if self._stopped:
                raise InterruptedError(f"{command[0]} was not started any more")
            self._count += 1
            mark = f"{self._mark}.{self._count}."
            process = subprocess.Popen(  # noqa: S603 - it is what we were told to run
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                bufsize=0,
                cwd=folder,
                env=add_mark(environment, mark),
                start_new_session=True,
            )
            self._running.add(process)
            if own is not None:
                self._traces[process] = _Traces(mark, own)
        return process

    def run(self, command: Sequence[str], timeout: float) -> Ended:
        """Run *command* with nothing to read, in English, and without proxies.

        After *timeout* seconds it is killed. In either case nothing is left of its process group.
        Raises OSError if it cannot be started, InterruptedError after `stop`.
        """
        began = monotonic()
        process = self.start(command, environment=_plain_environment())
        assert process.stdout is not None
        output = _Output(process.stdout)
        status: int | None
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            # Whatever ends us, Ctrl-C too, ends it.
            seconds = monotonic() - began
            self._kill(process)
            process.wait()
        return Ended(status, output.text(), seconds)

    def end(self, process: subprocess.Popen[bytes], patience: float) -> None:
        """Ask *process* and all that it started to end; after *patience* seconds kill what is left."""
        _send_signal(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
        # Children that are still there, and the process itself, if it would not go.
        self._kill(process)
        process.wait(patience + _GONE)
        wait_for_group(process.pid, _GONE)

    def wake(self, process: subprocess.Popen[bytes], group: Collection[int] = ()) -> None:
        """Have *process* and its group look at their clocks: whoever waits for an event is woken without one.

        Nothing else becomes of them. Who sleeps without waiting for anything sleeps on. It returns when all
        of *group* (see `strays.find_in_group`) have done so, and sleep again, however busy the machine is.
        """
        # signal(7): "On Linux, even in the absence of signal handlers, certain blocking interfaces can fail
        # with the error EINTR after the process is stopped by one of the stop signals and then resumed via
        # SIGCONT." epoll_wait(2) is one of them.
        if process.poll() is None and hasattr(signal, "SIGSTOP"):
            try:
                _send_signal(process, signal.SIGSTOP)
                wait_for_states(group, _STOPPED, _AWAKE)
            finally:
                _send_signal(process, signal.SIGCONT)
            wait_for_states(group, _ASLEEP, _AWAKE)

    def end_strays(self, process: subprocess.Popen[bytes]) -> None:
        """Kill what *process*, which has ended, left behind outside of its group."""
        with self._lock:
            traces = self._traces.pop(process, None)
        if traces is not None:
            end_strays(traces.mark, traces.own)

    def stop(self) -> None:
        """Kill all of them, and start no more; what they left behind before is killed as well."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                _send_signal(process, _KILL)
            folders = [traces.own for traces in self._traces.values()]
        if self._count:
            end_strays(self._mark, *folders)

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._running.discard(process)
            _send_signal(process, _KILL)


def run(command: Sequence[str], timeout: float) -> Ended:
    """Run one program: see `Processes.run`."""
    return Processes().run(command, timeout)


def _plain_environment() -> dict[str, str]:
    # What goes through a proxy never comes to a server on loopback.
    own = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**own, "no_proxy": "*", "NO_PROXY": "*", "LC_ALL": "C"}


def _send_signal(process: subprocess.Popen[bytes], number: int) -> None:
    """Signal the group, also when its leader has ended; where there are no groups, end the process."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # the latter is macOS's for zombies
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        elif process.poll() is None:  # pragma: no cover - Windows
            process.terminate()


class _Output:
    """Reads what a program prints, so that it never waits for us, and keeps some of it."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._lock = threading.Lock()
        self._kept = bytearray()
        self._dropped = 0
        self._thread = threading.Thread(target=self._read, args=(pipe,), name="mockpki output", daemon=True)
        self._thread.start()

    def _read(self, pipe: IO[bytes]) -> None:
        with pipe:
            while data := pipe.read(_READ_SIZE):
                with self._lock:
                    self._kept += data
                    over = len(self._kept) - 2 * _KEPT
                    if over > 0:
                        self._dropped += over
                        del self._kept[_KEPT : _KEPT + over]

    def text(self) -> str:
        """What there is at the end. Whoever left the process group may still hold the pipe open."""
        self._thread.join(_GOODBYE)
        with self._lock:
            if not self._dropped:
                return self._kept.decode(errors="replace")
            head, tail = (part.decode(errors="replace") for part in (self._kept[:_KEPT], self._kept[_KEPT:]))
            return f"{head}\n[{self._dropped} octets left out]\n{tail}"
