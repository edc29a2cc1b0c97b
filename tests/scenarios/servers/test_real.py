"""Real stapling servers and the presets that describe them: side by side, in every scenario.

What is compared is what was seen from outside: the staple of each handshake, whether it waited, how often
the responder was asked and when, and whether the port opened. Nothing here judges a server.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import pytest

from mockpki import staplers
from mockpki.scenarios.servers import SCENARIOS, Preset, ServerCommand, StapleScenario, World, nearest, run
from mockpki.scenarios.servers._scenarios import Delay, Expire, Hang, Pass
from tests.kit.chances import CHANCES
from tests.servers.commands import SERVERS

THEIR_OWN_MATTER = ("bad-signature", "stale", "wrong-certificate")
"""How closely a server looks into what the responder of its own CA answers is not what presets are about."""

EXPLAINED: dict[tuple[str, str], str] = {
    ("caddy", "hung"): (
        "The server opens its port when the answer is there, however long that takes; the preset has "
        "a time-out."
    ),
}
"""By server and scenario: why the two differ, in a sentence. What no longer differs fails the test, too."""

_AT_ONCE = 12
"""Scenarios under way at the same time: they mostly wait."""


def seen(scenario: StapleScenario, world: World) -> str:
    """What can be seen of a server in a scenario, in a line: all that is compared."""
    try:
        outcome = run(scenario, world)
    except BaseException as error:
        error.add_note(f"in the scenario {scenario.name}")
        raise
    waited = "".join("W" if one.waited else "-" for one in outcome.all)
    start = "not" if outcome.no_start else "late" if outcome.late_start else "at once"
    line = f"{outcome.words}; waited {waited}; open {start}"
    if any(isinstance(step, Hang) for step in scenario.steps):
        # Nobody knows when the last question is on its way that gets no answer.
        return line
    return f"{line}; asked {outcome.requests} times, {outcome.requests_before} of them before any client came"


def preset(server: ServerCommand, name: str = "") -> Preset:
    """The preset of the same name (or of *name*), with what time there is in a scenario with *server*."""
    policy = staplers.named(name or server.name)
    return Preset(policy, life=server.life, delay=server.delay, patience=server.patience)


def within_our_lives(scenario: StapleScenario) -> StapleScenario:
    """*scenario* up to where hours pass, which only a preset can do."""
    steps = takewhile(lambda step: not isinstance(step, Pass), scenario.steps)
    return replace(scenario, steps=tuple(steps))


def waiting(scenario: StapleScenario) -> int:
    """How long a scenario takes, roughly: what takes longest should begin first."""
    return sum(2 if isinstance(step, Hang) else isinstance(step, Delay | Expire) for step in scenario.steps)


def differences(server: ServerCommand) -> dict[str, str]:
    """By scenario, what was seen of *server* and of its preset, where that was not the same."""
    worlds: tuple[World, ...] = (server, preset(server))
    shared = [scenario for scenario in SCENARIOS if scenario.name not in THEIR_OWN_MATTER]
    scenarios = sorted(map(within_our_lives, shared), key=waiting, reverse=True)
    differing: dict[str, str] = {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in range(CHANCES.get(server.name, 2)):
            looks = [[pool.submit(seen, scenario, world) for world in worlds] for scenario in scenarios]
            for scenario, (real, ours) in zip(scenarios, looks, strict=True):
                differing.pop(scenario.name, None)
                if real.result() != ours.result():
                    how = f"{scenario.name}\n  server: {real.result()}\n  preset: {ours.result()}"
                    differing[scenario.name] = how
            # What is explained needs no second look.
            again = {name for name in differing if (server.name, name) not in EXPLAINED}
            scenarios = [scenario for scenario in scenarios if scenario.name in again]
    return differing


@pytest.mark.parametrize("name", SERVERS)
def test_a_preset_does_what_its_server_does(name: str) -> None:
    """In every scenario the preset is seen to do what the real server does, but for what is explained."""
    differing = differences(SERVERS[name]())
    explained = {scenario for server, scenario in EXPLAINED if server == name}
    unexplained = [how for scenario, how in differing.items() if scenario not in explained]
    assert not unexplained, "\n".join(["there are differences that nobody has explained:", *unexplained])
    assert explained == differing.keys(), "an explained difference is no longer there"


def test_another_design_is_told_apart() -> None:
    """The comparison can fail: nginx, when all is well, does as its preset, and not as that of hitch."""
    server = SERVERS["nginx"]()
    good = SCENARIOS[0]
    real = seen(good, server)
    assert real == seen(good, preset(server))
    assert real != seen(good, preset(server, "hitch"))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_of_several_workers_is_what_it_is(tmp_path: Path, workers: int) -> None:
    """nginx is nginx, however many workers its clients come to, and never another design."""
    one = SERVERS["nginx"]()
    template = tmp_path / "nginx.conf"
    template.write_text(one.text.replace("worker_processes 1;", f"worker_processes {workers};"))
    server = ServerCommand(one.command, template, "nginx", grace=one.grace)
    shared = [scenario for scenario in SCENARIOS if scenario.name not in THEIR_OWN_MATTER]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        outcomes = tuple(pool.map(lambda scenario: run(scenario, server), shared))
    found = nearest(outcomes)
    assert found is not None
    assert (found.preset, found.differ) == ("nginx", ())
    assert found.workers <= workers


def test_explanations_are_about_servers_and_scenarios() -> None:
    """Each explained difference is that of a server and a scenario that there are, and is a sentence."""
    names = {scenario.name for scenario in SCENARIOS}
    assert names > set(THEIR_OWN_MATTER)
    for (server, scenario), sentence in EXPLAINED.items():
        assert server in SERVERS
        assert scenario in names
        assert sentence.endswith(".")
