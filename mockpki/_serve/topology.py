"""The PKIs of this server: one for each test, and none that another test sees."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from .._clock import monotonic
from .._parameters import LONGEST
from .._pki import PKI
from .._typed import find_near
from .authorities import read_own
from .bodies import MakePki
from .durations import read_duration
from .events import Events
from .hosted import Hosted
from .limits import REMEMBERED, Limits
from .problem import Problem, pointing_into, pointing_to
from .pump import Pump
from .shapes import EventData, Problems


class Topology:
    """What there is on this server. *options* are those of `PKI` that the server chooses for all, *tls_ports*
    the ports that TLS servers may have.

    Every method may be called from any thread.
    """

    def __init__(self, limits: Limits, tls_ports: Sequence[int] = (), **options: Any) -> None:
        self.limits = limits
        self.started = monotonic()
        self.stop: Callable[[], object] = lambda: None
        """Ends the server; set by whoever runs it."""
        self.report: Callable[[str, list[str]], object] = lambda name, said: None
        """Is told what a PKI had to say that nobody closed, but its time."""
        self.events = Events()
        """What happens here, for those who listen."""
        pump = Pump(self)
        self.events.first_came, self.events.last_left = pump.start, pump.stop
        self.events.changed = pump.mark
        self.everywhere = False
        """Whether it listens on every address, of which none is advertised: a PKI has that by which it was
        asked for, which leads here."""
        self._options = options
        self._tls_ports = tls_ports
        self._lock = threading.RLock()
        self._hosted: dict[str, Hosted] = {}
        self._names: dict[str, str] = {}
        self._gone: OrderedDict[str, str | None] = OrderedDict()
        """The ids of those that were closed last, and their names."""
        self._opening = 0
        self._closed = False

    def __len__(self) -> int:
        return len(self._hosted)

    def open_pkis(self) -> list[Hosted]:
        """All that are open, the oldest first."""
        self.end_old()
        with self._lock:
            return list(self._hosted.values())

    def find(self, key: str) -> Hosted:
        """The PKI of that id or name. Raises Problem for one that is not there, or no more."""
        self.end_old()
        with self._lock:
            hosted = self._hosted.get(self._names.get(key) or key.lower())
            if hosted is not None:
                return hosted
            if key.lower() in self._gone or key in self._gone.values():
                raise Problem("gone", f"the PKI {key!r} was closed; make another with POST /v1/pkis")
            near = find_near(key, [*(name for name, id in self._names.items() if id), *self._hosted])
        hint = f"did you mean {near[0]!r}?" if near else "POST /v1/pkis makes one"
        raise Problem("not-found", f"there is no PKI {key[:200]!r}; {hint}", suggestions=near)

    def make(self, body: MakePki, fill: Callable[[Hosted], None] = lambda hosted: None) -> Hosted:
        """A PKI as *body* says, which others see when *fill* has put into it what it is to have.

        Raises Problem where there is no room for it, and what *fill* raises; then there is none.
        """
        self._reserve(body.name)
        try:
            hosted = self._create(body)
            try:
                fill(hosted)
            except BaseException:
                hosted.close()
                raise
        except BaseException:
            with self._lock:
                self._release(body.name)
            raise
        with self._lock:
            self._release(body.name)
            if not self._closed:
                self._hosted[hosted.id] = hosted
                if body.name is not None:
                    self._names[body.name] = hosted.id
                return hosted
        hosted.close()
        raise Problem("gone", "this server is ending")

    def _create(self, body: MakePki) -> Hosted:
        ttl = self.limits.ttl
        if body.ttl is not None:
            with pointing_to("/ttl"):
                ttl = read_duration(body.ttl, "ttl", least=timedelta(), most=LONGEST)
        options = {**self._options, **_choose_options(body)}
        with pointing_into(body):
            pki = PKI(**options, evidence=self.limits.journal)
        pki._realm.network.tls_ports = self._tls_ports
        if body.logged:
            # Whoever makes it has no other way to ask for the service of filters.
            _ = pki.crlite
        hosted = Hosted(pki, body.name, ttl)
        hosted.bodies[hosted.id] = body
        hosted.watch_problems(partial(self._tell_problem, hosted.id))
        return hosted

    def _tell_problem(self, pki: str, sentence: str) -> None:
        self.events.add("problem", pki, EventData(pki=pki, document=sentence))

    def _reserve(self, name: str | None) -> None:
        """Keep room for one more PKI, and its *name*, until `_release`."""
        self.end_old()
        most = self.limits.pkis
        with self._lock:
            if self._closed:
                raise Problem("gone", "this server is ending")
            if len(self._hosted) + self._opening >= most:
                raise Problem(
                    "limit-reached",
                    f"{most} PKIs are open, which is the limit of --max-pkis; close some with DELETE, or "
                    "give them a ttl",
                )
            if name is not None:
                if name in self._names or name.lower() in self._hosted:
                    raise Problem(
                        "conflict",
                        f"there is a PKI called {name!r} already; choose another name, or none",
                        "/name",
                    )
                self._names[name] = ""
            self._opening += 1

    def _release(self, name: str | None) -> None:
        self._opening -= 1
        if name is not None:
            del self._names[name]

    def close(self, hosted: Hosted) -> list[str]:
        """End *hosted*; what there was to say."""
        with self._lock:
            was_there = self._hosted.pop(hosted.id, None) is not None
            if was_there:
                if hosted.name is not None:
                    del self._names[hosted.name]
                self._gone[hosted.id] = hosted.name
                if len(self._gone) > REMEMBERED:
                    self._gone.popitem(last=False)
        said = hosted.close()
        if was_there:
            document = Problems(problems=said)
            self.events.add("pki", hosted.id, EventData(pki=hosted.id, state="closed", document=document))
            self.events.changed(hosted.id)
        return said

    def end_old(self) -> None:
        """Close those whose time is over."""
        now = monotonic()
        with self._lock:
            over = [one for one in self._hosted.values() if one.until is not None and one.until <= now]
        for hosted in over:
            self.report(hosted.name or hosted.id, self.close(hosted))

    def close_all(self) -> dict[str, list[str]]:
        """End all of them, and take no more; what there was to say, by PKI."""
        with self._lock:
            self._closed = True
            hosted = list(self._hosted.values())
        said = {one.name or one.id: self.close(one) for one in hosted}
        self.events.close()
        return said


def _choose_options(body: MakePki) -> dict[str, Any]:
    options: dict[str, Any] = {
        "depth": body.depth,
        "key_type": body.key_type,
        "delegated": body.delegated,
        "responder_id": body.responder_id,
        "logged": body.logged,
        "scts": body.scts,
        "ca_not_before": body.ca_not_before,
        "ca_not_after": body.ca_not_after,
    }
    if body.root is not None:
        with pointing_to("/root"):
            options["root"] = read_own(body.root)
    if body.publishes is not None:
        options["publishes"] = body.publishes
    if body.ago is not None:
        with pointing_to("/ago"):
            options["ago"] = read_duration(body.ago, "ago", least=timedelta(), most=LONGEST)
    if body.advertise is not None:
        options["advertise"] = body.advertise
    return options
