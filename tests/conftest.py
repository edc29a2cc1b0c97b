"""For the whole suite: which tests are slow, and what a run of pytest inside a test is kept from."""

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest

HERE = Path(__file__).parent
SLOW = {
    "clients", "cli", "foreign", "probe", "reports", "scenarios", "stories",
    "catalogue/test_difference.py", "catalogue/test_recipes_crl.py", "catalogue/test_recipes_ocsp.py",
    "ca/test_issuing.py", "faults/test_transport_together.py", "programs/test_faketime.py",
    "serve/test_all_scenarios.py", "serve/test_process.py", "serve/test_remote.py",
    "serve/console/test_attacks.py", "serve/console/test_by_hand.py", "serve/console/test_live_log.py",
    "serve/console/test_types.py",
    "staplers/test_presets.py", "staplers/test_sightings.py", "test_benchmarks.py", "test_contributing.py",
    "test_forked_processes.py", "test_fuzz.py", "test_interruptions.py", "test_lifecycle.py",
    "test_own_errors.py", "test_pytest_company.py", "test_pytest_plugin.py", "test_manual.py",
    "test_matrix.py", "test_release.py", "test_threads.py", "test_verifiers.py",
}  # fmt: skip
"""Folders and files. Without them, ``-m "not slow"``, the rest takes about three minutes on two cores."""
UNCOUNTED = {
    "clients", "foreign", "stories",
    "cli/test_endings.py", "cli/test_probe_server.py", "cli/test_run.py", "cli/test_welcome.py",
    "faults/test_transport_together.py",
    "probe/test_client_certificates.py", "probe/test_clients.py",
    "probe/test_servers.py", "programs/test_foreground.py", "programs/test_faketime.py",
    "scenarios/clients/test_control.py", "scenarios/clients/test_list_table.py",
    "scenarios/servers/test_real.py", "scenarios/servers/test_real_over_time.py",
    "serve/console/test_attacks.py", "serve/console/test_by_hand.py", "serve/console/test_live_log.py",
    "serve/console/test_types.py", "serve/test_all_scenarios.py", "serve/test_process.py",
    "serve/test_remote.py", "test_contributing.py",
    "test_forked_processes.py", "test_fuzz.py", "test_house.py", "test_interruptions.py",
    "test_lifecycle.py", "test_manual.py", "test_matrix.py", "test_own_errors.py", "test_pytest_company.py",
    "staplers/test_presets_over_time.py", "test_pytest_options.py", "test_pytest_plugin.py",
    "test_release.py", "test_threads.py", "test_verifiers.py", "test_wrong_values.py",
    "tls/test_transports.py",
}  # fmt: skip
"""Those that go through the whole again and again, or look at it from outside. Whoever counts lines, which
makes everything take twice as long, counts those of all others."""


if "PYTEST_XDIST_WORKER" in os.environ:
    # Lines are counted here, and not in the many programs that tests start: each would take twice as long.
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)

CORE = {
    "ca/test_trust.py", "cli/test_main.py", "engine/test_fetch.py", "pkix/test_keys.py",
    "pkix/test_ocsp_response.py", "pkix/test_pkcs12.py", "pkix/test_reading.py", "pkix/test_signing.py",
    "serve/test_application.py", "test_pki.py", "test_pytest_options.py", "test_wsgi.py",
    "tls/test_openssl.py", "tls/test_tlslite.py",
}  # fmt: skip
"""Where the libraries below are met: these run each time with every Python and all floors."""
LONGEST = {"test_all_scenarios.py", "test_manual.py", "test_recipes.py", "test_release.py"}
LONG = {
    "probe/test_common.py", "probe/test_inference.py", "probe/test_meaning.py",
    "scenarios/clients/test_swapped.py", "scenarios/clients/test_table.py", "test_benchmarks.py",
}  # fmt: skip
"""Whole tables, for many policies each: of these CI runs a fifth for each commit, in turn."""
COSTLY = {"presets", "report", "table"}
"""Fixtures of a session that take seconds: one worker makes those of a folder, and runs all that use them."""
KINDS = {"slow": SLOW, "uncounted": UNCOUNTED, "core": CORE, "long": LONG}
"""The markers, and what has each."""


def find_markers(path: Path) -> set[str]:
    """The markers of a file, by its name and that of its folder."""
    path = path.relative_to(HERE) if path.is_relative_to(HERE) else path
    return {name for name, those in KINDS.items() if {path.parts[0], path.as_posix()} & those}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which of the longest tables are run, for those who run the others another time."""
    parser.addoption(
        "--share", default="1/1", metavar="NUMBER/ALL", help="of the longest tables, run this share"
    )


def _is_left_out(path: Path, config: pytest.Config) -> bool:
    markers = find_markers(path)
    try:
        if not eval(config.getoption("markexpr") or "True", {}, {name: name in markers for name in KINDS}):
            return True
    except NameError:  # there is more in it than these markers
        pass
    share, shares = map(int, config.getoption("share").split("/"))
    # By its name, and not its place in a row: all workers agree, whatever else is chosen.
    mine = crc32(path.relative_to(HERE).as_posix().encode()) % shares == share - 1
    return not mine and "long" in markers


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not read files of which no test is run: reading all takes each worker some ten seconds."""
    if collection_path.match("test_*.py") and collection_path.is_relative_to(HERE):
        return _is_left_out(collection_path, config) or None
    return None


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in its own
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them, and begin with those that take longest: nobody waits for one of them at the end."""
    items.sort(key=lambda item: item.path.name not in LONGEST)
    marked: dict[Path, set[str]] = {}
    for item in items:
        if COSTLY & {*getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.xdist_group(item.path.parent.name))
        if item.path not in marked:
            marked[item.path] = find_markers(item.path)
        for name in marked[item.path]:
            item.add_marker(name)


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over the tests themselves, which are many and live to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def own_port() -> Iterator[int]:
    """A port that is free, and that no test beside this one is given."""
    # Nothing of the package is there before lines are counted.
    from mockpki._programs.ports import free_port

    with free_port() as port:
        yield port


@pytest.fixture(scope="session", autouse=True)
def _usual_signals() -> None:
    """Whoever starts the suite in the background, or by nohup, has it ignore signals, and all that it starts.

    Tests of what becomes of programs that get them would wait for ever: no shell can trap what it ignores.
    """
    for name, usual in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


OUTPUT = ("BUILD_NUMBER", "CI", "FORCE_COLOR", "NO_COLOR", "PYTEST_ADDOPTS", "PYTEST_THEME", "PY_COLORS")
"""Variables that change what pytest prints: with CI, for one, a failure is told twice in full length."""


@pytest.fixture(autouse=True)
def _plain_inner_runs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of pytest inside a test does and prints the same here, in CI and in a coloured terminal.

    Its tests come in the order in which they are written, also where those around them are shuffled.
    """
    if "pytester" in request.fixturenames:
        request.getfixturevalue("pytester")  # which drops some variables, too
        for name in OUTPUT:
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:randomly")
