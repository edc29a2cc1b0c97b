"""A real server, started from its command line."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

from ..._ca.leaf import Leaf
from ..._clock import monotonic
from ..._engine.ports import EXHAUSTED, describe
from ..._parameters import Pause, Within, check_fields
from ..._pki import PKI
from ..._programs.faketime import FakeClock, remove_leftovers
from ..._programs.placeholders import Placeholders
from ..._programs.ports import free_port, is_listening
from ..._programs.processes import Processes
from ..._programs.strays import find_listeners, name_programs
from ._template import Template
from ._typed_paths import find_home, resolve_words
from ._watch import Watch
from ._worlds import HOST, SERVER_NAME, NotListening

_POLL = 0.02
_DYING = 0.2  # seconds within which a process that ends has ended
_QUIET = 0.25
"""Seconds without a request after which a server is taken to be at rest."""
_GOODBYE = 5.0
"""Seconds after which a server that was asked to end is killed."""
_GONE = 5.0
"""Seconds after which nothing of what was killed listens any more."""
_LINES = 20
"""Lines that are shown of what a server printed."""

PLACEHOLDERS: dict[str, str] = {
    "host": "the address to listen on",
    "port": "the port to listen on",
    "server_name": "the name that clients ask for",
    "cert_file": "the server's certificate, PEM",
    "key_file": "its private key, PEM (PKCS #8)",
    "chain_file": "the certificate and the CAs above it, without the root, PEM",
    "pem_file": "key, certificate and CAs in one file, PEM",
    "p12_file": "the same as PKCS #12, with the password mockpki",
    "issuer_file": "the CA that issued it, PEM",
    "ca_file": "the root, PEM",
    "client_ca_file": "the root and the CAs below it that client certificates are by, PEM",
    "crl_file": "the CRLs of these CAs, PEM",
    "ocsp_url": "the responder's URL, which is in the certificate, too",
    "directory": "an empty folder of the server's own, which stays when it is restarted",
    "template": "the path of the template as it was given, a file or a folder",
    "config": "the path of the template as it was filled in",
}
"""What each placeholder stands for."""

_PLACEHOLDERS = Placeholders(PLACEHOLDERS)


@dataclass(frozen=True)
class ServerCommand:
    """The server that *command* starts: a line, split as a shell would, or a list of arguments.

    Command and *template*, the path of a configuration file or of a folder of them, may have placeholders
    such as ``{port}`` (`mockpki.scenarios.servers.PLACEHOLDERS`), in every file; ``{config}`` in the command
    is the path of what was filled in, and a folder's own path in its files leads there, too. All other
    braces stay, single or double; ``{{host}}`` is for who has a ``{host}`` of its own. Programs and files
    are looked for in the folder where this was made, though the server runs in one of its own. It has to
    stay in the foreground, and to listen within *start_timeout*. It is stopped with its process group, by
    SIGTERM and, if need be, SIGKILL.

    Its time is the system's, and not shifted: where an answer has to expire, answers live for *life*, and we
    wait; `VirtualTime` moves it. *obstacle* says why that cannot be, in words for the report. A slow
    responder takes *delay*, and a handshake may take *patience*. *grace* is how long the server is given
    after its start to ask the responder of its own accord. *key_type* is that of all keys, *environment*
    is added to ours. *server_name* is what clients ask for, and the certificate has. *port* is one that its
    configuration has; without it there is another for each scenario, and they can run at a time. Raises
    ValueError or TypeError for what cannot be a command.
    """

    command: Annotated[str | Sequence[str], "a line or a list of texts"]
    template: str | os.PathLike[str] | None = None
    name: str = ""
    life: timedelta = timedelta(seconds=4)
    delay: Pause = timedelta(seconds=2)
    patience: Pause = timedelta(seconds=4)
    grace: Pause = timedelta(seconds=1)
    start_timeout: Pause = timedelta(seconds=10)
    key_type: str = "P-256"
    environment: Mapping[str, str] = field(default_factory=dict)
    obstacle: str = ""
    server_name: str = SERVER_NAME
    port: Annotated[int, Within(1, 65535)] | None = None
    shifts: bool = field(default=False, init=False)
    _home: Path = field(default_factory=find_home, init=False, repr=False, compare=False)
    _processes: Processes = field(default_factory=Processes, init=False, repr=False, compare=False)
    _at_port: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_fields(self)
        words = self.words
        if not words or not all(isinstance(word, str) for word in words):
            raise ValueError(f"a server's command is a line or a list of texts; got {self.command!r}")
        for word in words:
            if slips := _PLACEHOLDERS.find_slips(word):
                raise ValueError(slips[0])
        takes_file = any(_PLACEHOLDERS.find(word) & {"config", "template"} for word in words)
        if takes_file and self.template is None:
            raise ValueError("{config} in the command is the path of a filled-in template: give template=")
        if not self.server_name or "*" in self.server_name:
            raise ValueError(
                "server_name= takes a name that a client can ask for, such as 'localhost'; got "
                f"{self.server_name!r}"
            )
        if self.template is not None:
            _ = self.text
            if not takes_file:
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
    def given(self) -> set[str]:
        """The placeholders that it has, in the command or in the template."""
        return set().union(*(_PLACEHOLDERS.find(text) for text in (self.text, *self.words)))

    @property
    def words_anywhere(self) -> list[str]:
        """The same as it can be run in any folder."""
        return resolve_words(self.words, self._home)

    @property
    def configuration(self) -> Template | None:
        """The template, None without one. Raises ValueError where it cannot be read."""
        if self.template is None:
            return None
        return Template(self._home / self.template, _PLACEHOLDERS)

    @property
    def text(self) -> str:
        """The template's text, that of all its files; empty without one. Raises ValueError as above."""
        template = self.configuration
        return "" if template is None else template.text

    def end(self) -> None:
        """Kill all that runs of this command, from any thread, and let nothing of it start again.

        Scenarios that are under way end early, without a result that would say anything.
        """
        self._processes.stop()

    def pki(self) -> PKI:
        """One with keys of *key_type*."""
        return PKI(key_type=self.key_type)

    @contextlib.contextmanager
    def site(
        self, pki: PKI, leaf: Leaf, watch: Watch, clock: FakeClock | None = None
    ) -> Iterator[CommandSite]:
        """The server with a folder and a port of its own; it goes by *clock*, if there is one."""
        with (
            tempfile.TemporaryDirectory(prefix="mockpki-", ignore_cleanup_errors=True) as directory,
            free_port() if self.port is None else self._take_port(self.port) as port,
        ):
            program = _Program(self, self._processes, Path(directory), port, clock)
            try:
                yield CommandSite(self, pki, leaf, watch, program)
            finally:
                program.stop()

    @contextlib.contextmanager
    def _take_port(self, port: int) -> Iterator[int]:
        """The *port* of the configuration, one scenario after the other. Raises `NotListening`."""
        with self._at_port:
            if is_listening(HOST, port):
                others = name_programs(find_listeners(port)) or "what it is cannot be seen"
                raise NotListening(f"something else listens on port {port} already: {others}; end it first")
            yield port


