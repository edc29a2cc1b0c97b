"""What no reader is to be sent."""

from datetime import datetime, timedelta, timezone
from xml.etree import ElementTree as ET

import pytest

from mockpki._reports import FORMATS
from mockpki._reports.model import Case, Check, Column, Fact, Group, Report, Row, Span, Timelines, Weeks
from mockpki._reports.safe import clean, clean_xml
from mockpki.publishing import VAULT
from mockpki.scenarios.publishers import Reader as CrlReader
from mockpki.scenarios.publishers import Stretch, Week
from mockpki.scenarios.servers import Observation, Timeline
from tests.kit.pages import Reader


@pytest.mark.parametrize(
    "char",
    [
        "\x00",
        "\x07",
        "\x08",
        "\r",
        "\x1b",
        "\x7f",
        "\x9b",
        "\ud800",
        "\u202e",
        "\u2066",
        "\u200f",
        "\u061c",
        "\u2028",
    ],
)
def test_control_characters(char: str) -> None:
    """A character that could move a cursor, ring a bell or end a line shows that it was there."""
    assert clean(f"a{char}b") == clean_xml(f"a{char}b") == "a\ufffdb"


def test_all_else_stays() -> None:
    """Words of any language stay as they are, and so do line ends and tabs."""
    text = "a\tb\nÄß 中文 \u05d0 \u0627\u200d \U0001f512 <&>"
    assert clean(text) == clean_xml(text) == text


def test_no_character_of_xml() -> None:
    """What XML has no character for is kept in a text, and shown as missing in XML."""
    assert clean("a\ufffe\uffff") == "a\ufffe\uffff"
    assert clean_xml("a\ufffe\uffff") == "a\ufffd\ufffd"
    everything = "".join(map(chr, [*range(0x300), 0xD800, 0xFFFE, 0x10FFFF]))
    element = ET.Element("a")
    element.text = clean_xml(everything)
    assert len(ET.fromstring(ET.tostring(element)).text or "") == len(everything)


NASTY = '\x1b[31m<script>\x07&\x9b\u202e\udc9b"'
READABLE = '\ufffd[31m<script>\ufffd&\ufffd\ufffd\ufffd"'
LINE = (Span(NASTY, "wrong", NASTY),)
OBSERVED = (Observation(datetime.now(timezone.utc), NASTY, NASTY),)


def nasty(*, columns: tuple[Column, ...]) -> Report:
    """A report in which every text is what a program that means ill could have printed."""
    check = Check(NASTY, False, NASTY, ((NASTY, NASTY),))
    fact = Fact(NASTY, LINE, "lines")
    inner = Group(NASTY, (Row(NASTY, False, LINE, (LINE,)),), (Column("a"), Column("b")), NASTY)
    row = Row(
        NASTY, False, LINE, (LINE,) * max(0, len(columns) - 1), (NASTY, NASTY), (NASTY,), (check,), (fact,),
        NASTY, inner, opened=True, anchor=NASTY,
    )  # fmt: skip
    hour = timedelta(hours=1)
    reader = CrlReader(NASTY, True, False, (Stretch("late", 0 * hour, hour),), None)
    week = Week(NASTY, VAULT, hour, 0 * hour, (), (reader,))
    return Report(
        NASTY, NASTY, {"text": NASTY}, Span(NASTY, "wrong"), (NASTY,), (fact,),
        (Group(NASTY, (row,), columns, NASTY, NASTY, "", NASTY),), NASTY, NASTY, (check,), (fact,),
        Timelines(NASTY, (Timeline(NASTY, OBSERVED, hour, hour, hour, hour),)), NASTY,
        (Case(NASTY, NASTY, "failure", NASTY, NASTY, NASTY, NASTY),), ((NASTY, NASTY),), 1.0,
        "", Weeks(NASTY, (week,)),
    )  # fmt: skip


@pytest.mark.parametrize("columns", [(), (Column("name"), Column("other"))])
@pytest.mark.parametrize("form", FORMATS)
def test_no_writer_does_harm(form: str, columns: tuple[Column, ...]) -> None:
    """Whatever a report is told, in any of its texts, every writer writes as text and nothing else."""
    written = FORMATS[form](nasty(columns=columns))
    assert clean(written) == written
    if form == "json":
        assert "u001b[31m" in written
    elif form == "junit":
        ET.fromstring(written.encode())
        assert "<script>" not in written
    elif form == "html":
        page = Reader(written)
        assert READABLE in page.text
        assert page.all("script") == []
        assert page.all("details")[0]["id"] == READABLE
    else:
        assert READABLE in written
