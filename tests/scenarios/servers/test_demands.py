"""What an ideal server does can be kept, and each demand of it can be broken."""

import sys
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mockpki import staplers
from mockpki.scenarios.servers import DEMANDS
from mockpki.scenarios.servers._run import run
from mockpki.scenarios.servers._scenarios import NAMES
from mockpki.staplers import Outcome, ServerCommand, StaplePolicy
from tests.kit.probes import PLAIN
from tests.kit.server_outcomes import outcome_of

DOWN: dict[str, Any] = {"troubles": {"error"}, "unseen": True}
ENDED: dict[str, Any] = {"troubles": {"ended"}}
FORGED: dict[str, Any] = {"troubles": {"forged"}, "requests": 1}
ARGUMENTS = ("{port}", "{chain_file}", "{key_file}")
REASONS = {
    "it never stapled, and never asked the responder",
    "the responder gave no error",
    "it did not ask the responder",
    "it stapled nothing that could expire",
    "no answer came to its end",
    "the responder gave no answer that cannot be verified",
    "the responder was not slow",
    "there was no good staple before",
    "left out are the last 2 handshakes, which come when more time has passed than anybody waits for",
}


@pytest.mark.parametrize("scenario", NAMES)
def test_the_ideal_is_possible(table: dict[tuple[str, str], Future[Outcome]], scenario: str) -> None:
    """The preset *ideal* breaks no demand, and each of its scenarios has something to keep."""
    outcome = table["ideal", scenario].result(60)
    assert outcome.broken == ()
    # Where nothing goes wrong that matters, there is nothing to keep.
    assert bool(outcome.kept) == (scenario != "good-then-revoked")
    assert all(judged.why for judged in outcome.judged if judged.kept is None)


def test_the_ideal_keeps_every_demand_somewhere(table: dict[tuple[str, str], Future[Outcome]]) -> None:
    """None of them is such that nobody is ever seen to keep it."""
    kept = {judged.demand for name in NAMES for judged in table["ideal", name].result(60).kept}
    assert kept == {demand.name for demand in DEMANDS}


def test_every_demand_can_be_broken(table: dict[tuple[str, str], Future[Outcome]]) -> None:
    """No demand is kept by everybody, so each of them tells servers apart."""
    # To staple without looking is no design that anyone has written down.
    careless = replace(staplers.IDEAL, verify=False, check_times=False)
    outcomes = [run("bad-signature", careless), *(found.result(60) for found in table.values())]
    broken = {judged.demand for outcome in outcomes for judged in outcome.broken}
    assert broken == {demand.name for demand in DEMANDS}


