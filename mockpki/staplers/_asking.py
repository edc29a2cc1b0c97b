"""The fetches of a stapler: tasks on the event loop.

1. All of it is called on the loop's thread only, but `Asking.names`, which may be read anywhere.
2. A fetch ends with a `Kept` or a `Failure`; whoever waits for it waits for its task.
3. What becomes of a question and of an answer is decided in `_answering`, and carried out here.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from .._engine.fetch import NoAnswer, ask
from .._problems import describe
from ._answering import (
    Change,
    Decision,
    begin,
    end_wait,
    fail,
    give_up,
    note_start,
    plan,
    start,
    take,
)
from ._cache import Failure, Kept, Slot
from ._event_log import EventLog
from ._events import Kind
from ._policy import StaplePolicy
from ._provision import Provision
from ._reading import Unfit, question, read_answer
from ._timetable import Timetable

if TYPE_CHECKING:
    from .._ca.realm import Realm


class Asking:
    """What a stapler has under way in one PKI. While it is not *open* it sets no timer."""

    def __init__(self, policy: StaplePolicy, log: EventLog, realm: Realm) -> None:
        self.open = False
        self._policy = policy
        self._log = log
        self.realm = realm
        self._loop = realm.engine.loop
        self._fetches: dict[asyncio.Task[Kept | Failure], str] = {}
        self._waits: set[asyncio.Task[Any]] = set()
        self._settling: list[Future[None]] = []
        self._timetable: Timetable[Slot] = Timetable()
        self.restart()

    def restart(self) -> None:
        """A new process: nobody holds its lock, and its ticks are counted from its start."""
        self._lock = asyncio.Lock()
        self._began: datetime | None = None

    def mark_start(self) -> None:
        """The server starts, if it has not."""
        self._began = self._began or self.now

    @property
    def now(self) -> datetime:
        return self.realm.clock.now()

    @property
    def names(self) -> list[str]:
        """What is asked about at the moment."""
        return sorted(self._fetches.values())

    @property
    def is_waited_for(self) -> bool:
        """Whether a handshake, or a start, waits for a fetch."""
        return bool(self._waits)

    # What is decided is carried out.

    def note(self, name: str, kind: Kind, detail: str) -> None:
        self._log.add(self.now, name, kind, detail)

    def carry_out(self, slot: Slot, change: Change) -> None:
        """Let *change* be what is known in *slot*."""
        before, slot.known = slot.known.due, change.known
        for note in change.notes:
            self.note(slot.known.name, *note)
        if change.begins:
            task = slot.fetch = self._loop.create_task(self._fetch(slot))
            self._fetches[task] = slot.known.name
            task.add_done_callback(partial(self._end_fetch, slot))
        due = slot.known.due
        if due is not None and due != before:
            self._timetable.put(due, slot)
            self._set_timer()

    def provide(self, slot: Slot, decision: Decision, found: Callable[[Provision], object]) -> None:
        """Call *found* with what the handshake gets: at once, or when it has waited for a fetch."""
        self.carry_out(slot, decision.change)
        self._log.counts.cache_hits += decision.cached
        if decision.provision is not None:
            found(decision.provision)
        else:
            assert slot.fetch is not None
            self.end_early(self._loop.create_task(self._wait(slot, slot.fetch, found)))

    def start(self, slot: Slot) -> None:
        """The server has got what is in *slot*: begin what begins with it."""
        self.carry_out(slot, start(self._policy, slot.known, self.now, self._since))

    @property
    def _since(self) -> datetime:
        """When the server started."""
        assert self._began is not None
        return self._began

    def catch_up(self) -> None:
        """Begin what is due by now."""
        for due, slot in self._timetable.take(self.now):
            if slot.known.due == due:
                self.carry_out(slot, begin(self._policy, replace(slot.known, due=None)))
        self._set_timer()

    def _set_timer(self) -> None:
        if self.open and not self.realm.clock.stopped:
            self._timetable.set_timer(self._loop, self.now, self.catch_up)
        else:
            self._timetable.stop_timer()

    # The end.

    def end_early(self, task: asyncio.Task[Any]) -> None:
        """Let *task*, which waits for a fetch, end with the fetches where those are called off."""
        self._waits.add(task)
        task.add_done_callback(self._waits.discard)

    def cancel(self, slots: Iterable[Slot]) -> None:
        """Call everything off. *slots* are all there are."""
        for task in (*self._fetches, *self._waits):
            task.cancel()
        for slot in slots:
            slot.fetch, slot.known = None, replace(slot.known, asking=False, due=None)
        self._timetable.clear()

    def tell_when_idle(self, done: Future[None]) -> None:
        if self._fetches:
            self._settling.append(done)
        else:
            done.set_result(None)

    def _end_fetch(self, slot: Slot, task: asyncio.Task[Kept | Failure]) -> None:
        self._fetches.pop(task, None)
        if slot.fetch is task:
            slot.fetch, slot.known = None, replace(slot.known, asking=False)
        if not self._fetches:
            settling, self._settling = self._settling, []
            for done in settling:
                done.set_result(None)

    # A handshake that waits.

    async def _wait(
        self, slot: Slot, fetch: asyncio.Task[Kept | Failure], found: Callable[[Provision], object]
    ) -> None:
        began, limit = self._loop.time(), self._policy.wait
        if limit is not None and limit >= self._policy.timeout:
            # The fetch ends by itself. With a lock before it, that may take longer.
            limit = None
        try:
            async with asyncio.timeout(None if limit is None else limit.total_seconds()):
                result = await asyncio.shield(fetch)
        except TimeoutError:
            decision = give_up(self._policy, slot.known, limit)
        else:
            decision = end_wait(self._policy, slot.known, result, self._loop.time() - began)
        try:
            self.provide(slot, decision, found)
        except BaseException as error:
            self.realm.problems.add(error, f"raised in a TLS server that had waited for {slot.known.name}")

    # A fetch.

    async def _fetch(self, slot: Slot) -> Kept | Failure:
        try:
            if not self._policy.lock:
                return await self._ask(slot)
            async with self._lock:
                self.note(slot.known.name, *note_start(self._policy, slot.known))
                return await self._ask(slot)
        # Also what is no Exception, in a rule of the test's own; but not our own end.
        except BaseException as error:
            own = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and own is not None and own.cancelling():
                raise
            self.realm.problems.add(error, f"raised in a stapler that asked about {slot.known.leaf!r}")
            return Failure(Kind.NO_ANSWER, describe(error), None)

    async def _ask(self, slot: Slot) -> Kept | Failure:
        policy, leaf = self._policy, slot.known.leaf
        nonce = secrets.token_bytes(16) if policy.nonce else None
        der = None
        try:
            der = await self._ask_each(slot.known.urls, question(leaf, nonce))
            now = self.now
            usable = read_answer(der, leaf, now, policy, nonce)
        except Unfit as unfit:
            return self._conclude(slot, *fail(policy, slot.known, Kind.REFUSED, str(unfit), self.now, der))
        except NoAnswer as none:
            return self._conclude(slot, *fail(policy, slot.known, Kind.NO_ANSWER, str(none), self.now))
        return self._conclude(slot, *take(policy, slot.known, usable, now))

    def _conclude(self, slot: Slot, change: Change, result: Kept | Failure) -> Kept | Failure:
        self.carry_out(slot, change)
        # A rule of the policy's own may fail here: what has happened is noted before.
        self.carry_out(slot, plan(self._policy, slot.known, result, self.now, self._since))
        return result

    async def _ask_each(self, urls: tuple[str, ...], der: bytes) -> bytes:
        for url in urls[:-1]:
            with contextlib.suppress(NoAnswer):
                return await self._ask_one(url, der)
        return await self._ask_one(urls[-1], der)

    async def _ask_one(self, url: str, der: bytes) -> bytes:
        seconds = self._policy.timeout.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                # What is the PKI's own needs no leave.
                network = self.realm.network
                own = network.find_way(url)
                return await ask(own or url, der, self._policy.method, None if own else network.may_reach)
        except TimeoutError as error:
            raise NoAnswer(f"no answer within {seconds:g} s") from error
