"""A timeline as a picture: SVG to be put into a page, which gives it its colours by class.

The classes are ``run`` with one of `KINDS`, ``outage``, ``tick`` and ``ticks``. Letters stand in the
bars, too, for those who see no colours.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from html import escape

from ..scenarios.servers._timeline import CHARACTERS, KINDS, Timeline, kind

STYLE = """
svg.timeline { display: block; width: 100%; margin: .1rem 0 .7rem; }
svg.timeline .run { stroke: var(--paper); }
svg.timeline text { font: 11px system-ui, sans-serif; fill: var(--dim); }
svg.timeline .letter { fill: #fff; font-weight: 600; text-anchor: middle; }
svg.timeline .tick { stroke: var(--line); }
svg.timeline .outage { fill: var(--dim); }
.good { fill: #1a7f37; background: #1a7f37; } .none { fill: #8c959f; background: #8c959f; }
.expired { fill: #bc5b00; background: #bc5b00; } .error { fill: #8250df; background: #8250df; }
.failed { fill: #cf222e; background: #cf222e; } .revoked { fill: #a40e26; background: #a40e26; }
.other { fill: #57606a; background: #57606a; }
.key { display: inline-block; min-width: 1.3em; border-radius: .2em; color: #fff; text-align: center;
  font: 600 .8rem/1.4 system-ui, sans-serif; }
.keys { display: flex; flex-wrap: wrap; gap: .2rem 1rem; padding: 0; list-style: none; }
"""
"""What a page needs for timelines and their `legend`; the variables are those of `mockpki._html`."""

_TOP, _BAR, _BELOW = 8, 20, 17
_LETTER = 4.0
"""Percent of the width in which a letter has room, on a phone, too."""
_TICK = timedelta(hours=12)
_MOST_TICKS = 7


def timeline_svg(line: Timeline, title: str = "") -> str:
    """*line* as an SVG element, as wide as what it is put into. *title* is for those who hear the page."""
    title = title or f"{line.name}: {_sentence(line)}"
    parts = [
        # No viewBox: all that lies across is in percent, and letters keep their size on any screen.
        f'<svg class="timeline" height="{_TOP + _BAR + _BELOW}" role="img">',
        f"<title>{escape(title)}</title>",
        *_outage(line),
        *_runs(line),
        *_ticks(line),
        "</svg>",
    ]
    return "\n".join(parts)


def legend(kinds: Iterator[str] | tuple[str, ...] = tuple(KINDS)) -> str:
    """What letters and colours mean, as a list in HTML."""
    items = (
        f'<li><span class="key {one}">{CHARACTERS[one]}</span> {escape(KINDS[one])}</li>' for one in kinds
    )
    return f'<ul class="keys">{"".join(items)}</ul>'


def _at(line: Timeline, moment: timedelta) -> float:
    """Where *moment* is, in percent of the width."""
    return min(100.0, 100 * (moment / line.length))


def _outage(line: Timeline) -> Iterator[str]:
    begin, end = _at(line, line.down_at), _at(line, line.up_at)
    if end > begin:
        yield (
            f'<rect class="outage" x="{begin:.2f}%" y="1" width="{end - begin:.2f}%" height="4" rx="2">'
            f"<title>the responder is down</title></rect>"
        )


def _runs(line: Timeline) -> Iterator[str]:
    for run in line.runs:
        which, x = kind(run.says), _at(line, run.begin)
        width = _at(line, run.end) - x
        words = f"{_hours(run.begin)} to {_hours(run.end)}: {run.says}"
        yield (
            f'<rect class="run {which}" x="{x:.2f}%" y="{_TOP}" width="{width:.2f}%" '
            f'height="{_BAR}"><title>{escape(words)}</title></rect>'
        )
        if width >= _LETTER:
            yield (
                f'<text class="letter" x="{x + width / 2:.2f}%" y="{_TOP + _BAR - 6}">'
                f"{CHARACTERS[which]}</text>"
            )


def _ticks(line: Timeline) -> Iterator[str]:
    step = _TICK * max(1, -(-int(line.length / _TICK) // _MOST_TICKS))
    moment, bottom = timedelta(), _TOP + _BAR
    while moment <= line.length:
        x = _at(line, moment)
        yield f'<line class="tick" x1="{x:.2f}%" x2="{x:.2f}%" y1="{bottom}" y2="{bottom + 4}"/>'
        anchor = "start" if not moment else "end" if x > 97 else "middle"
        yield f'<text x="{x:.2f}%" y="{bottom + 15}" text-anchor="{anchor}">{_hours(moment)}</text>'
        moment += step


def _hours(moment: timedelta) -> str:
    return f"{moment / timedelta(hours=1):g} h"


def _sentence(line: Timeline) -> str:
    return ", ".join(f"{run.says} from {_hours(run.begin)} to {_hours(run.end)}" for run in line.runs)
