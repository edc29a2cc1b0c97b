"""Runs a scenario in a world."""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta

from ..._ca.leaf import Leaf
from ..._clock import monotonic
from ..._parameters import check_arguments
from ...staplers._policy import StaplePolicy
from ._observe import Observation, visit
from ._outcome import INERT, Demand, Judged, Outcome, Passing, Trouble
from ._scenarios import (
    Delay,
    Expire,
    Forget,
    Handshakes,
    Hang,
    Pass,
    Respond,
    Restart,
    Revoke,
    StapleScenario,
    Start,
    Step,
    named,
)
from ._watch import Watch
from ._worlds import HOST, NotListening, PolicyOrWorld, Preset, Site, World, shorten_end


@check_arguments
def run(scenario: StapleScenario | str, world: PolicyOrWorld) -> Outcome:
    """What the server of *world* does in *scenario*, with the demands it kept and broke.

    Either may be given by less: the scenario by its name, a `Preset` by its policy. Everything in it is
    real except for the time, where the world's can be shifted: a fresh PKI, its responder, the server, its
    handshakes. Raises `NotListening` where the server does not start though the responder is fine.
    """
    if isinstance(scenario, str):
        scenario = named(scenario)
    if isinstance(world, StaplePolicy):
        world = Preset(world)
    with world.pki() as pki, pki.clock.stop() if world.shifts else contextlib.nullcontext():
        leaf = pki.issue_cert(world.server_name, HOST, must_staple=scenario.must_staple)
        watch = Watch(pki, world.life if scenario.expires else None)
        with world.site(pki, leaf, watch) as site:
            scenario_run = _ScenarioRun(world, site, leaf, watch)
            for number, step in enumerate(scenario.steps):
                if isinstance(step, Pass) and not world.shifts:
                    scenario_run.leave_out(scenario.steps[number:])
                    break
                scenario_run.take(step)
            outcome = scenario_run.make_outcome(scenario)
    outcome = replace(outcome, judged=tuple(_judge(demand, outcome) for demand in scenario.demands))
    return outcome.without_kept(INERT) if outcome.inert else outcome


def _judge(demand: Demand, outcome: Outcome) -> Judged:
    return Judged(demand.name, demand.sentence, *demand.judge(outcome))


@dataclass
class _ScenarioRun:
    """A scenario under way: its steps are taken one after the other, and what is seen is kept."""

    world: World
    site: Site
    leaf: Leaf
    watch: Watch
    seen: list[tuple[Observation, ...]] = field(default_factory=list)
    requests_before: int | None = None
    late_start: bool = False
    no_start: str = ""
    passing: Passing = "none"
    left_out: str = ""
    troubles: set[Trouble] = field(default_factory=set)
    unseen: bool = False
    died: str = ""

    def take(self, step: Step) -> None:
        """Take one step."""
        if step.trouble is not None:
            self.troubles.add(step.trouble)
        match step:
            case Respond(faults):
                self.watch.answer_with(*faults)
                self.unseen |= not self.watch.is_up
            case Delay():
                self.watch.answer_with(delay=self.world.delay.total_seconds())
            case Hang():
                self.watch.answer_with(delay=math.inf)
            case Revoke():
                self.site.pki.revoke(self.leaf)
            case Forget():
                self.site.pki.forget(self.leaf)
            case Start() | Restart():
                self.start(step)
            case Handshakes(count):
                self.seen.append(tuple(self.connect() for _ in range(count)))
            case Expire():
                self.let_expire()
            case Pass(by, lives):
                self.shift(by + lives * self.world.life)

    # The server and its clients.

    def start(self, step: Start | Restart) -> None:
        began = monotonic()
        try:
            self.site.start() if isinstance(step, Start) else self.site.restart()
        except NotListening as error:
            if self.watch.is_up and not self.watch.delay and not self.watch.faults:
                raise
            self.no_start = str(error)
            return
        self.late_start |= self.watch.was_held_up(began, monotonic())
        self.site.wait_until_asked()
        # Where answers are late, the first client comes while the server waits for one.
        if not self.watch.delay:
            self.site.wait_until_idle()

    def connect(self) -> Observation:
        if self.requests_before is None:
            self.requests_before = len(self.watch.requests)
        if self.no_start:
            # What it printed is told once.
            why = self.no_start.partition("; it printed:")[0]
            return Observation(self.site.pki.clock.now(), "failed", f"nobody listens: {why}", waited=False)
        began = monotonic()
        seen = visit(self.site, self.world.patience)
        if seen.says in ("failed", "timeout") and (end := self.site.find_end()):
            # Whatever went wrong with the handshake, it was not that.
            self.died = end
            seen = replace(seen, says="failed", reason=shorten_end(end))
        waited = self.watch.was_held_up(began, monotonic())
        self.site.wait_until_idle()
        return replace(seen, waited=waited)

    # The time.

    def shift(self, by: timedelta) -> None:
        self.passing = "shifted"
        # What is due on the way happens when it is due.
        self.site.run_until(self.site.pki.clock.now() + by)
        self.site.wait_until_idle()

    def let_expire(self) -> None:
        # One second, because times are in whole ones; and one more, because both clocks cut theirs.
        enough = self.world.life + timedelta(seconds=2)
        if self.world.shifts:
            self.shift(enough)
            return
        self.passing = "waited"
        last = max((request.due for request in self.watch.requests), default=0.0)
        time.sleep(max(0.0, last + enough.total_seconds() - monotonic()))

    # What comes of it.

    def leave_out(self, steps: tuple[Step, ...]) -> None:
        handshakes = sum(step.count for step in steps if isinstance(step, Handshakes))
        self.left_out = (
            f"the last {handshakes} handshakes, which come when more time has passed than anybody waits for"
        )
        if self.world.obstacle:
            self.left_out += f"; its clock was not moved, since {self.world.obstacle}"

    def make_outcome(self, scenario: StapleScenario) -> Outcome:
        return Outcome(
            scenario.name,
            self.world.name,
            tuple(self.seen),
            requests_before=self.requests_before or 0,
            requests=len(self.watch.requests),
            late_start=self.late_start,
            no_start=self.no_start,
            passing=self.passing,
            left_out=self.left_out,
            printed=self.site.read_output(),
            troubles=frozenset(self.troubles),
            unseen=self.unseen,
            died=self.died,
        )
