"""What benchmarks are made of: programs, peers' environments, worker processes, load."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

HERE = Path(__file__).parent
_TICK = os.sysconf("SC_CLK_TCK")

ENVIRONMENTS = {
    "certomancer": ("certomancer[web-api,web-api-async]",),
    "trustme": ("trustme", "pytest-httpserver"),
    "plot": ("matplotlib",),
}
"""The environments that are made for peers, and what is installed into each."""


class MissingError(Exception):
    """Something that this machine does not have: what, and where it would come from."""


class Kit:
    """The means of one run.

    *folder* takes what is written, *peers* keeps environments from run to run. With *offline*
    nothing is installed. *quick* says that it is the path that counts and not the figures.
    """

    def __init__(self, folder: Path, peers: Path, *, offline: bool, quick: bool) -> None:
        self.folder = folder
        self.quick = quick
        self.missing: list[str] = []
        self._peers = peers
        self._offline = offline
        # Bytecode goes beside the figures and not into the checkout; without any, Python would
        # compile the package again at each start, which no user's does.
        self.environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(peers / "bytecode")}
        self.environment.pop("PYTHONDONTWRITEBYTECODE", None)
        # Nor is anyone measured while coverage looks on.
        for name in [name for name in self.environment if name.startswith("COV")]:
            del self.environment[name]

    @contextmanager
    def optional(self, side: str) -> Iterator[None]:
        """What is missing inside the block skips *side*, and is named in the result."""
        try:
            yield
        except MissingError as missing:
            self.missing.append(f"{side}: {missing}")

    def program(self, name: str) -> str:
        """The path of a program. Raises `MissingError` where there is none."""
        # Debian has daemons in /usr/sbin, which is not on everyone's path.
        path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
        if path is None:
            raise MissingError(f"there is no {name!r} on this machine")
        return path

    def python(self, environment: str) -> str:
        """The interpreter of a peer's environment, which is made if need be. Raises `MissingError`."""
        folder, wanted = self._peers / environment, "\n".join(ENVIRONMENTS[environment])
        python, mark = folder / "bin" / "python", folder / "installed.txt"
        if mark.exists() and mark.read_text() == wanted:
            return str(python)
        if self._offline:
            raise MissingError(
                f"{' and '.join(ENVIRONMENTS[environment])} is not installed, and --offline is set"
            )
        venv.create(folder, with_pip=True, clear=True)
        pip = subprocess.run(
            [python, "-m", "pip", "install", "-q", *ENVIRONMENTS[environment]],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
        if pip.returncode:
            last = (pip.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise MissingError(f"{' and '.join(ENVIRONMENTS[environment])} could not be installed: {last}")
        mark.write_text(wanted)
        return str(python)

    def worker(self, job: str, python: str = sys.executable, **arguments: Any) -> Worker:
        """A job of ``workers.py`` in a process of its own. Use it in a ``with`` block."""
        return Worker([python, str(HERE / "workers.py"), job, json.dumps(arguments)], self.environment)

    def daemon(self, command: Callable[[int], list[str]]) -> Daemon:
        """A peer's server: *command* for a port. In its ``with`` block it listens there."""
        return Daemon(command, self.environment)

    def seconds(self, usual: float) -> float:
        """How long to load something."""
        return 0.3 if self.quick else usual

    def count(self, usual: int, quick: int) -> int:
        """How many of something to make."""
        return quick if self.quick else usual


class Worker:
    """A job in its own process; `call` runs one of its methods there."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            command, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.pid = self._process.pid

    def __enter__(self) -> Worker:
        self._answer()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process = self._process
        with suppress(BrokenPipeError):
            process.communicate(timeout=20)

    def call(self, method: str, **arguments: Any) -> Any:
        """The result of the job's *method*. Raises RuntimeError, with the reason, if the job died."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([method, arguments]) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            _, errors = self._process.communicate()
            raise RuntimeError(f"a benchmark's worker ended: {errors[-2000:]}")
        return json.loads(line)


class Daemon:
    """A server that is no worker of ours, on a port that was free."""

    def __init__(self, command: Callable[[int], list[str]], environment: dict[str, str]) -> None:
        self._command, self._environment = command, environment

    def __enter__(self) -> Daemon:
        # Between our choice of a port and its bind, someone else may have taken it.
        for _ in range(5):
            if self._start():
                return self
        raise RuntimeError(f"{self._process.args!r} ends with {self._process.returncode}")

    def _start(self) -> bool:
        with socket.create_server(("127.0.0.1", 0)) as sock:
            self.port: int = sock.getsockname()[1]
        self._process = subprocess.Popen(
            self._command(self.port), env=self._environment,
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.pid = self._process.pid
        while not _listening(self.port, self.pid):
            with suppress(subprocess.TimeoutExpired):
                self._process.communicate(timeout=0.02)
                return False
        return True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()


def cpu(pid: int) -> float:
    """The CPU seconds that a process has used, all threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _listening(port: int, pid: int) -> bool:
    """Whether the process *pid* listens on *port*. The system is asked: to connect would be a question."""
    with suppress(OSError):
        held = {os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir()}
        for table in ("tcp", "tcp6"):
            for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
                fields = line.split()
                if (
                    fields[1].endswith(f":{port:04X}")
                    and fields[3] == "0A"
                    and f"socket:[{fields[9]}]" in held
                ):
                    return True
    return False
