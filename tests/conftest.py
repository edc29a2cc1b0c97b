"""For the whole suite: which tests are slow, and what a run of pytest inside a test is kept from."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
SLOW = {
    "clients", "cli", "foreign", "probe", "reports", "scenarios",
    "catalogue/test_difference.py", "catalogue/test_recipes_crl.py", "catalogue/test_recipes_ocsp.py",
    "ca/test_issuing.py", "faults/test_transport_together.py", "programs/test_faketime.py",
    "serve/test_all_scenarios.py", "staplers/test_presets.py", "staplers/test_sightings.py",
    "test_benchmarks.py", "test_contributing.py",
    "test_forked_processes.py", "test_fuzz.py", "test_interruptions.py", "test_lifecycle.py",
    "test_own_errors.py", "test_pytest_company.py", "test_pytest_plugin.py", "test_readme.py",
    "test_threads.py", "test_verifiers.py",
}  # fmt: skip
"""Folders and files. Without them, ``-m "not slow"``, the rest takes about three minutes on two cores."""
UNCOUNTED = {
    "clients", "foreign", "faults/test_transport_together.py", "probe/test_common.py",
    "probe/test_inference.py", "probe/test_meaning.py", "scenarios/clients/test_list_table.py",
    "scenarios/clients/test_swapped.py", "scenarios/clients/test_table.py",
    "scenarios/servers/test_real_over_time.py", "serve/test_all_scenarios.py",
    "test_benchmarks.py", "test_contributing.py",
    "test_forked_processes.py", "test_fuzz.py", "test_house.py", "test_interruptions.py",
    "test_lifecycle.py", "test_own_errors.py", "test_pytest_company.py", "test_pytest_plugin.py",
    "test_readme.py", "test_threads.py", "test_wrong_values.py",
}  # fmt: skip
"""Those that go through the whole again and again, or look at it from outside. Whoever counts lines, which
makes everything take twice as long, counts those of all others."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them."""
    for item in items:
        path = item.path.relative_to(HERE) if item.path.is_relative_to(HERE) else item.path
        if {path.parts[0], path.as_posix()} & SLOW:
            item.add_marker(pytest.mark.slow)
        if {path.parts[0], path.as_posix()} & UNCOUNTED:
            item.add_marker(pytest.mark.uncounted)


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
