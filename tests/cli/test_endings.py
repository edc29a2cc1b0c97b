"""Whoever ends a command, at any moment, ends all that it has started, and finds nothing that it wrote."""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.kit.server_scripts import ARGUMENTS, PLAIN, alive

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="this system has no process groups")

# A program that notes its pid before it does anything else, and one that it starts.
STUBBORN = """
import os, signal, subprocess, sys, time
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
def note():
    with open(os.environ["NOTES"], "a") as notes:
        notes.write(f"{os.getpid()}\\n")
note()
if not os.fork():
    note()
    time.sleep(600)
if not os.fork():
    os.setsid()
    note()
    time.sleep(600)
"""
CLIENT = f"{STUBBORN}time.sleep(600)"
# It ends when its children are at work: who goes before they are has them ended before they say anything.
HASTY = f"{STUBBORN}while len(open(os.environ['NOTES']).readlines()) < 3: time.sleep(0.01)"
SERVER = f"{STUBBORN}{PLAIN}"
COMMANDS = {
    "first client": (
        "probe",
        "--only",
        "ocsp-good",
        "--timeout",
        "60",
        "--",
        sys.executable,
        "-c",
        CLIENT,
        "{url}",
    ),
    "some client": ("probe", "--timeout", "60", "--", sys.executable, "-c", HASTY, "{url}"),
    "server": ("probe-server", "--", sys.executable, "-c", SERVER, *ARGUMENTS),
    "demo": ("demo",),
}


def start(command: tuple[str, ...], folder: Path) -> subprocess.Popen[bytes]:
    """`mockpki` with this command, with a folder of its own for what is temporary."""
    (folder / "tmp").mkdir()
    (folder / "bin").mkdir()
    for name in ("curl", "openssl"):
        program = folder / "bin" / name
        program.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(CLIENT)}\n")
        program.chmod(0o755)
    environment = {
        **os.environ,
        "TMPDIR": str(folder / "tmp"),
        "NOTES": str(folder / "notes"),
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }
    (folder / "notes").touch()
    return subprocess.Popen(
        [sys.executable, "-m", "mockpki", *command],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def read_notes(folder: Path) -> list[int]:
    """The pids of all that was started."""
    return [int(line) for line in (folder / "notes").read_text().split()]


def end(process: subprocess.Popen[bytes], number: int) -> tuple[int, str]:
    """Send it a signal, and return its status and what it said when it was over."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)
    try:
        _, said = process.communicate(timeout=60)
    except subprocess.TimeoutExpired as late:
        # Python drops a KeyboardInterrupt that comes within the callback of a weak reference, and says so.
        # Whoever sits there types Ctrl-C again.
        if b"\nKeyboardInterrupt" not in (late.stderr or b""):
            process.kill()
            raise
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    return process.returncode, said.decode()


def assert_nothing_is_left(folder: Path) -> None:
    """No process lives, and no folder is there."""
    assert [pid for pid in read_notes(folder) if alive(pid)] == []
    assert os.listdir(folder / "tmp") == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name)
@pytest.mark.parametrize("command", COMMANDS)
def test_while_programs_run(command: str, number: signal.Signals, tmp_path: Path) -> None:
    """When what was started is at work, a signal ends it with all its children, daemons among them."""
    process = start(COMMANDS[command], tmp_path)
    until = time.monotonic() + 60
    while len(read_notes(tmp_path)) < 3 and time.monotonic() < until:
        time.sleep(0.02)
    assert len(read_notes(tmp_path)) >= 3, process.communicate()
    assert os.listdir(tmp_path / "tmp") != []
    status, said = end(process, number)
    assert status == 128 + number
    assert said.endswith("Interrupted: nothing was judged.\n")
    assert_nothing_is_left(tmp_path)


@pytest.mark.parametrize("moment", range(6))
@pytest.mark.parametrize("command", COMMANDS)
def test_at_any_moment(command: str, moment: int, tmp_path: Path) -> None:
    """From its first breath on, whatever it is about to do, nothing is left of a command that is ended."""
    process = start(COMMANDS[command], tmp_path)
    time.sleep(0.3 * moment + 0.017 * (moment % 4))
    number = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)[moment % 3]
    status, _ = end(process, number)
    # Before it could take notice, after, or when it had come to its end.
    assert status in {-number, 128 + number, 0, 1, 4}
    assert_nothing_is_left(tmp_path)
