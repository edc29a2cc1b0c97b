"""What the authorities of one PKI share."""

from __future__ import annotations

import contextlib
import itertools
import secrets
import socket
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from .._clock import Clock
from .._engine.http import HttpSession
from .._engine.interrupts import Held
from .._engine.listener import ListeningPort, close_all, start_all
from .._engine.loop import Engine
from .._engine.ports import Exposed, address_of, bind, close_sockets, url_host
from .._problems import Problems, add_note, combine, describe
from .._services.crlite import CRLite
from .._services.enrolment import Enrolment
from .._services.service import Service
from .ct_log import Logging
from .folder import Folder
from .mount import Mount
from .network import Network
from .options import CAOptions
from .passage import Timed

if TYPE_CHECKING:
    from .ca import CA
    from .crl_issuer import CrlIssuer


class Closable(Protocol):
    """A TLS server, as far as its end goes, and that of a test."""

    @property
    def last_number(self) -> int:
        """The number of the newest connection, 0 before the first."""

    def since(self, number: int) -> Sequence[object]:
        """The connections with a higher one."""

    def drop(self) -> None:
        """Stop at once."""

    def reset(self) -> None:
        """Forget what was seen."""

    def join(self) -> None:
        """Wait for what runs on threads of its own, for a while."""


_KNOWN: weakref.WeakSet[Realm] = weakref.WeakSet()


def list_realms() -> list[Realm]:
    """Those of every PKI in this process that somebody still has, in whatever object of the test's it is."""
    return [realm for realm in list(_KNOWN) if not realm.engine.forked]


