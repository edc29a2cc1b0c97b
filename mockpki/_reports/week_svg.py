"""A week of publishing as pictures: SVG like that of timelines, in the colours of the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from markupsafe import Markup

from .._typed import spell_duration
from ..scenarios.publishers import CHARACTERS, KINDS, Issued, Reader, Stretch, Week
from .templates import render
from .timeline_svg import BAR, draw_axis, place_run, place_tick, scale

_TOP, _MARK = 2, 10


def issues_svg(week: Week, issued: tuple[Issued, ...], title: str) -> Markup:
    """A mark for each CRL that was signed, to stand above those who read them."""
    marks = [_place_mark(week, one) for one in issued]
    return _draw(title, _MARK, marks)


def reader_svg(week: Week, reader: Reader) -> Markup:
    """What a client knew, as a bar."""
    return _draw(f"{week.name}, {reader.name}: {_tell_runs(reader.runs)}", BAR, _place_runs(week, reader))


def week_axis_svg(week: Week) -> Markup:
    """The time since the CA's creation."""
    ticks = (
        place_tick(week.length, moment, spell_duration(moment) if moment else "0") for moment in week.ticks
    )
    return draw_axis("time since the CA began to publish", ticks)


def week_legend(kinds: Iterable[str] = tuple(KINDS)) -> Markup:
    """What letters and colours mean, as a list in HTML."""
    return render("legend.html", kinds=list(kinds), characters=CHARACTERS, words=KINDS)


def _draw(title: str, bar: int, runs: Iterable[dict[str, str]]) -> Markup:
    return render(
        "timeline.svg", title=title, top=_TOP, bar=bar, below=2, outage=None, runs=list(runs), ticks=[]
    )


def _place_mark(week: Week, one: Issued) -> dict[str, str]:
    what = f"CRL {one.number}" if one.base is None else f"delta {one.number}, from CRL {one.base} on"
    return {
        "kind": "issue",
        "x": f"{scale(week.length, one.seen):.2f}%",
        "width": "2",
        "words": f"{spell_duration(one.seen)}: {what}, until {spell_duration(one.next_update)}",
        "letter": "",
        "middle": "",
    }


def _place_runs(week: Week, reader: Reader) -> Iterator[dict[str, str]]:
    for run in reader.runs:
        yield place_run(week.length, run, run.says, _tell_run(run), CHARACTERS[run.says])


def _tell_run(run: Stretch) -> str:
    return f"{spell_duration(run.begin)} to {spell_duration(run.end)}: {KINDS[run.says]}"


def _tell_runs(runs: Iterable[Stretch]) -> str:
    return "; ".join(map(_tell_run, runs))
