"""Programs are run to their end, or to ours, and nothing is left of them."""

import os
import select
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mockpki._programs import processes as _process
from mockpki._programs.processes import _KEPT, Ended, Processes, run

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="this system has no process groups")


class Witness:
    """A named pipe that programs hold open while they live."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)
        self._end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.script = f"exec 9>{shlex.quote(str(path))}; echo here >&9; "
        """The beginning of a shell script that holds it open, and says so."""

    def wait(self) -> None:
        """Until somebody is here."""
        os.set_blocking(self._end, True)
        # Somebody may not have opened it yet; then there is nothing to read, and no waiting for it.
        while not os.read(self._end, 5):
            threading.Event().wait(0.01)
        os.set_blocking(self._end, False)

    def was_here(self) -> bool:
        """Whether somebody was here. Raises BlockingIOError if someone still is."""
        seen, tries = b"", 500
        while True:
            try:
                data = os.read(self._end, 100)
            except BlockingIOError:
                # Who is killed takes a moment to go, more so on a busy machine.
                tries -= 1
                if not tries:
                    raise
                threading.Event().wait(0.01)
                continue
            if not data:
                return bool(seen)
            seen += data

    def close(self) -> None:
        os.close(self._end)


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    """A named pipe of the test's own."""
    made = Witness(tmp_path / "witness")
    yield made
    made.close()


def test_to_its_end() -> None:
    """What it prints to output and errors is kept in order, with its exit status and how long it took."""
    ended = run(["/bin/sh", "-c", "echo one; echo two >&2; echo; exit 3"], 60)
    assert (ended.status, ended.printed) == (3, "one\ntwo\n\n")
    assert ended.last_line == "two"
    assert ended.seconds > 0


def test_readable() -> None:
    """Colours are left out of what is shown, and what else no terminal should get is marked."""
    ended = Ended(0, "\x1b[1;31mred\x1b[0m\r\nbell\x07\x9b\ttab\r\n\x1b[2K\n", 0.1)
    assert ended.readable == "red\nbell\ufffd\ufffd\ttab\n\n"
    assert ended.last_line == "bell\ufffd\ufffd\ttab"
    assert "\x1b" in ended.printed


@pytest.mark.parametrize(
    ("printed", "line"),
    [
        (
            "curl: (60) SSL certificate problem: certificate revoked\nMore details here: https://curl.se/x\n\n"
            "curl failed to verify the legitimacy of the server and therefore could not\nestablish a secure "
            "connection to it. To learn more about this situation and\nhow to fix it, please visit the web "
            "page mentioned above.\n",
            "curl: (60) SSL certificate problem: certificate revoked",
        ),
        (
            'Exception in thread "main" javax.net.ssl.SSLHandshakeException: PKIX path validation failed\n'
            "\tat java.base/sun.security.ssl.Alert.createSSLException(Alert.java:131)\n"
            "Caused by: java.security.cert.CertificateRevokedException: Certificate has been revoked\n"
            "\tat java.base/Some.error(Some.java:1)\n\t... 30 more\n",
            "Caused by: java.security.cert.CertificateRevokedException: Certificate has been revoked",
        ),
        (
            'Traceback (most recent call last):\n  File "x.py", line 1, in error\n    x: 1\n      ^^^^\n'
            "ssl.SSLCertVerificationError: certificate verify failed (_ssl.c:1)\n",
            "ssl.SSLCertVerificationError: certificate verify failed (_ssl.c:1)",
        ),
        (
            "Error: certificate revoked\n    at TLSSocket.onConnectSecure (node:_tls_wrap:1)\n}\n\n"
            "Node.js v20.1.0\n",
            "Error: certificate revoked",
        ),
        ('Get "https://x": tls: bad certificate, error: alert\nexit status 1\n', 'Get "https://x": tls: bad '
         "certificate, error: alert"),
        ("one\nno reason at all\n", "no reason at all"),
        ("... 3 more\n", "... 3 more"),
        ("", ""),
    ],
)  # fmt: skip
def test_telling_line(printed: str, line: str) -> None:
    """Of what a failed program printed, the line is quoted that says why, and no frame, and no advice."""
    assert Ended(1, printed, 0.1).telling_line == line


def test_nothing_printed() -> None:
    """A silent program has no last line, and nothing to read."""
    ended = run(["/bin/sh", "-c", "read line"], 60)
    assert (ended.status, ended.printed, ended.last_line) == (1, "", "")


