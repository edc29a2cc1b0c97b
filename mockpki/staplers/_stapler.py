"""The engine: it does what a `StaplePolicy` says, on the event loop.

1. What stands below "On the loop" is called on the loop's thread only.
2. A fetch is a task, and ends with a `Kept` or a `Failure`; whoever waits for it waits for that task.
3. Nothing here has a thread. One timer leads to the next moment at which something is due.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Protocol

from cryptography.x509 import ocsp

from .._engine.fetch import NoAnswer, ask
from .._pkix.ocsp_response import OCSPResponse, ResponseStatus
from ._cache import Cache, Entry, Failure, Kept, moment, whole_second
from ._events import Event, Kind, Stats
from ._outcome import Outcome
from ._policy import StaplePolicy
from ._reading import Unfit, can_ask, must_staple, question, read, responders
from ._record import Record

if TYPE_CHECKING:
    from .._ca.leaf import Leaf
    from .._ca.realm import Realm

TRY_LATER = OCSPResponse(ResponseStatus.TRY_LATER).encode()
"""RFC 6960 section 4.2.1: an OCSPResponse of nothing but a status."""


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

    def __init__(self, policy: StaplePolicy) -> None:
        if not isinstance(policy, StaplePolicy):
            raise TypeError(f"Stapler() takes a StaplePolicy, such as staplers.NGINX; got {policy!r}")
        self.policy = policy
        """What it goes by."""
        self._realm: Realm | None = None
        self._servers: list[Server] = []
        self._record = Record()
        self._files: dict[bytes, bytes | None] = {}
        self._caches = [Cache(policy) for _ in range(policy.workers)]
        self._fetches: dict[asyncio.Task[Kept | Failure], str] = {}
        self._waits: set[asyncio.Task[None]] = set()
        self._settling: list[Future[None]] = []
        self._lock = asyncio.Lock()
        self._due: list[tuple[datetime, int, Entry]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._began: datetime | None = None
        self._unwatch: Callable[[], None] = _nothing

    def __repr__(self) -> str:
        counts = self._record.counts
        return f"<Stapler {self.policy.trigger}, {counts.handshakes} handshakes, {counts.fetches} fetches>"

    # Evidence.

    @property
    def events(self) -> list[Event]:
        """What happened so far, oldest first; what has just arrived is read first."""
        self._read_arrived()
        return self._record.events

    @property
    def stats(self) -> Stats:
        """How often what happened so far; what has just arrived is read first."""
        self._read_arrived()
        return self._record.stats

    def _read_arrived(self) -> None:
        if self._realm is not None and self._servers:
            self._realm.engine.settle()

    # Control.

    def preload(self, leaf: Leaf, der: bytes | None) -> None:
        """Put an OCSP response where the server reads the staple for *leaf* from; None: there is none.

        Only trigger ``"file"`` reads one. Where nothing was preloaded, an honest response is taken from the
        CA when the server starts. Raises ValueError for another trigger and for what is no OCSPResponse.
        """
        if self.policy.trigger != "file":
            raise ValueError(
                "preload() is for policies with trigger 'file'; with "
                f"{self.policy.trigger!r} staples come from the responder"
            )
        if der is not None:
            if not isinstance(der, bytes):
                raise TypeError(f"preload() takes DER bytes, or None for no staple; got {der!r}")
            try:
                ocsp.load_der_ocsp_response(der)
            except ValueError as error:
                raise ValueError(f"preload() takes an OCSP response in DER: {error}") from error
        self._files[leaf.der] = der
        if self._realm is not None and self._servers:
            self._realm.engine.call(self._reload, leaf)

    def settle(self, timeout: float | timedelta = 5) -> None:
        """Return once no fetch is under way. Raises TimeoutError, which names those that are.

        A fetch ends at the policy's time-out at the latest. *timeout* is in seconds of real time.
        """
        realm = self._realm
        if realm is None or not self._servers:
            return
        if realm.engine.is_here:
            raise RuntimeError("settle() waits for the services, and cannot be called inside one of them")
        seconds = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
        realm.engine.settle()
        done: Future[None] = Future()
        realm.engine.call(self._tell_when_idle, done)
        try:
            done.result(seconds)
        except TimeoutError:
            names = ", ".join(sorted(self._fetches.values())) or "none any more"
            raise TimeoutError(
                f"fetches are still under way after {seconds:g} s, for: {names}; each ends after "
                f"{self.policy.timeout.total_seconds():g} s at the latest, which is the policy's timeout"
            ) from None

    def restart(self) -> None:
        """As the server's process restarts: memory is gone, what is persisted stays, and it starts anew.

        Connections are dropped, and until the start is over the port refuses new ones. Raises RuntimeError,
        as entering the server's block does, where the policy does not let the server start.
        """
        if self._realm is None or not self._servers:
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
        if self._realm is not None and self._realm is not realm:
            raise ValueError("this stapler has served another PKI; make another one for this PKI")
        self._realm = realm
        if not self._servers:
            self._unwatch = realm.clock.watch(self._clock_moved)
        self._servers.append(server)
        try:
            self._start(server.leaves)
        except BaseException:
            with contextlib.suppress(ValueError):  # the PKI may be closed by now
                realm.engine.call(self.detach, server)
            raise

    def _start(self, leaves: Sequence[Leaf]) -> None:
        realm = self._at_home
        if not self.policy.at_start:
            realm.engine.call(self._load_all, leaves)
            return
        if realm.engine.is_here:
            raise RuntimeError(
                "a server that fetches its staples at the start cannot be started inside a service"
            )
        try:
            asyncio.run_coroutine_threadsafe(self._first(leaves), realm.engine.loop).result()
        except CancelledError:
            raise ValueError("this TLS server was closed before it had started") from None

    @property
    def _at_home(self) -> Realm:
        assert self._realm is not None
        return self._realm

    def _clock_moved(self) -> None:
        self._at_home.engine.call(self._catch_up)

    # On the loop: start and end.

    async def _first(self, leaves: Sequence[Leaf]) -> None:
        """Begin what begins at the start, and wait for what the port waits for."""
        own = asyncio.current_task()
        assert own is not None
        self._waits.add(own)
        own.add_done_callback(self._waits.discard)
        entries = self._load_all(leaves)
        strict = [
            entry
            for entry in entries
            if self.policy.must_staple == "fail_at_start" and self._is_must_staple(entry)
        ]
        waited_for = entries if self.policy.trigger == "start_blocking" else strict
        fetches = [entry.fetch for entry in waited_for if entry.fetch is not None]
        if fetches:
            await asyncio.wait(fetches)
        for entry in strict:
            kept = entry.answer
            if kept is None or kept.has_expired(self._now) or kept.status != "good":
                why = entry.failure.sentence if entry.failure else "it names no responder that can be asked"
                raise RuntimeError(
                    f"the server does not start: the certificate for {entry.name} must be stapled, and there "
                    f"is no good answer about it ({why})"
                )

    def _load_all(self, leaves: Sequence[Leaf]) -> list[Entry]:
        self._began = self._began or self._now
        return [self._load(cache, leaf) for cache in self._caches for leaf in leaves if not self.policy.lazy]

    def load(self, leaf: Leaf) -> None:
        """The server has got *leaf* since it started: what begins at the start begins for it now."""
        self._load_all([leaf])

    def _load(self, cache: Cache, leaf: Leaf) -> Entry:
        """The entry of a leaf that the server has got, and what its trigger does about it."""
        entry = cache.entries.get(leaf.der)
        if entry is None:
            entry = cache.entries[leaf.der] = Entry(leaf, _label(leaf))
            if self.policy.trigger == "file":
                self._read_file(entry)
        if self.policy.at_start and entry.fetch is None and entry.due is None:
            kept = entry.answer
            if kept is None or kept.has_expired(self._now) or kept.wants_refresh(self._now):
                self._fetch(entry)
            else:
                self._schedule(entry, kept.refresh_at)
        return entry

    def _go_down(self) -> None:
        for server in self._servers:
            server.stop_listening()
        self._note("", Kind.RESTARTED, "")
        self._forget()

    def _come_up(self) -> None:
        for server in self._servers:
            server.listen_again()

    def _forget(self) -> None:
        self._cancel()
        self._caches = [cache.restarted() for cache in self._caches]
        self._lock = asyncio.Lock()
        self._began = None

    def _cancel(self) -> None:
        for task in (*self._fetches, *self._waits):
            task.cancel()
        for cache in self._caches:
            for entry in cache.entries.values():
                entry.fetch = entry.due = None
        self._due.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def detach(self, server: Server) -> None:
        """*server* is closed. With the last one every fetch ends."""
        if server not in self._servers:
            return
        self._servers.remove(server)
        if self._servers:
            return
        self._unwatch()
        self._cancel()

    def _tell_when_idle(self, done: Future[None]) -> None:
        if self._fetches:
            self._settling.append(done)
        else:
            done.set_result(None)

    # On the loop: a handshake.

    def serve(self, leaf: Leaf, number: int, found: Callable[[Outcome], object]) -> None:
        """Call *found* with what a handshake for *leaf* gets: at once, or when it has waited for a fetch.

        The client asked for a staple; *number* is that of its connection.
        """
        self._catch_up()
        self._record.counts.handshakes += 1
        cache = self._caches[number % len(self._caches)]
        entry = self._entry(cache, leaf)
        if isinstance(entry, Outcome):
            found(entry)
            return
        decided = self._decide(entry)
        if isinstance(decided, Outcome):
            found(decided)
            return
        self._note(entry.name, Kind.WAITING, "for the answer")
        wait = self._at_home.engine.loop.create_task(self._wait(entry, decided, found))
        self._waits.add(wait)
        wait.add_done_callback(self._waits.discard)

    def _entry(self, cache: Cache, leaf: Leaf) -> Entry | Outcome:
        """What is known about *leaf*; or, while it has not been sighted often enough, nothing."""
        entry = cache.entries.get(leaf.der)
        if entry is not None:
            return entry
        name = _label(leaf)
        sighting = cache.sightings.count(name)
        self._note(name, Kind.SIGHTED, "")
        if sighting < self.policy.sightings:
            self._record.held_back(name)
            return self._bare(name, f"{_ordinal(sighting)} sighting of {name}: no fetch yet")
        self._record.let_through(name)
        return self._load(cache, leaf)

    def _decide(self, entry: Entry) -> Outcome | asyncio.Task[Kept | Failure]:
        """What the handshake gets now, or the fetch to wait for."""
        now, policy, kept = self._now, self.policy, entry.answer
        expired = kept is not None and kept.has_expired(now)
        if kept is not None and not expired and not kept.is_over(now):
            if policy.lazy and kept.wants_refresh(now) and not entry.remembers_failure(now):
                self._fetch(entry)
            self._record.counts.cache_hits += 1
            return self._serve(entry, kept, f"cached, {kept}")
        ended = ""
        if kept is not None and expired:
            ended = f"the answer ended {moment(kept.expires)}"
            said = self._after_end(entry, kept, ended)
            if said is not None:
                return said
        elif kept is not None:
            self._drop(entry, f"it was kept for {_seconds(policy.ttl)}, which is the policy's ttl")
        return self._without(entry, ended)

    def _after_end(self, entry: Entry, kept: Kept, ended: str) -> Outcome | None:
        """What becomes of a handshake that finds *kept* past its end; None: a new answer may help."""
        if not entry.expiry_noted:
            entry.expiry_noted = True
            self._note(entry.name, Kind.EXPIRED, ended)
        match self.policy.on_expired:
            case "abort":
                return self._abort(entry.name, ended)
            case "serve":
                if self.policy.lazy and not entry.remembers_failure(self._now):
                    self._fetch(entry)
                return self._serve(entry, kept, f"{ended}, and is stapled all the same", strict=True)
            case "omit" if not self.policy.lazy:
                return self._omit(entry, ended)
        return None

    def _without(self, entry: Entry, ended: str) -> Outcome | asyncio.Task[Kept | Failure]:
        """What a handshake gets that finds no answer that could be stapled; *ended* says that one is over."""
        policy, fetch, failure = self.policy, entry.fetch, entry.failure
        before = f"{ended}; " if ended else ""
        begun = ""
        if fetch is None:
            if failure is not None and (not policy.lazy or entry.remembers_failure(self._now)):
                until = "" if failure.until is None else f", not again before {moment(failure.until)}"
                asked = "" if policy.trigger == "file" else f"asked earlier{until}: "
                return self._fail(entry, failure, before + asked)
            fetch = self._fetch(entry)
            begun = "it has begun with this handshake, and "
        if fetch is None:
            return self._omit(entry, f"{before}{entry.name} names no responder that can be asked")
        if policy.trigger in ("lazy_blocking", "start_blocking") or (
            ended and policy.on_expired == "refetch_blocking"
        ):
            return fetch
        return self._omit(entry, f"{before}an answer is being fetched: {begun}nobody waits for it")

    async def _wait(
        self, entry: Entry, fetch: asyncio.Task[Kept | Failure], found: Callable[[Outcome], object]
    ) -> None:
        loop = asyncio.get_running_loop()
        began, limit = loop.time(), self.policy.wait
        if limit is not None and limit >= self.policy.timeout:
            # The fetch ends by itself. With a lock before it, that may take longer.
            limit = None
        try:
            async with asyncio.timeout(None if limit is None else limit.total_seconds()):
                result = await asyncio.shield(fetch)
        except TimeoutError:
            gave_up = f"gave up after {_seconds(limit)}; an answer that comes later is for the next handshake"
            outcome = self._fail(entry, Failure(Kind.NO_ANSWER, gave_up, None))
        else:
            outcome = self._outcome(entry, result, f"waited {loop.time() - began:.1f} s for the answer")
        try:
            found(outcome)
        except BaseException as error:
            self._at_home.problems.add(error, f"raised in a TLS server that had waited for {entry.name}")

    def _outcome(self, entry: Entry, result: Kept | Failure, waited: str) -> Outcome:
        if isinstance(result, Kept):
            return self._serve(entry, result, f"{waited}, {result}")
        return self._fail(entry, result, f"{waited}: ")

    # On the loop: what a handshake gets.

    def _serve(self, entry: Entry, kept: Kept, reason: str, *, strict: bool = False) -> Outcome:
        if strict and self._must(entry):
            return self._abort(entry.name, reason)
        self._note(entry.name, Kind.SERVED, reason)
        return Outcome(kept.der, reason)

    def _fail(self, entry: Entry, failure: Failure, waited: str = "") -> Outcome:
        policy, said = self.policy, f"{waited}{failure.sentence}"
        if failure.kind is Kind.REFUSED:
            if failure.relay is not None and policy.on_error_resp == "relay" and not self._must(entry):
                said = f"{said}; the answer is passed on as it is"
                self._note(entry.name, Kind.RELAYED, said)
                return Outcome(failure.relay, said)
        elif policy.on_no_answer == "abort":
            return self._abort(entry.name, said)
        elif policy.on_no_answer == "fake_trylater" and not self._must(entry):
            said = f"{said}; a tryLater of the server's own is stapled"
            self._note(entry.name, Kind.FAKED, said)
            return Outcome(TRY_LATER, said)
        return self._omit(entry, said)

    def _omit(self, entry: Entry, reason: str) -> Outcome:
        if self._must(entry):
            return self._abort(entry.name, reason)
        return self._bare(entry.name, reason)

    def _bare(self, name: str, reason: str) -> Outcome:
        self._note(name, Kind.OMITTED, reason)
        return Outcome(None, reason)

    def _abort(self, name: str, reason: str) -> Outcome:
        self._note(name, Kind.ABORTED, reason)
        return Outcome(None, reason, self.policy.abort_with)

    def _must(self, entry: Entry) -> bool:
        """Whether a handshake for it fails without a good staple."""
        return self.policy.must_staple == "fail" and self._is_must_staple(entry)

    def _is_must_staple(self, entry: Entry) -> bool:
        if entry.must is None:
            entry.must = must_staple(entry.leaf)
        return entry.must

    # On the loop: fetches.

    def _fetch(self, entry: Entry) -> asyncio.Task[Kept | Failure] | None:
        """Begin to ask about *entry*, if that is not under way; None where there is nobody to ask."""
        if entry.fetch is not None:
            return entry.fetch
        urls = responders(entry.leaf)
        urls = [url for url in (urls if self.policy.every_url else urls[:1]) if can_ask(url)]
        if not urls:
            if entry.silent:
                return None
            entry.silent = True
            self._note(entry.name, Kind.NO_RESPONDER, "the certificate names none that can be asked by http")
            return None
        entry.due = None
        if not self.policy.lock:
            self._note(entry.name, Kind.FETCH_STARTED, f"{self.policy.method} {urls[0]}")
        task = entry.fetch = self._at_home.engine.loop.create_task(self._fetched(entry, urls))
        self._fetches[task] = entry.name
        task.add_done_callback(partial(self._fetch_ended, entry))
        return task

    def _fetch_ended(self, entry: Entry, task: asyncio.Task[Kept | Failure]) -> None:
        self._fetches.pop(task, None)
        if entry.fetch is task:
            entry.fetch = None
        if not self._fetches:
            settling, self._settling = self._settling, []
            for done in settling:
                done.set_result(None)

    async def _fetched(self, entry: Entry, urls: list[str]) -> Kept | Failure:
        try:
            if not self.policy.lock:
                return await self._asked(entry, urls)
            async with self._lock:
                self._note(entry.name, Kind.FETCH_STARTED, f"{self.policy.method} {urls[0]}")
                return await self._asked(entry, urls)
        except Exception as error:
            self._at_home.problems.add(error, f"raised in a stapler that asked about {entry.leaf!r}")
            return Failure(Kind.NO_ANSWER, f"{type(error).__name__}: {error}", None)

    async def _asked(self, entry: Entry, urls: list[str]) -> Kept | Failure:
        nonce = secrets.token_bytes(16) if self.policy.nonce else None
        der = None
        try:
            der = await self._ask_each(urls, question(entry.leaf, nonce))
            return self._answered(entry, der, nonce)
        except Unfit as unfit:
            return self._failed(entry, Kind.REFUSED, str(unfit), der)
        except NoAnswer as none:
            return self._failed(entry, Kind.NO_ANSWER, str(none))

    async def _ask_each(self, urls: list[str], der: bytes) -> bytes:
        for url in urls[:-1]:
            with contextlib.suppress(NoAnswer):
                return await self._ask(url, der)
        return await self._ask(urls[-1], der)

    async def _ask(self, url: str, der: bytes) -> bytes:
        seconds = self.policy.timeout.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                return await ask(url, der, self.policy.method)
        except TimeoutError as error:
            raise NoAnswer(f"no answer within {seconds:g} s") from error

    def _answered(self, entry: Entry, der: bytes, nonce: bytes | None) -> Kept | Failure:
        """Take *der* into the cache. Raises `Unfit` or `NoAnswer` where it cannot be used."""
        now, policy = self._now, self.policy
        answer = read(der, entry.leaf, now, policy, nonce)
        if answer.status not in policy.staple:
            return self._failed(entry, Kind.REFUSED, f"the answer was {answer.status}, which is not stapled")
        kept = Kept.of(answer, now, policy)
        file = policy.trigger == "file"
        self._note(entry.name, Kind.LOADED if file else Kind.ANSWERED, str(kept))
        entry.failure, entry.failures, entry.expiry_noted = None, 0, False
        before, entry.answer = entry.answer, None
        if kept.status in policy.remember:
            entry.answer = kept
            if not file:
                self._note(entry.name, Kind.CACHED if before is None else Kind.REFRESHED, str(kept))
        if policy.at_start:
            self._schedule(entry, kept.refresh_at)
        return kept

    def _failed(self, entry: Entry, kind: Kind, sentence: str, relay: bytes | None = None) -> Failure:
        now, policy = self._now, self.policy
        ttl = policy.error_ttl
        if kind is Kind.NO_ANSWER and policy.no_answer_ttl is not None:
            ttl = policy.no_answer_ttl
        failure = entry.failure = Failure(kind, sentence, now + ttl if policy.lazy else None, relay)
        entry.failures += 1
        self._note(entry.name, Kind.LOADED if policy.trigger == "file" else kind, sentence)
        kept = entry.answer
        if kept is not None and policy.on_refresh_fail == "drop":
            self._drop(entry, "a new answer could not be had")
        elif kept is not None:
            self._note(entry.name, Kind.KEPT, str(kept))
        if policy.at_start and policy.retry is not None:
            self._schedule(entry, now + policy.retry.delay(entry.failures))
        return failure

    def _drop(self, entry: Entry, why: str) -> None:
        self._note(entry.name, Kind.DROPPED, f"{entry.answer}: {why}")
        entry.answer = None

    # On the loop: files.

    def _read_file(self, entry: Entry) -> None:
        leaf = entry.leaf
        if leaf.der not in self._files:
            self._files[leaf.der] = leaf.issuer.ocsp.response_for(leaf)
        der = self._files[leaf.der]
        entry.answer = None
        if der is None:
            self._failed(entry, Kind.NO_ANSWER, "there is no file with a staple")
            return
        try:
            self._answered(entry, der, None)
        except Unfit as unfit:
            self._failed(entry, Kind.REFUSED, f"the file's response cannot be used: {unfit}", der)

    def _reload(self, leaf: Leaf) -> None:
        for cache in self._caches:
            if leaf.der in cache.entries:
                self._read_file(cache.entries[leaf.der])

    # On the loop: time.

    @property
    def _now(self) -> datetime:
        return self._at_home.clock.now()

    def _note(self, name: str, kind: Kind, detail: str) -> None:
        self._record.add(self._now, name, kind, detail)

    def _schedule(self, entry: Entry, due: datetime | None) -> None:
        """Let *entry* be asked about at *due*, or at the first tick after it."""
        if due is None:
            return
        if self.policy.tick is not None and self._began is not None:
            ticks = max(1, -((self._began - due) // self.policy.tick))
            due = self._began + ticks * self.policy.tick
        entry.due = whole_second(due)
        heapq.heappush(self._due, (entry.due, id(entry), entry))
        self._set_timer()

    def _catch_up(self) -> None:
        """Begin what is due by now."""
        now = self._now
        while self._due and self._due[0][0] <= now:
            due, _, entry = heapq.heappop(self._due)
            if entry.due == due:
                self._fetch(entry)
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._due and self._servers:
            # The clock counts whole seconds: what is due in this one may be due a little later.
            seconds = max(0.05, (self._due[0][0] - self._now).total_seconds())
            self._timer = self._at_home.engine.loop.call_later(seconds, self._catch_up)


def _nothing() -> None:
    """What there is to call off before a server was there."""


def _ordinal(number: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(number, f"{number}th")


def _label(leaf: Leaf) -> str:
    """What to call a leaf in a sentence."""
    return leaf.names[0] if leaf.names else f"serial {leaf.serial_number:#x}"


def _seconds(duration: timedelta | None) -> str:
    return "" if duration is None else f"{duration.total_seconds():g} s"
