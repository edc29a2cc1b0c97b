"""The part of the command line that is about servers that staple."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from .scenarios.servers import Outcome


_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class NoServer(click.ClickException):
    """The server's command cannot be started, never listened, or cannot be stopped."""

    exit_code = 3


@dataclass(frozen=True)
class ServerProbe:
    """What was typed after ``mockpki probe --server``."""

    command: tuple[str, ...]
    template: Path | None
    only: tuple[str, ...]
    skip: tuple[str, ...]
    jobs: int | None
    timeout: float
    key_type: str
    form: str
    output: Path | None

    def run(self) -> int:
        """Send the server through all scenarios, print the report, and return the exit status."""
        from rich.console import Console

        from . import _probe_server, _probe_server_html, _probe_server_text
        from .scenarios.servers import NotListening

        console = Console(stderr=True)
        with _ended_by_signals(), console.status("The server is at work ...", spinner="line") as status:

            def done(outcome: Outcome) -> None:
                status.update(f"The server has been in {outcome.scenario} ...")

            try:
                report = _probe_server.run(
                    self.command,
                    self.template,
                    only=self.only,
                    skip=self.skip,
                    jobs=self.jobs or 2 * (os.cpu_count() or 1),
                    timeout=timedelta(seconds=self.timeout),
                    key_type=self.key_type,
                    timelines=self.form == "html",
                    progress=done,
                )
            except (LookupError, ValueError, TypeError) as error:
                raise click.UsageError(str(error)) from error
            except (NotListening, ChildProcessError) as error:
                raise NoServer(str(error)) from error
        text: Callable[[], str] = {
            "text": lambda: _printed(lambda console: _probe_server_text.show(report, console)),
            "json": lambda: _probe_server_text.as_json(report),
            "junit": lambda: _probe_server_text.as_junit(report),
            "html": lambda: _probe_server_html.server_page(report),
        }[self.form]
        write(text, self.form, self.output, lambda console: _probe_server_text.show(report, console))
        return report.exit_status


def show_presets(names: Sequence[str], form: str, output: Path | None) -> None:
    """Print what the presets of these *names*, or all, do."""
    from rich.console import Console

    from . import _probe_server, _probe_server_html, _probe_server_text

    try:
        status = Console(stderr=True).status("The presets are at work ...", spinner="line")
        with _ended_by_signals(), status:
            reports = _probe_server.presets(names)
    except LookupError as error:
        raise click.UsageError(str(error)) from error
    text: Callable[[], str] = {
        "text": lambda: _printed(lambda console: _probe_server_text.show_presets(reports, console)),
        "json": lambda: _probe_server_text.presets_json(reports),
        "html": lambda: _probe_server_html.presets_page(reports),
    }[form]
    write(text, form, output, lambda console: _probe_server_text.show_presets(reports, console))


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
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


def _printed(show: Callable[..., None]) -> str:
    """What *show* prints, for a file."""
    import io

    from rich.console import Console

    kept = io.StringIO()
    show(Console(file=kept, width=100))
    return kept.getvalue()


def write(text: Callable[[], str], form: str, output: Path | None, show: Callable[..., None]) -> None:
    """Print a report; or write it to *output*, and show it as text."""
    from rich.console import Console

    if output is not None:
        try:
            output.write_text(text(), encoding="utf-8")
        except OSError as error:
            raise click.UsageError(f"--output: {output} cannot be written: {error.strerror}.") from error
    if form == "text" or output is not None:
        show(Console())
    else:
        click.echo(text().rstrip("\n"))
