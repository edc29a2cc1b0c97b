"""What `mockpki probe-server` does: it sends a server through the stapling scenarios."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from .._programs.placeholders import quote
from ..scenarios.servers import (
    BEHAVIOUR,
    DEMANDS,
    SCENARIOS,
    Outcome,
    Preset,
    ServerCommand,
    StapleScenario,
    Timeline,
    World,
    choose_scenarios,
)
from ..scenarios.servers import nearest as nearest_preset
from ..scenarios.servers import run as run_scenario
from ..scenarios.servers import timeline as run_timeline
from ..staplers._presets import NAMED, named

KEPT, BROKEN = 0, 1
"""Exit statuses: every demand was kept; one was broken."""


@dataclass(frozen=True)
class ServerReport:
    """What was seen of one server, or of one preset.

    *name* and *command* say what it was; *outcomes* has one outcome for each scenario, and *nearest* the
    preset that does most like it, with the scenarios where they differ. *timelines* are the presets'.
    """

    name: str
    command: str
    outcomes: tuple[Outcome, ...]
    nearest: tuple[str, tuple[str, ...]] | None = None
    timelines: tuple[Timeline, ...] = ()

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

    @property
    def broken(self) -> int:
        """In how many places a demand was broken."""
        return sum(len(outcome.broken) for outcome in self.outcomes)

    @property
    def exit_status(self) -> int:
        """`KEPT` or `BROKEN`."""
        return BROKEN if self.broken else KEPT

    @property
    def likeness(self) -> str:
        """The nearest preset, in a sentence."""
        if self.nearest is None:
            return "It is like no preset."
        preset, differ = self.nearest
        if not differ:
            return f"It behaves like {preset}."
        several = " and ".join(filter(None, (", ".join(differ[:-1]), differ[-1])))
        return f"It behaves most like {preset}, but for {several}."


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
    timelines: bool = True,
    progress: Callable[[Outcome], object] = lambda outcome: None,
    begin: Callable[[ServerCommand], object] = lambda world: None,
) -> ServerReport:
    """Start the server of *command* in each scenario (*only* these and not *skip*), *jobs* at a time.

    *command*, *template*, *patience*, *grace* and *key_type* are those of `ServerCommand`; *timeout* is
    its time to start. *progress* is called with each outcome as it comes, on any thread; *begin* before
    anything is started, with what can end it all from another thread.

    Raises LookupError, ValueError or TypeError for arguments that make no sense, and `NotListening` where the
    server does not start though the responder is up.
    """
    scenarios = choose_scenarios(only, skip)
    if jobs < 1:
        raise ValueError(f"jobs is how many scenarios run at a time, 1 or more; got {jobs!r}")
    world = ServerCommand(
        command, template, name,
        start_timeout=timeout, patience=patience, grace=grace, key_type=key_type,
    )  # fmt: skip
    begin(world)
    # It starts at all, or all that follows says nothing.
    first, *rest = scenarios if scenarios[0].name == "good" else (SCENARIOS[0], *scenarios)
    outcomes = [run_scenario(first, world)]
    if first in scenarios:
        progress(outcomes[0])
    else:
        outcomes.clear()
    outcomes += run_scenarios(rest, world, jobs, progress)
    return ServerReport(
        world.name,
        quote(world.words),
        tuple(outcomes),
        nearest_preset(tuple(outcomes)),
        run_timelines(jobs) if timelines else (),
    )


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
            if isinstance(world, ServerCommand):
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
        ServerReport(name, "", outcomes, (name, ()), (line,))
        for name, outcomes, line in zip(several, found, lines, strict=True)
    )


def list_stated(preset: str) -> tuple[StapleScenario, ...]:
    """The scenarios in which it is stated what *preset* does."""
    return tuple(scenario for scenario in SCENARIOS if preset in BEHAVIOUR[scenario.name])
