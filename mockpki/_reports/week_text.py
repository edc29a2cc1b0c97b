"""A week of publishing for a terminal: a character for a part of the time."""

from __future__ import annotations

from datetime import timedelta

from rich.console import Console
from rich.text import Text

from .._typed import spell_duration
from ..scenarios.publishers import CHARACTERS, KINDS, Issued, Reader, Week
from .model import Weeks
from .safe import clean

_STYLES = {"good": "green", "late": "bold yellow", "revoked": "red", "none": "dim"}
_WORST = ("late", "none", "revoked", "good")
"""Of several in one part, what is shown, so that nothing bad is too short to be seen."""
_LEAST, _MOST, _EVEN = 14, 84, 7
"""So many characters, as there is room, and the same for each day of a week."""
_ROOM = 21
"""Characters for what is said behind."""


def show_weeks(weeks: Weeks, console: Console) -> None:
    """Print a line for what each has signed, and one a client, with how long it took to know."""
    for line in Text(clean(weeks.sentence), "bold").wrap(console, console.width):
        line.rstrip()
        console.print(line, soft_wrap=True)
    names = [name for week in weeks.lines for name in week.tracks]
    names += [clean(one.name) for week in weeks.lines for one in week.readers]
    margin = 2 + max(map(len, names))
    width = max(_LEAST, min(_MOST, console.width - margin - 1 - _ROOM) // _EVEN * _EVEN)
    for week in weeks.lines:
        console.print()
        console.print(Text(clean(week.name), "bold"), soft_wrap=True)
        for name, issued in week.tracks.items():
            console.print(Text(f"  {name:{margin - 2}} {_draw_issues(week, issued, width)}"), soft_wrap=True)
        for reader in week.readers:
            row = Text(f"  {clean(reader.name):{margin - 2}} ")
            for says in _sample(week, reader, width):
                row.append(CHARACTERS[says], _STYLES[says])
            console.print(row.append(f" {reader.words}"), soft_wrap=True)
        console.print(Text(f"{'':{margin}} {_draw_ruler(week, width)}", "dim"), soft_wrap=True)
    _explain(weeks, console)


def _explain(weeks: Weeks, console: Console) -> None:
    used = {run.says for week in weeks.lines for one in week.readers for run in one.runs}
    console.print()
    for name in KINDS:
        if name in used:
            console.print(Text.assemble("  ", (CHARACTERS[name], _STYLES[name]), f" {KINDS[name]}"))
    if any(week.issued for week in weeks.lines):
        console.print(Text("  | a CRL is signed, # several"))


def _draw_issues(week: Week, issued: tuple[Issued, ...], width: int) -> str:
    counts = [0] * width
    for one in issued:
        counts[int(one.seen / week.length * width)] += 1
    return "".join(" " if not count else "|" if count == 1 else "#" for count in counts).rstrip()


def _sample(week: Week, reader: Reader, width: int) -> list[str]:
    part = week.length / width
    return [_find_worst(reader, place * part, (place + 1) * part) for place in range(width)]


def _find_worst(reader: Reader, begin: timedelta, end: timedelta) -> str:
    says = {run.says for run in reader.runs if run.begin < end and run.end > begin}
    return next(one for one in _WORST if one in says)


def _draw_ruler(week: Week, width: int) -> str:
    """Times below the parts in which they are, as many as have room."""
    ruler = ""
    for moment in week.ticks:
        place = int(moment / week.length * width)
        mark = spell_duration(moment) if moment else "0"
        if place > len(ruler) or not moment:
            ruler = ruler.ljust(place) + mark
    return ruler
