"""What `mockpki probe-server` does: it sends a server through the stapling scenarios."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

from .._programs.placeholders import quote
from ..scenarios.servers import (
    BEHAVIOUR,
    DEMANDS,
    INERT,
    SCENARIOS,
    ClockNotFollowed,
    Nearest,
    NotListening,
    Outcome,
    Preset,
    ServerCommand,
    StapleScenario,
    Timeline,
    VirtualTime,
    World,
    choose_scenarios,
)
from ..scenarios.servers import named as named_scenario
from ..scenarios.servers import nearest as nearest_preset
from ..scenarios.servers import run as run_scenario
from ..scenarios.servers import timeline as run_timeline
from ..staplers._presets import NAMED, named

KEPT, BROKEN, NOT_SEEN = 0, 1, 4
"""Exit statuses: every demand that was seen was kept; one was broken; none was seen."""


@dataclass(frozen=True)
class ServerReport:
    """What was seen of one server, or of one preset.

    *name* and *command* say what it was; *outcomes* has one outcome for each scenario, and *nearest* the
    preset that does most like it, with the scenarios where they differ. *timelines* are the presets', and
    before them its own where its clock went with the PKI's (*virtual_time*); *obstacle* says why it did not.
    *inert*: in none of them, nor when all was well, has it stapled or asked.
    """

    name: str
    command: str
    outcomes: tuple[Outcome, ...]
    nearest: Nearest | None = None
    timelines: tuple[Timeline, ...] = ()
    inert: bool = False
    virtual_time: bool = False
    obstacle: str = ""

    @property
    def demands(self) -> Mapping[str, bool | None]:
        """The demands by name: kept wherever they could be seen, broken somewhere, or (None) never seen."""
        seen: dict[str, bool | None] = {}
        for demand in DEMANDS:
            verdicts = [
                judged.kept
                for outcome in self.outcomes
                for judged in outcome.judged
                if judged.demand == demand.name and judged.kept is not None
            ]
            seen[demand.name] = all(verdicts) if verdicts else None
        return seen

    def find_reasons(self, demand: str) -> tuple[str, ...]:
        """Why the demand of that name was never seen: each reason once."""
        reasons = {
            judged.why: None
            for outcome in self.outcomes
            for judged in outcome.judged
            if judged.demand == demand and judged.kept is None
        }
        return tuple(reasons) or ("no scenario that was run is about it",)

    @property
    def kept(self) -> int:
        """How many demands were kept wherever they were seen."""
        return sum(kept is True for kept in self.demands.values())

    @property
    def not_seen(self) -> int:
        """How many demands were never seen."""
        return sum(kept is None for kept in self.demands.values())

    @property
    def broken(self) -> int:
        """In how many places a demand was broken."""
        return sum(len(outcome.broken) for outcome in self.outcomes)

    @property
    def exit_status(self) -> int:
        """`KEPT`, `BROKEN` or `NOT_SEEN`."""
        if self.broken:
            return BROKEN
        return KEPT if self.kept else NOT_SEEN

    @property
    def likeness(self) -> str:
        """The nearest preset, in a sentence, or why there is none."""
        if self.inert:
            return f"{INERT[0].upper()}{INERT[1:]}: it is like no preset."
        if self.nearest is None:
            return (
                f"It is like no preset: {self._tell_nothing_stapled()}."
                if self.outcomes
                else "It is like no preset."
            )
        preset, differ = self.nearest, self.nearest.differ
        if not differ:
            return f"It behaves like {preset}."
        several = " and ".join(filter(None, (", ".join(differ[:-1]), differ[-1])))
        return f"It behaves most like {preset}, but for {several}."

    def _tell_nothing_stapled(self) -> str:
        could = [one for one in self.outcomes if "good" in BEHAVIOUR[one.scenario]["hitch"]]
        if not could:
            return "in these scenarios there was nothing good to staple"
        asked = any(one.requests for one in could)
        return "it asked the responder, and stapled nothing" if asked else "it stapled nothing"


def probe_server(
    command: str | Sequence[str],
    template: str | os.PathLike[str] | None = None,
    *,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    jobs: int = 4,
    timeout: timedelta = timedelta(seconds=10),
    patience: timedelta = timedelta(seconds=4),
    grace: timedelta = timedelta(seconds=1),
    key_type: str = "P-256",
    name: str = "",
    server_name: str = "localhost",
    port: int | None = None,
    timelines: bool = True,
    virtual_time: bool = True,
    progress: Callable[[Outcome], object] = lambda outcome: None,
    begin: Callable[[ServerCommand], object] = lambda world: None,
) -> ServerReport:
    """Start the server of *command* in each scenario (*only* these and not *skip*), *jobs* at a time.

    *command*, *template*, *patience*, *grace*, *key_type*, *server_name* and *port* are those of
    `ServerCommand`; *timeout* is its time to start. With a *port*, it is one scenario at a time. With
    *virtual_time* its clock goes with the PKI's, where that can be. *progress* is called with each outcome
    as it comes, on any thread; *begin* before anything is started, with what can end it all from another
    thread.

    Raises LookupError, ValueError or TypeError for arguments that make no sense, and `NotListening` where the
    server does not start, or does not stay, though the responder is up.
    """
    scenarios = choose_scenarios(only, skip)
    if jobs < 1:
        raise ValueError(f"jobs is how many scenarios run at a time, 1 or more; got {jobs!r}")

    def make_server(obstacle: str) -> ServerCommand:
        server = ServerCommand(
            command, template, name,
            start_timeout=timeout, patience=patience, grace=grace, key_type=key_type, obstacle=obstacle,
            server_name=server_name, port=port,
        )  # fmt: skip
        begin(server)
        return server

    server, obstacle = make_server("that was not wanted"), "that was not wanted"
    world: ServerCommand | VirtualTime = server
    known: dict[str, Outcome] = {}
    if virtual_time:
        try:
            world = VirtualTime(server)
            known = try_virtual_time(world)
        except (LookupError, ClockNotFollowed, NotListening) as error:
            obstacle = f"{error}"
            world = server = make_server(obstacle)
    # It starts at all, or all that follows says nothing.
    warm = known.get("good") or run_scenario("good", world)
    if warm.died:
        raise NotListening(warm.died)
    known["good"] = warm
    for scenario in scenarios:
        if scenario.name in known:
            progress(known[scenario.name])
    # Its own timeline takes longest.
    with ThreadPoolExecutor(1) as pool:
        inert = not (warm.stapled or warm.requests)
        own = pool.submit(run_own_timeline, world, warm) if timelines and not inert else None
        rest = [scenario for scenario in scenarios if scenario.name not in known]
        known |= {outcome.scenario: outcome for outcome in run_scenarios(rest, world, jobs, progress)}
        line = own and own.result()
    outcomes = [known[scenario.name] for scenario in scenarios]
    inert = not any(outcome.stapled or outcome.requests for outcome in (warm, *outcomes))
    if inert:
        # Where the responder is down nobody sees who asks; but this server never does.
        outcomes = [outcome.without_kept(INERT) for outcome in outcomes]
    return ServerReport(
        world.name,
        quote(server.words),
        tuple(outcomes),
        nearest_preset(tuple(outcomes)),
        (*([replace(line, name=name_own_line(line.name))] if line else ()), *run_timelines(jobs))
        if timelines
        else (),
        inert,
        isinstance(world, VirtualTime),
        "" if isinstance(world, VirtualTime) else obstacle,
    )


def try_virtual_time(world: VirtualTime) -> dict[str, Outcome]:
    """What a server whose clock we move does when all is well, by scenario: proof that its clock is moved.

    Raises `ClockNotFollowed` for one whose clock is not, or whose timers go by another.
    """
    warm = run_scenario("good", world)
    if warm.died:
        raise NotListening(warm.died)
    if not warm.requests_before:
        return {"good": warm}
    # It has a timer, or so it seems: then it asks when days have passed, and nobody has connected.
    idle = run_scenario(named_scenario("idle"), world)
    if len(idle.handshakes) < 2 or idle.handshakes[1][0].says != "good":
        raise ClockNotFollowed(
            "it asks of its own accord at the start, and did not when its clock had moved on by days: its "
            "timers may count seconds that have to pass"
        )
    return {"good": warm, "idle": idle}


def name_own_line(name: str) -> str:
    """What the timeline of a server of that *name* is called beside those of the presets."""
    return f"{name} (yours)" if name in NAMED else name


def run_own_timeline(world: World, warm: Outcome) -> Timeline | None:
    """The timeline of a server that did *warm* when all was well; None where its clock cannot be moved."""
    if not isinstance(world, VirtualTime):
        return None
    if warm.requests_before:
        # Its timers are waited for, so it has fewer clients.
        return run_timeline(world, every=timedelta(hours=3))
    return run_timeline(replace(world, reaction=timedelta()))


def run_scenarios(
    scenarios: Sequence[StapleScenario],
    world: World,
    jobs: int,
    progress: Callable[[Outcome], object] = lambda outcome: None,
    interrupted: threading.Event | None = None,
) -> list[Outcome]:
    """The outcomes of *scenarios* in their order, *jobs* at a time; none begins once *interrupted* is set.

    What interrupts this thread ends the world's servers at once.
    """
    stop = interrupted or threading.Event()

    def run_one(scenario: StapleScenario) -> Outcome:
        if stop.is_set():
            raise InterruptedError("nobody waits for this any more")
        outcome = run_scenario(scenario, world)
        progress(outcome)
        return outcome

    with ThreadPoolExecutor(jobs) as pool:
        try:
            return list(pool.map(run_one, scenarios))
        except BaseException:
            stop.set()
            if isinstance(world, ServerCommand | VirtualTime):
                world.end()
            raise


def run_timelines(jobs: int = 4, names: Sequence[str] = tuple(NAMED)) -> tuple[Timeline, ...]:
    """The timelines of the presets of these names."""
    with ThreadPoolExecutor(jobs) as pool:
        return tuple(pool.map(lambda name: run_timeline(Preset(NAMED[name])), names))


def probe_presets(names: Sequence[str] = (), jobs: int = 4) -> tuple[ServerReport, ...]:
    """A report on each preset of these names, or on all: every scenario, and its timeline.

    Raises LookupError, with near names, for a preset that there is not.
    """
    wanted = [next(name for name, policy in NAMED.items() if policy is named(one)) for one in names]
    several = wanted or list(NAMED)
    stop = threading.Event()

    def run_preset(name: str) -> tuple[Outcome, ...]:
        return tuple(run_scenarios(list_stated(name), Preset(NAMED[name]), 2 * jobs, interrupted=stop))

    with ThreadPoolExecutor(jobs) as pool:
        try:
            found = list(pool.map(run_preset, several))
        except BaseException:
            stop.set()
            raise
    lines = run_timelines(jobs, several)
    return tuple(
        ServerReport(name, "", outcomes, Nearest(name, ()), (line,))
        for name, outcomes, line in zip(several, found, lines, strict=True)
    )


def list_stated(preset: str) -> tuple[StapleScenario, ...]:
    """The scenarios in which it is stated what *preset* does."""
    return tuple(scenario for scenario in SCENARIOS if preset in BEHAVIOUR[scenario.name])
