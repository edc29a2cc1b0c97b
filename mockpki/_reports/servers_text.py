"""How `mockpki probe --server` and `mockpki staplers` show their reports: for people, as JSON, as JUnit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from xml.etree import ElementTree

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .._probe.servers import ServerReport
from ..scenarios.servers import CHARACTERS, DEMANDS, KINDS, Observation, Outcome, Timeline, kind, named
from ..staplers._words import in_words

_STYLES = {
    "good": "green",
    "none": "dim",
    "expired": "yellow",
    "error": "magenta",
    "failed": "bold red",
    "revoked": "red",
    "other": "bold yellow",
}
_VERDICTS = {True: ("kept", "green"), False: ("broken", "bold red"), None: ("not seen", "dim")}


# For people.


def show(report: ServerReport, console: Console) -> None:
    """Print all of a report on a server."""
    console.print(Text(f"{report.name}: {len(report.outcomes)} stapling scenarios", "bold"))
    console.print(_outcomes(report))
    _show_demands(report, console)
    console.print(Text(report.likeness))
    if report.timelines:
        console.print()
        show_timelines(report.timelines, console)


def _outcomes(report: ServerReport) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for name in ("scenario", "what clients were given", "requests", "broken"):
        table.add_column(name, overflow="fold")
    for outcome in report.outcomes:
        broken = ", ".join(judged.demand for judged in outcome.broken)
        table.add_row(
            Text(outcome.scenario, "bold"),
            _seen(outcome),
            f"{outcome.requests_before}/{outcome.requests}",
            Text(broken, "bold red"),
        )
    table.caption = (
        "Handshake by handshake, | where something happened in between. Requests: before the first "
        "handshake / in all."
    )
    table.caption_justify, table.caption_style = "left", "dim"
    return table


def _seen(outcome: Outcome) -> Text:
    words = Text()
    for place, step in enumerate(outcome.handshakes):
        words.append(" | " if place else "", "dim")
        for number, one in enumerate(step):
            words.append(" " if number else "")
            words.append(f"{one.says}{' (waited)' if one.waited else ''}", _STYLES[kind(one.says)])
    if outcome.left_out:
        words.append(" ...", "dim")
    return words


def _show_demands(report: ServerReport, console: Console) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    for demand in DEMANDS:
        word, style = _VERDICTS[report.demands[demand.name]]
        table.add_row(Text(word, style), demand.sentence)
        for outcome in report.outcomes:
            for judged in outcome.broken:
                if judged.demand == demand.name:
                    table.add_row("", Text(f"{outcome.scenario}: {judged.why}", "dim"))
    console.print(table)
    console.print()


def show_timelines(lines: Sequence[Timeline], console: Console) -> None:
    """Print timelines, a character for each hour, and what the characters mean."""
    first = lines[0]
    console.print(Text(_outage(first), "bold"))
    width = max(len(line.name) for line in lines)
    console.print(Text(f"{'':{width}} {_ruler(first)}", "dim"), soft_wrap=True)
    for line in lines:
        row = Text(f"{line.name:{width}} ")
        for one in line.seen:
            row.append(CHARACTERS[kind(one.says)], _STYLES[kind(one.says)])
        console.print(row, soft_wrap=True)
    used = {kind(one.says) for line in lines for one in line.seen}
    for name in KINDS:
        if name in used:
            console.print(Text.assemble("  ", (CHARACTERS[name], _STYLES[name]), f" {KINDS[name]}"))


def _outage(line: Timeline) -> str:
    hours = line.every.total_seconds() / 3600
    return (
        f"Every {hours:g} h a client connects; answers live {line.life.total_seconds() / 3600:g} h, and the "
        f"responder is down from hour {line.down_at.total_seconds() / 3600:g} to "
        f"{line.up_at.total_seconds() / 3600:g}"
    )


def _ruler(line: Timeline) -> str:
    """A mark for each step: where the responder is down, a line."""
    marks = (line.down_at <= step * line.every < line.up_at for step in range(len(line.seen)))
    return "".join("-" if down else " " for down in marks)


def show_presets(reports: Sequence[ServerReport], console: Console) -> None:
    """Print what each preset is, in words; and for one alone, what it does."""
    for report in reports:
        console.print(Text(report.name, "bold"))
        for sentence in in_words(report.name):
            for line in Text(sentence).wrap(console, console.width - 2):
                line.rstrip()
                console.print(Text.assemble("  ", line))
        console.print(_outcomes(report) if len(reports) == 1 else "")
        if len(reports) == 1:
            _show_demands(report, console)
    show_timelines([line for report in reports for line in report.timelines], console)


# For programs.


def as_json(report: ServerReport) -> str:
    """A report on a server."""
    return json.dumps(_report(report), indent=2)


def presets_json(reports: Iterable[ServerReport]) -> str:
    """Reports on presets, a list."""
    return json.dumps(
        [{"preset": one.name, "words": in_words(one.name), **_report(one)} for one in reports], indent=2
    )


def _report(report: ServerReport) -> dict[str, Any]:
    preset, differ = report.nearest or (None, ())
    return {
        "server": report.name,
        "command": report.command,
        "exit_status": report.exit_status,
        "nearest": {"preset": preset, "differs": list(differ)},
        "demands": [
            {"name": demand.name, "sentence": demand.sentence, "kept": report.demands[demand.name]}
            for demand in DEMANDS
        ],
        "scenarios": [_outcome(outcome) for outcome in report.outcomes],
        "timelines": [_timeline(line) for line in report.timelines],
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.scenario,
        "sentence": named(outcome.scenario).sentence,
        "words": outcome.words,
        "handshakes": [[_observation(one) for one in step] for step in outcome.handshakes],
        "requests_before": outcome.requests_before,
        "requests": outcome.requests,
        "late_start": outcome.late_start,
        "no_start": outcome.no_start,
        "passing": outcome.passing,
        "left_out": outcome.left_out,
        "demands": [
            {"name": judged.demand, "sentence": judged.sentence, "kept": judged.kept, "why": judged.why}
            for judged in outcome.judged
        ],
    }


def _observation(one: Observation) -> dict[str, Any]:
    return {
        "time": one.time.isoformat(),
        "says": one.says,
        "reason": one.reason,
        "usable": one.usable,
        "this_update": one.this_update and one.this_update.isoformat(),
        "next_update": one.next_update and one.next_update.isoformat(),
        "seconds": round(one.took.total_seconds(), 3),
        "waited": one.waited,
    }


def _timeline(line: Timeline) -> dict[str, Any]:
    return {
        "preset": line.name,
        "every_seconds": line.every.total_seconds(),
        "life_seconds": line.life.total_seconds(),
        "down_at_seconds": line.down_at.total_seconds(),
        "up_at_seconds": line.up_at.total_seconds(),
        "says": [one.says for one in line.seen],
    }


def as_junit(report: ServerReport) -> str:
    """A report on a server as JUnit XML: a test case for each demand in each scenario."""
    suite = ElementTree.Element("testsuite", name=f"mockpki probe --server: {report.name}")
    counts = {"tests": 0, "failures": 0, "skipped": 0}
    for outcome in report.outcomes:
        for judged in outcome.judged:
            case = ElementTree.SubElement(
                suite, "testcase", classname=f"stapling.{outcome.scenario}", name=judged.demand
            )
            counts["tests"] += 1
            if judged.kept is False:
                counts["failures"] += 1
                failure = ElementTree.SubElement(case, "failure", message=_printable(judged.why))
                failure.text = _printable(f"{judged.sentence}\nSeen: {outcome.words or outcome.no_start}")
            elif judged.kept is None:
                counts["skipped"] += 1
                ElementTree.SubElement(case, "skipped", message="it could not be seen")
    for name, count in counts.items():
        suite.set(name, str(count))
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)


def _printable(text: str) -> str:
    """*text* without what XML cannot hold: a server may have printed anything."""
    return "".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in text)
