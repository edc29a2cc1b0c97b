"""What a report says of itself."""

import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from mockpki._reports.model import Group, Report, Row, Timelines
from mockpki.scenarios.servers import Observation, Timeline

HOUR = timedelta(hours=1)
ROWS = (
    Row("good", True, ()),
    Row("stale", False, (), problems=("it accepted", "it is slow")),
    Row("idle", None, ()),
    Row("gone", False, (), problems=("it accepted", "it is slow")),
    Row("odd", False, (), problems=("it hung",)),
)


def test_counts() -> None:
    """A group counts what is as it should be; where nothing could be judged, nothing is wrong."""
    assert Group("Some", ROWS).count == "2 of 5"
    assert Group("None", ()).count == "0 of 0"


def test_problems() -> None:
    """The same problem in several rows is one, in the order in which they came."""
    report = Report("title", "headline", {}, groups=(Group("a", ROWS[:3]), Group("b", ROWS[3:])))
    assert list(report.rows) == list(ROWS)
    found = {problem: [row.name for row in rows] for problem, rows in report.problems.items()}
    assert found == {"it accepted; it is slow": ["stale", "gone"], "it hung": ["odd"]}


@pytest.mark.parametrize(
    ("every", "words"), [(HOUR, "connects every hour."), (HOUR / 2, "connects every 0.5 h.")]
)
def test_the_outage_in_words(every: timedelta, words: str) -> None:
    """The sentence on timelines has how often, how long an answer lives, and when the responder is down."""
    line = Timeline("nginx", (), HOUR, 24 * HOUR, 6 * HOUR, 54 * HOUR)
    sentence = Timelines("An outage", (replace(line, every=every),)).sentence
    assert words in sentence
    assert "Answers live for 24 h. The responder is down from hour 6 to hour 54" in sentence


def test_writers_know_the_model_alone() -> None:
    """No writer imports what clients, servers or presets are: whatever is a report can be written."""
    code = (
        "import sys, mockpki._reports; "
        "print(*(name for name in sys.modules if name.startswith(('mockpki._probe', 'mockpki._catalogue'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def make_timeline(name: str, words: str) -> Timeline:
    """A server that gave its clients these, hour by hour."""
    seen = tuple(Observation(datetime.now(timezone.utc), one, "") for one in words.split())
    return Timeline(name, seen, HOUR, 24 * HOUR, HOUR, 3 * HOUR)


def test_by_harm() -> None:
    """Failed handshakes are worse than any staple, and no staple is better than one that is no use."""
    lines = (
        make_timeline("fine", "good good good good"),
        make_timeline("bare", "none none none none"),
        make_timeline("relays", "good good good error"),
        make_timeline("stale", "good good good expired"),
        make_timeline("fails", "good good good failed"),
        make_timeline("fails more", "good failed failed good"),
    )
    for order in (lines, lines[::-1]):
        names = [line.name for line in Timelines("An outage", order).by_harm]
        assert names == ["fails more", "fails", "stale", "relays", "bare", "fine"]
    assert "Those whose clients suffered most come first." in Timelines("An outage", lines).sentence
