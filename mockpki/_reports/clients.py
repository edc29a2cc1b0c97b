"""What a probe found out about a client, as a report: a group for each source, a row for each scenario."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from .._probe import ClientReport
from .._probe.report import JudgedRun, find_group
from .client_objects import make_objects
from .model import SKIPPED, Case, Column, Fact, Group, Line, Report, Row, Span

_FEW = 10
"""As many failures as are shown opened."""
_GROUPS = {
    "staple": "The staple",
    "ocsp": "The responder",
    "crl": "The CRL",
    "must-staple": "Certificates that demand a staple",
    "intermediate": "The CA in between",
    "": "Sources together",
}
_COLUMNS = (
    Column("scenario", width=37, narrow=25),
    Column("verdict", width=7),
    Column("exit", width=4, right=True),
    Column("s", width=5, right=True),
    Column("asked for", width=15),
    Column("alert"),
)


def describe_client(found: ClientReport, skipped: Sequence[str] = ()) -> Report:
    """The report on a client. *skipped* are the scenarios that were left out of those that were asked for."""
    name = PurePath(found.command.words[0]).name
    verdict, *sentences = found.summary
    few = len(found.failures) <= _FEW
    return Report(
        title=f"mockpki probe: {name}",
        headline=_write_headline(name, found),
        objects=make_objects(found),
        verdict=Span(verdict, "right" if found.kept else "wrong"),
        sentences=tuple(sentences),
        facts=(
            Fact("Command", (Span(str(found.command)),), "code"),
            Fact("Judged by", (Span(found.label),)),
            Fact("Took", (Span(f"{found.seconds:.1f} s"),)),
            *([Fact(SKIPPED.capitalize(), (Span(", ".join(skipped)),))] if skipped else ()),
        ),
        groups=tuple(
            Group(
                _GROUPS[group],
                tuple(_make_row(row, opened=few and not row.ok) for row in rows),
                _COLUMNS,
                prefix=f"{group}-" if group else "",
                narrow_title=f"{group}-" if group else "others",
            )
            for group, rows in found.groups.items()
        ),
        problems_heading=f"Not as {found.label} demands",
        suite="mockpki probe",
        cases=(
            *(_make_case(row, found.label) for row in found.rows),
            *(Case(_name_suite(find_group(name)), name, "skipped", SKIPPED) for name in skipped),
        ),
        properties=(
            ("command", str(found.command)),
            ("policy", found.label),
            ("behaves like", " ".join(found.inference.sentences)),
        ),
        seconds=found.seconds,
    )


def _write_headline(name: str, found: ClientReport) -> str:
    if found.demanded:
        return f"{name} {'keeps' if found.kept else 'does not keep'} {found.label}"
    if found.inference.judged:
        like = "is nearest to" if found.inference.best.exceptions else "behaves like"
        return f"{name} {like} {found.label}"
    return f"{name}: no verdict"


def _make_row(row: JudgedRun, *, opened: bool) -> Row:
    run, expectation = row.run, row.result.expectation
    demanded = f"{expectation.verdict}" if run.has_verdict else "a verdict"
    verdict = run.verdict if row.ok else f"{run.verdict}, not {demanded}"
    return Row(
        row.name,
        row.ok,
        brief=(
            Span(verdict, "right" if row.ok else "wrong"),
            Span(f"{run.outcome.seconds:.2f} s", "dim"),
        ),
        cells=tuple(_make_cells(row)),
        sentences=(run.scenario.sentence,),
        problems=row.result.problems,
        facts=tuple(_list_evidence(row)),
        story=str(row.result),
        opened=opened,
        anchor=row.name,
    )


def _make_cells(row: JudgedRun) -> Iterator[Line]:
    verdict = row.run.verdict
    tone = verdict if row.run.has_verdict else "unclear"
    yield (Span(verdict, tone if row.ok else "wrong"),)
    yield (Span(row.exit_status),)
    yield (Span(f"{row.run.outcome.seconds:.2f}"),)
    yield (Span(row.asked),)
    yield (Span(row.alerts),)


def _list_evidence(row: JudgedRun) -> Iterator[Fact]:
    run = row.run
    yield Fact("Demanded", (Span(str(row.result.expectation)),))
    yield Fact("Client", (Span(f"{run.verdict} after {run.outcome.seconds:.2f} s: {run.outcome.words}"),))
    yield Fact("Asked for", (Span(row.asked or "nothing"),))
    yield Fact("Alerts", (Span(row.alerts or "none"),))
    yield Fact("Seen", (Span(str(run.seen)),), "lines")
    yield Fact("Run as", (Span(shlex.join(run.command)),), "code")
    if printed := run.ended.readable.strip():
        yield Fact("Printed", (Span(printed),), "lines")


def _name_suite(group: str) -> str:
    return f"mockpki.probe.{group or 'others'}"


def _make_case(row: JudgedRun, label: str) -> Case:
    """A verdict that the policy does not allow is a failure; no verdict at all is an error."""
    suite, seconds = _name_suite(row.group), row.run.outcome.seconds
    printed = row.run.ended.readable
    if row.ok:
        return Case(suite, row.name, "passed", printed=printed, seconds=seconds)
    return Case(
        suite,
        row.name,
        "failure" if row.run.has_verdict else "error",
        "; ".join(row.result.problems),
        label,
        str(row.result),
        printed,
        seconds,
    )
