"""A program in our place: signals, the terminal and the exit status are its own, and it leaves nobody."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.kit.programs import need
from tests.kit.server_scripts import alive

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="this system has no process groups")

RUN = """
import os, sys
from mockpki._programs.foreground import Foreground
with Foreground() as foreground:
    status = foreground.run(sys.argv[1:], os.environ)
print("over", status, flush=True)
sys.exit(status)
"""


def start(*command: str) -> subprocess.Popen[str]:
    """Something that runs *command* in its place."""
    return subprocess.Popen(
        [sys.executable, "-c", RUN, *command], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    )  # fmt: skip


@pytest.mark.parametrize(
    ("script", "status"), [("exit 0", 0), ("exit 3", 3), ("kill -TERM $$", 143), ("kill -KILL $$", 137)]
)
def test_its_status_is_ours(script: str, status: int) -> None:
    """An exit status is handed on, and a signal is 128 and its number."""
    process = start("sh", "-c", script)
    assert process.communicate(timeout=60)[0] == f"over {status}\n"
    assert process.returncode == status


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_signals_are_passed_on(number: signal.Signals) -> None:
    """What we are sent, the program and its children get; what they make of it is their status."""
    name = number.name.removeprefix("SIG")
    script = f"trap 'echo caught; exit 5' {name}; echo begun; while :; do sleep 0.05; done"
    process = start("sh", "-c", script)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    process.send_signal(number)
    assert process.communicate(timeout=60)[0] == "caught\nover 5\n"
    assert process.returncode == 5


def test_before_it_begins_a_signal_ends_us() -> None:
    """There is nobody to pass it on to."""
    script = RUN.replace(
        "    status", "    print('ready', flush=True); __import__('time').sleep(60)\n    status"
    )
    process = subprocess.Popen([sys.executable, "-c", script, "true"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=60)[0] == ""
    assert process.returncode == 128 + signal.SIGTERM


def test_what_is_ignored_stays_ignored() -> None:
    """Under nohup neither we nor the program end with the terminal."""
    code = f"import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n{RUN}"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "sh", "-c", "echo begun; kill -HUP $$; kill -HUP $PPID; echo there"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.communicate(timeout=60)[0] == "begun\nthere\nover 0\n"


def test_nobody_is_left(tmp_path: Path) -> None:
    """Children in its group are ended with it, also those that do not want to; who has left it goes on."""
    notes = tmp_path / "notes"
    away = "import os, time; os.setsid(); print(os.getpid(), flush=True); time.sleep(600)"
    script = (
        "sleep 600 & echo $! >> $0; (trap '' TERM; while :; do sleep 0.1; done) & echo $! >> $0; "
        f"{sys.executable} -c '{away}' >> $0.away & while [ ! -s $0.away ]; do sleep 0.02; done; exit 4"
    )
    process = start("sh", "-c", script, str(notes))
    try:
        assert process.communicate(timeout=60)[0] == "over 4\n"
        assert [pid for pid in map(int, notes.read_text().split()) if alive(pid)] == []
        assert len(notes.read_text().split()) == 2
    finally:
        pid = int((tmp_path / "notes.away").read_text())
        was_alive = alive(pid)
        os.kill(pid, signal.SIGKILL)
    assert was_alive


class Screen:
    """What a person sees and types at *other*, the end of a terminal."""

    def __init__(self, other: int) -> None:
        self._other = other
        self._shown = ""

    def wait_for(self, text: str) -> None:
        """Return when *text* is shown, behind what was waited for before."""
        until = time.monotonic() + 60
        while text not in self._shown:
            assert select.select([self._other], [], [], until - time.monotonic())[0], self._shown
            self._shown += os.read(self._other, 4096).decode()
        self._shown = self._shown.partition(text)[2]

    def type(self, keys: bytes) -> None:
        """Press these keys."""
        os.write(self._other, keys)


TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


@contextmanager
def terminal(*command: str, **environment: str) -> Iterator[Screen]:
    """A terminal of its own with *command* in it: the end at which a person sits."""
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", TAKE_TERMINAL, *command],
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env={**os.environ, **environment},
    ) as process:  # fmt: skip
        os.close(theirs)
        try:
            yield Screen(ours)
        finally:
            process.kill()
            os.close(ours)


def test_the_terminal_is_its_own() -> None:
    """It reads what is typed, and Ctrl-C is for it alone."""
    script = (
        "read word; echo got $word; trap 'echo caught; exit 6' INT; echo ready; while :; do sleep 0.05; done"
    )
    with terminal(sys.executable, "-c", RUN, "sh", "-c", script) as screen:
        screen.type(b"hello\n")
        screen.wait_for("got hello")
        screen.wait_for("ready")
        screen.type(b"\x03")
        screen.wait_for("over 6")


def test_stopping_and_going_on() -> None:
    """Ctrl-Z stops both, as the shell that started us sees, and `fg` lets both go on."""
    shell = (
        f"set -m; {sys.executable} -c \"$CODE\" sh -c 'echo ready; read word; echo got $word'; "
        "echo stopped $?; fg >/dev/null; echo ended $?"
    )
    with terminal(need("bash"), "--norc", "-c", shell, CODE=RUN) as screen:
        screen.wait_for("ready")
        screen.type(b"\x1a")
        screen.wait_for(f"stopped {128 + signal.SIGTSTP}")
        screen.type(b"again\n")
        screen.wait_for("got again")
        screen.wait_for("ended 0")