@dataclass
class _Program:
    """The server as a program, which runs in a folder below *folder*, and is to listen on *port*.

    What it prints goes to a file: it lives long, is started more than once, and is read now and then.
    """

    world: ServerCommand
    processes: Processes
    folder: Path
    port: int
    clock: FakeClock | None = None
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.own_folder.mkdir()

    @property
    def own_folder(self) -> Path:
        """Where it runs."""
        return self.folder / "own"

    def start(self, values: Mapping[str, str]) -> None:
        """Start it with *values* for its placeholders, and wait until it listens. Raises `NotListening`."""
        values = {**values, **self._write_config(values)}
        command = [_PLACEHOLDERS.fill_in(word, values) for word in self.world.words_anywhere]
        # What goes through a proxy never comes to a responder on loopback.
        environment = {**os.environ, "NO_PROXY": "*", "no_proxy": "*", **self.world.environment}
        if self.clock is not None:
            environment = self.clock.add_to(environment)
        with self._printed.open("ab") as printed:
            try:
                self.process = self.processes.start(
                    command, environment=environment, output=printed, folder=self.own_folder, own=self.folder
                )
            except InterruptedError as error:
                raise InterruptedError("the servers of this command were ended") from error
            except OSError as error:
                why = describe(error) if error.errno in EXHAUSTED else error.strerror
                raise NotListening(f"{command[0]} could not be started: {why}") from error
        self._wait_until_it_listens(self.process)

    def stop(self) -> None:
        """End it with all that it started. Raises ChildProcessError for what has got away."""
        process, self.process = self.process, None
        if process is None:
            return
        self.processes.end(process, _GOODBYE)
        silent = self._falls_silent()
        strays = "" if silent else name_programs(find_listeners(self.port))
        self.processes.end_strays(process)
        if self.clock is not None:
            remove_leftovers(process.pid)
        if not silent:
            end = "was found there and killed" if self._falls_silent() else "cannot be ended from here"
            raise ChildProcessError(
                f"{self.world.name} was ended, and something of it still listens on port {self.port}: "
                f"{strays or 'what it is cannot be seen'}; it went into the background, and {end}. "
                "Have it stay in the foreground"
            )

    def _falls_silent(self) -> bool:
        """Whether nobody listens any more: what was killed is gone soon, but not at once."""
        until = monotonic() + _GONE
        while self._listens and monotonic() < until:
            time.sleep(_POLL)
        return not self._listens

    def read_output(self) -> str:
        """The end of what it printed, over all its starts."""
        with contextlib.suppress(OSError):
            text = self._printed.read_bytes().decode(errors="replace")
            return "\n".join(text.splitlines()[-_LINES:])
        return ""

    @property
    def _printed(self) -> Path:
        return self.folder / "printed"

    @property
    def _listens(self) -> bool:
        return is_listening(HOST, self.port)

    def _write_config(self, values: Mapping[str, str]) -> dict[str, str]:
        """Fill in the template, and say where both are; nothing without one."""
        template = self.world.configuration
        return {} if template is None else template.write(self.folder, values)

    def _wait_until_it_listens(self, process: subprocess.Popen[bytes]) -> None:
        timeout = self.world.start_timeout.total_seconds()
        until = monotonic() + timeout
        while not self._listens:
            ended = process.poll()
            if ended is not None:
                hint = " (it has to stay in the foreground)" if ended == 0 else ""
                raise self._explain(f"ended with {ended} before it listened on port {self.port}{hint}")
            if monotonic() > until:
                self.stop()
                raise self._explain(f"did not listen on port {self.port} within {timeout:g} s")
            time.sleep(_POLL)

    def find_end(self) -> str:
        """How it ended, if it did so by itself, and what it printed; an empty text for one that runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self.process is not None:
                return f"{self._explain(f'ended with {self.process.wait(_DYING)} after it had listened')}"
        return ""

    def _explain(self, what: str) -> NotListening:
        printed = self.read_output()
        said = f"; it printed:\n{printed}" if printed else " and printed nothing"
        mistakes = _find_mistakes(self.world.text, self.world.words, self.world.port)
        return NotListening("\n".join((f"{self.world.name} {what}{said}", *mistakes)))


def _find_mistakes(template: str, words: Sequence[str], port: int | None) -> list[str]:
    """What may be wrong with what we were given, in sentences."""
    mistakes = [f"In the template, {sentence}" for sentence in _PLACEHOLDERS.find_slips(template)]
    told = any(_PLACEHOLDERS.find(text) & {"port", "template"} for text in (template, *words))
    if not (told or port is not None):
        mistakes.append(
            "Nothing tells it where to listen: {port} is neither in the command nor in a template."
        )
    return mistakes


@dataclass
class CommandSite:
    """What goes on in the program can only be seen at its port and at the responder."""

    world: ServerCommand
    pki: PKI
    leaf: Leaf
    watch: Watch
    program: _Program
    client_files: Mapping[str, str] = field(default_factory=dict)
    """``client_ca_file`` and ``crl_file``, where they are not the PKI's own."""
    asked: int = 0
    """Requests before it was started last."""

    @property
    def host(self) -> str:
        return HOST

    @property
    def port(self) -> int:
        return self.program.port

    @property
    def fetches(self) -> int:
        return len(self.watch.requests)

    def start(self) -> None:
        self.asked = len(self.watch.requests)
        self.program.start(self._values())

    def restart(self) -> None:
        self.program.stop()
        self.start()

    def run_until(self, time: datetime) -> None:
        self.pki.run_until(time)

    def wait_until_asked(self) -> None:
        self.watch.wait_for(self.asked + 1, self.world.grace.total_seconds())

    def wait_until_idle(self) -> None:
        while True:
            before = len(self.watch.requests)
            time.sleep(max(0.0, self.watch.last_due - monotonic()))
            if not self.watch.wait_for(before + 1, _QUIET):
                return

    def read_output(self) -> str:
        return self.program.read_output()

    def find_end(self) -> str:
        return self.program.find_end()

    def _values(self) -> dict[str, str]:
        """What the placeholders stand for, except for those that need a template."""
        leaf, folder = self.leaf, self.program.folder
        return {
            "host": HOST,
            "port": str(self.port),
            "server_name": self.world.server_name,
            "cert_file": leaf.cert_file,
            "key_file": leaf.key_file,
            "chain_file": leaf.chain_file,
            "pem_file": _write_once(folder / "server.pem", leaf.key_pem + leaf.chain_pem),
            "p12_file": leaf.p12_file,
            "issuer_file": leaf.issuer.cert_file,
            "ca_file": self.pki.ca_file,
            "ocsp_url": leaf.issuer.ocsp.url,
            "directory": str(self.program.own_folder),
            **(self.client_files or {"client_ca_file": self.pki.ca_file, "crl_file": self.pki.crl_file}),
        }


def _write_once(path: Path, content: bytes) -> str:
    """The path of a file that only we can read, written if it is not there yet."""
    if not path.exists():
        path.touch(0o600)
        path.write_bytes(content)
    return str(path)
