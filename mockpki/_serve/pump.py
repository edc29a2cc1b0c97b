"""What is written down of clients becomes events, as long as somebody listens.

1. Who answers a client only says that there is something new. It is read here, on a thread of its own.
2. While nobody listens nothing is said and nothing is read. Whoever comes back has missed nothing that is
   still kept: each record is read on from where it was left.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from .._problems import describe
from .._services.service import Service
from .._tls.handshake import Handshake
from .._tls.server import TlsServer
from ..staplers import Stapler
from . import shapes
from .hosted import Hosted
from .limits import EVENTS
from .services import show_request
from .staplers import show_event
from .tls_servers import show_handshake
from .waiting import Record

if TYPE_CHECKING:
    from .topology import Topology

Told = tuple[str, shapes.EventData]
"""The kind of an event, and what it says."""


class Source(ABC):
    """A *record* of a PKI, and up to which number it has been *read*."""

    def __init__(self, hosted: Hosted, record: Record[Any]) -> None:
        self.pki = hosted.id
        self.record = record
        self.read = 0
        self.unwatch: Callable[[], None] | None = None

    @abstractmethod
    def take(self) -> Iterator[Told]:
        """What was not read yet."""


class Requests(Source):
    """The requests that came to a service."""

    def __init__(self, hosted: Hosted, ca: str | None, name: str, service: Service[Any]) -> None:
        super().__init__(hosted, service)
        self._service = service
        self._tell = partial(shapes.EventData, pki=hosted.id, ca=ca, service=name)
        self._show = partial(show_request, hosted)

    def take(self) -> Iterator[Told]:
        for request in self._service.since(self.read):
            self.read = request.number
            yield "request", self._tell(document=self._show(request))


class Handshakes(Source):
    """The connections to a TLS server, each when it is opened, established and closed."""

    def __init__(self, hosted: Hosted, id: str, server: TlsServer) -> None:
        super().__init__(hosted, server)
        self._server = server
        self._tell = partial(shapes.EventData, pki=hosted.id, server=id)
        self._show = partial(show_handshake, hosted)
        self._under_way: dict[int, tuple[Handshake, bool]] = {}

    def take(self) -> Iterator[Told]:
        for shake in self._server.since(self.read):
            self.read = shake.number
            self._under_way[shake.number] = shake, False
            yield "handshake", self._tell(state="opened", document=self._show(shake))
        for number, (shake, told) in list(self._under_way.items()):
            # Looked at once: it may go on meanwhile.
            completed, closed = shake.completed, shake.closed
            if completed and not told:
                self._under_way[number] = shake, True
                yield "handshake", self._tell(state="established", document=self._show(shake))
            if closed:
                del self._under_way[number]
                yield "handshake", self._tell(state="closed", document=self._show(shake))


class StaplerEvents(Source):
    """What the stapler of a TLS server did."""

    def __init__(self, hosted: Hosted, id: str, stapler: Stapler) -> None:
        super().__init__(hosted, stapler)
        self._stapler = stapler
        self._tell = partial(shapes.EventData, pki=hosted.id, server=id)

    def take(self) -> Iterator[Told]:
        for number, event in self._stapler.since(self.read):
            self.read = number
            yield "stapler", self._tell(document=show_event(number, event))


def list_sources(hosted: Hosted) -> Iterator[Source]:
    """All that is written down in a PKI, stages included."""
    for ca, name, service in hosted.list_services():
        yield Requests(hosted, ca, name, service)
    for id in hosted.servers:
        with suppress(KeyError):  # it has been stopped meanwhile
            server = hosted.servers[id]
            yield Handshakes(hosted, id, server)
            with suppress(ValueError):  # it has none
                yield StaplerEvents(hosted, id, server.stapler)
    for own in hosted.stages.values():
        stage = own.stage
        if stage is not None:
            yield Handshakes(hosted, own.id, stage.server)


class Pump:
    """Reads the records of all PKIs of *topology* while its events have listeners."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self._events = topology.events
        self._sources: dict[str, dict[Record[Any], Source]] = {}
        """By PKI, and by what they are of."""
        self._marked: deque[str | Source] = deque()
        """The PKIs in which something has changed, and the records that have grown."""
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None
        self._has_run = False

    def start(self) -> None:
        """Somebody listens. What has come since nobody did is told first."""
        self._thread = threading.Thread(target=self._run, name="mockpki events", daemon=True)
        open_pkis = [hosted.id for hosted in self._topology.open_pkis()]
        for pki in {*self._sources, *open_pkis}:
            self._refresh(pki)
        self._has_run = True
        self._thread.start()

    def stop(self) -> None:
        """Nobody listens any more."""
        thread, self._thread = self._thread, None
        self._woken.set()
        if thread is not None:
            thread.join()
        for sources in self._sources.values():
            for source in sources.values():
                _unwatch(source)
        self._marked.clear()

    def mark(self, what: str | Source) -> None:
        """A call has changed something in the PKI of that id, or a record has grown."""
        if self._thread is not None:
            self._marked.append(what)
            self._woken.set()
        elif what in self._sources and not self._find_hosted(str(what)):
            # Nobody comes back to what is closed.
            del self._sources[str(what)]

    def _find_hosted(self, pki: str) -> Hosted | None:
        return next((one for one in self._topology.open_pkis() if one.id == pki), None)

    def _run(self) -> None:
        own = threading.current_thread()
        while True:
            self._woken.wait()
            self._woken.clear()
            if self._thread is not own:
                return
            marked: dict[str | Source, None] = {}
            with suppress(IndexError):
                while True:
                    marked[self._marked.popleft()] = None
            for what in marked:
                self._look(what)

    def _look(self, what: str | Source) -> None:
        try:
            if isinstance(what, Source):
                self._read(what)
            else:
                self._refresh(what)
        except Exception as error:
            # What is in the middle of being closed raises all kinds of things.
            self._events.add("problem", None, shapes.EventData(document=describe(error)))

    def _refresh(self, pki: str) -> None:
        """Watch the records of a PKI that are new, and no longer those that are gone; read both, and all."""
        hosted = self._find_hosted(pki)
        known = self._sources.setdefault(pki, {})
        found = {} if hosted is None else {one.record: one for one in list_sources(hosted)}
        for record, source in found.items():
            own = known.setdefault(record, source)
            if own.unwatch is None:
                own.unwatch = record.watch(partial(self.mark, own))
            if not self._has_run:
                own.read = record.last_number
        for source in list(known.values()):
            self._read(source)
            if source.record not in found:
                _unwatch(source)
                del known[source.record]
        if hosted is None:
            del self._sources[pki]

    def _read(self, source: Source) -> None:
        """Tell what is new; of more than are kept for those who listen, how many there were."""
        behind = source.record.last_number - source.read
        if behind > EVENTS:
            source.read = source.record.last_number
            self._events.add("lost", source.pki, {"pki": source.pki, "lost": behind})
        for kind, data in source.take():
            self._events.add(kind, source.pki, data)


def _unwatch(source: Source) -> None:
    if source.unwatch is not None:
        source.unwatch()
        source.unwatch = None
