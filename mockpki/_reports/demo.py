"""How `mockpki demo` shows its report. Plain ASCII but for the lines of tables, which rich adapts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .._probe.demo import SITUATIONS, DemoReport, DemoRow, Reaction
from .safe import clean

_VERDICTS = {
    True: ("accept", "bold green"),
    False: ("reject", "bold red"),
    None: ("-", "bold yellow"),
}

_WIDE = 120
"""Columns of a terminal in which a cell's small print has a line for itself."""

_MARKS = {
    "staple": "a staple decided: an answer of the responder that the server itself brings (RFC 6066)",
    "OCSP": "the responder was asked over HTTP, and that decided (RFC 6960)",
    "exit": "the program's exit status, where 0 accepts",
    "printed": "what the program printed about the staple",
}
"""What the small print of a cell can begin with."""


def show_demo(report: DemoReport, console: Console) -> None:
    """Print all of it."""
    counts = f"{report.handshakes} TLS handshakes and {report.questions} OCSP requests"
    console.print(Text(f"{counts} just happened on loopback", "bold"))
    console.print(_make_verdicts(report, console.width))
    parts = (
        _make_situations(),
        _make_clients(report),
        _make_marks(report),
        _make_evidence(report),
        _make_words(report),
    )
    for part in parts:
        if part is not None:
            console.print(part)
            console.print()


def _make_verdicts(report: DemoReport, width: int) -> Table:
    fold = _fold if width < _WIDE else str
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, show_lines=True)
    table.add_column("", style="bold")
    for situation in SITUATIONS:
        table.add_column(fold(situation.name), overflow="fold", vertical="top")
    for row in report.rows:
        cells = (_make_cell(cell.reaction, fold(clean(cell.reaction.reason))) for cell in row.cells)
        table.add_row(row.client.name.replace(" ", "\n", 1 if width >= _WIDE else -1), *cells)
    return table


def _make_cell(reaction: Reaction, reason: str) -> Text:
    word, style = _VERDICTS[reaction.accepted]
    return Text.assemble((word, style), "\n", (reason, "dim"))


def _fold(text: str) -> str:
    """*text* in two lines, if it is too long for a narrow column."""
    return text if len(text) <= 8 else text.replace(" ", "\n", 1)


def _make_glossary(title: str, lines: Iterable[tuple[str, str]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False, title=title)
    table.title_justify, table.title_style = "left", "dim"
    table.add_column(style="bold", overflow="fold")
    table.add_column(overflow="fold")
    for name, sentence in lines:
        table.add_row(name, sentence)
    return table


def _make_situations() -> Table:
    return _make_glossary(
        "Situations, the same for every client", [(one.name, one.sentence) for one in SITUATIONS]
    )


def _make_clients(report: DemoReport) -> Table:
    return _make_glossary("Clients", [(row.client.name, row.client.sentence) for row in report.rows])


def _make_marks(report: DemoReport) -> Table:
    used = {cell.reaction.reason.split()[0] for row in report.rows for cell in row.cells}
    return _make_glossary("Below the verdict", [mark for mark in _MARKS.items() if mark[0] in used])


def _make_evidence(report: DemoReport) -> Table:
    """What the servers and the responder saw of each client."""
    alerts = sum((row.alerts for row in report.rows), Counter[str]())
    sent = ", ".join(f"{count} x {name}" for name, count in alerts.items()) or "none"
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.title, table.title_justify, table.title_style = "What the servers saw", "left", "dim"
    table.caption_justify, table.caption_style = "left", "dim"
    table.caption = (
        f"Alerts: {sent}. {report.about_authorities} more OCSP requests were about the issuing CA itself."
    )
    table.add_column("")
    for column in ("handshakes", "staples\nasked for", "staples\nsent", "OCSP\nrequests", "alerts"):
        table.add_column(column, justify="right", vertical="bottom")
    for row in report.rows:
        table.add_row(row.client.name, *map(str, count_evidence(row)))
    return table


def count_evidence(row: DemoRow) -> tuple[int, int, int, int, int]:
    """Handshakes, staples asked for, staples sent, OCSP requests and alerts of a client."""
    shakes = row.handshakes
    return (
        len(shakes),
        sum(shake.staple_requested for shake in shakes),
        sum(shake.staple is not None for shake in shakes),
        sum(cell.questions for cell in row.cells),
        row.alerts.total(),
    )


def _make_words(report: DemoReport) -> Table | None:
    """What programs said when they rejected."""
    said = [
        (f"{row.client.name.split()[0]}, {situation.name}", cell.reaction.words)
        for row in report.rows
        for situation, cell in zip(SITUATIONS, row.cells, strict=True)
        if cell.reaction.words
    ]
    return _make_glossary("In the words of the programs", said) if said else None
