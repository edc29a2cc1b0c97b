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

T = TypeVar("T")
_MAX_TURNS = 200
_PATIENCE = 30


class _Loop(asyncio.SelectorEventLoop):
    """asyncio's loop on a clock that freezegun does not stop."""

    def time(self) -> float:
        return monotonic()

    def __del__(self) -> None:
        """Asyncio's own warns of a loop that was not closed, and of one that could not be made."""


class Owner(Protocol):
    """What holds sockets on the loop: a connection, a listener."""

    def disown(self) -> None:
        """In a forked child: let go of them."""


class Engine:
    """The background loop. `acquire` and `release` it in pairs; `call` runs a function on it."""

    _guard = threading.Lock()
    _current: Engine | None = None

    def __init__(self) -> None:
        self.connections: set[Owner] = set()
        self.listeners: set[Owner] = set()
        self.forked = False
        """Whether this is a forked child's copy: an object without its thread."""
        self.activity = 0
        """Rises with everything that is read or accepted."""
        self._users = 0
        self._stopping = False
        self._over = False
        self._waiting: set[Future[Any]] = set()
        self._lock = threading.Lock()
        with contextlib.ExitStack() as undo:
            try:
                self._selector = selectors.DefaultSelector()
                undo.callback(self._selector.close)
                self.loop = _Loop(self._selector)
                undo.callback(self.loop.close)
            except OSError as error:
                explain(error, "there can be no event loop")
                raise
            self.peers = Peers(self.loop)
            self._thread = threading.Thread(target=self._run, name="mockpki", daemon=True)
            self._thread.start()
            undo.pop_all()

    @classmethod
    def acquire(cls) -> Engine:
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
        # In a forked child all sockets are closed, and no other thread is here to get in the way.
        if self.is_here or self.forked:
            return function(*args)
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(function(*args))
            except BaseException as error:
                future.set_exception(error)

        return self._result_of(future, run)

    def post(self, function: Callable[..., object], *args: Any) -> None:
        """*function* called on the loop's thread before whatever is called there later; nobody waits."""
        self.loop.call_soon_threadsafe(function, *args)

    def settle(self) -> None:
        """Return once whatever had reached this machine's sockets when called has been read.

        On loopback a client's octets are in our socket before its send returns. So it is enough that
        the loop turns until it finds nothing to read; no time is waited for.
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
        with contextlib.suppress(_Closed):
            self._result_of(future, lambda: self.loop.call_soon(turn, _MAX_TURNS, -1, self.activity))

    def _result_of(self, future: Future[T], run: Callable[[], object]) -> T:
        with self._lock:
            if self._over:
                raise _Closed()
            self._waiting.add(future)
            self.loop.call_soon_threadsafe(run)
        try:
            return future.result(_PATIENCE)
        except TimeoutError:
            if future.done():
                raise
            raise TimeoutError(
                f"the services have been busy for {_PATIENCE} s; a fault or a stapler of the test's own "
                "does not return"
            ) from None
        finally:
            self._waiting.discard(future)

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


class _Closed(ValueError):  # noqa: N818 - it says what is the matter
    def __init__(self) -> None:
        super().__init__("this PKI is closed, and its services with it; use it inside its `with` block")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=Engine.after_fork)
