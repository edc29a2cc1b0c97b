"""The demo's report, and how it is printed."""

from collections.abc import Iterator

from rich.console import Console

from mockpki._probe.demo import DemoReport, DemoRow
from mockpki._reports.demo import show_demo


def rows(report: DemoReport) -> dict[str, DemoRow]:
    """The rows by the client's name."""
    return {row.client.name: row for row in report.rows}


def lines(text: str) -> Iterator[str]:
    """The lines of *text* without the blanks on their right."""
    return (line.rstrip() for line in text.splitlines())


def print_demo(report: DemoReport, width: int, **options: bool) -> str:
    """The report as it is printed to a terminal of that width."""
    console = Console(width=width, **options)  # type: ignore[arg-type]
    with console.capture() as capture:
        show_demo(report, console)
    return capture.get()
