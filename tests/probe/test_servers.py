"""A server in the scenarios of stapling: what a probe of it finds."""

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mockpki._probe.servers import (
    BROKEN,
    KEPT,
    NOT_SEEN,
    ServerReport,
    probe_presets,
    probe_server,
    run_own_timeline,
    try_virtual_time,
)
from mockpki._programs import faketime
from mockpki.scenarios.servers import DEMANDS, INERT, SCENARIOS, ClockNotFollowed, Nearest, VirtualTime
from mockpki.staplers import NAMED, NotListening, Outcome, StaplePolicy, named
from mockpki.staplers._words import duration, in_words
from tests.kit.chances import CHANCES
from tests.kit.probes import SOME, command, write_template
from tests.kit.programs import need
from tests.kit.server_scripts import ARGUMENTS, DIES
from tests.servers.commands import SERVERS


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server, as a file to be filled in, though it has no placeholder."""
    return write_template(tmp_path_factory.mktemp("server"))


@pytest.fixture(scope="module")
def report(template: Path) -> ServerReport:
    """A report on that server in a few scenarios, with all timelines."""
    seen: list[Outcome] = []
    grace = timedelta(milliseconds=20)
    made = probe_server(
        command(template), template, only=SOME, grace=grace, name="<plain>", progress=seen.append
    )
    assert {outcome.scenario for outcome in seen} == set(SOME)
    return made


@pytest.fixture(scope="module")
def presets() -> tuple[ServerReport, ...]:
    """Reports on two presets."""
    return probe_presets(["ideal", "APACHE"])


class TestRun:
    def test_what_it_holds(self, report: ServerReport) -> None:
        """There is an outcome for each scenario, in the table's order, and the demands are added up."""
        assert [outcome.scenario for outcome in report.outcomes] == ["good", "refused", "idle"]
        assert report.name == "<plain>"
        assert "{config}" in report.command
        assert report.demands["ready"] is False
        assert report.demands["opens"] is None
        assert report.demands["renews"] is None
        assert report.demands["must-staple"] is None
        assert report.find_reasons("opens") == (INERT,)
        assert report.find_reasons("must-staple") == ("no scenario that was run is about it",)
        assert (report.broken, report.kept, report.not_seen) == (1, 0, len(DEMANDS) - 1)
        assert report.exit_status == BROKEN
        assert [line.name for line in report.timelines] == list(NAMED)

    def test_nothing_seen(self, template: Path) -> None:
        """Where nothing could be broken nothing was kept, either; the first start is none of the outcomes."""
        made = probe_server(
            command(template), template, only=["refused"], grace=timedelta(0), timelines=False
        )
        assert [outcome.scenario for outcome in made.outcomes] == ["refused"]
        assert made.exit_status == NOT_SEEN
        assert made.inert
        assert set(made.demands.values()) == {None}
        assert made.timelines == ()

    def test_every_demand_kept(self) -> None:
        """Where a server that staples breaks nothing, the status says so."""
        nginx = SERVERS["nginx"]()
        made = probe_server(nginx.command, nginx.template, only=["refused", "revoked"], timelines=False)
        assert made.exit_status == KEPT
        assert not made.inert
        assert (made.broken, made.kept) == (0, 3)
        assert made.nearest is None
        assert "there was nothing good to staple" in made.likeness

    @pytest.mark.parametrize("keeps", [True, False])
    def test_hours_pass(self, tmp_path: Path, keeps: bool) -> None:
        """Demands about hours are seen of a server that keeps its clock; else it is said why they are not."""
        need("faketime")
        nginx = SERVERS["nginx"]()
        template = tmp_path / "nginx.conf"
        line = "env FAKETIME_TIMESTAMP_FILE;"
        template.write_text(nginx.text if keeps else nginx.text.replace(line, ""), encoding="utf-8")
        made = probe_server(nginx.command, template, only=["idle", "down-then-good"], timelines=keeps)
        assert made.virtual_time is keeps
        # The line of a server whose clock is moved stands before those of the presets.
        assert [line.name for line in made.timelines] == (["nginx (yours)", *NAMED] if keeps else [])
        assert all(line.line[0] + line.line[-1] == ".G" for line in made.timelines[:1])
        assert (made.demands["renews"], made.demands["recovers"]) == ((False,) * 2 if keeps else (None,) * 2)
        assert line in nginx.text
        assert (line in made.obstacle) is not keeps
        assert all(line in made.find_reasons(demand)[0] for demand in ("renews", "recovers")) is not keeps

    @pytest.mark.parametrize(("name", "follows"), [("hitch", True), ("mod-md", False)])
    def test_timers(self, name: str, follows: bool) -> None:
        """A server that asks of its own accord has to do so when days have passed, or its clock is no use."""
        need("faketime")
        world = VirtualTime(SERVERS[name]())
        if follows:
            words = (try_virtual_time(world)["idle"].words for _ in range(CHANCES[name]))
            assert "good good good | good good" in words
        else:
            with pytest.raises(ClockNotFollowed, match="its timers may count seconds"):
                try_virtual_time(world)

    @pytest.mark.parametrize("wanted", [True, False])
    def test_nobody_has_to_install_anything(self, monkeypatch: pytest.MonkeyPatch, wanted: bool) -> None:
        """Without libfaketime all goes on, and it is said how to get it; so it is for those who want none."""
        nginx = SERVERS["nginx"]()
        monkeypatch.setattr(faketime, "find_library", lambda: None)
        made = probe_server(
            nginx.command, nginx.template, only=["good"], timelines=False, virtual_time=wanted
        )
        assert not made.virtual_time
        assert made.obstacle == (faketime.MISSING if wanted else "that was not wanted")
        assert run_own_timeline(nginx, made.outcomes[0]) is None

    def test_likeness(self, report: ServerReport) -> None:
        """What it is most like is said in a sentence, with what is different."""
        assert report.nearest is None
        assert report.likeness == ("It never stapled, and never asked the responder: it is like no preset.")
        near = ServerReport("a", "b", report.outcomes, Nearest("nginx", ("good", "idle")))
        assert near.likeness == "It behaves most like nginx, but for good and idle."
        same = ServerReport("a", "b", report.outcomes, Nearest("nginx", ()))
        assert same.likeness == "It behaves like nginx."
        several = ServerReport("a", "b", report.outcomes, Nearest("nginx", (), 2))
        assert several.likeness == "It behaves like nginx, with 2 workers."
        vain = replace(report, inert=False, outcomes=(replace(report.outcomes[0], requests=2),))
        assert vain.likeness == "It is like no preset: it asked the responder, and stapled nothing."
        quiet = replace(report, inert=False)
        assert quiet.likeness == "It is like no preset: it stapled nothing."
        assert ServerReport("a", "b", ()).likeness == "It is like no preset."
        one = ServerReport("a", "b", (), Nearest("nginx", ("good",)))
        assert one.likeness == "It behaves most like nginx, but for good."

    def test_a_server_that_never_listens(self) -> None:
        """Without a server there is no report, whatever scenario was chosen."""
        with pytest.raises(NotListening, match="ended with 3"):
            probe_server([sys.executable, "-c", "raise SystemExit(3)"], only=["refused"])
        with pytest.raises(
            NotListening, match=r"ended with 3 after it had listened; it printed:\nat your serv"
        ):
            probe_server([sys.executable, "-c", DIES, *ARGUMENTS], only=["refused"])

    def test_what_makes_no_sense(self) -> None:
        """Arguments that make no sense are errors before anything is started."""
        with pytest.raises(LookupError, match="did you mean refused"):
            probe_server("serve", only=["refusd"])
        with pytest.raises(ValueError, match="jobs is"):
            probe_server("serve", jobs=0)
        with pytest.raises(LookupError, match="did you mean hitch"):
            probe_presets(["hich"])

    def test_presets(self, presets: tuple[ServerReport, ...]) -> None:
        """A preset has a report like a server, in every scenario in which it is stated what it does."""
        ideal, apache = presets
        assert ideal.exit_status == KEPT
        assert len(ideal.outcomes) == len(SCENARIOS)
        assert apache.exit_status == BROKEN
        assert apache.name == "apache"
        assert "bad-signature" not in {outcome.scenario for outcome in apache.outcomes}
        assert [line.name for line in apache.timelines] == ["apache"]


