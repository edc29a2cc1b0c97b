"""The public object, and what TLS servers ask of it.

1. What stands below "On the loop" is called on the loop's thread only.
2. What to do is decided in `_answering`; `_asking` does what takes time.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Protocol

from .._ca.leaf import Leaf
from .._parameters import Pause, Seconds, check_arguments
from ._answering import decide, find_obstacle, hold_back
from ._asking import Asking
from ._cache import Cache, Known, Slot
from ._event_log import EventLog
from ._events import Event, Kind, Stats
from ._files import Files, load_file
from ._policy import StaplePolicy
from ._provision import Provision
from ._reading import label

if TYPE_CHECKING:
    from .._ca.realm import Realm


class Server(Protocol):
    """A TLS server, as far as its stapler has to know it."""

    @property
    def leaves(self) -> Sequence[Leaf]:
        """What it has from the start."""

    def stop_listening(self) -> None:
        """On the loop: refuse connections, and drop those there are."""

    def listen_again(self) -> None:
        """On the loop: take connections."""


class Stapler:
    """Gets the staples of a TLS server as *policy* says.

    ``pki.tls_server(leaf, staple=policy)`` makes one of its own; make it yourself to keep it from one server
    to the next, or to share it between servers of one PKI. Raises TypeError for what is no policy.
    """

    @check_arguments
    def __init__(self, policy: Annotated[StaplePolicy, "a StaplePolicy, such as staplers.NGINX"]) -> None:
        self.policy = policy
        """What it goes by."""
        self._log = EventLog()
        self._files = Files()
        self._caches = [Cache(policy) for _ in range(policy.workers)]
        self._servers: list[Server] = []
        self._unwatch: Callable[[], None] | None = None
        self._in_pki: Asking | None = None

    def __repr__(self) -> str:
        counts = self._log.counts
        return f"<Stapler {self.policy.trigger}, {counts.handshakes} handshakes, {counts.fetches} fetches>"

    @property
    def _asking(self) -> Asking:
        """What is under way, once it has served a PKI."""
        assert self._in_pki is not None
        return self._in_pki

    @property
    def _realm(self) -> Realm:
        return self._asking.realm

    # Evidence.

    @property
    def events(self) -> list[Event]:
        """What happened so far, oldest first; what has just arrived is read first.

        Of many, the newest are kept, as many as ``PKI(evidence=...)`` says.
        """
        self._read_arrived()
        return self._log.events

    @check_arguments
    def since(self, number: int) -> list[tuple[int, Event]]:
        """The events with a higher number than *number*, oldest first, each with its own; the first had 1."""
        self._read_arrived()
        return self._log.since(number)

    @property
    def last_number(self) -> int:
        """The number of the newest event, 0 before the first: `since` reads on from there."""
        return self._log.last

    def watch(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have *wake* called, on the loop, at each event. The result ends that."""
        return self._log.watchers.add(wake)

    @property
    def stats(self) -> Stats:
        """How often what happened so far; what has just arrived is read first."""
        self._read_arrived()
        return self._log.stats

    @property
    def due(self) -> datetime | None:
        """When it asks next of its own accord, by the PKI's clock; None: not before something happens.

        That is so for policies that go by handshakes, while a fetch is under way, and without a server.
        `PKI.run_until` lets time pass from one such moment to the next.
        """
        if not self._servers:
            return None
        return self._realm.engine.call(self._find_due)

    def _find_due(self) -> datetime | None:
        return min((slot.known.due for slot in self._slots() if slot.known.due is not None), default=None)

    def _read_arrived(self) -> None:
        if self._servers:
            self._realm.engine.settle()

    # Control.

    @check_arguments
    def preload(self, leaf: Leaf, der: Annotated[bytes | None, "DER bytes, or None for no staple"]) -> None:
        """Put an OCSP response where the server reads the staple for *leaf* from; None: there is none.

        Only trigger ``"file"`` reads one. Where nothing was preloaded, an honest response is taken from the
        CA when the server starts. Raises ValueError for another trigger and for what is no OCSPResponse.
        """
        if self.policy.trigger != "file":
            raise ValueError(
                "preload() is for policies with trigger 'file'; with "
                f"{self.policy.trigger!r} staples come from the responder"
            )
        self._files.put(leaf, der)
        if self._servers:
            self._realm.engine.call(self._reload, leaf)

    @check_arguments
    def settle(self, timeout: Seconds | Pause | None = 5) -> None:
        """Return once no fetch is under way. Raises TimeoutError, which names those that are.

        A fetch ends at the policy's time-out at the latest. *timeout* is in seconds of real time; None: it
        waits for as long as that takes.
        """
        if not self._servers:
            return None
        engine = self._realm.engine
        if engine.is_here:
            raise RuntimeError("settle() waits for the services, and cannot be called inside one of them")
        seconds = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
        engine.settle()
        done: Future[None] = Future()
        engine.call(self._asking.tell_when_idle, done)
        if seconds is None:
            return engine.wait_for(done)
        try:
            return done.result(seconds)
        except TimeoutError:
            names = ", ".join(self._asking.names) or "none any more"
            raise TimeoutError(
                f"fetches are still under way after {seconds:g} s, for: {names}; each ends after "
                f"{self.policy.timeout.total_seconds():g} s at the latest, which is the policy's timeout"
            ) from None

    def restart(self) -> None:
        """As the server's process restarts: memory is gone, what is persisted stays, and it starts anew.

        Connections are dropped, and until the start is over the port refuses new ones. Raises RuntimeError,
        as entering the server's block does, where the policy does not let the server start.
        """
        if not self._servers:
            self._forget()
            return
        call = self._realm.engine.call
        call(self._go_down)
        self._start([leaf for server in self._servers for leaf in server.leaves])
        call(self._come_up)

    # What TLS servers ask of it.

    def attach(self, server: Server, realm: Realm) -> None:
        """Start for *server*. Returns once its port may open.

        Raises ValueError for a server of another PKI, RuntimeError when the policy does not let it start.
        """
        if self._in_pki is None:
            self._log.keep(realm.evidence)
            self._in_pki = Asking(self.policy, self._log, realm)
        elif self._in_pki.realm is not realm:
            raise ValueError("this stapler has served another PKI; make another one for this PKI")
        if not self._servers:
            self._unwatch = realm.clock.watch(self._clock_moved)
            realm.timed.append(self)
            self._asking.open = True
        self._servers.append(server)
        try:
            self._start(server.leaves)
        except BaseException:
            with contextlib.suppress(ValueError):  # the PKI may be closed by now
                realm.engine.end(self.detach, server)
            raise

    def _start(self, leaves: Sequence[Leaf]) -> None:
        engine = self._realm.engine
        if not self.policy.at_start:
            engine.call(self._load_all, leaves)
            return
        if engine.is_here:
            raise RuntimeError(
                "a server that fetches its staples at the start cannot be started inside a service"
            )
        try:
            engine.wait_for(asyncio.run_coroutine_threadsafe(self._wait_for_start(leaves), engine.loop))
        except CancelledError:
            raise ValueError("this TLS server was closed before it had started") from None

    def _clock_moved(self) -> None:
        self._realm.engine.call(self._asking.catch_up)

    # On the loop: what TLS servers ask of it.

    def load(self, leaf: Leaf) -> None:
        """The server has got *leaf* since it started: what begins at the start begins for it now."""
        self._load_all([leaf])

    def serve(self, leaf: Leaf, number: int, found: Callable[[Provision], object]) -> None:
        """Call *found* with what a handshake for *leaf* gets: at once, or when it has waited for a fetch.

        The client asked for a staple; *number* is that of its connection.
        """
        asking = self._asking
        asking.catch_up()
        self._log.counts.handshakes += 1
        cache = self._caches[number % len(self._caches)]
        slot = cache.slots.get(leaf.der)
        if slot is None:
            name = label(leaf)
            sighting = cache.sightings.count(name)
            self._log.counts.filter_fill = max(one.sightings.fill for one in self._caches)
            asking.note(name, Kind.SIGHTED, "")
            if sighting < self.policy.sightings:
                self._log.hold_back(name)
                provision = hold_back(name, sighting)
                asking.note(name, Kind.OMITTED, provision.reason)
                found(provision)
                return
            self._log.let_through(name)
            slot = self._load(cache, leaf)
        asking.provide(slot, decide(self.policy, slot.known, asking.now), found)

    def detach(self, server: Server) -> None:
        """*server* is closed. With the last one every fetch ends."""
        if server not in self._servers:
            return
        self._servers.remove(server)
        if self._servers or self._unwatch is None:
            return
        self._unwatch()
        self._realm.timed.remove(self)
        self._asking.open = False
        self._asking.cancel(self._slots())

    def retire(self, server: Server) -> bool:
        """Detach from *server*, unless a handshake waits for its staple, which it is to have; whether so."""
        if self._asking.is_waited_for:
            return False
        self.detach(server)
        return True

    # On the loop: start and end.

    async def _wait_for_start(self, leaves: Sequence[Leaf]) -> None:
        """Begin what begins at the start, and wait for what the port waits for."""
        own = asyncio.current_task()
        assert own is not None
        self._asking.end_early(own)
        slots = self._load_all(leaves)
        strict = [slot for slot in slots if self.policy.must_staple == "fail_at_start" and slot.known.must]
        waited_for = slots if self.policy.trigger == "start_blocking" else strict
        fetches = [slot.fetch for slot in waited_for if slot.fetch is not None]
        if fetches:
            await asyncio.wait(fetches)
        for slot in strict:
            obstacle = find_obstacle(slot.known, self._asking.now)
            if obstacle is not None:
                raise RuntimeError(obstacle)

    def _load_all(self, leaves: Sequence[Leaf]) -> list[Slot]:
        self._asking.mark_start()
        return [self._load(cache, leaf) for cache in self._caches for leaf in leaves if not self.policy.lazy]

    def _load(self, cache: Cache, leaf: Leaf) -> Slot:
        """The slot of a leaf that the server has got, once what begins with it has begun."""
        slot = cache.slots.get(leaf.der)
        if slot is None:
            slot = cache.slots[leaf.der] = Slot(Known.of(leaf, self.policy))
            if self.policy.trigger == "file":
                self._read_file(slot)
        self._asking.start(slot)
        return slot

    def _read_file(self, slot: Slot) -> None:
        der = self._files.get(slot.known.leaf)
        self._asking.carry_out(slot, load_file(self.policy, slot.known, der, self._asking.now))

    def _reload(self, leaf: Leaf) -> None:
        for cache in self._caches:
            if leaf.der in cache.slots:
                self._read_file(cache.slots[leaf.der])

    def _go_down(self) -> None:
        for server in self._servers:
            server.stop_listening()
        self._asking.note("", Kind.RESTARTED, "")
        self._forget()

    def _come_up(self) -> None:
        for server in self._servers:
            server.listen_again()

    def _forget(self) -> None:
        if self._in_pki is not None:
            self._in_pki.cancel(self._slots())
            self._in_pki.restart()
        self._caches = [cache.restarted() for cache in self._caches]

    def _slots(self) -> Iterator[Slot]:
        return (slot for cache in self._caches for slot in cache.slots.values())