class TestDemands:
    @pytest.mark.parametrize(
        ("demand", "words", "facts", "kept"),
        [
            ("ready", "good none", {}, True),
            ("ready", "none good", {}, False),
            ("ready", "", {}, None),
            ("keeps", "none good | good | good", {}, True),
            ("keeps", "none good | good | none", {}, False),
            ("keeps", "none none | none | none", {}, None),
            ("keeps", "good", {}, None),
            ("recovers", "none | none | good good", {}, True),
            ("recovers", "none | none | none good", {}, False),
            ("recovers", "none | none", {}, None),
            ("no-errors", "none try-later", DOWN, False),
            ("no-errors", "none unknown revoked", DOWN, True),
            ("no-errors", "none unknown revoked", {"requests": 1}, None),
            ("no-errors", "none none", {"troubles": {"error"}}, None),
            ("nothing-expired", "good | expired", ENDED, False),
            ("nothing-expired", "good | none", ENDED, True),
            ("nothing-expired", "none | none", ENDED, None),
            ("nothing-expired", "good | good", {}, None),
            ("nothing-expired", "none", {"troubles": {"stale"}, "requests": 1}, True),
            ("nothing-expired", "none", {"troubles": {"stale"}}, None),
            ("nothing-expired", "", ENDED, None),
            ("verified", "wrong-certificate", FORGED, False),
            ("verified", "expired", FORGED, True),
            ("verified", "none", {"troubles": {"forged"}}, None),
            ("verified", "good", {"requests": 1}, None),
            ("no-failures", "good failed", {}, False),
            ("no-failures", "good none", {}, True),
            ("no-failures", "good good", {}, None),
            ("no-failures", "timeout", {}, False),
            ("must-staple", "failed good", {}, True),
            ("must-staple", "failed none", {}, False),
        ],
    )
    def test_words(self, demand: str, words: str, facts: dict[str, Any], kept: bool | None) -> None:
        """A demand is kept or broken by what was observed, or nothing happened that could have broken it."""
        (found,) = (one for one in DEMANDS if one.name == demand)
        finding = found.judge(outcome_of("good", words, **facts))
        assert finding.kept is kept
        assert bool(finding.why) == (kept is not True)

    def test_waiting(self) -> None:
        """One handshake that waited is enough; to wait for nobody is no way to keep it."""
        (demand,) = (one for one in DEMANDS if one.name == "no-waiting")
        patient = outcome_of("slow", "good good", troubles={"late"}, requests=1)
        assert demand.judge(patient) == (True, "")
        waited = replace(patient, handshakes=((replace(patient.all[0], waited=True),),))
        assert demand.judge(waited) == (False, "handshake 1 waited for the responder")
        assert demand.judge(replace(patient, requests=0)) == (None, "it did not ask the responder")
        assert demand.judge(replace(patient, troubles=frozenset())) == (None, "the responder was not slow")

    def test_opening(self) -> None:
        """A port that opens late, or never, is told from one that is open."""
        (demand,) = (one for one in DEMANDS if one.name == "opens")
        assert demand.judge(outcome_of("slow", "good", requests=1)) == (True, "")
        assert demand.judge(outcome_of("refused", "none", unseen=True)) == (True, "")
        assert demand.judge(outcome_of("slow", "good")) == (None, "it did not ask the responder")
        assert "only when" in demand.judge(outcome_of("slow", "good", late_start=True)).why
        assert demand.judge(outcome_of("slow", "", no_start="it broke")) == (False, "it broke")

    def test_what_was_left_out_is_said(self) -> None:
        """Where the steps were left out that could have broken a demand, that is the reason."""
        outcome = outcome_of("idle", "good good good", left_out="the last 2 handshakes")
        demands = {demand.name: demand for demand in DEMANDS}
        for name in ("renews", "recovers", "nothing-expired"):
            assert demands[name].judge(outcome) == (None, "left out are the last 2 handshakes")
        bare = replace(outcome, handshakes=outcome_of("idle", "none none").handshakes)
        assert demands["renews"].judge(bare) == (None, "there was no good staple before")


@pytest.mark.parametrize("policy", [staplers.NGINX_FILE, staplers.ENVOY_LENIENT], ids=["nginx", "envoy"])
@pytest.mark.parametrize("scenario", ["slow", "hung"])
def test_who_asks_nobody_cannot_be_seen_not_to_wait(policy: StaplePolicy, scenario: str) -> None:
    """A file is no way to have kept what only who asks can break; nor is it broken."""
    outcome = run(scenario, policy)
    states = {judged.demand: judged.state for judged in outcome.judged}
    assert (states["no-waiting"], states["opens"]) == ("not seen", "not seen")


@pytest.mark.parametrize("scenario", NAMES)
def test_a_server_that_does_nothing_keeps_nothing(scenario: str) -> None:
    """It neither staples nor asks: what it has to do is broken, all else is not seen, with reasons."""
    outcome = run(scenario, ServerCommand([sys.executable, str(PLAIN), *ARGUMENTS], grace=timedelta(0)))
    assert {judged.demand for judged in outcome.broken} <= {"ready", "must-staple", "recovers"}
    if not outcome.unseen:
        assert outcome.inert
        assert outcome.kept == ()
        assert {judged.why for judged in outcome.judged if judged.kept is None} <= REASONS
