"""What an ideal server does can be kept, and each demand of it can be broken."""

from concurrent.futures import Future
from dataclasses import replace

import pytest

from mockpki import staplers
from mockpki.scenarios.servers import DEMANDS
from mockpki.scenarios.servers._run import run
from mockpki.scenarios.servers._scenarios import NAMES
from mockpki.staplers import Outcome
from tests.kit.server_outcomes import outcome_of


@pytest.mark.parametrize("scenario", NAMES)
def test_the_ideal_is_possible(table: dict[tuple[str, str], Future[Outcome]], scenario: str) -> None:
    """The preset *ideal* breaks no demand, and each of its scenarios has something to keep."""
    outcome = table["ideal", scenario].result(60)
    assert outcome.broken == ()
    assert outcome.kept
    assert all(judged.kept is not None for judged in outcome.judged)


def test_every_demand_can_be_broken(table: dict[tuple[str, str], Future[Outcome]]) -> None:
    """No demand is kept by everybody, so each of them tells servers apart."""
    # To staple without looking is no design that anyone has written down.
    careless = replace(staplers.IDEAL, verify=False, check_times=False)
    outcomes = [run("bad-signature", careless), *(found.result(60) for found in table.values())]
    broken = {judged.demand for outcome in outcomes for judged in outcome.broken}
    assert broken == {demand.name for demand in DEMANDS}


class TestDemands:
    @pytest.mark.parametrize(
        ("demand", "words", "kept"),
        [
            ("ready", "good none", True),
            ("ready", "none good", False),
            ("ready", "", None),
            ("keeps", "none good | good | good", True),
            ("keeps", "none good | good | none", False),
            ("keeps", "none none | none | none", None),
            ("keeps", "good", None),
            ("recovers", "none | none | good good", True),
            ("recovers", "none | none | none good", False),
            ("recovers", "none | none", None),
            ("no-errors", "none try-later", False),
            ("no-errors", "none unknown revoked", True),
            ("nothing-expired", "good | expired", False),
            ("nothing-expired", "", None),
            ("verified", "wrong-certificate", False),
            ("verified", "expired", True),
            ("no-failures", "good failed", False),
            ("no-failures", "timeout", False),
            ("must-staple", "failed good", True),
            ("must-staple", "failed none", False),
        ],
    )
    def test_words(self, demand: str, words: str, kept: bool | None) -> None:
        """A demand is kept or broken by what was observed, or could not be seen."""
        (found,) = (one for one in DEMANDS if one.name == demand)
        why = found.judge(outcome_of("good", words))
        assert (None if why is None else not why) is kept

    def test_waiting(self) -> None:
        """One handshake that waited is enough."""
        (demand,) = (one for one in DEMANDS if one.name == "no-waiting")
        patient = outcome_of("slow", "good good")
        assert demand.judge(patient) == ""
        waited = replace(patient, handshakes=((replace(patient.all[0], waited=True),),))
        assert demand.judge(waited) == "handshake 1 waited for the responder"

    def test_opening(self) -> None:
        """A port that opens late, or never, is told from one that is open."""
        (demand,) = (one for one in DEMANDS if one.name == "opens")
        assert demand.judge(outcome_of("slow", "good")) == ""
        assert "only when" in str(demand.judge(outcome_of("slow", "good", late_start=True)))
        assert demand.judge(outcome_of("slow", "", no_start="it broke")) == "it broke"
