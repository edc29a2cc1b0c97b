"""A week of publishing on a terminal."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from rich.console import Console

from mockpki._reports.model import Weeks
from mockpki._reports.week_text import show_weeks
from mockpki.scenarios.publishers import Reader, Stretch, Week

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def show(weeks: tuple[Week, ...], width: int = 80) -> list[str]:
    """The lines that are printed."""
    console = Console(file=io.StringIO(), width=width)
    show_weeks(Weeks("x", weeks), console)
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined, no-any-return]


def test_a_week(weeks: tuple[Week, ...]) -> None:
    """What was signed, what each client knew and how long that took, and what the characters mean."""
    lines = show(weeks)
    start = lines.index("vault")
    # 35 characters for 7 days: 4.8 h each.
    assert lines[start : start + 5] == [
        "vault",
        "  2 complete CRLs    |     |",
        f"  asks each time     {'G' * 6}{'R' * 15}{'.' * 14} at once",
        f"  keeps what it has  {'G' * 6}{'L' * 9}{'R' * 6}{'.' * 14} 1 d 18 h 30 min",
        "                     0    1 d  2 d  3 d  4 d  5 d  6 d  7 d",
    ]
    assert lines[-5:] == [
        "  G good, and known to be", "  L revoked, and taken for good", "  R revoked, and known to be",
        "  . no CRL that is current", "  | a CRL is signed, # several",
    ]  # fmt: skip


@pytest.mark.parametrize(("width", "characters"), [(40, 14), (60, 14), (80, 35), (100, 56), (300, 84)])
def test_widths(weeks: tuple[Week, ...], width: int, characters: int) -> None:
    """As many characters as have room, the same for each day; none of them is folded where there is room."""
    lines = show(weeks, width)
    (line,) = (one for one in lines if one.startswith("  asks, with deltas"))
    assert len(line[len("  keeps, with deltas ") :].split(" ")[0]) == characters
    assert max(map(len, lines)) <= max(width, 60)


def test_nothing_bad_is_too_short_to_be_seen(weeks: tuple[Week, ...]) -> None:
    """Of several in one part the worst is shown; and many CRLs as one mark for several."""
    later = DAY + HOUR / 60
    runs = (Stretch("good", 0 * DAY, DAY), Stretch("late", DAY, later), Stretch("revoked", later, 7 * DAY))
    reader = Reader("asks", False, False, runs, HOUR / 60)
    issued = tuple(replace(weeks[0].complete[0], seen=count * HOUR) for count in range(168))
    lines = show((replace(weeks[0], readers=(reader,), issued=issued),))
    assert f"  asks              {'G' * 5}L{'R' * 29} 1 min" in lines
    assert f"  168 complete CRLs {'#' * 35}" in lines
    assert "  . no CRL that is current" not in lines


def test_who_never_knows(weeks: tuple[Week, ...]) -> None:
    """It is said in a word; and where nothing is signed by itself, nothing is said of marks."""
    reader = replace(weeks[1].readers[0], learned=None)
    lines = show((replace(weeks[1], readers=(reader,), issued=()),))
    assert [line.split()[-1] for line in lines if line.startswith("  asks each time")] == ["never"]
    assert not any("a CRL is signed" in line for line in lines)
