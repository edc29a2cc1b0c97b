"""What the authorities of one PKI share."""

from __future__ import annotations

import contextlib
import itertools
import secrets
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from .._clock import Clock
from .._engine.http import HttpSession
from .._engine.interrupts import Held
from .._engine.listener import ListeningPort, close_all, start_all
from .._engine.loop import Engine
from .._engine.ports import bind, close_sockets
from .._problems import Problems, add_note, describe
from .._services.crlite import CRLite
from .._services.enrolment import Enrolment
from .._services.service import Service
from .ct_log import Logging
from .folder import Folder
from .options import CAOptions
from .passage import Timed

if TYPE_CHECKING:
    from .ca import CA
    from .crl_issuer import CrlIssuer


class Closable(Protocol):
    """A TLS server, as far as closing goes."""

    def drop(self) -> None:
        """Stop at once."""

    def join(self) -> None:
        """Wait for what runs on threads of its own, for a while."""


@dataclass
class Realm:
    """What the authorities of one PKI share. *tag* is in every name they give: no two PKIs are alike.

    *evidence* is how many of the newest requests and handshakes each service and server keeps.
    """

    engine: Engine
    host: str
    options: CAOptions
    evidence: int | None = None
    tag: str = field(default_factory=lambda: secrets.token_hex(4))
    clock: Clock = field(default_factory=Clock)
    problems: Problems = field(default_factory=Problems)
    folder: Folder = field(default_factory=Folder)
    services: list[Service[Any]] = field(default_factory=list)
    listeners: list[ListeningPort] = field(default_factory=list)
    cas: list[CA] = field(default_factory=list)
    crl_issuers: list[CrlIssuer] = field(default_factory=list)
    servers: list[Closable] = field(default_factory=list)
    timed: list[Timed] = field(default_factory=list)
    leaf_numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    dead: list[socket.socket] = field(default_factory=list)
    """Bound, and never listening."""
    _crlite: CRLite | None = None
    _opening: threading.Lock = field(default_factory=threading.Lock)
    enrolment: Enrolment = field(init=False)
    logging: Logging = field(init=False)
    closed: bool = False
    told_loss: bool = False
    """Whether the test was told that the engine is lost."""

    def __post_init__(self) -> None:
        self.enrolment = Enrolment(self.clock)
        self.logging = Logging(self.clock, self.folder, self.options, self.enrolment)

    @property
    def url_host(self) -> str:
        """`host` as it stands in a URL."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def crlite(self) -> CRLite:
        """The service of filters. Whoever asks for it first opens its port."""
        with self._opening:
            if self._crlite is None:
                self.require_open()
                what, log = f"CRLite service of PKI {self.tag}", self.logging.log
                service = CRLite(what, self.clock, self.problems, self.enrolment, log)
                # Connections may come at once. Nobody waits for the engine, which may be what is asking.
                self.engine.post(start_all, [self.serve(service)])
                self._crlite = service
            return self._crlite

    def serve(self, service: Service[Any]) -> ListeningPort:
        """Bind a port for *service*. It takes connections from `ListeningPort.start` on."""
        listener = ListeningPort(
            self.engine,
            self.host,
            0,
            lambda outlet: HttpSession(outlet, service.handle, self.problems, self.clock.now),
            self.problems,
        )
        self.services.append(service)
        self.listeners.append(listener)
        service.attach(
            f"http://{self.url_host}:{listener.port}", listener.obey, self.engine.settle, self.evidence
        )
        return listener

    @property
    def dead_port(self) -> int:
        """A port where connections are refused, and which stays ours."""
        if not self.dead:
            self.require_open()
            with Held():
                self.dead += bind(self.host, 0)
        port: int = self.dead[0].getsockname()[1]
        return port

    def require_open(self) -> None:
        """Raise ValueError once the PKI is closed, and in a process that was forked from its own."""
        if self.closed:
            raise ValueError(
                "this PKI is closed; use it inside its `with` block, or inside the test that has the fixture"
            )
        if self.engine.forked:
            raise ValueError("this PKI lives in the process that this one was forked from; make a new one")

    def take_errors(self) -> list[BaseException]:
        """What has failed in the background so far, and AssertionErrors for unused scripts; each once."""
        if not self.closed:
            self.engine.settle(at_the_end=True)
        errors = self.problems.take()
        if self.engine.lost is not None and not self.told_loss:
            self.told_loss = True
            errors.append(TimeoutError(self.engine.lost))
        for service in self.services:
            unused = service.unused()
            if unused is not None:
                service.forget_script()
                errors.append(AssertionError(unused))
        return errors

    def note_choosers(self, error: BaseException) -> None:
        """Say beside *error* what ``respond_by`` was given."""
        for service in self.services:
            said = (describe(error), *(getattr(error, "__notes__", None) or ()))
            if service.choosers and not any(service.choosers in sentence for sentence in said):
                add_note(error, f"the {service.choosers}")

    def close(self) -> None:
        """Stop all that runs, drop every client, and give the ports and the folder back."""
        self.closed = True
        # Whatever fails, the rest of it is done. The last one in goes first.
        with contextlib.ExitStack() as then:
            then.callback(self.folder.close)
            then.callback(close_sockets, self.dead)
            then.callback(self.engine.release)
            then.callback(self._close_ports)
            # All stop, and then all have the same while to end.
            for server in self.servers:
                then.callback(server.join)
            for server in self.servers:
                then.callback(server.drop)
            for service in self.services:
                then.callback(service.close)

    def _close_ports(self) -> None:
        listeners, self.listeners = self.listeners, []
        self.engine.end(close_all, listeners)
