"""A real server, started from its command line."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from ..._ca.leaf import Leaf
from ..._clock import monotonic
from ..._pki import PKI
from ..._programs.placeholders import fill_in, nearly, placeholders, used
from ..._programs.ports import free_port
from ._watch import Watch
from ._worlds import HOST, SERVER_NAME, NotListening, Site

_POLL = 0.02
_QUIET = 0.25
"""Seconds without a request after which a server is taken to be at rest."""
_GOODBYE = 5.0
"""Seconds after which a server that was asked to end is killed."""
_GONE = 5.0
"""Seconds after which what was killed is no more."""
_LINES = 20
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


class Ended(Exception):  # noqa: N818 - it was asked for
    """A server was to be started after `ServerCommand.end`."""


class _Running:
    """The processes of a command that have not been stopped yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._ended = False

    def start(self, start: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
        """The process that *start* starts. Raises `Ended`."""
        # With the lock: whatever starts is seen by whoever ends.
        with self._lock:
            if self._ended:
                raise Ended("the servers of this command were ended")
            process = start()
            self._processes.append(process)
        return process

    def forget(self, process: subprocess.Popen[bytes]) -> None:
        """*process* has been stopped."""
        with self._lock:
            self._processes.remove(process)

    def end(self) -> None:
        """Kill them all."""
        with self._lock:
            self._ended = True
            for process in self._processes:
                _signal(process, _KILL)


@dataclass(frozen=True)
class ServerCommand:
    """The server that *command* starts: a line, split as a shell would, or a list of arguments.

    Command and *template*, the path of a configuration file, may have placeholders such as ``{port}``
    (`mockpki.scenarios.servers.PLACEHOLDERS`); ``{config}`` in the command is the path of the file filled in.
    All other braces stay. The server has to stay in the foreground, and to listen within *start_timeout*. It
    is stopped with its process group, by SIGTERM and, if need be, SIGKILL.

    Its time cannot be shifted: where an answer has to expire, answers live for *life*, and we wait. A slow
    responder takes *delay*, and a handshake may take *patience*. *grace* is how long the server is given
    after its start to ask the responder of its own accord. *key_type* is that of all keys, *environment*
    is added to ours. Raises ValueError or TypeError for what cannot be a command.
    """

    command: str | Sequence[str]
    template: str | os.PathLike[str] | None = None
    name: str = ""
    life: timedelta = timedelta(seconds=4)
    delay: timedelta = timedelta(seconds=2)
    patience: timedelta = timedelta(seconds=4)
    grace: timedelta = timedelta(seconds=1)
    start_timeout: timedelta = timedelta(seconds=10)
    key_type: str = "P-256"
    environment: Mapping[str, str] = field(default_factory=dict)
    shifts: bool = field(default=False, init=False)
    _running: _Running = field(default_factory=_Running, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        words = shlex.split(self.command) if isinstance(self.command, str) else list(self.command)
        if not words or not all(isinstance(word, str) for word in words):
            raise ValueError(f"a server's command is a line or a list of texts; got {self.command!r}")
        taken = {name for word in words for name in placeholders(word)} & {"config", "template"}
        if taken and self.template is None:
            raise ValueError("{config} in the command is the path of a filled-in template: give template=")
        if self.template is not None:
            _ = self.text
            if not taken:
                raise ValueError(
                    f"the command does not say where the template {os.fspath(self.template)!r} goes: "
                    "{config} is the path of the file that is made of it"
                )
        if not self.name:
            object.__setattr__(self, "name", Path(words[0]).name)

    @property
    def words(self) -> list[str]:
        """The command as a list of arguments, with its placeholders."""
        return shlex.split(self.command) if isinstance(self.command, str) else list(self.command)

    @property
    def text(self) -> str:
        """The template's text, empty without one. Raises ValueError where it cannot be read."""
        if self.template is None:
            return ""
        path = Path(self.template)
        if not path.is_file():
            raise ValueError(f"there is no template {os.fspath(path)!r}")
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"the template {os.fspath(path)!r} cannot be read: {error}") from error

    def end(self) -> None:
        """Kill all that runs of this command, from any thread, and let nothing of it start again.

        Scenarios that are under way end early, without a result that would say anything.
        """
        self._running.end()

    def pki(self) -> PKI:
        """One with keys of *key_type*."""
        return PKI(key_type=self.key_type)

    @contextlib.contextmanager
    def site(self, pki: PKI, leaf: Leaf, watch: Watch) -> Iterator[Site]:
        """The server with a folder and a port of its own."""
        with (
            tempfile.TemporaryDirectory(prefix="mockpki-", ignore_cleanup_errors=True) as directory,
            free_port() as port,
        ):
            site = _CommandSite(self, pki, leaf, watch, port, Path(directory))
            try:
                yield site
            finally:
                site.stop()


@dataclass
class _CommandSite:
    world: ServerCommand
    pki: PKI
    leaf: Leaf
    watch: Watch
    port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    asked: int = 0
    """Requests before it was started last."""

    @property
    def host(self) -> str:
        return HOST

    # Start and stop.

    def start(self) -> None:
        world, values = self.world, self._values()
        self.asked = len(self.watch.requests)
        if world.template is not None:
            template = Path(world.template)
            config = self.folder / f"config{template.suffix}"
            values |= {"template": str(template.resolve()), "config": str(config)}
            config.write_text(fill_in(world.text, values), encoding="utf-8")
        command = [fill_in(word, values) for word in world.words]
        own = self.folder / "own"
        own.mkdir(exist_ok=True)
        with (self.folder / "printed").open("ab") as printed:
            try:
                self.process = world._running.start(
                    lambda: subprocess.Popen(  # noqa: S603 - it is what we were told to run
                        command,
                        cwd=own,
                        stdin=subprocess.DEVNULL,
                        stdout=printed,
                        stderr=subprocess.STDOUT,
                        # What goes through a proxy never comes to a responder on loopback.
                        env={**os.environ, "NO_PROXY": "*", "no_proxy": "*", **world.environment},
                        start_new_session=True,
                    )
                )
            except OSError as error:
                raise NotListening(f"{command[0]} could not be started: {error.strerror}") from error
        self._wait_until_it_listens(self.process)

    def _values(self) -> dict[str, str]:
        leaf = self.leaf
        return {
            "host": HOST,
            "port": str(self.port),
            "server_name": SERVER_NAME,
            "cert_file": leaf.cert_file,
            "key_file": leaf.key_file,
            "chain_file": leaf.chain_file,
            "pem_file": self._file("server.pem", leaf.key_pem + leaf.chain_pem),
            "p12_file": self._file("server.p12", _p12(leaf)),
            "issuer_file": leaf.issuer.cert_file,
            "ca_file": self.pki.ca_file,
            "ocsp_url": leaf.issuer.ocsp.url,
            "directory": str(self.folder / "own"),
        }

    def _file(self, name: str, content: bytes) -> str:
        path = self.folder / name
        if not path.exists():
            path.touch(0o600)
            path.write_bytes(content)
        return str(path)

    def _wait_until_it_listens(self, process: subprocess.Popen[bytes]) -> None:
        timeout = self.world.start_timeout.total_seconds()
        until = monotonic() + timeout
        while not self._listens():
            ended = process.poll()
            if ended is not None:
                hint = " (it has to stay in the foreground)" if ended == 0 else ""
                self._fail(f"ended with {ended} before it listened on port {self.port}{hint}")
            if monotonic() > until:
                self.stop()
                self._fail(f"did not listen on port {self.port} within {timeout:g} s")
            time.sleep(_POLL)

    def _fail(self, what: str) -> None:
        printed = self.printed()
        said = f"; it printed:\n{printed}" if printed else " and printed nothing"
        raise NotListening("\n".join((f"{self.world.name} {what}{said}", *self._mistakes())))

    def _mistakes(self) -> list[str]:
        """What may be wrong with what we were given, in sentences."""
        template, words = self.world.text, self.world.words
        found = [f"In the template, {sentence}" for sentence in nearly(template)]
        if not {"port", "template"} & {name for text in (template, *words) for name in used(text)}:
            found.append(
                "Nothing tells it where to listen: {port} is neither in the command nor in a template."
            )
        return found

    def _listens(self) -> bool:
        try:
            socket.create_connection((HOST, self.port), 1).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """End it with all that it started. Raises ChildProcessError for what has got away."""
        process, self.process = self.process, None
        if process is None:
            return
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GOODBYE)
        # Children that are still there, and the process itself, if it would not go.
        _signal(process, _KILL)
        process.wait(_GOODBYE + _GONE)
        self.world._running.forget(process)
        # What was killed is gone soon, but not at once.
        until = monotonic() + _GONE
        while self._listens() and monotonic() < until:
            time.sleep(_POLL)
        if self._listens():
            raise ChildProcessError(
                f"{self.world.name} was ended, and something of it still listens on port {self.port}: it "
                "went into the background, where nobody can end it; have it stay in the foreground"
            )

    def restart(self) -> None:
        self.stop()
        self.start()

    # What goes on in it can only be seen at the responder.

    def asks(self) -> None:
        self.watch.wait_for(self.asked + 1, self.world.grace.total_seconds())

    def rests(self) -> None:
        while True:
            before = len(self.watch.requests)
            time.sleep(max(0.0, self.watch.last_due - monotonic()))
            if not self.watch.wait_for(before + 1, _QUIET):
                return

    def printed(self) -> str:
        with contextlib.suppress(OSError):
            text = (self.folder / "printed").read_bytes().decode(errors="replace")
            return "\n".join(text.splitlines()[-_LINES:])
        return ""


def _p12(leaf: Leaf) -> bytes:
    key: Any = leaf.key
    return pkcs12.serialize_key_and_certificates(
        b"server", key, leaf.certificate, leaf.chain[1:], BestAvailableEncryption(b"mockpki")
    )


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to the whole group, or where there are none, to the process."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        elif process.poll() is None:  # pragma: no cover - Windows
            process.terminate()
