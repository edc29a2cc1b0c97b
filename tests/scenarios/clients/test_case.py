"""A case: a function that connects meets a scenario under a policy."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mockpki import relying_party, scenarios
from mockpki.relying_party import HARD_FAIL, SOFT_FAIL, Verdict
from mockpki.scenarios import Case
from tests.kit.reference_client import by_name, careless, reference


class TestCheck:
    def test_verdicts(self) -> None:
        """False, an exception and a verdict reject; anything else accepts."""
        policy = replace(HARD_FAIL, sourceless_passes=False)
        case = Case(by_name("no-sources"), policy)

        def returns(value: object) -> Callable[[str, int, str], object]:
            def connect(host: str, port: int, ca_file: str) -> object:
                verdict = relying_party.check(host, port, ca=ca_file, server_name="localhost", policy=policy)
                return verdict if value == "verdict" or verdict.accepted else value

            return connect

        assert case.check(returns(False)).outcome.words == "returned False"
        assert "no source could tell" in case.check(returns("verdict")).outcome.words
        for accepting in (None, True, 0):
            with pytest.raises(AssertionError, match="demands reject, and the client did accept"):
                case.check(returns(accepting))

    def test_mistakes(self) -> None:
        """A mistake in the test's own function is no verdict."""

        def mistaken(host: str) -> None:
            raise TypeError(f"my own mistake with {host}")

        with pytest.raises(TypeError, match="my own mistake with 127"):
            Case(by_name("ocsp-revoked"), HARD_FAIL).check(mistaken)
        with pytest.raises(FileNotFoundError, match="no-such-client"):
            Case(by_name("no-sources"), HARD_FAIL).check(lambda: subprocess.run(["no-such-client"]))

    def test_parameters(self) -> None:
        """A function that connects takes what there is to take, by name."""
        case = Case(by_name("staple-good"), SOFT_FAIL)
        got: dict[str, Any] = {}

        def everything(**where: Any) -> Verdict:
            got.update(where)
            return reference(SOFT_FAIL)(where["host"], where["port"], where["ca_file"], where["server_name"])

        case.check(everything)
        assert tuple(got) == scenarios.TARGET_NAMES
        assert got["url"] == f"https://localhost:{got['port']}/"
        assert (got["ocsp_url"], got["crl_url"]) == ("", "")
        Case(by_name("ocsp-unresolvable"), SOFT_FAIL).check(everything)
        assert got["ocsp_url"].endswith(".invalid/ocsp")
        Case(by_name("crl-good"), SOFT_FAIL).check(everything)
        assert got["crl_url"].endswith(".crl")
        wrong: Any = None
        with pytest.raises(TypeError, match="has no parameter 'cafile'; did you mean ca_file"):
            case.check(lambda cafile: wrong)
        with pytest.raises(TypeError, match="has no parameter 'zzz'; it can have host, port"):
            case.check(lambda zzz: wrong)
        with pytest.raises(TypeError, match="takes a function that connects"):
            case.check(wrong)
        assert case.check(lambda url, ca_file, verbose=True: careless(url, ca_file)).ok

    def test_what_it_is(self) -> None:
        """It is called like its scenario, and knows what the policy demands."""
        case = Case(by_name("ocsp-revoked"), HARD_FAIL)
        assert str(case) == case.name == "ocsp-revoked"
        assert case.sentence == case.scenario.sentence
        assert case.expected == case.scenario.expected(HARD_FAIL)