def test_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """It speaks English and goes through no proxy; the rest of the environment is ours."""
    for name in ("http_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("OURS", "kept")
    lines = run(["env"], 60).printed.splitlines()
    assert sorted(line for line in lines if "proxy" in line.lower()) == ["NO_PROXY=*", "no_proxy=*"]
    assert {"LC_ALL=C", "OURS=kept"} <= set(lines)


def test_hanging(witness: Witness) -> None:
    """A program that does not end is killed, with what it has started."""
    ended = run(["/bin/sh", "-c", f"{witness.script} echo started; sleep 600 & wait"], 1)
    assert (ended.status, ended.printed) == (None, "started\n")
    assert witness.was_here()


def test_leftovers(witness: Witness) -> None:
    """What a program leaves behind, which would keep its output open, ends with it."""
    ended = run(["/bin/sh", "-c", f"{witness.script} sleep 600 & echo gone"], 60)
    assert (ended.status, ended.printed) == (0, "gone\n")
    assert witness.was_here()


def test_leaving_the_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has left the group with the output open is not waited for."""
    monkeypatch.setattr(_process, "_GOODBYE", 0.1)
    fifo = tmp_path / "until"
    os.mkfifo(fifo)
    code = "import os\nprint('gone', flush=True)\nif not os.fork():\n    os.setsid()\n    open(FIFO).read()"
    code = code.replace("FIFO", repr(str(fifo)))
    ended = run([sys.executable, "-W", "ignore", "-c", code], 60)
    # It is still there: else nobody would have opened the other end, and this would not come back.
    fifo.write_text("")
    assert (ended.status, ended.printed) == (0, "gone\n")


def test_killed() -> None:
    """A program that a signal ends has its negative number for a status."""
    assert run(["/bin/sh", "-c", "kill -TERM $$"], 60).status == -15


def test_much_is_cut() -> None:
    """Of more than we keep, beginning and end are there, and how much is not."""
    ended = run([sys.executable, "-c", "print('first'); print('x' * 500_000); print('last')"], 60)
    assert ended.status == 0
    assert ended.printed.startswith("first\nxxx")
    assert ended.printed.endswith("xxx\nlast\n")
    kept = 2 * _KEPT
    assert f"\n[{500_012 - kept} octets left out]\n" in ended.printed
    assert ended.last_line == "last"


def test_no_such_program() -> None:
    """A program that cannot be started is an OSError."""
    with pytest.raises(FileNotFoundError):
        run(["/nowhere/at/all"], 60)


def test_stop(witness: Witness) -> None:
    """All that run can be ended at once; then no more are started."""
    processes = Processes()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(processes.run, ["/bin/sh", "-c", f"{witness.script} sleep 600"], 60)
        witness.wait()
        processes.stop()
        assert future.result().status == -9
    witness.was_here()
    with pytest.raises(InterruptedError, match="true was not started any more"):
        processes.run(["true"], 60)


class TestServers:
    """Programs that are started, and ended when they are no longer needed."""

    def start(self, processes: Processes, script: str, folder: Path) -> subprocess.Popen[bytes]:
        """A shell script as a server, with its output in a file beside its folder."""
        with (folder / "printed").open("ab") as output:
            return processes.start(
                ["/bin/sh", "-c", script],
                environment={**os.environ, "WORD": "here"},
                output=output,
                folder=folder,
            )

    def test_asked_to_end(self, witness: Witness, tmp_path: Path) -> None:
        """A server may clean up when it is asked to end; what it printed is where it was told to."""
        processes = Processes()
        script = f"{witness.script} trap 'echo bye; exit 4' TERM; echo $WORD; pwd; sleep 600 & wait"
        process = self.start(processes, script, tmp_path)
        witness.wait()
        while str(tmp_path) not in (tmp_path / "printed").read_text():
            threading.Event().wait(0.01)
        assert process.poll() is None
        processes.end(process, 60)
        assert process.returncode == 4
        assert (tmp_path / "printed").read_text() == f"here\n{tmp_path}\nbye\n"
        witness.was_here()

    def test_killed_after_a_while(self, witness: Witness, tmp_path: Path) -> None:
        """One that does not obey the signal is killed when patience is over, with what it has started."""
        processes = Processes()
        process = self.start(processes, f"trap '' TERM; {witness.script} sleep 600 & wait; wait", tmp_path)
        witness.wait()
        processes.end(process, 0.05)
        assert process.returncode == -9
        witness.was_here()

    def test_stop(self, witness: Witness, tmp_path: Path) -> None:
        """Servers end with all others at once, and none is started any more."""
        processes = Processes()
        process = self.start(processes, f"{witness.script} sleep 600", tmp_path)
        witness.wait()
        processes.stop()
        assert process.wait(60) == -9
        processes.end(process, 60)
        with pytest.raises(InterruptedError, match="sh was not started any more"):
            self.start(processes, "true", tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody is woken by being stopped")
def test_wake_up() -> None:
    """Who waits for an event looks up, as often as that is wanted; who was not woken does not."""
    waits = (
        "import ctypes, select\n"
        "libc, room = ctypes.CDLL(None, use_errno=True), ctypes.create_string_buffer(64)\n"
        "events = select.epoll()\n"
        "print('waits', flush=True)\n"
        "while True: print(libc.epoll_wait(events.fileno(), room, 1, -1), ctypes.get_errno(), flush=True)\n"
    )
    programs = Processes()
    woken, other = (programs.start([sys.executable, "-c", waits], environment=os.environ) for _ in range(2))
    assert woken.stdout
    assert other.stdout
    assert {woken.stdout.readline(), other.stdout.readline()} == {b"waits\n"}
    for _ in range(3):
        programs.wake(woken, {woken.pid})
        # It may not have come to wait yet.
        while not select.select([woken.stdout], [], [], 0.5)[0]:
            programs.wake(woken, {woken.pid})
        assert woken.stdout.readline() == b"-1 4\n"  # EINTR
    programs.stop()
    assert other.stdout.read() == b""
    woken.communicate()
    other.wait()
    other.stdout.close()
    programs.wake(woken)  # nobody is there any more
