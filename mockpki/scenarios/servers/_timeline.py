"""An outage of the responder that outlasts its answers, and what a client gets at every step of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from ... import faults
from ..._ca.leaf import Leaf
from ..._parameters import check_arguments
from ...faults import OCSPFault
from ...staplers._policy import StaplePolicy
from ._observe import ERRORS, Observation, visit
from ._watch import Watch
from ._worlds import HOST, NotListening, PolicyOrWorld, Preset, Site, World

_HOUR, _SECOND = timedelta(hours=1), timedelta(seconds=1)


@dataclass(frozen=True)
class Stretch:
    """A client got, or knew, the same from *begin* to *end*, since the start of what it was seen with."""

    says: str
    begin: timedelta
    end: timedelta


@dataclass(frozen=True)
class Timeline:
    """What a client got, *every* so often. The responder was down from *down_at* to *up_at*.

    Its answers live for *life*. *seen* holds an observation for each step, the first at the start. *fetches*
    is how often the server asked, in vain or not.
    """

    name: str
    seen: tuple[Observation, ...]
    every: timedelta
    life: timedelta
    down_at: timedelta
    up_at: timedelta
    fetches: int = 0

    @property
    def length(self) -> timedelta:
        """From the start to the end of the last step."""
        return len(self.seen) * self.every

    @property
    def runs(self) -> tuple[Stretch, ...]:
        """The same, with equal steps taken together."""
        found, place = [], 0
        for says, group in groupby(self.seen, key=lambda one: one.says):
            steps = sum(1 for _ in group)
            found.append(Stretch(says, place * self.every, (place + steps) * self.every))
            place += steps
        return tuple(found)

    @property
    def line(self) -> str:
        """A character for each step: see `CHARACTERS`."""
        return "".join(CHARACTERS[kind(one.says)] for one in self.seen)

    def share(self, *kinds: str) -> float:
        """The part of the steps, from 0 to 1, at which a client got one of *kinds*."""
        return sum(kind(one.says) in kinds for one in self.seen) / len(self.seen)


CHARACTERS = {
    "good": "G", "none": ".", "expired": "E", "error": "L", "failed": "X", "revoked": "R", "other": "?",
}  # fmt: skip
"""The character of each kind."""

KINDS = {
    "good": "a good staple",
    "none": "no staple",
    "expired": "an expired staple",
    "error": "an error of the responder's, stapled",
    "failed": "no handshake",
    "revoked": "a staple that says revoked",
    "other": "anything else",
}
"""What the characters and colours mean."""


def kind(says: str) -> str:
    """Which of `KINDS` a word of `WORDS` is."""
    if says in ERRORS:
        return "error"
    if says == "timeout":
        return "failed"
    return says if says in KINDS else "other"


@check_arguments
def timeline(
    world: PolicyOrWorld,
    *,
    life: timedelta = timedelta(hours=24),
    up: timedelta = timedelta(hours=6),
    down: timedelta = timedelta(hours=48),
    after: timedelta = timedelta(hours=18),
    every: timedelta = _HOUR,
    outage: Sequence[OCSPFault] = (faults.Refused(),),
    must_staple: bool = False,
    revoked_at: timedelta | None = None,
    restarts: Sequence[timedelta] = (),
) -> Timeline:
    """A client connects *every* hour; the responder is *up*, then *down* with *outage*, then up *after* that.

    The certificate is revoked at *revoked_at*, and the server is restarted at each of *restarts*, counted
    from its start, unless that is after the end. A restart that fails leaves it down. All durations are in
    whole seconds.

    *world* is a policy, or a world whose time can be shifted: nobody waits for three days, and what is due in
    between happens when it is due (`PKI.run_until`). Raises ValueError for another, or for durations that
    make no sense; `NotListening` where it does not start.
    """
    if isinstance(world, StaplePolicy):
        world = Preset(world)
    if not world.shifts:
        raise ValueError(f"a timeline shifts the clock, and that of {world.name} cannot be shifted")
    if every <= timedelta() or min(up, down, after) < timedelta() or life <= timedelta():
        raise ValueError(
            "every and life of a timeline are longer than nothing, and up, down and after no less"
        )
    moments = (every, life, up, down, after, *restarts, *(() if revoked_at is None else (revoked_at,)))
    if any(moment < timedelta() or moment % _SECOND for moment in moments):
        raise ValueError("the moments of a timeline are whole seconds from its start")
    steps = max(1, int((up + down + after) / every))
    with world.pki() as pki, pki.clock.stop():
        leaf = pki.issue_cert(world.server_name, HOST, must_staple=must_staple)
        watch = Watch(pki, life)
        with world.site(pki, leaf, watch) as site:
            run = _TimelineRun(world, site, leaf, watch, pki.clock.now())
            happens: list[tuple[timedelta, int, Callable[[], object]]] = []

            def add(moment: timedelta, order: int, act: Callable[[], object]) -> None:
                happens.append((moment, order, act))

            def change_responder(moment: timedelta, *bent: OCSPFault) -> None:
                # It is done last in the second before: what is due at that very moment finds it changed.
                add(max(moment - _SECOND, timedelta()), 4 if moment else 0, lambda: watch.answer_with(*bent))

            change_responder(timedelta())
            change_responder(up, *outage)
            change_responder(up + down)
            if revoked_at is not None:
                add(revoked_at, 0, lambda: pki.revoke(leaf))
            add(timedelta(), 1, run.start)
            for moment in restarts:
                add(moment, 2, run.restart)
            for step in range(steps):
                add(step * every, 3, run.connect)
            end = up + down + after
            for moment, _, act in sorted(happens, key=lambda one: one[:2]):
                if moment <= end:
                    run.take(moment, act)
            site.run_until(run.began + end)
            return Timeline(world.name, tuple(run.seen), every, life, up, up + down, site.fetches)


@dataclass
class _TimelineRun:
    """A timeline under way."""

    world: World
    site: Site
    leaf: Leaf
    watch: Watch
    began: datetime
    seen: list[Observation] = field(default_factory=list)

    def take(self, moment: timedelta, act: Callable[[], object]) -> None:
        """Let time pass until *moment*, then *act*."""
        self.site.run_until(self.began + moment)
        act()
        self.site.wait_until_idle()

    def start(self) -> None:
        self.site.start()
        self.site.wait_until_asked()

    def restart(self) -> None:
        with contextlib.suppress(NotListening):
            self.site.restart()

    def connect(self) -> None:
        self.seen.append(visit(self.site, self.world.patience))
