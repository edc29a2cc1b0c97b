"""A week of publishing as pictures: SVG like that of timelines, in the colours of the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from markupsafe import Markup

from .._typed import spell_duration
from ..scenarios.publishers import CHARACTERS, KINDS, Issued, Reader, Stretch, Week
from .templates import render

_TOP, _BAR, _BELOW = 2, 20, 17
_MARK = 10
_LETTER = 4.0
"""Percent of the width in which a letter has room, on a phone, too."""


def issues_svg(week: Week, issued: tuple[Issued, ...], title: str) -> Markup:
    """A mark for each CRL that was signed, to stand above those who read them."""
    marks = [_place_mark(week, one) for one in issued]
    return _draw(title, _MARK, marks)


def reader_svg(week: Week, reader: Reader) -> Markup:
    """What a client knew, as a bar."""
    return _draw(f"{week.name}, {reader.name}: {_tell_runs(reader.runs)}", _BAR, _place_runs(week, reader))


def week_axis_svg(week: Week) -> Markup:
    """The time since the CA's creation."""
    return render(
        "timeline.svg", title="time since the CA began to publish", top=0, bar=0, below=_BELOW, outage=None,
        runs=[], ticks=list(_place_ticks(week)),
    )  # fmt: skip


def week_legend(kinds: Iterable[str] = tuple(KINDS)) -> Markup:
    """What letters and colours mean, as a list in HTML."""
    return render("legend.html", kinds=list(kinds), characters=CHARACTERS, words=KINDS)


def _draw(title: str, bar: int, runs: Iterable[dict[str, str]]) -> Markup:
    return render(
        "timeline.svg", title=title, top=_TOP, bar=bar, below=2, outage=None, runs=list(runs), ticks=[]
    )


def _scale(length: timedelta, moment: timedelta) -> float:
    """Where *moment* is, in percent of the width."""
    return min(100.0, 100 * (moment / length))


def _place_mark(week: Week, one: Issued) -> dict[str, str]:
    what = f"CRL {one.number}" if one.base is None else f"delta {one.number}, from CRL {one.base} on"
    return {
        "kind": "issue",
        "x": f"{_scale(week.length, one.seen):.2f}%",
        "width": "2",
        "words": f"{spell_duration(one.seen)}: {what}, until {spell_duration(one.next_update)}",
        "letter": "",
        "middle": "",
    }


def _place_runs(week: Week, reader: Reader) -> Iterator[dict[str, str]]:
    for run in reader.runs:
        x = _scale(week.length, run.begin)
        width = _scale(week.length, run.end) - x
        yield {
            "kind": run.says,
            "x": f"{x:.2f}%",
            "width": f"{width:.2f}%",
            "words": _tell_run(run),
            "letter": CHARACTERS[run.says] if width >= _LETTER else "",
            "middle": f"{x + width / 2:.2f}%",
        }


def _place_ticks(week: Week) -> Iterator[dict[str, str]]:
    for moment in week.ticks:
        x = _scale(week.length, moment)
        anchor = "start" if not moment else "end" if x > 97 else "middle"
        yield {"x": f"{x:.2f}%", "anchor": anchor, "words": spell_duration(moment) if moment else "0"}


def _tell_run(run: Stretch) -> str:
    return f"{spell_duration(run.begin)} to {spell_duration(run.end)}: {KINDS[run.says]}"


def _tell_runs(runs: Iterable[Stretch]) -> str:
    return "; ".join(map(_tell_run, runs))
