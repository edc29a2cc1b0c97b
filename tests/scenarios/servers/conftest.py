"""What the scenario tests for servers share: every preset in every scenario, run once."""

from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from mockpki.scenarios.servers import BEHAVIOUR, SCENARIOS
from mockpki.scenarios.servers._run import run
from mockpki.staplers import NAMED, Outcome


@pytest.fixture(scope="session")
def table() -> dict[tuple[str, str], Future[Outcome]]:
    """Every preset in every scenario, at once: most of the time goes by in waiting."""
    with ThreadPoolExecutor(8) as pool:
        return {
            (preset, scenario.name): pool.submit(run, scenario, policy)
            for preset, policy in NAMED.items()
            for scenario in SCENARIOS
            if preset in BEHAVIOUR[scenario.name]
        }
