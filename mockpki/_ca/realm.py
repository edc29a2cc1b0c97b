"""What the authorities of one PKI share."""

from __future__ import annotations

import contextlib
import itertools
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from .._clock import Clock
from .._engine.http import HttpSession
from .._engine.listener import ListeningPort, close_all
from .._engine.loop import Engine
from .._problems import Problems
from .._services.service import Service
from .folder import Folder
from .options import CAOptions
from .passage import Timed

if TYPE_CHECKING:
    from .ca import CA


class Closable(Protocol):
    """A TLS server, as far as closing goes."""

    def close(self) -> None: ...


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
    servers: list[Closable] = field(default_factory=list)
    timed: list[Timed] = field(default_factory=list)
    leaf_numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    closed: bool = False

    @property
    def url_host(self) -> str:
        """`host` as it stands in a URL."""
        return f"[{self.host}]" if ":" in self.host else self.host

    def serve(self, service: Service[Any]) -> ListeningPort:
        """Bind a port for *service*. It takes connections from `ListeningPort.start` on."""
        listener = ListeningPort(
            self.engine,
            self.host,
            0,
            lambda outlet: HttpSession(outlet, service.handle, self.problems),
            self.problems,
        )
        self.services.append(service)
        self.listeners.append(listener)
        service.attach(
            f"http://{self.url_host}:{listener.port}", listener.obey, self.engine.settle, self.evidence
        )
        return listener

    def require_open(self) -> None:
        """Raise ValueError once the PKI is closed, and in a process that was forked from its own."""
        if self.closed:
            raise ValueError(
                "this PKI is closed; use it inside its `with` block, or inside the test that has the fixture"
            )
        if self.engine.forked:
            raise ValueError("this PKI lives in the process that this one was forked from; make a new one")

    def close(self) -> None:
        """Stop all that runs, drop every client, and give the ports and the folder back."""
        self.closed = True
        # Whatever fails, the rest of it is done. The last one in goes first.
        with contextlib.ExitStack() as then:
            then.callback(self.folder.close)
            then.callback(self.engine.release)
            then.callback(self._close_ports)
            for server in self.servers:
                then.callback(server.close)
            for service in self.services:
                then.callback(service.close)

    def _close_ports(self) -> None:
        listeners, self.listeners = self.listeners, []
        self.engine.call(close_all, listeners)
