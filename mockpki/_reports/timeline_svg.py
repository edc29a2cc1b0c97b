"""A timeline as a picture: SVG to be put into a page, which gives it its colours by class.

The classes are ``run`` with one of `KINDS`, ``outage``, ``tick`` and ``ticks``. Letters stand in the
bars, too, for those who see no colours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from markupsafe import Markup

from ..scenarios.servers import CHARACTERS, KINDS, Timeline, kind
from ..scenarios.servers._timeline import Stretch
from .templates import render

STYLE = str(render("timeline.css"))
"""What a page needs for timelines and their `legend`; the variables are those of ``templates/page.css``."""

_TOP, BAR, BELOW = 8, 20, 17
_LETTER = 4.0
"""Percent of the width in which a letter has room, on a phone, too."""
_TICK = timedelta(hours=12)
_MOST_TICKS = 7
_HOUR = timedelta(hours=1)


def timeline_svg(line: Timeline, title: str = "", *, ticks: bool = True) -> Markup:
    """*line* as an SVG element, as wide as what it is put into. *title* is for those who hear the page.

    Without *ticks*, an `axis_svg` below tells the hours of several.
    """
    return render(
        "timeline.svg",
        title=title or f"{line.name}: {_tell_runs(line)}",
        top=_TOP,
        bar=BAR,
        below=BELOW if ticks else 2,
        outage=_place_outage(line),
        runs=list(_place_runs(line)),
        ticks=list(_place_ticks(line)) if ticks else [],
    )


def axis_svg(line: Timeline) -> Markup:
    """The hours of *line* alone, to stand below several of the same length."""
    return draw_axis("hours since the servers were started", _place_ticks(line))


def draw_axis(title: str, ticks: Iterable[dict[str, str]]) -> Markup:
    """An axis alone, with *ticks* from `place_tick`."""
    return render(
        "timeline.svg", title=title, top=0, bar=0, below=BELOW, outage=None, runs=[], ticks=list(ticks)
    )


def legend(kinds: Iterable[str] = tuple(KINDS)) -> Markup:
    """What letters and colours mean, as a list in HTML."""
    return render("legend.html", kinds=list(kinds), characters=CHARACTERS, words=KINDS)


def scale(length: timedelta, moment: timedelta) -> float:
    """Where *moment* is, in percent of a width that stands for *length*."""
    return min(100.0, 100 * (moment / length))


def place_run(length: timedelta, run: Stretch, which: str, words: str, character: str) -> dict[str, str]:
    """A bar for *run*, of the class *which*. *words* tell it; *character* is in it where there is room."""
    x = scale(length, run.begin)
    width = scale(length, run.end) - x
    return {
        "kind": which,
        "x": f"{x:.2f}%",
        "width": f"{width:.2f}%",
        "words": words,
        "letter": character if width >= _LETTER else "",
        "middle": f"{x + width / 2:.2f}%",
    }


def place_tick(length: timedelta, moment: timedelta, words: str) -> dict[str, str]:
    """A tick at *moment*, with *words* below it that stay inside the picture."""
    x = scale(length, moment)
    anchor = "start" if not moment else "end" if x > 97 else "middle"
    return {"x": f"{x:.2f}%", "anchor": anchor, "words": words}


def _place_outage(line: Timeline) -> dict[str, str] | None:
    begin, end = scale(line.length, line.down_at), scale(line.length, line.up_at)
    return {"x": f"{begin:.2f}%", "width": f"{end - begin:.2f}%"} if end > begin else None


def _place_runs(line: Timeline) -> Iterator[dict[str, str]]:
    for run in line.runs:
        which = kind(run.says)
        words = f"{_tell_hours(run.begin)} to {_tell_hours(run.end)}: {run.says}"
        yield place_run(line.length, run, which, words, CHARACTERS[which])


def _place_ticks(line: Timeline) -> Iterator[dict[str, str]]:
    step = _TICK * max(1, -(-int(line.length / _TICK) // _MOST_TICKS))
    moment = timedelta()
    while moment <= line.length:
        yield place_tick(line.length, moment, _tell_hours(moment))
        moment += step


def _tell_hours(moment: timedelta) -> str:
    return f"{moment / _HOUR:g} h"


def _tell_runs(line: Timeline) -> str:
    return ", ".join(
        f"{run.says} from {_tell_hours(run.begin)} to {_tell_hours(run.end)}" for run in line.runs
    )
