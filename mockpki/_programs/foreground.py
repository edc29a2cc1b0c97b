"""A program in our place: with our terminal, our streams and our signals, until it ends.

1. It leads a process group of its own, of which nothing is left when it has ended.
2. Where we have the terminal, it has it: Ctrl-C reaches it and not us, and Ctrl-Z stops both.
3. Signals that reach us are passed on to the group. What was ignored before us stays ignored.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from types import FrameType, TracebackType
from typing import Any

from .strays import wait_for_group

PASSED_ON = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
)
_PATIENCE = 1.0
"""Seconds that those who are left in the group have to end by themselves."""
_STDIN = 0


class Foreground:
    """A block in which one program can be run so. Until it begins, a signal ends us: SystemExit.

    It is for the main thread, and for systems with process groups.
    """

    def __init__(self) -> None:
        self._group: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Foreground:
        for number in PASSED_ON:
            # What `nohup` has ignored is ignored by the program, too, unless somebody listens here.
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._obey)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _obey(self, number: int, frame: FrameType | None) -> None:
        if self._group is None:
            raise SystemExit(128 + number)
        _send(self._group, number)

    def run(self, command: Sequence[str], environment: Mapping[str, str]) -> int:
        """Run *command* to its end; its exit status, 128 + n where signal n has ended it.

        Raises OSError if it cannot be started.
        """
        terminal = _find_terminal()
        # From here on a signal is the program's, as soon as there is one.
        waiting: list[int] = []
        for number in self._before:
            signal.signal(number, lambda number, frame: waiting.append(number))
        try:
            process = subprocess.Popen(command, env=environment, process_group=0)  # noqa: S603 - what we were told
            self._group = process.pid
        finally:
            for number in self._before:
                signal.signal(number, self._obey)
        for number in waiting:
            _send(process.pid, number)
        try:
            if terminal is not None:
                _hand_over(terminal, process.pid)
            process.returncode = _wait(process.pid, terminal)
        finally:
            _end_group(process.pid)
            if terminal is not None:
                _hand_over(terminal, os.getpgrp())
        return process.returncode if process.returncode >= 0 else 128 - process.returncode


def _wait(pid: int, terminal: int | None) -> int:
    """Wait for the end of *pid*, and stop with it; its return code, as `subprocess` has it."""
    while True:
        _, status = os.waitpid(pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            return os.waitstatus_to_exitcode(status)
        if terminal is None:
            continue
        if os.tcgetpgrp(terminal) == pid:
            _hand_over(terminal, os.getpgrp())
            # To us, and whoever stands in a pipeline with us, until the shell says `fg` or `bg`.
            os.kill(0, signal.SIGTSTP)
        # Else it has read before the terminal was its own.
        if os.tcgetpgrp(terminal) == os.getpgrp():
            _hand_over(terminal, pid)
        _send(pid, signal.SIGCONT)


def _find_terminal() -> int | None:
    """The terminal, where it is ours to give away."""
    with contextlib.suppress(OSError):
        if os.isatty(_STDIN) and os.tcgetpgrp(_STDIN) == os.getpgrp():
            return _STDIN
    return None


def _hand_over(terminal: int, group: int) -> None:
    """Let *group* have the *terminal*."""
    # tcsetpgrp(3): a process in the background is sent SIGTTOU, "unless the calling thread is blocking
    # SIGTTOU or the process is ignoring SIGTTOU".
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        with contextlib.suppress(OSError):  # it has hung up, or the group has ended
            os.tcsetpgrp(terminal, group)
    finally:
        signal.signal(signal.SIGTTOU, before)


def _end_group(group: int) -> None:
    """Ask all that are left in *group* to end, and kill those that do not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if not _send(group, number):
            return
        wait_for_group(group, _PATIENCE)


def _send(group: int, number: int) -> bool:
    """Whether there was somebody in *group* to send the signal to."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # the latter is macOS's for zombies
        return False
    return True
