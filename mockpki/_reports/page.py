"""A report as one HTML file: no script, nothing from elsewhere, made for a phone first.

What stands in the page is in its reader's colours, light or dark. The classes that its style knows:

* ``wrong`` and ``right``: text in red and in green; on a ``details``, with a bar at its left.
* ``dim``: small print.
* ``facts``: a ``dl`` of names and values. ``demands``: a list with marks.
* ``plot``: a picture of curves, and what their lines mean; ``curve`` with a number is one of them.
* ``word`` with a kind of staple: what was seen, in the colours of the timelines.
"""

from __future__ import annotations

from ..scenarios.publishers import KINDS as KNOWLEDGE
from ..scenarios.servers import KINDS, kind
from .model import Report, Timelines, Weeks
from .plot_svg import plot_svg
from .templates import render
from .timeline_svg import axis_svg, legend, timeline_svg
from .week_svg import issues_svg, reader_svg, week_axis_svg, week_legend


def write_page(report: Report) -> str:
    """The whole page, which needs no other file."""
    return str(
        render(
            "report.html",
            title=report.title,
            report=report,
            kinds=KINDS,
            outage=_draw(report.timelines),
            weeks=_draw_weeks(report.weeks),
            plot=plot_svg(report.plot) if report.plot else "",
        )
    )


def _draw(timelines: Timelines | None) -> dict[str, object]:
    """What the part on an outage is made of: nothing, or its words, pictures and what the colours mean."""
    if timelines is None:
        return {}
    used = {kind(one.says) for line in timelines.lines for one in line.seen}
    return {
        "heading": timelines.heading,
        "sentence": timelines.sentence,
        "legend": legend(tuple(name for name in KINDS if name in used)),
        "pictures": [
            (line.name, timelines.marks.get(line.name, ""), timeline_svg(line, ticks=False))
            for line in timelines.by_harm
        ],
        "axis": axis_svg(timelines.lines[0]),
    }


def _draw_weeks(weeks: Weeks | None) -> dict[str, object]:
    """What the part on ways to publish is made of: for each, a line for what is signed, and one a client."""
    if weeks is None:
        return {}
    used = {run.says for week in weeks.lines for one in week.readers for run in one.runs}
    return {
        "heading": weeks.heading,
        "sentence": weeks.sentence,
        "legend": week_legend(tuple(name for name in KNOWLEDGE if name in used)),
        "lines": [
            {
                "name": week.name,
                "issues": [(name, issues_svg(week, issued, name)) for name, issued in week.tracks.items()],
                "readers": [(one.name, one.words, reader_svg(week, one)) for one in week.readers],
                "axis": week_axis_svg(week),
            }
            for week in weeks.lines
        ],
    }
