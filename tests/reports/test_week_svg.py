"""The pictures of a week: where marks, bars and times are."""

import re
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree as ET

from mockpki._reports.week_svg import issues_svg, reader_svg, week_axis_svg, week_legend
from mockpki.scenarios.publishers import CHARACTERS, KINDS, Reader, Stretch, Week

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_marks(weeks: tuple[Week, ...]) -> None:
    """One for each CRL, where it was signed, with its number and its end as words."""
    picture = ET.fromstring(issues_svg(weeks[0], weeks[0].deltas, "7 deltas"))
    marks = picture.findall("rect")
    assert [one.get("x") for one in marks] == [f"{100 * day / 7:.2f}%" for day in range(7)]
    assert {(one.get("class"), one.get("width")) for one in marks} == {("run issue", "2")}
    assert marks[1].findtext("title") == "1 d: delta 2, from CRL 1 on, until 2 d 2 h 14 min"
    assert picture.findtext("title") == "7 deltas"
    (mark,) = ET.fromstring(issues_svg(weeks[0], weeks[0].complete, "x")).findall("rect")
    assert mark.findtext("title") == "0 s: CRL 1, until 7 d 11 h 50 min"


def test_bars(weeks: tuple[Week, ...]) -> None:
    """Bars stand side by side for the whole time, each with its colour, its words, and a letter if it has
    room."""
    later = DAY + HOUR
    runs = (Stretch("good", 0 * DAY, DAY), Stretch("late", DAY, later), Stretch("revoked", later, 7 * DAY))
    reader = Reader("<b>", True, False, runs, HOUR)
    picture = ET.fromstring(reader_svg(weeks[0], reader))
    bars = picture.findall("rect")
    assert [one.get("class") for one in bars] == ["run good", "run late", "run revoked"]
    assert [one.get("x") for one in bars] == ["0.00%", "14.29%", "14.88%"]
    assert [one.get("width") for one in bars] == ["14.29%", "0.60%", "85.12%"]
    assert bars[1].findtext("title") == "1 d to 1 d 1 h: revoked, and taken for good"
    assert [one.text for one in picture.findall("text")] == ["G", "R"]
    assert picture.findtext("title") == (
        "ad-cs, <b>: 0 s to 1 d: good, and known to be; 1 d to 1 d 1 h: revoked, and taken for good; "
        "1 d 1 h to 7 d: revoked, and known to be"
    )


def test_times(weeks: tuple[Week, ...]) -> None:
    """There are never more than have room, and the first and the last stay inside."""
    for length in (DAY, 2 * DAY, 7 * DAY, 10 * DAY, 365 * DAY, 3650 * DAY):
        axis = ET.fromstring(week_axis_svg(replace(weeks[0], length=length)))
        texts = axis.findall("text")
        assert 4 <= len(texts) <= 8
        assert (texts[0].text, texts[0].get("text-anchor")) == ("0", "start")
        assert all(one.get("text-anchor") == "end" for one in texts if one.get("x") == "100.00%")


def test_the_legend() -> None:
    """Every kind is explained, or those that are asked for, by its letter and its words."""
    assert re.findall(r'class="key (\w+)">(.)<', week_legend()) == list(CHARACTERS.items())
    assert re.findall(r'class="key (\w+)"', week_legend(("late", "none"))) == ["late", "none"]
    assert all(words in week_legend() for words in KINDS.values())
