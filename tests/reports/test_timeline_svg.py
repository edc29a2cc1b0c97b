"""The picture of a timeline: where its bars, its line and its hours are."""

import re
from datetime import datetime, timedelta, timezone
from xml.etree import ElementTree as ET

from mockpki._reports.timeline_svg import axis_svg, legend, timeline_svg
from mockpki.scenarios.servers import CHARACTERS, KINDS, Observation, Timeline

HOUR = timedelta(hours=1)


def draw(words: str, *, name: str = "x", down_at: int = 0, up_at: int = 0) -> ET.Element:
    """The picture of a server that gave its clients these, hour by hour."""
    seen = tuple(Observation(datetime.now(timezone.utc), one, "") for one in words.split())
    line = Timeline(name, seen, HOUR, 24 * HOUR, down_at * HOUR, up_at * HOUR)
    return ET.fromstring(timeline_svg(line))


def test_bars_fill_the_width() -> None:
    """Bars stand side by side from the first hour to the last, each with its colour and its words."""
    picture = draw("none good good good good good good good expired expired")
    bars = [one for one in picture.iter("rect") if str(one.get("class")).startswith("run ")]
    assert [bar.get("class") for bar in bars] == ["run none", "run good", "run expired"]
    assert [bar.get("x") for bar in bars] == ["0.00%", "10.00%", "80.00%"]
    assert [bar.get("width") for bar in bars] == ["10.00%", "70.00%", "20.00%"]
    assert [bar.findtext("title") for bar in bars] == [
        "0 h to 1 h: none", "1 h to 8 h: good", "8 h to 10 h: expired",
    ]  # fmt: skip
    assert [one.text for one in picture.findall("text[@class='letter']")] == [".", "G", "E"]


def test_a_narrow_bar_has_no_letter() -> None:
    """A letter is left out where a phone has no room for it."""
    picture = draw(" ".join(["none", *["good"] * 49]))
    assert [one.text for one in picture.findall("text[@class='letter']")] == ["G"]


def test_the_outage() -> None:
    """A line lies over the hours in which the responder is down; without an outage there is none."""
    (line,) = draw("good good good good", down_at=1, up_at=3).findall("rect[@class='outage']")
    assert (line.get("x"), line.get("width")) == ("25.00%", "50.00%")
    assert draw("good good", down_at=1, up_at=1).findall("rect[@class='outage']") == []


def test_hours() -> None:
    """There are never more hours written below than have room, and the first and last stay inside."""
    for length in (1, 12, 48, 72, 500):
        texts = [one for one in draw(" ".join(["good"] * length)).iter("text") if not one.get("class")]
        assert 1 <= len(texts) <= 8
        assert (texts[0].text, texts[0].get("text-anchor")) == ("0 h", "start")
        assert all(one.get("text-anchor") == "end" for one in texts if one.get("x") == "100.00%")


def test_a_name_is_text() -> None:
    """Whatever a server is called, the picture is one."""
    picture = draw("good", name="<script>&\x1b")
    assert picture.findtext("title") == "<script>&\ufffd: good from 0 h to 1 h"
    assert picture.findall(".//script") == []


def test_the_legend() -> None:
    """Every kind is explained, or those that are asked for, by its letter and its words."""
    assert re.findall(r'class="key (\w+)">(.)<', legend()) == list(CHARACTERS.items())
    assert re.findall(r'class="key (\w+)"', legend(("good", "none"))) == ["good", "none"]
    assert all(words.replace("'", "&#x27;") in legend() for words in KINDS.values())


def test_one_axis_for_all() -> None:
    """The hours stand in a picture of their own, at the places where each picture would have them."""
    seen = (Observation(datetime.now(timezone.utc), "good", ""),) * 72
    line = Timeline("x", seen, HOUR, 24 * HOUR, 6 * HOUR, 54 * HOUR)
    bare, axis = (ET.fromstring(str(one)) for one in (timeline_svg(line, ticks=False), axis_svg(line)))
    whole = ET.fromstring(timeline_svg(line))
    assert bare.findall("line") == []
    assert axis.findall("rect") == []
    assert [one.get("x") for one in axis.findall("text")] == [
        one.get("x") for one in whole.findall("text") if not one.get("class")
    ]
