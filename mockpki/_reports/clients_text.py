"""The report for a terminal, of any width and with or without colours."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .._probe.report import ClientReport, JudgedRun

_WIDE = 112
"""Columns in which every name is written in full."""
_STYLES = {"accept": "green", "reject": "cyan"}


def show(report: ClientReport, console: Console) -> None:
    """Print the matrix, what was not as it should be, and the summary."""
    for group, rows in report.groups.items():
        _plain(console, _matrix(group, rows, console.width))
    for row in report.failures:
        console.print(Text(str(row.result)), soft_wrap=True)
        console.print()
    for sentence in report.summary:
        console.print(Text(sentence, "bold" if sentence == report.verdict else ""))


def _plain(console: Console, table: Table) -> None:
    """Print *table* without the blanks that fill its last column."""
    for line in console.render_lines(table, pad=False):
        text = Text.assemble(*((one.text, one.style or "") for one in line))
        text.rstrip()
        console.print(text, soft_wrap=True)
    console.print()


def as_text(report: ClientReport) -> str:
    """The same as plain text, for a file."""
    console = Console(file=io.StringIO(), width=_WIDE, color_system=None, legacy_windows=False)
    with console.capture() as capture:
        show(report, console)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def _matrix(group: str, rows: Sequence[JudgedRun], width: int) -> Table:
    wide = width >= _WIDE
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("", no_wrap=True, width=1)
    heading = "scenario" if wide else f"{group}-" if group else "others"
    table.add_column(Text(heading, "bold"), overflow="fold", width=37 if wide else 25)
    table.add_column("verdict", no_wrap=True, width=7)
    table.add_column("exit", justify="right", no_wrap=True, width=4)
    table.add_column("s", justify="right", no_wrap=True, width=5)
    table.add_column("asked for", no_wrap=True, width=15)
    table.add_column("alert", overflow="fold")
    for row in rows:
        name = row.name if wide or not group else row.name.removeprefix(f"{group}-")
        table.add_row(
            Text("" if row.ok else "!", "bold red"),
            Text(name, "" if row.ok else "bold red"),
            Text(row.run.verdict, _STYLES.get(row.run.verdict, "yellow") if row.ok else "bold red"),
            row.exit_status,
            f"{row.run.outcome.seconds:.2f}",
            row.asked,
            # In words, it can be folded.
            row.alerts if wide else row.alerts.replace("_", " "),
        )
    return table
