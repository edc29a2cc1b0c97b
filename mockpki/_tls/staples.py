"""What a TLS server staples at the moment, and what was put aside for it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future

from .._ca.leaf import Leaf
from .._ca.realm import Realm
from .._engine.loop import Engine
from ..staplers._provision import Provision
from ..staplers._stapler import Server, Stapler
from .staple_source import Ready, Source, done_with, make_provision


class Staples:
    """The source of a server's staples, which may be replaced by another for a while.

    A stapler that is put aside goes on by itself, as one does that no handshake comes to; so it comes back as
    a server's would, with what it has got meanwhile.
    """

    def __init__(self, server: Server, realm: Realm, source: Source) -> None:
        self._server = server
        self._realm = realm
        self.source = source
        """What the next handshake gets its staple from."""
        self._staplers = [source] if isinstance(source, Stapler) else []
        self._running = False

    @property
    def stapler(self) -> Stapler | None:
        """The stapler that is at work, or was put aside last; None: there is none."""
        if isinstance(self.source, Stapler):
            return self.source
        return self._staplers[-1] if self._staplers else None

    def start(self) -> None:
        """Before there is a port: a server may have to wait for its staples, or not start at all."""
        for stapler in self._staplers:
            stapler.attach(self._server, self._realm)
        self._running = True

    def replace(self, source: Source) -> Callable[[], None]:
        """Have staples come from *source*, once it has started. The result puts back what was there.

        Nothing has changed when it cannot start, with what `Stapler.attach` raises.
        """
        before, is_new = self.source, source not in self._staplers
        self._put(source)

        def restore() -> None:
            self._put(before)
            if is_new and isinstance(source, Stapler) and source in self._staplers:
                if self._running:
                    self._realm.engine.end(self._retire, source)
                else:
                    self._staplers.remove(source)

        return restore

    def _put(self, source: Source) -> None:
        if isinstance(source, Stapler) and source not in self._staplers:
            if self._running:
                source.attach(self._server, self._realm)
            self._staplers.append(source)
        self.source = source

    # On the loop.

    def _retire(self, stapler: Stapler) -> None:
        """It goes, unless a handshake that has begun waits for it: then it goes with the server."""
        if stapler.retire(self._server):
            self._staplers.remove(stapler)

    def let_go(self) -> None:
        """The server is closed."""
        self._running = False
        for stapler in self._staplers:
            stapler.detach(self._server)

    def announce(self, leaf: Leaf) -> None:
        """Have every stapler know of a leaf that was just issued."""
        for stapler in self._staplers:
            stapler.load(leaf)


def find_staple(
    source: Source, leaf: Leaf, number: int, found: Callable[[Future[Provision]], object], engine: Engine
) -> None:
    """Call *found* on the loop with the staple for *leaf* by *source*: at once, or when it is there.

    *number* is that of the connection.
    """
    if isinstance(source, Stapler):
        source.serve(leaf, number, lambda provision: found(done_with(provision)))
        return
    if isinstance(source, Ready):
        found(make_provision(source.make, source.reason, leaf))
        return

    def work() -> None:
        provision = make_provision(source, "what the test's own function returned", leaf)
        with contextlib.suppress(RuntimeError):  # the loop may have ended before
            engine.loop.call_soon_threadsafe(found, provision)

    # Nobody waits for it: it may hang with the responder that it asks.
    threading.Thread(target=work, name="mockpki stapler", daemon=True).start()
