"""Programs that left their process group, as a daemon does: found by what they cannot shake off.

Whatever we start has a mark in its environment, which all that it starts inherits. A program that wipes its
environment, as nginx does, still runs in the folder that was made for it.
All this is read in /proc; where there is none, nobody is found.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from .._clock import monotonic

MARK = "MOCKPKI_STARTED"
"""The variable with the mark: that of whoever started us, if any, and after it our own."""
_PROC = Path("/proc")
_LISTEN = "0A"
"""TCP_LISTEN in /proc/net/tcp, see proc(5)."""
_ROUNDS = 50
_PAUSE = 0.02
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def add_mark(environment: Mapping[str, str], mark: str) -> dict[str, str]:
    """*environment* with *mark* in it, beside the marks that are there."""
    before = environment.get(MARK)
    return {**environment, MARK: f"{before} {mark}" if before else mark}


def find_marked(mark: str) -> set[int]:
    """The process ids of those that live and have *mark* in their environment."""
    return {pid for pid in _list_pids() if mark.encode() in _read(pid, "environ")}


def find_in_folder(folder: Path) -> set[int]:
    """The process ids of those that run in *folder* or below it, and have no terminal: no person's shell."""
    path = str(folder.resolve())
    return {pid for pid in _list_pids() if _runs_in(pid, path) and not _has_terminal(pid)}


def find_listeners(port: int) -> set[int]:
    """The process ids of those that listen on *port*."""
    wanted = {f"socket:[{inode}]" for inode in _list_sockets(port)}
    return {pid for pid in _list_pids() if wanted & set(_list_links(pid))} if wanted else set()


def end_strays(mark: str, *folders: Path | None) -> set[int]:
    """Kill whoever has *mark*, or runs in one of *folders*, and return who that was."""
    ended: set[int] = set()
    # Whoever forks while we look is found when we look again.
    for _ in range(_ROUNDS):
        found = find_marked(mark).union(*(find_in_folder(one) for one in folders if one is not None))
        found.discard(os.getpid())
        if not found:
            break
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, _KILL)
        ended |= found
        time.sleep(_PAUSE)
    return ended


def find_in_group(group: int) -> set[int]:
    """The process ids of those that live in that process group."""
    return {pid for pid in _list_pids() if _is_running_in(pid, group)}


def wait_for_states(pids: Iterable[int], states: bytes, patience: float) -> None:
    """Return when each of *pids* that lives is in one of *states*, letters of proc(5), with all its threads.

    Or when *patience* seconds are over.
    """
    until = monotonic() + patience
    while any(_read_states(pid) - set(states) for pid in pids) and monotonic() < until:
        time.sleep(_PAUSE / 40)


def wait_for_group(group: int, patience: float) -> None:
    """Return when nobody of a process group that was killed runs any more, or *patience* seconds are over."""
    until = monotonic() + patience
    while any(_is_running_in(pid, group) for pid in _list_pids()) and monotonic() < until:
        time.sleep(_PAUSE / 4)


def name_programs(pids: Iterable[int]) -> str:
    """The programs of these process ids in words: ``pid 12 (nginx)``."""
    names = ((pid, _read(pid, "comm").decode(errors="replace").strip()) for pid in sorted(pids))
    return ", ".join(f"pid {pid} ({name})" if name else f"pid {pid}" for pid, name in names)


def _list_pids() -> Iterator[int]:
    """Those that live. A zombie has nothing that could be read, and so is never found."""
    with contextlib.suppress(OSError):
        yield from (int(name) for name in os.listdir(_PROC) if name.isdecimal())


def _read(pid: int, what: str) -> bytes:
    with contextlib.suppress(OSError):
        return (_PROC / str(pid) / what).read_bytes()
    return b""


def _runs_in(pid: int, path: str) -> bool:
    with contextlib.suppress(OSError):
        found = os.readlink(_PROC / str(pid) / "cwd")
        return found == path or found.startswith(f"{path}{os.sep}")
    return False


def _has_terminal(pid: int) -> bool:
    return _read_stat(pid)[4] != b"0"


def _is_running_in(pid: int, group: int) -> bool:
    state, _, found, *_ = _read_stat(pid)
    return found == str(group).encode() and state not in (b"Z", b"X")


def _read_stat(pid: int) -> list[bytes]:
    """Its state, parent, group, session and terminal (0 for none), see proc(5); of nobody, zeros."""
    # The name before them is in brackets, and may have some of its own.
    fields = _read(pid, "stat").rpartition(b")")[2].split()
    return fields[:5] if len(fields) > 4 else [b"0"] * 5


def _read_states(pid: int) -> set[int]:
    """The states of all its threads; of nobody, none."""
    states = set()
    with contextlib.suppress(OSError):
        for name in os.listdir(_PROC / str(pid) / "task"):
            with contextlib.suppress(OSError):
                stat = (_PROC / str(pid) / "task" / name / "stat").read_bytes()
                states |= set(stat.rpartition(b")")[2].split()[0])
    return states


def _list_links(pid: int) -> Iterator[str]:
    folder = _PROC / str(pid) / "fd"
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            with contextlib.suppress(OSError):
                yield os.readlink(folder / name)


def _list_sockets(port: int) -> Iterator[str]:
    """The inodes of the sockets that listen on *port*."""
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in (_PROC / "net" / table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                    yield fields[9]
