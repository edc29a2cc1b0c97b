"""A scenario is run in a world: what is noticed on the way."""

from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta

import pytest

from mockpki import staplers
from mockpki.scenarios.servers import named
from mockpki.scenarios.servers._run import run
from mockpki.staplers import NAMED, Outcome


class TestOutcomes:
    @pytest.mark.parametrize("preset", ["mod-md", "hitch", "haproxy", "caddy", "ideal"])
    def test_asked_at_the_start(self, table: dict[tuple[str, str], Future[Outcome]], preset: str) -> None:
        """Who asks at the start has asked once before the first client comes."""
        outcome = table[preset, "good"].result(60)
        assert (outcome.requests_before, outcome.requests) == (1, 1)

    @pytest.mark.parametrize("preset", ["nginx", "apache", "jsse", "node-ocsp", "squarespace", "nginx-file"])
    def test_not_asked_at_the_start(self, table: dict[tuple[str, str], Future[Outcome]], preset: str) -> None:
        """Who does not has not; and who never asks has never asked."""
        outcome = table[preset, "good"].result(60)
        assert (outcome.requests_before, outcome.requests) == (0, 0 if preset == "nginx-file" else 1)

    @pytest.mark.parametrize("preset", NAMED)
    def test_waiting(self, table: dict[tuple[str, str], Future[Outcome]], preset: str) -> None:
        """Handshakes wait for a slow responder where it is the handshake that asks, and nowhere else."""
        outcome = table[preset, "slow"].result(60)
        waits = NAMED[preset].trigger == "lazy_blocking"
        assert outcome.waited == waits
        assert [one.waited for one in outcome.all] == [waits, False]
        assert outcome.late_start == (NAMED[preset].trigger == "start_blocking")

    def test_how_time_passes(self, table: dict[tuple[str, str], Future[Outcome]]) -> None:
        """An outcome tells that the clock was shifted, and by how much more the staple is then expired."""
        outcome = table["caddy", "good-then-expired"].result(60)
        assert outcome.passing == "shifted"
        first, expired, later = outcome.handshakes
        assert first[0].next_update is not None
        assert expired[0].time > first[0].next_update
        assert later[0].time - expired[0].time >= timedelta(days=1)
        assert table["caddy", "good"].result(60).passing == "none"

    def test_no_start(self, table: dict[tuple[str, str], Future[Outcome]]) -> None:
        """A server that may not start tells why, and its clients find nobody."""
        outcome = table["ideal", "must-staple-down"].result(60)
        assert "does not start" in outcome.no_start
        assert [one.reason for one in outcome.all] == [f"nobody listens: {outcome.no_start}"] * 2
        assert "failed failed" in str(outcome)

    def test_no_restart(self) -> None:
        """A server that cannot start again without the responder is one that nobody finds any more."""
        strict = replace(staplers.IDEAL, persist=False)
        scenario = replace(named("restart-while-down"), must_staple=True)
        outcome = run(scenario, strict)
        assert outcome.words == "good good good | failed failed"
        assert "does not start" in outcome.no_start
        assert "survives" in {judged.demand for judged in outcome.broken}

    def test_a_policy_of_your_own(self) -> None:
        """A policy that is none of ours is run and judged like any other."""
        patient = replace(staplers.APACHE, on_no_answer="omit", on_error_resp="omit", ttl=None)
        outcome = run("good-then-down", patient)
        assert outcome.words == "good good good | good | good good"
        assert "keeps" in {judged.demand for judged in outcome.kept}
