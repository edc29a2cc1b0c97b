"""Where a scenario takes place: what a server is, how it is started, and how time passes there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Annotated, Protocol

from ..._ca.leaf import Leaf
from ..._clock import monotonic
from ..._parameters import Pause, check_fields
from ..._pki import PKI
from ..._pkix.window import LIFE
from ..._tls.server import TlsServer
from ..._validation.finding import Status, Tolerance, Unusable
from ..._validation.ocsp import read_response
from ...staplers._policy import StaplePolicy
from ...staplers._presets import NAMED
from ...staplers._stapler import Stapler
from ._watch import Watch

HOST, SERVER_NAME = "127.0.0.1", "localhost"


class NotListening(Exception):  # noqa: N818 - in most scenarios it is a finding
    """A server was started, and does not listen. It says why, in a sentence."""


def shorten_end(end: str) -> str:
    """How a program ended, by `Site.find_end`, with the last line that it printed: the rest is told once."""
    how, _, printed = end.partition("; it printed:")
    last = printed.strip().rpartition("\n")[2]
    return f"the server is gone: {how}" + (f"; at last it printed: {last}" if last else "")


class Site(Protocol):
    """A server in one scenario, with a PKI of its own."""

    @property
    def pki(self) -> PKI: ...
    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...

    @property
    def leaf(self) -> Leaf:
        """Its certificate."""

    @property
    def fetches(self) -> int:
        """How often the server has asked, in vain or not, as far as that can be seen."""

    def start(self) -> None:
        """Start the server. Raises `NotListening`."""

    def restart(self) -> None:
        """End it, and start it again. Raises `NotListening`."""

    def run_until(self, time: datetime) -> None:
        """Let time pass until *time*, by the PKI's clock, and all happen that is due on the way."""

    def wait_until_asked(self) -> None:
        """Return when it has asked what it asks of its own accord at the start, answered or not."""

    def wait_until_idle(self) -> None:
        """Return when every answer that will come has come, and the server has done with it what it does."""

    def read_output(self) -> str:
        """The end of what it printed."""

    def find_end(self) -> str:
        """How it ended, if it did so by itself; an empty text for one that runs."""


class World(Protocol):
    """What `mockpki.scenarios.servers.run` needs to know.

    *shifts*: its time can be shifted; *obstacle* may say in words why not. *life* is that of answers in a
    scenario where one has to expire. *delay* is how long a slow responder takes, *patience* how long a client
    waits for a handshake, which asks for *server_name*.
    """

    @property
    def name(self) -> str: ...
    @property
    def shifts(self) -> bool: ...
    @property
    def obstacle(self) -> str: ...
    @property
    def life(self) -> timedelta: ...
    @property
    def delay(self) -> timedelta: ...
    @property
    def patience(self) -> timedelta: ...
    @property
    def server_name(self) -> str: ...

    def pki(self) -> PKI:
        """A fresh PKI for one scenario."""

    def site(self, pki: PKI, leaf: Leaf, watch: Watch) -> AbstractContextManager[Site]:
        """A server that is not started yet, for one scenario; it is ended at the end of the block."""


PolicyOrWorld = Annotated[World | StaplePolicy, "a StaplePolicy, a Preset or a ServerCommand"]


@dataclass(frozen=True)
class Preset:
    """A TLS server of ours that gets its staples as *policy* says. Time is shifted, and takes none.

    Its fetches end after three times the *patience* of a client, if not earlier: longer ones show nothing
    more. With trigger ``"file"``, somebody has put a good answer there before the start, if one was to be
    had.
    """

    policy: Annotated[StaplePolicy, "a StaplePolicy, such as staplers.named('nginx')"]
    name: str = ""
    life: timedelta = LIFE
    delay: Pause = timedelta(seconds=1)
    patience: Pause = timedelta(seconds=3)
    shifts: bool = field(default=True, init=False)
    obstacle: str = field(default="", init=False)
    server_name: str = field(default=SERVER_NAME, init=False)

    def __post_init__(self) -> None:
        check_fields(self)
        if not self.name:
            known = (name for name, policy in NAMED.items() if policy == self.policy)
            object.__setattr__(self, "name", next(known, "a policy of your own"))

    def pki(self) -> PKI:
        """One with the keys that are quickest to make."""
        return PKI()

    @contextlib.contextmanager
    def site(self, pki: PKI, leaf: Leaf, watch: Watch) -> Iterator[Site]:
        """A stapling TLS server of *pki*."""
        stapler = Stapler(replace(self.policy, timeout=min(self.policy.timeout, 3 * self.patience)))
        server = pki.tls_server(leaf, staple=stapler)
        try:
            yield _PresetSite(pki, leaf, watch, server, stapler, self.patience.total_seconds())
        finally:
            server.close()


@contextlib.contextmanager
def _raise_not_listening() -> Iterator[None]:
    """A server of ours that may not start says so by a RuntimeError."""
    try:
        yield
    except RuntimeError as error:
        raise NotListening(str(error)) from error


@dataclass
class _PresetSite:
    pki: PKI
    leaf: Leaf
    watch: Watch
    server: TlsServer
    stapler: Stapler
    patience: float

    @property
    def host(self) -> str:
        return self.server.host

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def fetches(self) -> int:
        return self.stapler.stats.fetches

    def start(self) -> None:
        policy = self.stapler.policy
        if policy.trigger == "file":
            self.stapler.preload(self.leaf, self._find_file())
        with _raise_not_listening():
            self.server.__enter__()

    def _find_file(self) -> bytes | None:
        """The responder's answer, which somebody has checked and put there; None if it was not good."""
        leaf, watch = self.leaf, self.watch
        if not watch.is_up:
            return None
        try:
            der = leaf.issuer.ocsp.response_for(leaf, *watch.answer_faults)
            now, issuer = self.pki.clock.now(), leaf.issuer.certificate
            found = read_response(der, leaf.certificate, issuer, now, Tolerance(clock_skew=timedelta()))
        except (TypeError, Unusable):
            # What is wrong with HTTP is no answer at all.
            return None
        return der if found.status is Status.GOOD else None

    def restart(self) -> None:
        with _raise_not_listening():
            self.stapler.restart()

    def run_until(self, time: datetime) -> None:
        self.pki.run_until(time)

    def wait_until_asked(self) -> None:
        if self.stapler.policy.at_start and self.watch.is_up:
            self.watch.wait_for(1, self.patience)

    def wait_until_idle(self) -> None:
        if self.watch.hangs:
            # No answer comes, but the questions do.
            self.watch.wait_for(self.stapler.stats.fetches, self.patience)
        else:
            left = self.watch.last_due - monotonic()
            self.stapler.settle(max(0.0, left) + 4 * self.patience)

    def read_output(self) -> str:
        return ""

    def find_end(self) -> str:
        return ""
