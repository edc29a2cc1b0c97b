"""A report for a terminal, of any width and with or without colours."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..scenarios.servers import CHARACTERS, KINDS, Timeline, kind
from .model import Check, Column, Group, Line, Report, Row, Timelines
from .safe import clean
from .week_text import show_weeks

_WIDE = 112
"""Columns in which every name is written in full."""
_STYLES = {
    "": "",
    "right": "bold",
    "wrong": "bold red",
    "dim": "dim",
    "accept": "green",
    "reject": "cyan",
    "unclear": "yellow",
    "good": "green",
    "none": "dim",
    "expired": "yellow",
    "error": "magenta",
    "failed": "bold red",
    "revoked": "red",
    "other": "bold yellow",
}
"""The style of each tone."""
_MARKS = {True: ("kept", "green"), False: ("broken", "bold red"), None: ("not seen", "dim")}


def show_report(report: Report, console: Console) -> None:
    """Print the tables, what was not as it should be, the summary, and timelines."""
    for group in report.groups:
        if group.heading:
            _show_words(group.heading, console, "bold")
        if group.columns:
            _show_table(group, console)
        else:
            _show_list(group, console)
    for row in report.rows:
        if row.story and not row.ok:
            console.print(Text(clean(row.story)), soft_wrap=True)
            console.print()
    if report.demands:
        _show_checks(report.demands, console)
    for fact in report.facts:
        if fact.name == "Policy":
            _show_words(f"Policy: {' '.join(span.text for span in fact.value)}", console)
    if report.verdict:
        _show_words(report.verdict.text, console, "bold")
    for sentence in report.sentences:
        _show_words(sentence, console)
    if report.weeks:
        show_weeks(report.weeks, console)
    if report.timelines:
        if report.verdict:
            console.print()
        _show_timelines(report.timelines, console)


def write_text(report: Report) -> str:
    """The same as plain text, for a file."""
    console = Console(file=io.StringIO(), width=_WIDE, color_system=None, legacy_windows=False)
    with console.capture() as capture:
        show_report(report, console)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def _show_words(words: str, console: Console, style: str = "", indent: int = 0) -> None:
    """Print *words* folded to the console's width, and nothing at the ends of lines."""
    for line in Text(clean(words), style).wrap(console, console.width - indent):
        line.rstrip()
        console.print(Text.assemble(" " * indent, line), soft_wrap=True)


# Tables.


def _show_table(group: Group, console: Console) -> None:
    wide = console.width >= _WIDE
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("", no_wrap=True, width=1)
    first, *others = group.columns
    title = first.title if wide else group.narrow_title or first.title
    table.add_column(Text(title, "bold"), overflow="fold", width=first.width if wide else first.narrow)
    for column in others:
        table.add_column(
            column.title,
            justify="right" if column.right else "left",
            no_wrap=column.width is not None,
            overflow="fold",
            width=column.width,
        )
    for row in group.rows:
        style = "bold red" if row.ok is False else ""
        name = row.name if wide else row.name.removeprefix(group.prefix)
        cells = (_make_cell(cell, column, wide) for cell, column in zip(row.cells, others, strict=True))
        table.add_row(Text("!" if row.ok is False else "", style), Text(clean(name), style), *cells)
    _show_plain(table, console)
    if group.note:
        _show_words(group.note, console, "dim")
        console.print()


def _make_cell(line: Line, column: Column, wide: bool) -> Text:
    text = Text(" ").join(Text(clean(span.text), _STYLES[span.tone]) for span in line)
    if not wide and column.width is None:
        # In words, it can be folded.
        text.plain = text.plain.replace("_", " ")
    return text


def _show_plain(table: Table, console: Console) -> None:
    """Print *table* without the blanks that fill its last column."""
    for line in console.render_lines(table, pad=False):
        text = Text.assemble(*((one.text, one.style or "") for one in line))
        text.rstrip()
        console.print(text, soft_wrap=True)
    console.print()


def _show_list(group: Group, console: Console) -> None:
    for row in group.rows:
        _show_words(row.name, console, "bold")
        for sentence in row.sentences:
            _show_words(sentence, console, indent=2)
        console.print()
        if row.opened:
            _show_opened(row, console)


def _show_opened(row: Row, console: Console) -> None:
    if row.group:
        _show_table(row.group, console)
    if row.checks:
        _show_checks(row.checks, console)


def _show_checks(checks: Sequence[Check], console: Console) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    for check in checks:
        name = f"{check.name}: " if check.name else ""
        table.add_row(Text(*_MARKS[check.kept]), Text(clean(f"{name}{check.sentence}")))
        if check.kept is None and check.why:
            table.add_row("", Text(clean(f"{check.why}"), "dim"))
        for name, why in check.places:
            table.add_row("", Text(clean(f"{name}: {why}"), "dim"))
    _show_plain(table, console)


# Timelines: a character for each step, and what the characters mean.


def _show_timelines(timelines: Timelines, console: Console) -> None:
    _show_words(timelines.sentence, console, "bold")
    width = max(len(line.name) for line in timelines.lines)
    ruler = _draw_ruler(timelines.lines[0])
    console.print(Text(f"{'':{width}} {ruler}", "dim"), soft_wrap=True)
    for line in timelines.by_harm:
        row = Text(f"{clean(line.name):{width}} ")
        for one in line.seen:
            row.append(CHARACTERS[kind(one.says)], _STYLES[kind(one.says)])
        if mark := timelines.marks.get(line.name):
            row.append(f" ({clean(mark)})", "dim")
        console.print(row, soft_wrap=True)
    used = {kind(one.says) for line in timelines.lines for one in line.seen}
    for name in KINDS:
        if name in used:
            console.print(Text.assemble("  ", (CHARACTERS[name], _STYLES[name]), f" {KINDS[name]}"))


def _draw_ruler(line: Timeline) -> str:
    """A mark for each step: where the responder is down, a line."""
    marks = (line.down_at <= step * line.every < line.up_at for step in range(len(line.seen)))
    return "".join("-" if down else " " for down in marks).rstrip()
