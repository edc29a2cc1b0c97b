"""A scenario: a value, and what policies demand in it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mockpki import faults, scenarios
from mockpki.relying_party import HARD_FAIL, SOFT_FAIL
from mockpki.scenarios import TABLE, Case, Expectation, Expected, Offer, Says, Scenario
from tests.kit.reference_client import reference


class TestExpected:
    def test_told_by(self) -> None:
        """What told a client to reject is named, and where nothing could tell there is no such source."""
        revoked = Scenario("ocsp-x", "x.", ocsp=Offer(Says.REVOKED), status="revoked")
        assert revoked.expected(HARD_FAIL) == Expectation(
            Expected.REJECT, "OCSP says revoked", frozenset({"OCSP"})
        )
        silent = Scenario("nothing", "x.").expected(replace(HARD_FAIL, sourceless_passes=False))
        assert (silent.verdict, silent.told_by) == (Expected.REJECT, frozenset())
        assert str(silent).startswith(
            "reject: no source can tell (staple: nothing; OCSP: nothing; CRL: nothing)"
        )

    def test_the_order_of_the_policy(self) -> None:
        """The first source that can tell decides; the others are not looked at."""
        mixed = Scenario("x", "x.", ocsp=Offer(Says.GOOD), crl=Offer(Says.REVOKED))
        assert mixed.expected(HARD_FAIL).verdict is Expected.ACCEPT
        assert mixed.expected(replace(HARD_FAIL, sources=("CRL", "OCSP"))).verdict is Expected.REJECT

    def test_either(self) -> None:
        """Two readings that lead to two verdicts leave both open, with the clause for a reason."""
        free = Offer(Says.REVOKED, also=Says.GOOD, why="a clause")
        found = Scenario("x", "x.", ocsp=free).expected(HARD_FAIL)
        assert found == Expectation(Expected.EITHER, "a clause")

    def test_the_intermediate(self) -> None:
        """What is offered about the intermediate is nothing to a policy that looks at the leaf alone."""
        about = Scenario("x", "x.", ocsp=Offer(Says.REVOKED), about="intermediate")
        assert about.expected(HARD_FAIL).reason == "the intermediate: OCSP says revoked"
        assert about.expected(replace(HARD_FAIL, whole_chain=False)).verdict is Expected.ACCEPT


class TestMine:
    def test_scenario(self) -> None:
        """A scenario of one's own is a value, and what policies demand follows from it."""
        mine = Scenario(
            "ocsp-weak", "The responder signs with SHA-1.",
            ocsp=Offer(Says.UNUSABLE, (faults.SignatureDigest("sha1"),)),
        )  # fmt: skip
        assert [mine.expected(policy).verdict.value for policy in (SOFT_FAIL, HARD_FAIL)] == [
            "accept",
            "reject",
        ]
        for policy in (SOFT_FAIL, HARD_FAIL):
            Case(mine, policy).check(reference(policy))
        assert [
            case.name for case in scenarios.cases("hard-fail", only="ocsp-we*", table=(*TABLE, mine))
        ] == ["ocsp-weak"]

    def test_mistakes(self) -> None:
        """What no scenario can be is refused with a sentence."""
        wrong: Any = 3
        mistakes: dict[Callable[[], object], str] = {
            lambda: Scenario("Not A Name", "x."): "'Not A Name' is no name of a scenario",
            lambda: Scenario("x", "x.", status="lost"): "status='lost' cannot be; there are good, revoked",
            lambda: Scenario("x", "x.", about="root"): "about='root' cannot be; there are leaf",
            lambda: Offer(Says.GOOD, where="moon"): "where='moon' is no place of an offer; there are live",
            lambda: Offer(Says.GOOD, also=Says.UNUSABLE): "go together: what else a client may read",
        }
        for mistake, sentence in mistakes.items():
            with pytest.raises(ValueError, match=sentence):
                mistake()
        with pytest.raises(TypeError, match="takes names, such as 'ocsp-stale'"):
            scenarios.matching([wrong])
        with pytest.raises(LookupError, match="no scenario 'ocsp-stalled'; did you mean ocsp-stale"):
            scenarios.matching("ocsp-stalled")
        with pytest.raises(LookupError, match="no scenario '!'; `mockpki scenarios` lists them"):
            scenarios.cases(HARD_FAIL, skip="!")
        with pytest.raises(LookupError, match="no policy 'firm-fail'; did you mean"):
            scenarios.parametrize("firm-fail")
