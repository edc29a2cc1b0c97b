"""A long outage of the responder, step by step."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mockpki import faults, staplers
from mockpki._reports.timeline_svg import STYLE, legend
from mockpki.scenarios.servers import CHARACTERS, KINDS, WORDS, kind
from mockpki.staplers import NAMED, NotListening, ServerCommand
from tests.kit.timeline_model import tell

HOUR = timedelta(hours=1)

durations = st.integers(0, 40 * 3600).map(lambda seconds: timedelta(seconds=seconds))
lives = st.integers(600, 60 * 3600).map(lambda seconds: timedelta(seconds=seconds))
worlds: dict[str, st.SearchStrategy[Any]] = {
    "life": lives,
    "up": durations,
    "down": durations,
    "after": durations,
    "every": st.sampled_from([timedelta(hours=3), timedelta(hours=2, seconds=7), timedelta(hours=5)]),
    "revoked_at": st.none() | durations,
    "restarts": st.lists(durations, max_size=3),
}


class TestEventByEvent:
    @pytest.mark.parametrize("name", NAMED)
    @settings(max_examples=6, phases=[Phase.explicit, Phase.generate])
    @given(st.fixed_dictionaries(worlds))
    def test_random_outages(self, name: str, world: dict[str, Any]) -> None:
        """What clients are given, and how often the server asks, is what happens event by event.

        So nothing is due and happens late: over any outage, restarts, and a revocation.
        """
        line = staplers.timeline(NAMED[name], **world)
        seen, fetches = tell(NAMED[name], **world)
        assert [one.says for one in line.seen] == seen
        assert line.fetches == fetches

    def test_every_question_is_asked(self) -> None:
        """A server that tries every five minutes does so through two days, however seldom a client comes."""
        for every in (HOUR, 6 * HOUR):
            line = staplers.timeline(staplers.HITCH, every=every)
            assert line.fetches == 364
        # An answer of minute 50 is good in minute 110, and in minute 240 the responder is back.
        line = staplers.timeline(
            staplers.HITCH, life=HOUR, up=HOUR, down=3 * HOUR, after=HOUR, every=timedelta(minutes=5)
        )
        assert line.line == "G" * 23 + "." * 25 + "G" * 12

    def test_a_revocation_and_restarts(self) -> None:
        """A certificate that is revoked at an hour is, and memory is lost when the server is restarted."""
        line = staplers.timeline(
            staplers.APACHE, up=6 * HOUR, down=timedelta(), after=timedelta(), revoked_at=2 * HOUR
        )
        assert line.line == "GGRRRR"
        down: dict[str, Any] = {"up": HOUR, "down": 4 * HOUR, "after": timedelta(), "restarts": [2 * HOUR]}
        assert staplers.timeline(staplers.NGINX, **down).line == ".G..."
        assert staplers.timeline(staplers.HITCH, **down).line == "GGGGG"
        assert staplers.timeline(staplers.CADDY, up=timedelta(), down=HOUR, after=HOUR).line == ".G"


class TestTimelines:
    @pytest.mark.parametrize("name", NAMED)
    def test_after_the_outage(self, name: str) -> None:
        """No staple is good a day into an outage; at the end of it whoever fetches has a good one again."""
        policy = NAMED[name]
        line = staplers.timeline(policy, every=2 * HOUR)
        # After so many failures mod_md waits for a day before it tries again.
        assert (line.seen[-1].says == "good") == (policy.trigger != "file" and name != "mod-md")
        # The last answer before it is of hour 6 at the latest, and lives for a day.
        assert "good" not in {one.says for place, one in enumerate(line.seen) if 30 < 2 * place < 54}

    def test_an_outage(self) -> None:
        """A staple is kept for as long as it lives; then it is gone until the responder is back."""
        line = staplers.timeline(staplers.HITCH, life=6 * HOUR, up=2 * HOUR, down=10 * HOUR, after=3 * HOUR)
        assert line.line == "GGGGGGG" + "." * 5 + "GGG"
        assert [run.says for run in line.runs] == ["good", "none", "good"]
        assert line.runs[1].begin == 7 * HOUR
        assert line.length == line.runs[-1].end == 15 * HOUR
        assert line.share("good") == 10 / 15
        assert (line.down_at, line.up_at) == (2 * HOUR, 12 * HOUR)

    def test_another_outage(self) -> None:
        """Any faults make an outage, also from the start; and steps may be of any length."""
        line = staplers.timeline(
            staplers.APACHE, life=6 * HOUR, up=timedelta(), down=HOUR, after=HOUR,
            every=timedelta(minutes=30), outage=[faults.TryLater()],
        )  # fmt: skip
        assert line.line == "LLGG"
        assert line.seen[0].says == "try-later"

    def test_must_staple(self) -> None:
        """A certificate may ask for a staple: then a strict server shows it with one, or to nobody."""
        line = staplers.timeline(
            staplers.ENVOY_LENIENT, life=2 * HOUR, up=HOUR, down=3 * HOUR, after=HOUR, must_staple=True
        )
        assert line.line == "GGGXX"
        with pytest.raises(NotListening, match="does not start"):
            staplers.timeline(staplers.IDEAL, up=timedelta(), must_staple=True)

    def test_what_makes_no_sense(self) -> None:
        """A real clock cannot be shifted, and no step is shorter than nothing."""
        with pytest.raises(ValueError, match="cannot be shifted"):
            staplers.timeline(ServerCommand("serve"))
        with pytest.raises(ValueError, match="longer than nothing"):
            staplers.timeline(staplers.NGINX, every=timedelta())
        wrong: list[dict[str, Any]] = [
            {"every": timedelta(seconds=1.5)}, {"revoked_at": -HOUR}, {"restarts": [-HOUR]},
        ]  # fmt: skip
        for odd in wrong:
            with pytest.raises(ValueError, match="whole seconds from its start"):
                staplers.timeline(staplers.NGINX, **odd)

    def test_kinds(self) -> None:
        """Every word is of a kind, and every kind has a character of its own, a sentence and a colour."""
        assert {kind(word) for word in WORDS} == set(KINDS) == set(CHARACTERS)
        assert len(set(CHARACTERS.values())) == len(CHARACTERS)
        assert kind("a reason nobody has heard of") == "other"
        for name in KINDS:
            assert f".{name} " in STYLE
            assert f'class="key {name}"' in legend()

    def test_the_picture(self) -> None:
        """The SVG has a bar for each run, a letter where there is room, the outage, and words to be heard."""
        line = staplers.timeline(
            staplers.NGINX, life=20 * HOUR, up=6 * HOUR, down=60 * HOUR, after=6 * HOUR, every=2 * HOUR
        )
        picture = staplers.timeline_svg(line)
        assert picture.count('class="run ') == len(line.runs)
        assert picture.count('class="letter"') == len(line.runs) - 1  # but for the first two hours
        assert 'class="outage"' in picture
        assert "<title>nginx: none from 0 h to 2 h, good from 2 h to" in picture
        assert ">72 h</text>" in picture
        assert "&lt;" in staplers.timeline_svg(line, "<title>")
        always = staplers.timeline(staplers.NGINX, up=2 * HOUR, down=timedelta(), after=timedelta())
        assert "outage" not in staplers.timeline_svg(always)
