"""What reports are written on: a client, a server, and presets."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from mockpki._probe import ClientReport, Run, make_report
from mockpki._probe.servers import ServerReport, probe_presets, probe_server
from mockpki.relying_party import HARD_FAIL
from mockpki.scenarios import matching
from mockpki.scenarios.publishers import Week, choose, live_weeks
from tests.kit.probes import COMMAND, SOME, command, met, write_template


@pytest.fixture(scope="session")
def runs() -> tuple[Run, ...]:
    """A client in some scenarios of every group."""
    patterns = (
        "staple-[gr]*", "ocsp-good", "ocsp-re*", "ocsp-silent", "crl-[gr]*", "must-staple-revoked",
        "intermediate-ocsp-[ru]*", "all-*",
    )  # fmt: skip
    with ThreadPoolExecutor(4) as pool:
        return tuple(pool.map(met, matching(patterns)))


@pytest.fixture
def strict(runs: tuple[Run, ...]) -> ClientReport:
    """The runs held against hard-fail, which they do not keep."""
    return make_report(COMMAND, runs, 12.5, ("hard-fail", HARD_FAIL))


@pytest.fixture
def lenient(runs: tuple[Run, ...]) -> ClientReport:
    """The runs that came to a verdict, without a policy to keep."""
    return make_report(COMMAND, [run for run in runs if run.has_verdict], 12.5)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A TLS server that knows nothing of staples."""
    return write_template(tmp_path_factory.mktemp("server"))


@pytest.fixture(scope="session")
def report(template: Path) -> ServerReport:
    """That server in a few scenarios, with all timelines."""
    grace = timedelta(milliseconds=20)
    return probe_server(
        command(template), template, only=SOME, grace=grace, name="<plain>", virtual_time=False
    )


@pytest.fixture(scope="session")
def presets() -> tuple[ServerReport, ...]:
    """Two presets."""
    return probe_presets(["ideal", "APACHE"])


@pytest.fixture(scope="session")
def weeks() -> tuple[Week, ...]:
    """The weeks of two ways to publish."""
    return live_weeks(choose(("ad-cs", "vault")))
