"""What commands share at their end: where a report goes, and what happens if somebody ends them."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

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

    def write(self, text: Callable[[], str], show: Callable[..., None]) -> None:
        """Print a report; or write it to the file, and show it as text."""
        from rich.console import Console

        if self.path is not None:
            try:
                self.path.write_text(text(), encoding="utf-8")
            except OSError as error:
                raise click.UsageError(
                    f"--output: {self.path} cannot be written: {error.strerror}."
                ) from error
        if self.form == "text" or self.path is not None:
            show(Console())
        else:
            click.echo(text().rstrip("\n"))


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
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


def print_plain(show: Callable[..., None]) -> str:
    """What *show* prints, for a file."""
    import io

    from rich.console import Console

    kept = io.StringIO()
    show(Console(file=kept, width=100))
    return kept.getvalue()