@dataclass(eq=False)
class Realm:
    """What the authorities of one PKI share. *tag* is in every name they give: no two PKIs are alike.

    *evidence* is how many of the newest requests and handshakes each service and server keeps. The clock
    begins *ago* before the present.
    """

    engine: Engine
    host: str
    options: CAOptions
    evidence: int | None = None
    network: Network = field(default_factory=Network)
    ago: timedelta = timedelta()
    tag: str = field(default_factory=lambda: secrets.token_hex(4))
    clock: Clock = field(default_factory=Clock)
    problems: Problems = field(default_factory=Problems)
    folder: Folder = field(default_factory=Folder)
    services: list[Service[Any]] = field(default_factory=list)
    listeners: list[ListeningPort] = field(default_factory=list)
    mounts: list[Mount] = field(default_factory=list)
    """Those on a port that is shared."""
    cas: list[CA] = field(default_factory=list)
    crl_issuers: list[CrlIssuer] = field(default_factory=list)
    servers: list[Closable] = field(default_factory=list)
    timed: list[Timed] = field(default_factory=list)
    leaf_numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    path_numbers: Iterator[int] = field(default_factory=itertools.count)
    ca_numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
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
        _KNOWN.add(self)

    @property
    def url_host(self) -> str:
        """`host` as it stands in a URL."""
        return url_host(self.host)

    @property
    def reached_at(self) -> str:
        """The host by which TLS servers are reached: where others may do so, the advertised one."""
        if not isinstance(self.host, Exposed):
            return self.host
        return self.network.advertised_host or address_of(self.host)

    @property
    def crlite(self) -> CRLite:
        """The service of filters. Whoever asks for it first opens its port, unless one is shared."""
        with self._opening:
            if self._crlite is None:
                self.require_open()
                what, log = f"CRLite service of PKI {self.tag}", self.logging.log
                service = CRLite(what, self.clock, self.problems, self.enrolment, log)
                mount = self.serve_all(service)
                # Connections may come at once. Nobody waits for the engine, which may be what is asking.
                self.engine.post(start_all, mount.listeners)
                self._crlite = service
            return self._crlite

    @property
    def asked_crlite(self) -> CRLite | None:
        """The same where somebody has asked for it, else None."""
        return self._crlite

    def serve(self, service: Service[Any]) -> ListeningPort:
        """Bind a port for *service*. It takes connections from `ListeningPort.start` on."""
        listener = ListeningPort(
            self.engine,
            self.host,
            self.network.ports or 0,
            lambda outlet: HttpSession(outlet, service.handle, self.problems, self.clock.now),
            self.problems,
        )
        self.services.append(service)
        self.listeners.append(listener)
        base = self.network.choose_base(f"http://{self.url_host}:{listener.port}", listener.port)
        service.attach(base, listener.obey, self.engine.settle, self.evidence)
        return listener

    def serve_all(self, *services: Service[Any]) -> Mount:
        """Bind ports for *services* that belong together, or have them on the port that is shared."""
        mount = Mount(services)
        shared = self.network.services
        if shared is None:
            try:
                for service in services:
                    mount.listeners.append(self.serve(service))
                    mount.bases.append(f"http://{self.url_host}:{mount.listeners[-1].port}")
            except BaseException:
                self.withdraw(mount)
                raise
        else:
            name = f"{self.tag}-{next(self.path_numbers)}"
            base = self.network.choose_base(shared.url, shared.port, f"/{name}")
            mount.bases.append(f"{shared.url}/{name}")
            for service in services:
                service.attach(base, None, shared.engine.settle, self.evidence)
            self.services += services
            self.mounts.append(mount)
            shared.add(name, mount)
        return mount

    def withdraw(self, mount: Mount) -> None:
        """Close the services of one CA, and give their ports back, while all else goes on."""
        self.engine.settle()
        for service in mount.services:
            unused = service.unused()
            if unused is not None:
                self.problems.add(AssertionError(unused), "left over when its CA was closed")
        self.services = [one for one in self.services if one not in mount.services]
        mount.close()
        self.network.forget(mount.bases)
        self.listeners = [one for one in self.listeners if one not in mount.listeners]
        with Held():
            if self.network.services is not None:
                self.network.services.remove([mount])
            self.engine.end(close_all, mount.listeners)
        self.mounts = [one for one in self.mounts if one is not mount]

    @property
    def dead_port(self) -> int:
        """A port where connections are refused, and which stays ours."""
        if not self.dead:
            self.require_open()
            with Held():
                self.dead += bind(self.host, 0)
        port: int = self.dead[0].getsockname()[1]
        return port

    def write_crls(self) -> str:
        """The path of a file with the complete CRLs of every CA, as they are now: PEM."""
        self.require_open()
        return self.folder.rewrite("crls.pem", b"".join(ca.crl.pem_of_all() for ca in self.cas))

    def require_open(self) -> None:
        """Raise ValueError once the PKI is closed, and in a process that was forked from its own."""
        if self.closed:
            raise ValueError(
                "this PKI is closed; use it inside its `with` block, or inside the test that has the fixture"
            )
        if self.engine.forked:
            raise ValueError("this PKI lives in the process that this one was forked from; make a new one")

    def share_responders(self, issuer: CA, urls: Sequence[str]) -> None:
        """Have those at *urls*, which stand in a certificate of *issuer*, answer for it."""
        for ca in self.cas if urls else ():
            if ca is not issuer and any(url.startswith(ca.ocsp.url) for url in urls):
                ca.ocsp.answer_for(issuer.ocsp)

    def group_by_issuer(self, targets: Iterable[Any], usual: CA) -> Iterable[tuple[CA, list[Any]]]:
        """Leaves, CAs and serial numbers by issuer; of numbers that is the *usual* CA. Raises ValueError."""
        self.require_open()
        grouped: dict[CA, list[Any]] = {}
        for one in targets:
            issuer = getattr(one, "issuer", usual)
            if issuer is None:
                raise ValueError(f"{one!r} is a root: nobody is above it to revoke it")
            issuer.require_open()
            if issuer not in self.cas:
                raise ValueError(f"{one!r} belongs to another PKI; this one is {self.cas[0]!r}'s")
            grouped.setdefault(issuer, []).append(one)
        return grouped.items()

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

    def check(self) -> None:
        """Raise what `take_errors` has."""
        __tracebackhide__ = True
        errors = self.take_errors()
        if errors:
            raise combine(errors)

    def note_problems(self, error: BaseException) -> None:
        """Say it beside *error* instead, and what ``respond_by`` was given."""
        self.note_choosers(error)
        for other in self.take_errors():
            several = other.exceptions if isinstance(other, BaseExceptionGroup) else (other,)
            for one in several:
                notes = " ".join(getattr(one, "__notes__", None) or ())
                add_note(error, f"meanwhile, in the background: {describe(one)} {notes}".rstrip())

    def reset(self) -> None:
        """Every service honest, every record empty, and the clock where it began."""
        for service in self.services:
            service.reset()
        for server in self.servers:
            server.reset()
        self.clock.resume()
        self.clock.shift(-self.ago - self.clock.offset)

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
        if self.network.services is not None:
            self.network.services.remove(self.mounts)
        self.engine.end(close_all, listeners)
