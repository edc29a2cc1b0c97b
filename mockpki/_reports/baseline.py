"""Exceptions that are known: for CI, which is to fail over new ones alone.

A baseline is a JSON file: ``{"exceptions": ["ocsp-stale", ...]}``, or a report that was written by
``--format json``. An exception of a client is a scenario's name; one of a server, a scenario and a demand,
such as ``restart: ready``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .model import Case, Report, Span


@dataclass(frozen=True)
class Baseline:
    """What is known to go wrong, by the file *source*; *policy* is what it was judged by, if known."""

    source: str
    exceptions: frozenset[str]
    policy: str | None = None


@dataclass(frozen=True)
class Compared:
    """A report, held against a baseline: *new* went wrong and is not known; *mended* is known, and right."""

    report: Report
    new: tuple[str, ...]
    known: tuple[str, ...]
    mended: tuple[str, ...]


def read_baseline(path: Path) -> Baseline:
    """The baseline in the file *path*. Raises OSError, or ValueError for a file that is none."""
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no JSON: {error}") from error
    except RecursionError as error:
        raise ValueError(f"{path} is no report: its JSON is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is no JSON: {error}") from error
    exceptions, policy = _find_exceptions(found)
    if not isinstance(exceptions, list) or not all(isinstance(one, str) for one in exceptions):
        raise ValueError(
            f'{path} has no exceptions: write {{"exceptions": ["ocsp-stale"]}}, or a report by --format json'
        )
    return Baseline(str(path), frozenset(exceptions), policy)


def _find_exceptions(found: Any) -> tuple[Any, str | None]:
    """The exceptions in what was read, or what stands in their place; and the policy they are from."""
    if not isinstance(found, dict):
        return None, None
    if "exceptions" in found:
        return found["exceptions"], None
    if isinstance(found.get("policy"), dict):
        return found["policy"].get("exceptions"), found["policy"].get("name")
    if isinstance(found.get("scenarios"), list):
        broken = [
            name_exception(scenario["name"], demand["name"])
            for scenario in found["scenarios"]
            for demand in scenario.get("demands", ())
            if demand["kept"] is False
        ]
        return broken, None
    return None, None


def name_exception(scenario: str, demand: str) -> str:
    """What it is called that a server broke a demand in a scenario."""
    return f"{scenario}: {demand}"


def compare(report: Report, baseline: Baseline) -> Compared:
    """*report* as it is for who knows of *baseline*: what is known is skipped, and what is new is told."""
    broken = [case.exception for case in report.cases if case.state in ("failure", "error")]
    passed = [case.exception for case in report.cases if case.state == "passed"]
    new = tuple(one for one in broken if one not in baseline.exceptions)
    known = tuple(one for one in broken if one in baseline.exceptions)
    mended = tuple(one for one in passed if one in baseline.exceptions)
    first, *more = _tell(baseline.source, new, known, mended)
    verdict = Span(first, "wrong" if new else "right")
    before = (report.verdict.text,) if report.verdict else ()
    return Compared(
        replace(
            report,
            verdict=verdict,
            sentences=(*more, *before, *report.sentences),
            cases=tuple(_excuse(case, baseline) for case in report.cases),
        ),
        new,
        known,
        mended,
    )


def _tell(source: str, new: Sequence[str], known: Sequence[str], mended: Sequence[str]) -> Iterator[str]:
    if new:
        yield f"{_count(len(new), 'new exception')}: {', '.join(new)}."
    else:
        yield "No new exception."
    if known:
        yield f"{_count(len(known), 'exception')} known from {source}: {', '.join(known)}."
    if mended:
        yield f"Mended: {', '.join(mended)}; take {'it' if len(mended) == 1 else 'them'} out of {source}."


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _excuse(case: Case, baseline: Baseline) -> Case:
    if case.state not in ("failure", "error") or case.exception not in baseline.exceptions:
        return case
    return replace(case, state="skipped", message=f"known exception: {case.message}")
