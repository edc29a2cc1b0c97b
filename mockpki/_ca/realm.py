"""What the authorities of one PKI share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from .._clock import Clock
from .._engine.http import HttpSession
from .._engine.listener import ListeningPort, close_all
from .._engine.loop import Engine
from .._pkix.keys import KeyType
from .._problems import Problems
from .._services.service import Service
from .folder import Folder

if TYPE_CHECKING:
    from .ca import CA


class Closable(Protocol):
    """A TLS server, as far as closing goes."""

    def close(self) -> None: ...


@dataclass
class Realm:
    """What the authorities of one PKI share."""

    engine: Engine
    host: str
    key_type: KeyType
    delegated: bool
    by_name: bool
    tag: str
    clock: Clock = field(default_factory=Clock)
    problems: Problems = field(default_factory=Problems)
    folder: Folder = field(default_factory=Folder)
    services: list[Service[Any]] = field(default_factory=list)
    listeners: list[ListeningPort] = field(default_factory=list)
    cas: list[CA] = field(default_factory=list)
    servers: list[Closable] = field(default_factory=list)
    issued: int = 0
    closed: bool = False

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
        service.attach(f"http://{self.url_host}:{listener.port}", listener.obey, self.engine.settle)
        return listener

    def close_ports(self) -> None:
        """Drop every client, and give all ports back."""
        listeners, self.listeners = self.listeners, []
        self.engine.call(close_all, listeners)

    @property
    def url_host(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host

    def require_open(self) -> None:
        if self.closed:
            raise ValueError(
                "this PKI is closed; use it inside its `with` block, or inside the test that has the fixture"
            )
        if self.engine.forked:
            raise ValueError("this PKI lives in the process that this one was forked from; make a new one")
