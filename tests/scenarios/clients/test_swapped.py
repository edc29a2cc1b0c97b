"""Clients held to a policy that is not theirs: the whole table fails, and each failure says why."""

import re
from pathlib import Path

import pytest

from mockpki import scenarios
from mockpki.scenarios import Expected
from tests.kit.probes import WITHOUT_FILTERS
from tests.kit.programs import need

SUITE = Path(__file__).parents[2] / "clients" / "test_whole_table.py"

SWAPS = {
    "test_requests": ('(policy="no-check")', "no-check", "staple-required"),
    "test_curl": ('(policy="staple-required")', "staple-required", "no-check"),
    "test_reference": ("parametrize(policy=HARD_FAIL)", "hard-fail", "soft-fail"),
}
"""For each test of the suite how its policy is written there, its name, and that of another."""

OPTIONS = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:asyncio", "-W", "error")
REPORT = r"""
E +AssertionError: (?P<name>[a-z0-9-]+): the policy demands (?P<demanded>accept|reject), and the client did .*
E +staged:   .*\.
E +expected: ((?P=demanded)|either): .*
E +happened: the client (?!(?P=demanded))(accepted|rejected) after \d+\.\d\d s: (.*\n)+?E +seen:
E +TLSv1\.3 for localhost: .*
"""


BY_CHOICE = {"crl-not-modified": Expected.REJECT}
"""What a client that keeps no CRLs does where it may do either, and another policy leaves no choice."""


def differing(own: str, other: str) -> list[str]:
    """The scenarios in which *own* demands what *other* forbids, or the client has chosen that."""
    pairs = zip(scenarios.cases(own), scenarios.cases(other), strict=True)
    opposite = {Expected.ACCEPT, Expected.REJECT}
    return [mine.name for mine, its in pairs if {_find_choice(mine), _find_verdict(its)} == opposite]


def _find_choice(case: scenarios.Case) -> Expected:
    demanded = _find_verdict(case)
    return BY_CHOICE.get(case.name, demanded) if demanded is Expected.EITHER else demanded


def _find_verdict(case: scenarios.Case) -> Expected:
    """What is demanded of clients that resume no session, as none of these does."""
    return case.expected.if_whole or case.expected.verdict


@pytest.mark.parametrize("test", SWAPS)
def test_swapped(pytester: pytest.Pytester, test: str) -> None:
    """A client fails where the policy it is given differs from its own, and only there; reports are whole."""
    if test == "test_curl":
        need("curl")
    written, own, other = SWAPS[test]
    suite = SUITE.read_text(encoding="utf-8")
    assert suite.count(written) == 1
    pytester.makepyfile(suite.replace(written, written.partition("(")[0] + f'(policy="{other}")'))
    result = pytester.runpytest_subprocess(*OPTIONS, "-k", test, timeout=120)
    wrong = differing(own, other)
    assert 0 < len(wrong) < WITHOUT_FILTERS
    deselected = WITHOUT_FILTERS * (len(SWAPS) - 1)
    result.assert_outcomes(failed=len(wrong), passed=WITHOUT_FILTERS - len(wrong), deselected=deselected)
    assert [report["name"] for report in re.finditer(REPORT, result.stdout.str())] == wrong
