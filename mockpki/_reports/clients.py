"""What a probe found out about a client, as a report: a group for each source, a row for each scenario."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from .._probe import ClientReport
from .._probe.report import JudgedRun, find_group
from ..scenarios import Expected
from .client_objects import make_objects
from .model import SKIPPED, Case, Column, Fact, Group, Line, Report, Row, Span
from .policies import MEANINGS, write_policy

_PAST = {"accept": "accepted", "reject": "rejected", "absent": "never came"}
_FEW = 10
"""As many failures as are shown opened."""
_GROUPS = {
    "staple": "The staple",
    "ocsp": "The responder",
    "crl": "The CRL",
    "crlite": "The filters of CRLite",
    "must-staple": "Certificates that demand a staple",
    "intermediate": "The CA in between",
    "": "Sources together",
}


def _list_columns(asked: int) -> tuple[Column, ...]:
    """The columns, of which the one for what was asked for has this width."""
    return (
        Column("scenario", width=37, narrow=25),
        Column("verdict", width=7),
        Column("exit", width=4, right=True),
        Column("s", width=5, right=True),
        Column("asked for", width=asked),
        Column("alert"),
    )


def describe_client(found: ClientReport, skipped: Sequence[str] = (), tool: str = "mockpki probe") -> Report:
    """The report on a client, which *tool* has probed, or on a server that checks clients' certificates.

    *skipped* are the scenarios that were left out of those that were asked for.
    """
    name = PurePath(found.command.words[0]).name
    verdict, *sentences = found.summary
    few = len(found.failures) <= _FEW
    columns = _list_columns(max((len("staple OCSP CRL"), *(len(row.asked) for row in found.rows))))
    return Report(
        title=f"{tool}: {name}",
        headline=_write_headline(name, found),
        objects=make_objects(found),
        verdict=Span(verdict, "right" if found.kept else "wrong"),
        sentences=tuple(sentences),
        facts=(
            Fact("Command", (Span(str(found.command)),), "code"),
            Fact("Policy", (Span(f"--policy {write_policy(found.policy)}"),), "code"),
            *([Fact(found.label, (Span(MEANINGS[found.label]),))] if found.label in MEANINGS else ()),
            Fact("Took", (Span(f"{found.seconds:.1f} s"),)),
            *([Fact(SKIPPED.capitalize(), (Span(", ".join(skipped)),))] if skipped else ()),
        ),
        groups=tuple(
            Group(
                _GROUPS[group],
                tuple(_make_row(row, opened=few and not row.ok) for row in rows),
                columns,
                prefix=f"{group}-" if group else "",
                narrow_title=f"{group}-" if group else "others",
            )
            for group, rows in found.groups.items()
        ),
        grid_note=f"✓ in green: as {found.label} demands. ✗ in red: not. By what the {found.party} did:",
        problems_heading=f"Not as {found.label} demands",
        suite=tool,
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
    inference = found.inference
    if not inference.judged:
        return f"{name}: no verdict"
    if not inference.best.exceptions and inference.best.words in MEANINGS:
        return f"{name}: {inference.best.words}"
    near = f"; nearest is {inference.named[0].words}" if inference.named else ""
    return f"{name}: no named policy{near}"


def _make_row(row: JudgedRun, *, opened: bool) -> Row:
    run = row.run
    verdict = _PAST.get(run.verdict, run.verdict)
    return Row(
        row.name,
        row.ok,
        brief=(
            Span(verdict if row.ok else f"{verdict}, {_tell_demand(row)}", "right" if row.ok else "wrong"),
            Span(f"{run.outcome.seconds:.2f} s", "dim"),
        ),
        cells=tuple(_make_cells(row)),
        sentences=(run.scenario.sentence,),
        problems=row.result.problems,
        facts=tuple(_list_evidence(row)),
        story=str(row.result),
        opened=opened,
        anchor=row.name,
        came=verdict,
    )


def _tell_demand(row: JudgedRun) -> str:
    """What would have been right, after what the client did."""
    demanded = row.result.expectation.verdict
    if demanded is Expected.EITHER:
        return "should come to a verdict" if not row.run.has_verdict else "but not by what it saw"
    if demanded == row.run.verdict:
        return "but not by what it saw"
    return f"should {demanded}"


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
    yield Fact(
        run.seen.party.capitalize(),
        (Span(f"{run.verdict} after {run.outcome.seconds:.2f} s: {run.outcome.words}"),),
    )
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
        return Case(suite, row.name, "passed", printed=printed, seconds=seconds, exception=row.name)
    return Case(
        suite,
        row.name,
        "failure" if row.run.has_verdict else "error",
        "; ".join(row.result.problems),
        label,
        str(row.result),
        printed,
        seconds,
        row.name,
    )
