"""What commands share at their end: where a report goes, and what happens if somebody ends them."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from .._reports import Report

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@dataclass(frozen=True)
class Output:
    """How a report is written, and to which file; without one, to the terminal."""

    form: str
    path: Path | None

    def __post_init__(self) -> None:
        if self.path is not None and not self.path.absolute().parent.is_dir():
            raise click.UsageError(
                f"--output: there is no folder {self.path.parent} to write {self.path.name} to."
            )

    def write(self, report: Report) -> None:
        """Print *report*; or write it to the file, and show it as text."""
        from rich.console import Console

        from .._reports import FORMATS, show_report

        if self.path is not None:
            try:
                self.path.write_text(FORMATS[self.form](report), encoding="utf-8")
            except OSError as error:
                raise click.UsageError(
                    f"--output: {self.path} cannot be written: {error.strerror}."
                ) from error
        if self.form == "text" or self.path is not None:
            show_report(report, Console())
        else:
            click.echo(FORMATS[self.form](report).rstrip("\n"))


@contextlib.contextmanager
def end_on_signals() -> Iterator[None]:
    """Servers that were started end with us, whoever ends us; the exit status is then as shells have it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: object) -> None:
        # What is under way ends in seconds; to be impatient then would leave servers behind.
        for one in _SIGNALS:
            signal.signal(one, signal.SIG_IGN)
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in _SIGNALS}
    try:
        yield
    except SystemExit:
        click.echo("Interrupted: nothing was judged.", err=True)
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
