"""What was seen of a server, or of presets, as a report: what it does in each scenario, and in an outage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .._probe.servers import ServerReport, name_own_line
from ..scenarios.servers import DEMANDS, WORDS, Judged, Outcome, kind, named
from ..staplers._words import in_words
from .baseline import name_exception
from .model import SKIPPED, Case, Check, Column, Fact, Group, Report, Row, Span, Timelines
from .server_objects import make_objects, make_preset_objects

_COLUMNS = (
    Column("scenario"),
    Column("what clients were given"),
    Column("requests", width=8),
    Column("broken"),
)
_NOTE = (
    "Handshake by handshake, | where something happened in between. Requests: before the first "
    "handshake / in all."
)


def describe_server(found: ServerReport, skipped: Sequence[str] = ()) -> Report:
    """The report on one server. *skipped* are scenarios that were left out."""
    broken, count = sum(bool(outcome.broken) for outcome in found.outcomes), len(found.outcomes)
    return Report(
        title=f"{found.name} as a stapling server",
        headline=f"{found.name} as a stapling server",
        objects=make_objects(found),
        verdict=_make_verdict(found, broken, count),
        sentences=(found.likeness, _make_balance(found), _tell_time(found)),
        facts=(
            Fact("Command", (Span(found.command),), "code"),
            *([Fact(SKIPPED.capitalize(), (Span(", ".join(skipped)),))] if skipped else ()),
        ),
        groups=(_make_group(found),),
        demands_heading="What an ideal server does",
        demands=tuple(_sum_up(found)),
        words=tuple(_explain(found.outcomes)),
        timelines=Timelines(
            "An outage, and how well-known designs live through it", found.timelines, marks=_mark(found)
        )
        if found.timelines
        else None,
        grid_note="✓ in green: every demand that could be seen was kept. ✗ in red: one was broken. "
        "A dash: none could be seen. By what the server did:",
        suite=f"mockpki probe-server: {found.name}",
        cases=(
            *(_make_case(outcome, judged) for outcome in found.outcomes for judged in outcome.judged),
            *(Case(f"stapling.{name}", name, "skipped", SKIPPED) for name in skipped),
        ),
    )


def _make_verdict(found: ServerReport, broken: int, count: int) -> Span:
    if broken:
        return Span(f"In {broken} of {count} scenarios it breaks a demand.", "wrong")
    if not found.kept:
        return Span(f"In {count} scenarios nothing happened by which to judge it.", "unclear")
    keeps = "breaks no demand" if found.not_seen else "keeps every demand"
    return Span(f"It {keeps} in {count} scenarios.", "right")


def _tell_time(found: ServerReport) -> str:
    if found.virtual_time:
        return "Hours and days passed for it: its clock went with ours, by libfaketime."
    return f"No hours passed for it: its clock was not moved, since {found.obstacle}."


def _make_balance(found: ServerReport) -> str:
    broken = len(DEMANDS) - found.kept - found.not_seen
    return f"Demands: {found.kept} kept, {broken} broken, {found.not_seen} not seen."


def describe_presets(found: Sequence[ServerReport]) -> Report:
    """The report on presets: what each is, and what it does; of one alone, with all the details."""
    alone = len(found) == 1
    title = found[0].name if alone else "Stapling servers, by design"
    return Report(
        title=title,
        headline=title,
        objects=make_preset_objects(found),
        groups=(Group("What they do", tuple(_make_preset(one, opened=alone) for one in found)),),
        words=tuple(_explain([outcome for one in found for outcome in one.outcomes])),
        timelines=Timelines(
            "An outage of the responder", tuple(line for one in found for line in one.timelines), leading=True
        ),
    )


def _make_preset(found: ServerReport, *, opened: bool) -> Row:
    broken = sorted({judged.demand for outcome in found.outcomes for judged in outcome.broken})
    return Row(
        found.name,
        not broken,
        brief=(
            Span(
                f"breaks: {_tell_demands(broken)}"
                if broken
                else "breaks no demand"
                if found.not_seen
                else "keeps every demand",
                "dim",
            ),
        ),
        sentences=tuple(in_words(found.name)),
        checks=tuple(_sum_up(found)) if opened else (),
        group=_make_group(found),
        opened=opened,
    )


# Scenarios.


def _make_group(found: ServerReport) -> Group:
    return Group(
        "Scenarios",
        tuple(_make_row(outcome) for outcome in found.outcomes),
        _COLUMNS,
        heading=f"{found.name}: {len(found.outcomes)} stapling scenarios",
        note=_NOTE,
    )


def _make_row(outcome: Outcome) -> Row:
    seen, broken = tuple(_list_words(outcome)), ", ".join(judged.demand for judged in outcome.broken)
    said = _tell_demands([judged.demand for judged in outcome.broken])
    return Row(
        outcome.scenario,
        False if broken else True if outcome.kept else None,
        brief=(*seen, Span(f"breaks: {said}", "wrong")) if broken else seen,
        cells=(
            seen,
            (Span(f"{outcome.requests_before}/{outcome.requests}"),),
            (Span(broken, "wrong"),),
        ),
        sentences=(named(outcome.scenario).sentence,),
        checks=tuple(_make_check(judged) for judged in outcome.judged),
        facts=tuple(_list_facts(outcome)),
        anchor=outcome.scenario,
        came="broke a demand" if broken else "kept every demand" if outcome.kept else "could not be seen",
    )


def _make_check(judged: Judged) -> Check:
    return Check(judged.sentence, judged.kept, judged.why, name=judged.demand)


def _list_words(outcome: Outcome) -> Iterator[Span]:
    """What was observed, word by word."""
    for place, step in enumerate(outcome.handshakes):
        if place:
            yield Span("|", "dim")
        for one in step:
            yield Span(f"{one.says}{' (waited)' if one.waited else ''}", kind(one.says), one.reason)
    if outcome.left_out:
        yield Span("...", "dim")


def _list_facts(outcome: Outcome) -> Iterator[Fact]:
    requests = f"{outcome.requests_before} before the first handshake, {outcome.requests} in all"
    yield Fact("Requests", (Span(requests),))
    if outcome.no_start:
        yield Fact("Start", (Span(outcome.no_start),))
    if outcome.late_start:
        yield Fact("Start", (Span("the port was open only when the responder had answered"),))
    if outcome.passing == "waited":
        yield Fact("Time", (Span("it was waited for"),))
    if outcome.passing == "shifted":
        yield Fact("Time", (Span("the clock was shifted"),))
    if outcome.left_out:
        yield Fact("Left out", (Span(outcome.left_out),))


def _tell_demands(names: Iterable[str]) -> str:
    """Demands by name, each with what it is."""
    sentences = {demand.name: demand.sentence for demand in DEMANDS}
    return "; ".join(f"{name} ({sentences[name].rstrip('.')})" for name in names)


def _mark(found: ServerReport) -> dict[str, str]:
    """What some lines of the outage are to the server under test."""
    own = name_own_line(found.name)
    if own in {line.name for line in found.timelines}:
        return {own: "the server under test"}
    if found.nearest is None:
        return {}
    preset, differ = found.nearest.preset, found.nearest.differ
    return {preset: f"what {found.name} is {'most ' if differ else ''}like"}


def _make_case(outcome: Outcome, judged: Judged) -> Case:
    """A demand in a scenario."""
    suite = f"stapling.{outcome.scenario}"
    exception = name_exception(outcome.scenario, judged.demand)
    if judged.kept is None:
        return Case(suite, judged.demand, "skipped", f"not seen: {judged.why}")
    if judged.kept:
        return Case(suite, judged.demand, "passed", exception=exception)
    seen = f"{judged.sentence}\nSeen: {outcome.words or outcome.no_start}"
    return Case(suite, judged.demand, "failure", judged.why, text=seen, exception=exception)


# All scenarios together.


def _sum_up(found: ServerReport) -> Iterator[Check]:
    """Each demand, and where it was broken."""
    for demand in DEMANDS:
        places = tuple(
            (outcome.scenario, judged.why)
            for outcome in found.outcomes
            for judged in outcome.broken
            if judged.demand == demand.name
        )
        kept = found.demands[demand.name]
        why = "; ".join(found.find_reasons(demand.name)) if kept is None else ""
        yield Check(demand.sentence, kept, why, places=places, name=demand.name)


def _explain(outcomes: Iterable[Outcome]) -> Iterator[Fact]:
    """What the words mean that were observed."""
    used = {one.says for outcome in outcomes for one in outcome.all}
    return (Fact(word, (Span(WORDS[word]),)) for word in WORDS if word in used)
