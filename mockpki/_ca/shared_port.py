"""One port for the services of many CAs, each below a path of its own."""

from __future__ import annotations

import re
from functools import partial
from types import TracebackType
from typing import Annotated
from weakref import WeakKeyDictionary

from .._clock import Clock
from .._engine.connection import Connection
from .._engine.http import HttpSession
from .._engine.interrupts import Held
from .._engine.listener import ListeningPort
from .._engine.loop import Engine
from .._engine.ports import addresses, url_host
from .._exchange.http import Answer, HttpRequest, http_date
from .._exchange.steps import Wire, deliver
from .._parameters import Within, check_arguments
from .._problems import Problems, combine
from .mount import Mount

# RFC 9112 section 3.2: origin-form, or absolute-form, as to a proxy.
_TARGET = re.compile(r"(?:http://[^/?#]*)?/([^/?#]*)(?:/([^/?#]*))?", re.IGNORECASE)


class SharedPort:
    """One port on loopback for all services of one PKI, or of several: ``PKI(services=shared)``.

        with SharedPort(8481) as shared, PKI(services=shared) as one, PKI(services=shared) as other:
            one.ocsp.url  # http://127.0.0.1:8481/1380c76f-1/ocsp

    Each CA has a path of its own, which is in the URLs of its certificates, and ``pki.crlite`` has one. It is
    for containers, where one port is mapped, and for many PKIs at once: a service takes no descriptors. What
    it cannot have are faults of a port, `faults.Refused` and `faults.SlowAccept`, which would be everybody's.

    *port* is the number, 0 for a free one; *host* a loopback address, or ``"localhost"``. Raises OSError when
    the port is taken. Close it after its PKIs.
    """

    @check_arguments
    def __init__(
        self,
        port: Annotated[int, Within(0, 65535), "a number up to 65535, or 0 for a free one"] = 0,
        *,
        host: str = "127.0.0.1",
    ) -> None:
        addresses(host)
        self._host = host
        self._clock = Clock()
        self._problems = Problems()
        self._mounts: dict[str, Mount] = {}
        # Which CA each client spoke to last: with that it is dropped.
        self._spoken_to: WeakKeyDictionary[Connection, Mount] = WeakKeyDictionary()
        self._closed = False
        with Held():
            self.engine = Engine.acquire()
            try:
                self._listener = ListeningPort(self.engine, host, port, self._begin, self._problems)
            except BaseException:
                self.engine.release()
                raise
        self.engine.call(self._listener.start)

    def __repr__(self) -> str:
        return f"<SharedPort {self.url}{', closed' if self._closed else ''}>"

    def __enter__(self) -> SharedPort:
        self.require_open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._shut()
        if error is None:
            self._check()

    def close(self) -> None:
        """Give the port back, and drop every client. Closing twice does nothing."""
        self._shut()
        self._check()

    def _shut(self) -> None:
        if self.engine.is_here:
            raise RuntimeError(f"{self!r} cannot be closed by one of its services; close it in the test")
        with Held():
            if not self._closed:
                self._closed = True
                self.engine.end(self._listener.close)
                self.engine.release()

    def _check(self) -> None:
        errors = self._problems.take()
        if errors:
            raise combine(errors)

    def require_open(self) -> None:
        """Raise ValueError once it is closed, and in a process that was forked from its own."""
        if self._closed or self.engine.forked:
            raise ValueError(f"{self!r} is closed, or another process's; make a new one for this PKI")
        if self.engine.lost is not None:
            raise TimeoutError(self.engine.lost)

    @property
    def port(self) -> int:
        """The number of the port."""
        return self._listener.port

    @property
    def url(self) -> str:
        """Its URL, without a slash at the end."""
        return f"http://{url_host(self._host)}:{self.port}"

    # What a PKI does with it.

    def add(self, name: str, mount: Mount) -> None:
        """Let the services of *mount* be below ``/name``."""
        self.require_open()
        # Nobody waits for the engine: a fault that runs there may be waiting for whoever adds this.
        self._mounts[name] = mount

    def remove(self, mounts: list[Mount]) -> None:
        """Let the services of *mounts* be nowhere, and drop the clients that spoke to them."""
        if not self._closed:
            self.engine.end(self._remove, mounts)

    def _remove(self, mounts: list[Mount]) -> None:
        for name, mount in list(self._mounts.items()):
            if mount in mounts:
                del self._mounts[name]
        for connection, mount in list(self._spoken_to.items()):
            if mount in mounts:
                connection.abort()

    # On the loop.

    def _begin(self, connection: Connection) -> HttpSession:
        answer = partial(self._answer, connection)
        return HttpSession(connection, answer, self._problems, self._clock.now)

    def _answer(self, connection: Connection, request: HttpRequest) -> Wire:
        found = _TARGET.match(request.target)
        mount = self._mounts.get(found[1]) if found else None
        service = mount.find(found[2] or "") if found and mount else None
        if mount is None or service is None:
            return deliver(request, self._say_nothing_is_at(request))
        self._spoken_to[connection] = mount
        return service.handle(request)

    def _say_nothing_is_at(self, request: HttpRequest) -> Answer:
        sentence = f"mockpki: nothing is at {request.target[:200]!r}; the URLs stand in the certificates"
        return Answer.text(404, sentence, ("Date", http_date(self._clock.now())))
