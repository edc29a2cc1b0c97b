"""A real server in virtual time: its clock goes with that of the PKI."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..._ca.leaf import Leaf
from ..._clock import monotonic
from ..._pki import PKI
from ..._pkix.window import LIFE
from ..._programs.faketime import DEAF, FakeClock, find_hindrance
from ..._programs.strays import find_in_group, find_listeners
from ._command import CommandSite, ServerCommand
from ._watch import Watch

_PAUSE = 0.01
"""Seconds after each hop, in which a server that was woken asks."""
_LONG_PAUSE = 0.05
"""The same after a hop that brought a request: a server whose responder is in trouble soon asks again."""
_PATIENCE = 2.0
"""Seconds in which a server that shakes hands looks at its clock."""


class ClockNotFollowed(Exception):  # noqa: N818 - it is a finding
    """A server's clock does not go with the PKI's. It says why, in words."""


@dataclass(frozen=True)
class VirtualTime:
    """The server of a `ServerCommand` with a clock that goes with that of the PKI, by libfaketime.

        run("idle", VirtualTime(ServerCommand("nginx -c {config}", "nginx.conf")))

    When hours pass, its clock makes hops of *hop* at most, and what sleeps until an event is woken after
    each. *reaction* is how long it is then given for what its timers do: many look at the clock once a
    second. Answers live for *life*, as a preset's do. A sleep of fixed length lasts as long as ever.

    Not every program can be told the time: after each scenario it is made sure that it looked at its clock.
    Raises LookupError where libfaketime is not installed.
    """

    server: ServerCommand
    life: timedelta = LIFE
    hop: timedelta = timedelta(hours=1)
    reaction: timedelta = timedelta(seconds=1.2)
    shifts: bool = field(default=True, init=False)
    obstacle: str = field(default="", init=False)

    def __post_init__(self) -> None:
        if self.hop < timedelta(seconds=1):
            raise ValueError(f"hop is how far a clock moves at a time, a second or more; got {self.hop!r}")
        FakeClock()

    @property
    def name(self) -> str:
        """The server's."""
        return self.server.name

    @property
    def delay(self) -> timedelta:
        """How long a slow responder takes, in real time."""
        return self.server.delay

    @property
    def patience(self) -> timedelta:
        """How long a client waits for a handshake, in real time."""
        return self.server.patience

    @property
    def server_name(self) -> str:
        """What clients ask for."""
        return self.server.server_name

    def pki(self) -> PKI:
        """The server's."""
        return self.server.pki()

    def end(self) -> None:
        """Kill all that runs of this command: see `ServerCommand.end`."""
        self.server.end()

    @contextlib.contextmanager
    def site(self, pki: PKI, leaf: Leaf, watch: Watch) -> Iterator[VirtualSite]:
        """The server with a clock of its own. Leaving it raises `ClockNotFollowed` if it never looks."""
        with FakeClock() as clock, self.server.site(pki, leaf, watch, clock) as inner:
            # Clock.offset says what was shifted, and nothing of a clock that stands: this one runs on between
            # two hops, or a timer that is set a little late would be due a little after the next.
            rest = pki.clock.now() - pki.clock.system_time() - pki.clock.offset
            unwatch = pki.clock.watch(lambda: clock.set(pki.clock.offset + rest))
            try:
                clock.set(pki.clock.offset + rest)
                site = VirtualSite(
                    inner.world, pki, leaf, watch, inner.program, virtual_time=self, clock=clock
                )
                yield site
                site.check_clock()
            finally:
                unwatch()


@dataclass
class VirtualSite(CommandSite):
    """The server where hours pass."""

    virtual_time: VirtualTime = field(kw_only=True)
    clock: FakeClock = field(kw_only=True)
    asked_lately: bool = False
    group: set[int] = field(default_factory=set)
    began: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.pki.clock.now()

    def run_until(self, time: datetime) -> None:
        pki, hop, process = self.pki, self.virtual_time.hop, self.program.process
        began = pki.clock.now()
        self.group = set() if process is None else find_in_group(process.pid)
        while (now := pki.clock.now()) < time:
            # Hops are counted from the beginning, whatever else happens in between.
            pki.run_until(min(now + hop - (now - self.began) % hop, time))
            self.asked_lately = self._let_react(_LONG_PAUSE if self.asked_lately else _PAUSE)
        until = monotonic() + self.virtual_time.reaction.total_seconds()
        while now > began and (left := until - monotonic()) > 0:
            self._let_react(left)

    def _let_react(self, seconds: float) -> bool:
        """Wake it, and return when it has asked what it asks within that time, and whether it has."""
        began = before = len(self.watch.requests)
        if self.program.process is not None:
            self.program.processes.wake(self.program.process, self.group)
        until = monotonic() + seconds
        while (left := until - monotonic()) > 0:
            # Where the responder is down, nobody sees when it asks.
            if not self.watch.is_up:
                time.sleep(left)
            elif self.watch.wait_for(before + 1, left):
                time.sleep(max(0.0, self.watch.last_due - monotonic()))
                before = len(self.watch.requests)
                until = monotonic() + 2 * _PAUSE
        return before > began

    def check_clock(self) -> None:
        """Raise `ClockNotFollowed` if the server takes a client, and does not look at its clock."""
        if hindrance := find_hindrance(find_listeners(self.port)):
            raise ClockNotFollowed(hindrance)
        hello = _make_hello(self.leaf.names[0])
        self.clock.forget()
        try:
            with socket.create_connection((self.host, self.port), _PATIENCE) as client:
                client.sendall(hello)
                if self.clock.is_read(_PATIENCE):
                    return
        except OSError:
            # Nobody is there whose clock could matter.
            return
        raise ClockNotFollowed(DEAF)


def _make_hello(server_name: str) -> bytes:
    """The ClientHello of a client that asks for no staple: whoever gets it does nothing about staples."""
    context = ssl.create_default_context()
    out = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=server_name).do_handshake()
    return out.read()
