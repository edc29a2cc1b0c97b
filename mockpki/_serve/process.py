"""A server as a process: all of it opened, said to be ready, waited for, and closed."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from importlib.metadata import version
from urllib.parse import urlencode

import msgspec

from .._ca.realm import list_realms
from .._ca.shared_port import SharedPort
from .._engine.ports import describe, url_host
from .activity import Activity
from .application import Application
from .guard import Guard
from .life import ENDED, LEFT_OVER, Life, raise_descriptor_limit, ready_file, write_line
from .limits import Limits
from .log import Log
from .problem import Problem
from .reach import Reach, look_up
from .route import Route
from .server import ControlServer
from .settings import Settings
from .table import TABLE
from .topology import Topology

Fill = Callable[[Topology], Mapping[str, str]]
"""Makes the PKIs that are there from the start; their ids, by name."""
_LAST_ANSWERS = 1.0
"""Seconds that calls under way may take, at the end, to say that it is over."""


class CannotListen(Exception):  # noqa: N818 - it is what cannot be done
    """A port cannot be had. It says which, in a sentence."""


class Process:
    """What runs by *settings*. *token* is what callers have to show. `open` it, and `close` it."""

    def __init__(self, settings: Settings, token: str | None) -> None:
        self.settings = settings
        self.token = token
        self.own = Life()
        as_json = settings.format == "json" or (settings.format is None and not sys.stdout.isatty())
        self.as_json = as_json
        self.log = Log(as_json=as_json)
        self.left_over = False
        """Whether a PKI had something to say that nobody closed."""
        self._then = ExitStack()

    def open(self) -> None:
        """Take every port. Raises CannotListen for one that is taken, ValueError for what cannot be."""
        settings = self.settings
        reach = Reach(look_up(settings.allow_forward))
        shared = self._open_services()
        self.topology = Topology(
            Limits(settings.max_pkis, settings.pki_ttl, settings.journal),
            settings.tls_ports or (),
            host=settings.bind_host,
            services=shared,
            advertise=settings.advertise_host,
            may_reach=reach,
        )
        self.topology.everywhere = settings.advertise_host is None and settings.is_everywhere
        self.topology.stop = self.own.end
        self.topology.report = self._report
        guard = Guard(settings.hosts, self.token, settings.allow_remote)
        self.activity = Activity(Application(self.topology, guard, choose_routes(settings)))
        # At the end no more calls are taken, those that wait on a PKI are told, and have their answers.
        self._then.callback(self.activity.let_end, _LAST_ANSWERS)
        self._then.callback(self._close_pkis)
        self._control = self._open_control()
        self.services_port = None if shared is None else shared.port
        for port in (self._control.port, self.services_port):
            if port is not None:
                reach.keep_off(port)

    def _open_services(self) -> SharedPort | None:
        host, port = self.settings.bind_host, self.settings.services_port
        if port is None:
            return None
        try:
            shared = SharedPort(port, host=host)
        except OSError as error:
            raise CannotListen(_explain("--services-port", port, host, error)) from error
        self._then.callback(shared.close)
        return shared

    def _open_control(self) -> ControlServer:
        host, port = self.settings.bind_host, self.settings.port
        try:
            server = ControlServer(self.activity, host, port)
        except OSError as error:
            raise CannotListen(_explain("--port", port, host, error)) from error
        self._then.callback(server.stop)
        return server

    def start(self, fill: Fill) -> str:
        """Answer calls, and make the first PKIs; the ready line."""
        self._control.start()
        try:
            pkis = fill(self.topology)
        except OSError as error:
            raise CannotListen(describe(error)) from error
        except Exception as error:
            problem = Problem.of(error)
            if problem.kind == "bug":
                raise
            if problem.is_port:
                raise CannotListen(f"{problem}.") from error
            raise ValueError(f"{problem.pointer or ''}: {problem}".removeprefix(": ")) from error
        return self.describe(pkis)

    def describe(self, pkis: Mapping[str, str]) -> str:
        """The ready line, in JSON."""
        ready = {
            "mockpki": version("mockpki"),
            "api": "v1",
            "url": self.url,
            "token": self.token,
            "pid": os.getpid(),
            "services_port": self.services_port,
            "pkis": dict(pkis),
        }
        return msgspec.json.encode(ready).decode()

    @property
    def url(self) -> str:
        """Where callers on this machine find it."""
        return f"http://{url_host(self.settings.host)}:{self._control.port}/"

    @property
    def page(self) -> str:
        """The same for a browser, which has to be given the token once."""
        return self.url if self.token is None else f"{self.url}?{urlencode({'token': self.token})}"

    def look(self) -> None:
        """End what is past its time: PKIs, and all of it when nobody calls any more."""
        self.topology.end_old()
        longest = self.settings.idle_timeout
        if longest is not None and self.activity.idle() >= longest.total_seconds():
            self.own.end()

    def close(self) -> None:
        """Give every port back, and close what is open."""
        self._then.close()

    def _close_pkis(self) -> None:
        for name, said in self.topology.close_all().items():
            self._report(name, said)

    def _report(self, name: str, said: Iterable[str]) -> None:
        for sentence in said:
            self.left_over = True
            self.log.say(f"PKI {name}: {sentence}")


def run(
    settings: Settings,
    token: str | None,
    fill: Fill = lambda topology: {},
    welcome: Callable[[Process, str], object] | None = None,
) -> int:
    """Run a server to its end; its exit status. *welcome* is called in the place of the ready line.

    Raises CannotListen for a port that is taken, ValueError for what cannot be, both before it is ready.
    """
    raise_descriptor_limit()
    process = Process(settings, token)
    own = process.own
    own.last.append(_remove_folders)
    with own.signals():
        try:
            process.open()
            line = process.start(fill)
            if settings.allow_remote:
                process.log.say(_warn(settings, token))
            with ready_file(settings.ready_file, line, own):
                _welcome(process, line) if welcome is None else welcome(process, line)
                if settings.open:
                    threading.Thread(target=_browse, args=(process,), daemon=True).start()
                if settings.exit_with_stdin:
                    own.end_with_stdin()
                own.wait(process.look)
        finally:
            own.end()
            with own.bounded():
                process.close()
    return LEFT_OVER if settings.strict and process.left_over else ENDED


def choose_routes(settings: Settings) -> list[Route]:
    """Those that the server has: all, or all but the console's."""
    return [route for route in TABLE if not (settings.no_console and route.tag == "console")]


def _welcome(process: Process, line: str) -> None:
    if process.as_json:
        write_line(line)
    else:
        write_line(f"mockpki {version('mockpki')} serves at {process.page} until Ctrl-C.")


def _browse(process: Process) -> None:
    if not webbrowser.open(process.page):
        process.log.say(f"--open: no browser was found; open {process.url} in one.")


def _warn(settings: Settings, token: str | None) -> str:
    who = "whoever has the token" if token else "everybody"
    return (
        f"--allow-remote: other machines reach this server at {settings.host}, and {who} may have it make "
        "keys, listen, and connect to its loopback."
    )


def _explain(option: str, port: int, host: str, error: OSError) -> str:
    way = f"give another {option}, or 0 for a free one" if port else "give a --host that this machine has"
    return f"port {port} of {host} cannot be had: {error.strerror or error}; {way}."


def _remove_folders() -> None:
    for realm in list_realms():
        realm.folder.close()
