"""The report as one HTML file: the summary first, then a line for each scenario, which opens."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import PurePath

from .._probe.report import ClientReport, JudgedRun
from .page import escape, facts, page

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


def as_html(report: ClientReport) -> str:
    """The whole page."""
    return page(f"mockpki probe: {_name(report)}", "\n".join(_body(report)))


def _body(report: ClientReport) -> Iterator[str]:
    client = escape(_name(report))
    kept = "keeps" if report.kept else "does not keep"
    like = "is nearest to" if report.inference.best.exceptions else "behaves like"
    if report.demanded:
        yield f"<h1>{client} {kept} {escape(report.label)}</h1>"
    elif report.inference.judged:
        yield f"<h1>{client} {like} {escape(report.label)}</h1>"
    else:
        yield f"<h1>{client}: no verdict</h1>"
    colour = "right" if report.kept else "wrong"
    first, *rest = report.summary
    sentences = "".join(f"<p>{escape(sentence)}</p>" for sentence in rest)
    yield f'<div class="box"><p class="{colour}"><b>{escape(first)}</b></p>{sentences}</div>'
    yield facts(
        [
            ("Command", f"<code>{escape(report.command)}</code>"),
            ("Judged by", escape(report.label)),
            ("Took", f"{report.seconds:.1f} s"),
        ]
    )
    if report.failures:
        yield f"<h2>Not as {escape(report.label)} demands</h2>{_failures(report)}"
    few = len(report.failures) <= _FEW
    for group, rows in report.groups.items():
        well = sum(row.ok for row in rows)
        yield f'<h2>{_GROUPS[group]} <span class="dim">{well} of {len(rows)}</span></h2>'
        for row in rows:
            yield _row(row, opened=few and not row.ok)


def _name(report: ClientReport) -> str:
    return PurePath(report.command.words[0]).name


def _failures(report: ClientReport) -> str:
    """What was not as it should be: what is the same in several scenarios is said once."""
    places: dict[str, list[str]] = {}
    for row in report.failures:
        link = f'<a href="#{escape(row.name)}">{escape(row.name)}</a>'
        places.setdefault("; ".join(row.result.problems), []).append(link)
    items = (f"<li>{escape(problem)}: {', '.join(links)}</li>" for problem, links in places.items())
    return f"<ul>{''.join(items)}</ul>"


def _row(row: JudgedRun, *, opened: bool) -> str:
    run = row.run
    colour = "right" if row.ok else "wrong"
    verdict = f"{run.verdict}{'' if row.ok else f', not {_demanded(row)}'}"
    evidence = [
        ("Demanded", escape(row.result.expectation)),
        ("Client", escape(f"{run.verdict} after {run.outcome.seconds:.2f} s: {run.outcome.words}")),
        ("Asked for", escape(row.asked or "nothing")),
        ("Alerts", escape(row.alerts or "none")),
        ("Seen", f"<pre>{escape(run.seen)}</pre>"),
        ("Run as", f"<code>{escape(shlex.join(run.command))}</code>"),
    ]
    if printed := run.ended.readable.strip():
        evidence.append(("Printed", f"<pre>{escape(printed)}</pre>"))
    problems = "".join(f'<p class="wrong">{escape(problem)}</p>' for problem in row.result.problems)
    return (
        f'<details class="{colour}" id="{escape(row.name)}"{" open" if opened else ""}>'
        f'<summary><span>{escape(row.name)}</span><span class="{colour}">{escape(verdict)}</span>'
        f'<span class="dim">{run.outcome.seconds:.2f} s</span></summary>'
        f"<p>{escape(run.scenario.sentence)}</p>{problems}{facts(evidence)}</details>"
    )


def _demanded(row: JudgedRun) -> str:
    return f"{row.result.expectation.verdict}" if row.run.has_verdict else "a verdict"
