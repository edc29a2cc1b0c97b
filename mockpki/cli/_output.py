"""What commands share at their end: where a report goes, and what happens if somebody ends them."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from .._reports import Report
    from .._reports.baseline import Baseline

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


_SUFFIXES = {
    ".txt": "text", ".log": "text", ".json": "json", ".xml": "junit", ".html": "html", ".htm": "html"
}  # fmt: skip


@dataclass(frozen=True)
class Output:
    """How a report is written, and to which file; without one, to the terminal."""

    form: str
    path: Path | None
    forms: tuple[str, ...] = ("text", "json", "junit", "html")
    """Those that there are."""

    def __post_init__(self) -> None:
        if not self.form:
            object.__setattr__(self, "form", self._find_form())
        if self.path is not None and not self.path.absolute().parent.is_dir():
            raise click.UsageError(
                f"--output: there is no folder {self.path.parent} to write {self.path.name} to."
            )

    def _find_form(self) -> str:
        """The form that the file's name has, if no other was asked for."""
        if self.path is None or not self.path.suffix:
            return "text"
        found = _SUFFIXES.get(self.path.suffix.lower())
        if found not in self.forms:
            listed = ", ".join(self.forms)
            raise click.UsageError(
                f"--output: {self.path.name} is of no kind that can be written; say --format ({listed})."
            )
        return found

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

    def write_or_compare(self, report: Report, known: Baseline | None, status: int) -> int:
        """Write *report*, and return its exit *status*; with what is *known*, what is new alone counts."""
        from .._reports.baseline import compare

        if known is None:
            self.write(report)
            return status
        compared = compare(report, known)
        self.write(compared.report)
        return int(bool(compared.new))


T = TypeVar("T")
_POLL = 0.05
"""Seconds after which it is seen, at the latest, that work has ended."""


class _Work(threading.Thread):
    """Some work on a thread of its own, which signals never interrupt halfway."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__(name="mockpki work")
        self._work = work
        self._lock = threading.Lock()
        self._state = "new"
        self.result: object = None
        self.error: BaseException | None = None

    def run(self) -> None:
        if not self._enter("begun", "new"):
            return
        try:
            self.result = self._work()
        except BaseException as error:
            self.error = error
        finally:
            self._state = "over"

    def give_up(self) -> None:
        """Do not begin; what has begun is waited for."""
        self._enter("over", "new")
        while self._state != "over":
            time.sleep(_POLL)

    def _enter(self, state: str, after: str) -> bool:
        with self._lock:
            if self._state != after:
                return False
            self._state = state
            return True


def work_apart(work: Callable[[], T], stop: Callable[[], object]) -> T:
    """What *work* returns. If a signal ends us, *stop* is called, and *work* comes to its end before us.

    Signals interrupt the main thread wherever it is, also where a program has been started and nobody knows
    it yet. So all that starts and writes something is done on another thread, which takes leave in order.
    """
    apart = _Work(work)
    try:
        apart.start()
        while apart.is_alive():
            apart.join(_POLL)
    except BaseException:
        stop()
        apart.give_up()
        raise
    if apart.error is not None:
        raise apart.error
    result: T = apart.result  # type: ignore[assignment]
    return result


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
