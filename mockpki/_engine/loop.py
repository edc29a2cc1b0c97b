"""The one background loop of the process, and how other threads call into it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import selectors
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from .._clock import monotonic
from .peers import Peers
from .ports import explain
from .standstill import Standstill

T = TypeVar("T")
_MAX_TURNS = 200
_PATIENCE = 30.0
"""Seconds after which a loop that does not come to what it is asked to do is given up."""
_LAST_PATIENCE = 2.0
"""The same at the end of a test, if it is one call of the test's own that keeps the loop."""
_LOOK = 0.2


class _Loop(asyncio.SelectorEventLoop):
    """asyncio's loop on a clock that freezegun does not stop."""

    def time(self) -> float:
        return monotonic()

    def __del__(self) -> None:
        """Asyncio's own warns of a loop that was not closed, and of one that could not be made."""


class _Selector(selectors.DefaultSelector):
    """The system's best, which counts how often the loop has come back to it."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.turns += 1
        return super().select(timeout)


class _Thread(threading.Thread):
    """The thread of a loop."""


class Owner(Protocol):
    """What holds sockets on the loop: a connection, a listener."""

    def disown(self) -> None:
        """In a forked child: let go of them."""


class Engine:
    """The background loop. `acquire` and `release` it in pairs; `call` runs a function on it.

    A loop on which code of the test's own does not return is *lost*, once somebody has waited for it in vain:
    nobody waits any more, its sockets are let go, and the next PKI gets another one.
    """

    _guard = threading.Lock()
    _current: Engine | None = None

    def __init__(self) -> None:
        self.connections: set[Owner] = set()
        self.listeners: set[Owner] = set()
        self.forked = False
        """Whether this is a forked child's copy: an object without its thread."""
        self.activity = 0
        """Rises with everything that is read or accepted."""
        self.lost: str | None = None
        """Why nobody waits for it any more, in a sentence."""
        self._users = 0
        self._stopping = False
        self._over = False
        self._waiting: set[Future[Any]] = set()
        self._lock = threading.Lock()
        with contextlib.ExitStack() as undo:
            try:
                self._selector = _Selector()
                undo.callback(self._selector.close)
                self.loop = _Loop(self._selector)
                undo.callback(self.loop.close)
            except OSError as error:
                explain(error, "there can be no event loop")
                raise
            self.peers = Peers(self.loop)
            self._thread = _Thread(target=self._run, name="mockpki", daemon=True)
            self._thread.start()
            undo.pop_all()

    @classmethod
    def acquire(cls) -> Engine:
        """The one that runs, or a new one. Raises RuntimeError on the thread of one."""
        if isinstance(threading.current_thread(), _Thread):
            raise RuntimeError(
                "a PKI cannot be opened inside a fault, or whatever else a service calls: its end would wait "
                "for itself; open it in the test, and use it there"
            )
        with cls._guard:
            if cls._current is None:
                cls._current = Engine()
            cls._current._users += 1
            return cls._current

    def release(self) -> None:
        with Engine._guard:
            self._users -= 1
            if self._users or self.forked:
                return
            if Engine._current is self:
                Engine._current = None
        self._stopping = True
        self.loop.call_soon_threadsafe(self.loop.stop)
        if self.lost is None:
            self._thread.join(_PATIENCE)

    @property
    def is_here(self) -> bool:
        """Whether the caller is the loop's own thread: a fault, a stapler."""
        return threading.current_thread() is self._thread

    def _run(self) -> None:
        loop = self.loop
        while not self._stopping:
            # A callback that raises SystemExit or KeyboardInterrupt ends this, and must not end us.
            with contextlib.suppress(BaseException):
                loop.run_forever()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks))
        with self._lock:
            self._over = True
        for future in list(self._waiting):
            if not future.done():
                future.set_exception(_Closed())
        loop.close()

    def call(self, function: Callable[..., T], *args: Any) -> T:
        """*function* called on the loop's thread; its result, or what it raised.

        Raises ValueError once the engine has stopped, TimeoutError when something keeps it busy.
        """
        return self._call(_PATIENCE, function, *args)

    def end(self, function: Callable[..., object], *args: Any) -> None:
        """The same for what ends something. Where the engine is lost, that has ended already."""
        with contextlib.suppress(_Lost):
            self._call(_LAST_PATIENCE, function, *args)

    def _call(self, patience: float, function: Callable[..., T], *args: Any) -> T:
        # In a forked child all sockets are closed, and no other thread is here to get in the way.
        if self.is_here or self.forked:
            return function(*args)
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(function(*args))
            except BaseException as error:
                future.set_exception(error)

        return self._result_of(future, run, patience)

    def post(self, function: Callable[..., object], *args: Any) -> None:
        """*function* called on the loop's thread before whatever is called there later; nobody waits."""
        self.loop.call_soon_threadsafe(function, *args)

    def settle(self, *, at_the_end: bool = False) -> None:
        """Return once whatever had reached this machine's sockets when called has been read.

        On loopback a client's octets are in our socket before its send returns. So it is enough that
        the loop turns until it finds nothing to read; no time is waited for. Raises TimeoutError where the
        engine is lost, but not *at_the_end* of a test, when that is told by others.
        """
        if self.is_here or self.forked:
            return
        future: Future[None] = Future()

        def turn(left: int, quiet: int, seen: int) -> None:
            quiet = quiet + 1 if seen == self.activity else 0
            if left and quiet < 2:
                self.loop.call_soon(turn, left - 1, quiet, self.activity)
            else:
                future.set_result(None)

        # The first turn may follow a look at the sockets that is older than this call: it does not count.
        with contextlib.suppress(_Closed, *([_Lost] if at_the_end else [])):
            self._result_of(
                future,
                lambda: self.loop.call_soon(turn, _MAX_TURNS, -1, self.activity),
                _LAST_PATIENCE if at_the_end else _PATIENCE,
            )

    def _result_of(self, future: Future[T], run: Callable[[], object], patience: float) -> T:
        with self._lock:
            if self._over:
                raise _Closed()
            if self.lost is not None:
                raise _Lost(self.lost)
            self._waiting.add(future)
            self.loop.call_soon_threadsafe(run)
        try:
            return self.wait_for(future, patience, _PATIENCE)
        finally:
            self._waiting.discard(future)

    def wait_for(self, future: Future[T], patience: float = _PATIENCE, limit: float | None = None) -> T:
        """The result of *future*, which something on the loop is to give, or what it raised.

        Raises TimeoutError when one call of the test's own has kept the loop for *patience* seconds, or after
        *limit* seconds whatever it does.
        """
        began, standstill = monotonic(), Standstill(self._thread, lambda: self._selector.turns)
        while True:
            # Its own result may be a TimeoutError.
            with contextlib.suppress(TimeoutError):
                return future.result(_LOOK)
            if future.done():
                return future.result()
            stood, waited = standstill.look(), monotonic() - began
            if self.lost is None and (stood >= patience or (limit is not None and waited >= limit)):
                self._lose(f"the services have been busy for {max(stood, waited):.0f} s", str(standstill))
            if self.lost is not None:
                raise _Lost(self.lost)

    def _lose(self, what: str, place: str) -> None:
        """Wait no more for this engine, and do what can be done from another thread."""
        with Engine._guard:
            where = f": it is at {place}" if place else ""
            self.lost = f"{what}; a fault or a function of the test's own does not return{where}"
            if Engine._current is self:
                Engine._current = None
        # Nobody will answer: clients see the end of their connections.
        for owner in (*self.connections, *self.listeners):
            owner.disown()

    @classmethod
    def after_fork(cls) -> None:
        """In a forked child: the parent's sockets are the parent's, and a new PKI gets a new engine."""
        cls._guard = threading.Lock()
        engine, cls._current = cls._current, None
        if engine is None:
            return
        engine.forked = True
        # The selector is shared with the parent: it is closed first, so that nothing unregisters there.
        engine._selector.close()
        for connection in engine.connections:
            connection.disown()
        for listener in engine.listeners:
            listener.disown()


class _Lost(TimeoutError):  # noqa: N818 - it says what is the matter
    """The engine is lost."""


class _Closed(ValueError):  # noqa: N818 - it says what is the matter
    def __init__(self) -> None:
        super().__init__("this PKI is closed, and its services with it; use it inside its `with` block")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=Engine.after_fork)
