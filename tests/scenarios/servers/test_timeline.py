"""A long outage of the responder, step by step."""

from datetime import timedelta

import pytest

from mockpki import faults, staplers
from mockpki._reports.timeline_svg import STYLE, legend
from mockpki.scenarios.servers import CHARACTERS, KINDS, WORDS, kind
from mockpki.staplers import NAMED, NotListening, ServerCommand

HOUR = timedelta(hours=1)


class TestTimelines:
    @pytest.mark.parametrize("name", NAMED)
    def test_after_the_outage(self, name: str) -> None:
        """No staple is good a day into an outage; at the end of it whoever fetches has a good one again."""
        policy = NAMED[name]
        line = staplers.timeline(policy, every=2 * HOUR)
        assert (line.seen[-1].says == "good") == (policy.trigger != "file")
        # The last answer before it is of hour 6 at the latest, and lives for a day.
        assert "good" not in {one.says for place, one in enumerate(line.seen) if 30 < 2 * place < 54}

    def test_an_outage(self) -> None:
        """A staple is kept for as long as it lives; then it is gone until the responder is back."""
        line = staplers.timeline(staplers.HITCH, life=6 * HOUR, up=2 * HOUR, down=10 * HOUR, after=3 * HOUR)
        assert line.line == "GGGGGG" + "." * 6 + "GGG"
        assert [run.says for run in line.runs] == ["good", "none", "good"]
        assert line.runs[1].begin == 6 * HOUR
        assert line.length == line.runs[-1].end == 15 * HOUR
        assert line.share("good") == 9 / 15
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
        assert line.line == "GGXXX"
        with pytest.raises(NotListening, match="does not start"):
            staplers.timeline(staplers.IDEAL, up=timedelta(), must_staple=True)

    def test_what_makes_no_sense(self) -> None:
        """A real clock cannot be shifted, and no step is shorter than nothing."""
        with pytest.raises(ValueError, match="cannot be shifted"):
            staplers.timeline(ServerCommand("serve"))
        with pytest.raises(ValueError, match="longer than nothing"):
            staplers.timeline(staplers.NGINX, every=timedelta())

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
