"""Scenarios are chosen by name or pattern, and given to a test one by one."""

import inspect
import pydoc

import pytest

from mockpki import scenarios
from mockpki.relying_party import HARD_FAIL
from mockpki.scenarios import TABLE, Scenario


class TestMatching:
    def test_names_and_patterns(self) -> None:
        """Names and patterns choose, alone or several, in the order of the table."""
        assert [one.name for one in scenarios.matching("no-sources")] == ["no-sources"]
        found = [one.name for one in scenarios.matching(["ocsp-good", "staple-[gr]*"])]
        assert found == ["staple-good", "staple-revoked", "staple-garbage", "ocsp-good"]
        assert scenarios.matching("*") == list(TABLE)
        assert scenarios.matching(()) == []

    def test_cases(self) -> None:
        """Cases are of one policy, which may be given by name, and without those to skip."""
        chosen = scenarios.cases("hard-fail", only="crl-*", skip=["crl-[!gr]*", "crl-re[fa]*"])
        assert [case.name for case in chosen] == ["crl-good", "crl-revoked", "crl-garbage"]
        assert {case.policy for case in chosen} == {HARD_FAIL}

    def test_a_table_of_your_own(self) -> None:
        """Names are looked up in the table that is given, and in no other."""
        mine = Scenario("mine", "A scenario of one's own.")
        assert scenarios.matching("mine", [mine]) == [mine]
        with pytest.raises(LookupError, match="there is no scenario 'staple-good'"):
            scenarios.matching("staple-good", [mine])


SUITE = """
import ssl
from mockpki import relying_party, scenarios

@scenarios.parametrize(policy="{policy}", only="staple-[gs]*", skip={{"staple-stale": "not yet"}})
def test_revocation(scenario):
    scenario.check(
        lambda host, port, ca_file, server_name: relying_party.check(
            host, port, ca=ca_file, server_name=server_name, policy="staple-required"
        )
    )

@scenarios.parametrize("no-check", only=["crl-good", "no-sources"], skip="crl-good")
def test_no_check(scenario, pki):
    assert scenario.name == "no-sources" and scenario.sentence and scenario.expected.verdict == "accept"
    scenario.check(
        lambda host, port, ca_file: relying_party.check(
            host, port, ca=ca_file, server_name="localhost", policy=scenario.policy
        ),
        pki=pki,
    )
"""

OPTIONS = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:asyncio", "-W", "error", "-rA")


@pytest.mark.parametrize(("policy", "failed"), [("staple-required", 0), ("no-check", 1)])
def test_parametrize(pytester: pytest.Pytester, policy: str, failed: int) -> None:
    """Tests are named after scenarios, skipped with a reason, and fail when the policy is another."""
    pytester.makepyfile(SUITE.format(policy=policy))
    result = pytester.runpytest_subprocess(*OPTIONS)
    result.assert_outcomes(passed=3 - failed, failed=failed, skipped=2)
    result.stdout.fnmatch_lines(["*SKIPPED*not yet*", "*SKIPPED*left out by name*"])
    result.stdout.fnmatch_lines("*test_revocation?staple-good?*")
    if failed:
        result.stdout.fnmatch_lines("*staple-garbage: the policy demands accept, and the client did reject*")


@pytest.mark.parametrize("name", scenarios.__all__)
def test_help_is_short(name: str) -> None:
    """No default prints a whole table to whoever asks for help."""
    found = getattr(scenarios, name)
    if callable(found):
        assert len(pydoc.render_doc(found)) < 20_000
        assert len(str(inspect.signature(found))) < 1_000
