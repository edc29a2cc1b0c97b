"""CONTRIBUTING.md is true: its plan is that of the house, and its examples work."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509.ocsp import load_der_ocsp_response

import mockpki
from mockpki import PKI, faults, relying_party
from mockpki.scenarios import Case, Offer, Says, Scenario
from mockpki.staplers import Exponential, StaplePolicy
from mockpki.staplers._rules import HALF_LIFE
from tests.test_house import LINE, ROW, TREE, WINGS

PAGE = Path(mockpki.__file__).parent.parent / "CONTRIBUTING.md"
TEXT = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)

pytestmark = pytest.mark.skipif(not TEXT, reason="this is not a checkout")

NAMES: dict[str, Any] = {
    "dataclass": dataclass, "replace": replace, "timedelta": timedelta,
    "Timing": faults.Timing, "Window": faults.Window,
    "Scenario": Scenario, "Offer": Offer, "Says": Says,
    "StaplePolicy": StaplePolicy, "HALF_LIFE": HALF_LIFE, "Exponential": Exponential,
}  # fmt: skip


def run(block: str, **more: Any) -> dict[str, Any]:
    """What an example defines."""
    names = {**NAMES, **more}
    exec(block, names)
    return names


def test_the_table_is_the_plan() -> None:
    """The wings stand here in the order in which the house test has them, with the line between."""
    rows = re.findall(r"^\| (.*?) \|", TEXT, re.MULTILINE)
    named = [re.findall(r"`([\w/]+)`", row) for row in rows]
    listed = [name.rstrip("/") for row in named for name in row]
    inside = {"pytest_plugin", "wsgi", "__main__"}
    assert listed == [wing for row in WINGS for wing in row if wing not in inside]
    before_the_line = TEXT[: TEXT.index("Here is the line")]
    assert all((f"| `{name}" in before_the_line or f", `{name}" in before_the_line) == (ROW[name] < ROW[LINE])
               for name in listed)  # fmt: skip


def test_paths_exist() -> None:
    """Every file and folder that is named is there."""
    paths = re.findall(r"`((?:mockpki|tests|\.ci)/[\w./]+)`", TEXT)
    assert len(paths) > 5
    assert [path for path in paths if not (TREE / path).exists()] == []


@pytest.mark.parametrize(("at", "failed"), [(1, 1), (2, 0)])
def test_a_second_turns(pytester: pytest.Pytester, at: int, failed: int) -> None:
    """Between two looks at the clock if that is when it is to turn, and then once."""
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile("""
        from mockpki._clock import Clock

        def test_two_looks():
            clock = Clock()
            assert clock.now() == clock.now()
    """)
    options = ("-p", "no:cacheprovider", "-p", "tests.kit.turning_second", f"--turn-at={at}")
    result = pytester.runpytest_inprocess(*options)
    result.assert_outcomes(failed=failed, passed=1 - failed)


def test_a_fault_in_six_lines(pki: PKI) -> None:
    """The fault has six lines, and does what its docstring says."""
    block = BLOCKS[0]
    fault = run(block)["Midnight"]()
    assert len([line for line in block.splitlines() if line]) <= 6
    leaf = pki.issue_cert("localhost")
    answer = load_der_ocsp_response(pki.ocsp.response_for(leaf, fault))
    assert (answer.this_update_utc.hour, answer.this_update_utc.minute) == (0, 0)
    assert answer.this_update_utc <= pki.clock.now()


def test_a_scenario_in_five() -> None:
    """The scenario has five lines, can be staged, and a client that asks OCSP finds the certificate good."""
    block = BLOCKS[1]
    midnight = run(BLOCKS[0])["Midnight"]
    scenario = eval(block, {**NAMES, "Midnight": midnight})
    assert len(block.splitlines()) == 5
    policy = relying_party.HARD_FAIL

    def connect(host: str, port: int, server_name: str, ca_file: str) -> relying_party.Verdict:
        return relying_party.check(host, port, server_name=server_name, ca=ca_file, policy=policy)

    Case(scenario, policy).check(connect)
    with pytest.raises(AssertionError, match="ocsp-midnight"):
        Case(scenario, policy).check(lambda: False)


def test_a_preset_in_ten(pki: PKI) -> None:
    """The preset has ten lines, and a server that goes by it has its staple before its port opens."""
    block = BLOCKS[2]
    assert len(block.splitlines()) == 10
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf, staple=run(block)["PATIENT"]) as server:
        verdict = relying_party.check(server.host, server.port, server_name="localhost", ca=pki.ca_file)
    assert verdict.staple is not None
    pki.ocsp.assert_asked(leaf, times=1)
