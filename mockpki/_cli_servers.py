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

        from ._probe.servers import run as servers_run
        from ._reports.servers_html import server_page
        from ._reports.servers_text import as_json, as_junit
        from ._reports.servers_text import show as servers_text_show
        from .scenarios.servers import NotListening

        console = Console(stderr=True)
        with _ended_by_signals(), console.status("The server is at work ...", spinner="line") as status:

            def done(outcome: Outcome) -> None:
                status.update(f"The server has been in {outcome.scenario} ...")

            try:
                report = servers_run(
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
            "text": lambda: _printed(lambda console: servers_text_show(report, console)),
            "json": lambda: as_json(report),
            "junit": lambda: as_junit(report),
            "html": lambda: server_page(report),
        }[self.form]
        write(text, self.form, self.output, lambda console: servers_text_show(report, console))
        return report.exit_status


def show_presets(names: Sequence[str], form: str, output: Path | None) -> None:
    """Print what the presets of these *names*, or all, do."""
    from rich.console import Console

    from ._probe.servers import presets
    from ._reports.servers_html import presets_page
    from ._reports.servers_text import presets_json
    from ._reports.servers_text import show_presets as servers_text_show_presets

    try:
        status = Console(stderr=True).status("The presets are at work ...", spinner="line")
        with _ended_by_signals(), status:
            reports = presets(names)
    except LookupError as error:
        raise click.UsageError(str(error)) from error
    text: Callable[[], str] = {
        "text": lambda: _printed(lambda console: servers_text_show_presets(reports, console)),
        "json": lambda: presets_json(reports),
        "html": lambda: presets_page(reports),
    }[form]
    write(text, form, output, lambda console: servers_text_show_presets(reports, console))


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
