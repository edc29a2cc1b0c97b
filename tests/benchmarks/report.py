"""A table for people, JSON for machines, and a plot of what grows."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from .kit import HERE, Kit
from .running import Result, Row, Spread


def table(results: Sequence[Result], console: Console, *, quick: bool = False) -> None:
    """Print every row: ours, the best peer's, the ratio with its spread, and the goal.

    After a *quick* run nothing is said of goals, for nothing was measured.
    """
    title = "medians, with the least and the greatest of the rounds"
    shown = Table(title=f"{title}; quick: small and short, no figure counts" if quick else title)
    for heading in ("work", "mockpki", "peer", "ratio", "goal", ""):
        shown.add_column(heading, overflow="fold")
    for result in results:
        for row in result.benchmark.rows:
            cells = _cells(result, row)
            shown.add_row(*cells[:4], *(("", "") if quick else cells[4:]))
    console.print(shown)
    for result in results:
        for skipped in result.skipped:
            console.print(f"skipped in {result.benchmark.name}: {skipped}")
        if result.failure is not None:
            console.print(f"[red]failed: {result.benchmark.name}: {result.failure}")


def _cells(result: Result, row: Row) -> tuple[str, str, str, str, str, str]:
    peer, compared, reached = result.peer(row), result.compared(row), result.reached(row)
    theirs = "" if peer is None else f"{_figures(result.values(peer, row), row)}  {peer}"
    ratio = ""
    if compared is not None:
        sign, unit = ("+", f" {row.unit}") if row.difference else ("", " x")
        ratio = f"{compared.median:{sign}.2f}{unit} ({compared.least:.2f}..{compared.greatest:.2f})"
    mark = {True: "[green]reached", False: "[red]missed", None: ""}[reached]
    return row.title, _figures(result.values(row.ours, row), row), theirs, ratio, goal(row), mark


def goal(row: Row) -> str:
    """What the row is to reach, in words."""
    unit = f" {row.unit}" if row.difference or not row.peers else " x"
    if row.at_least is not None:
        return f"at least {row.at_least:g}{unit}"
    if row.at_most is not None:
        return f"at most {row.at_most:g}{unit}"
    return ""


def _figures(values: list[float], row: Row) -> str:
    if not values:
        return "-"
    spread = Spread.of(values)
    return f"{_short(spread.median)} {row.unit} ({_short(spread.least)}..{_short(spread.greatest)})"


def _short(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def as_json(results: Sequence[Result], rounds: int, *, quick: bool = False) -> dict[str, Any]:
    """Everything that was measured, and what it was measured on."""
    return {
        "machine": {
            "python": platform.python_version(),
            "system": platform.platform(),
            "cores": os.cpu_count(),
        },
        "rounds": rounds,
        "quick": quick,
        "benchmarks": [
            {
                "name": result.benchmark.name,
                "samples": result.samples,
                "skipped": result.skipped,
                "failure": result.failure,
                "rows": [_row(result, row) for row in result.benchmark.rows],
            }
            for result in results
        ],
    }


def _row(result: Result, row: Row) -> dict[str, Any]:
    values, compared = result.values(row.ours, row), result.compared(row)
    return {
        "title": row.title,
        "metric": row.metric,
        "unit": row.unit,
        "side": row.ours,
        "figure": vars(Spread.of(values)) if values else None,
        "peer": result.peer(row),
        "compared": None if compared is None else vars(compared),
        "goal": goal(row),
        "reached": result.reached(row),
    }


def plot(kit: Kit, figures: Path, picture: Path) -> None:
    """Draw the growth curves of the JSON in *figures*. Raises `MissingError` without matplotlib."""
    subprocess.run(
        [kit.python("plot"), str(HERE / "plot.py"), str(figures), str(picture)],
        env=kit.environment,
        check=True,
    )