class TestWords:
    @pytest.mark.parametrize("preset", NAMED)
    def test_every_preset_has_words(self, preset: str) -> None:
        """Each is told in sentences, without a blank that was not filled in, and no two in the same ones."""
        sentences = in_words(preset)
        for sentence in sentences:
            assert sentence[0].isupper()
            assert sentence.endswith(".")
            assert "{" not in sentence
            assert "None" not in sentence
        assert [name for name in NAMED if in_words(name) == sentences] == [preset]

    def test_a_policy_of_your_own(self) -> None:
        """A policy may be given itself, and says what is special about it."""
        assert in_words(named("ideal")) == in_words("ideal")
        odd = in_words(StaplePolicy(sightings=5, trigger="lazy_async"))
        assert odd[0] == "The 5th handshake that wants a staple starts a fetch, and goes without."
        once = in_words(StaplePolicy(trigger="start_async"))
        assert "It asks once." in once

    @pytest.mark.parametrize(
        ("length", "words"),
        [(300, "5 min"), (90, "90 s"), (0.5, "0.5 s"), (3600, "1 h"), (172_800, "2 d"), (0, "0 s")],
    )
    def test_durations(self, length: float, words: str) -> None:
        """A duration is told in the largest unit that fits."""
        assert duration(timedelta(seconds=length)) == words
