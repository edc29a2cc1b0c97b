"""The scenarios for stapling servers: their names, steps and demands."""

import pytest

from mockpki import staplers
from mockpki.scenarios.servers import SCENARIOS, choose_scenarios, named
from mockpki.scenarios.servers._run import run
from mockpki.scenarios.servers._scenarios import NAMES
from mockpki.staplers import StaplePolicy


class TestScenarios:
    def test_names_and_patterns(self) -> None:
        """They are chosen by name and by pattern, in any spelling, and come in the table's order."""
        assert named("HTTP_500").name == "http-500"
        assert [one.name for one in choose_scenarios(["stale", "good-then-*"])] == [
            "good-then-down", "good-then-expired", "good-then-revoked", "stale",
        ]  # fmt: skip
        assert choose_scenarios() == SCENARIOS
        assert [one.name for one in choose_scenarios(["good*"], ["good-*"])] == ["good"]

    @pytest.mark.parametrize(
        ("only", "skip", "words"),
        [
            (["huung"], [], "did you mean hung"),
            (["zzz"], [], "there are good, revoked"),
            (["good"], ["g*"], "was skipped, too"),
        ],
    )
    def test_none(self, only: list[str], skip: list[str], words: str) -> None:
        """A name that fits none is an error, with what is near; so is a choice of nothing."""
        with pytest.raises(LookupError, match=words):
            choose_scenarios(only, skip)

    def test_they_say_what_they_are(self) -> None:
        """Each has a name of its own, a sentence, and demands."""
        assert len(set(NAMES)) == len(SCENARIOS)
        for scenario in SCENARIOS:
            assert scenario.sentence.endswith(".")
            assert scenario.demands


def test_policies_are_policies() -> None:
    """The names that tests write exist where they say."""
    assert isinstance(staplers.NGINX, StaplePolicy)
    assert staplers.SCENARIOS is SCENARIOS
    assert staplers.run is run
