"""Programs that left their group are found by what they cannot shake off."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mockpki._programs.strays import (
    MARK,
    add_mark,
    end_strays,
    find_in_folder,
    find_in_group,
    find_listeners,
    find_marked,
    name_programs,
    wait_for_group,
    wait_for_states,
)
from tests.kit.server_scripts import alive

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="this system has no /proc")

DAEMON = """
import os, sys, time
if os.fork():
    sys.exit()
os.setsid()
print(os.getpid(), flush=True)
os.close(1)
time.sleep(600)
"""


@contextmanager
def daemon(environment: dict[str, str], folder: Path) -> Iterator[int]:
    """A daemon in *folder*, by its pid."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DAEMON],
        env=environment, cwd=folder, stdout=subprocess.PIPE, check=True, timeout=60,
    )  # fmt: skip
    pid = int(done.stdout)
    try:
        yield pid
    finally:
        end_strays("no such mark", folder)
        assert not alive(pid)


def test_marks_are_kept() -> None:
    """Our mark stands beside that of whoever started us, and beside all else."""
    marked = add_mark({"A": "1"}, "mine")
    assert marked == {"A": "1", MARK: "mine"}
    assert add_mark(marked, "inner") == {"A": "1", MARK: "mine inner"}


def test_by_its_mark(tmp_path: Path) -> None:
    """A daemon is found by its mark, and by no other, and ended; we are never among them."""
    with daemon(add_mark(dict(os.environ), "outer.1."), tmp_path) as pid:
        assert find_marked("outer.1.") == {pid}
        assert find_marked("outer.2.") == set()
        assert name_programs([pid]) == f"pid {pid} ({Path(f'/proc/{pid}/comm').read_text().strip()})"
        assert end_strays("outer.2.") == set()
        assert end_strays("outer.1.") == {pid}
        assert not alive(pid)
    nobody = 2**30
    assert name_programs([nobody]) == f"pid {nobody}"


def test_by_its_folder(tmp_path: Path) -> None:
    """One that wiped its environment is found by where it runs, and not by a folder beside that."""
    (inner := tmp_path / "own").mkdir()
    with daemon({}, inner) as pid:
        assert find_in_folder(tmp_path) == {pid}
        assert find_in_folder(tmp_path / "ow") == set()
        assert end_strays("no such mark", tmp_path) == {pid}
        assert not alive(pid)


def test_listeners() -> None:
    """Whoever listens on a port is known; who is connected to it, or bound another, is not."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        assert find_listeners(server.getsockname()[1]) == {os.getpid()}
        assert find_listeners(other.getsockname()[1]) == set()
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        assert find_listeners(server.getsockname()[1]) == {os.getpid()}


def test_waiting_for_a_group() -> None:
    """A group that was killed is waited for, its zombies are not, and nobody is waited for too long."""
    process = subprocess.Popen(["/bin/sh", "-c", "sleep 600 & wait"], start_new_session=True)
    wait_for_group(process.pid, 0.1)
    assert process.poll() is None
    os.killpg(process.pid, 9)
    wait_for_group(process.pid, 60)
    assert process.wait(1) == -9


def test_states_of_a_group() -> None:
    """Who was stopped is told from who sleeps, and a group from others; nobody is waited for for ever."""
    leader, other = (
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        for _ in range(2)
    )
    try:
        assert find_in_group(leader.pid) == {leader.pid}
        wait_for_states({leader.pid, other.pid}, b"S", 60)
        os.kill(leader.pid, signal.SIGSTOP)
        wait_for_states({leader.pid}, b"T", 60)
        stats = (Path(f"/proc/{one.pid}/stat").read_text() for one in (leader, other))
        states = [stat.rpartition(")")[2].split()[0] for stat in stats]
        assert states == ["T", "S"]
        wait_for_states({leader.pid}, b"S", 0.01)
    finally:
        for one in (leader, other):
            one.kill()
            one.wait()
    assert find_in_group(leader.pid) == set()
    wait_for_states({leader.pid}, b"S", 60)  # nobody is in any state
