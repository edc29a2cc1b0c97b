"""How CAs publish, as a report: what each way is, in words and as a week in pictures."""

from __future__ import annotations

from collections.abc import Sequence

from .._catalogue.source import read_docstrings
from ..publishing import NAMED, Publishing, in_words
from ..publishing import _presets as presets
from ..scenarios.publishers import Week
from .model import Group, Report, Row, Span, Weeks
from .week_objects import make_week_objects


def describe_weeks(found: Sequence[Week]) -> Report:
    """The report on ways to publish."""
    alone = len(found) == 1
    title = f"{found[0].name}: how its CRLs are published" if alone else "How CAs publish CRLs"
    return Report(
        title=title,
        headline=title,
        objects=make_week_objects(found, [find_source(week.publishes) for week in found]),
        groups=(Group("What they do", tuple(_make_row(week, opened=alone) for week in found)),),
        weeks=Weeks("When a revocation is known", tuple(found)),
    )


def _make_row(week: Week, *, opened: bool) -> Row:
    source = find_source(week.publishes)
    return Row(
        week.name,
        None,
        brief=(Span("; ".join(f"{one.name}: {one.words}" for one in week.readers), "dim"),),
        sentences=(*in_words(week.publishes), *([source] if source else ())),
        opened=opened,
    )


def find_source(publishes: Publishing) -> str:
    """Where the figures of a way to publish come from; "" for one that is nobody's."""
    name = next((name for name, one in NAMED.items() if one == publishes), "")
    text = read_docstrings(presets.__name__).get(name.upper().replace("-", "_"), "")
    _, source, words = text.partition("Source: ")
    return f"{source}{words}"
