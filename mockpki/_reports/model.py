"""What a report says, whether it is about a client, a server or presets.

1. What is said is decided by who makes a report; how it looks, by who writes it.
2. Texts are as they came. Writers see to it that no reader is harmed by them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from .._typed import spell_duration
from ..scenarios.publishers import Week
from ..scenarios.servers import Timeline

_HOUR = timedelta(hours=1)
SKIPPED = "left out by --skip"
"""Why a scenario that was asked for is in no table."""


@dataclass(frozen=True)
class Span:
    """A few words in one tone: how it went (``right``, ``wrong``), what it was, or ``dim`` for small print.

    What it was: a verdict (``accept``, ``reject``, ``unclear``) or one of the ``KINDS`` of a staple. *more*
    is a sentence on it, for where there is a way to ask.
    """

    text: str
    tone: str = ""
    more: str = ""


Line = tuple[Span, ...]
"""Spans with a blank between them."""


@dataclass(frozen=True)
class Fact:
    """A name and a value. *form* is how the value is to be read: as words, as what was typed, as lines."""

    name: str
    value: Line
    form: Literal["words", "code", "lines"] = "words"


@dataclass(frozen=True)
class Check:
    """A demand, and what became of it: *kept* is None where it could not be seen.

    *why* is how it was broken, or why it was not seen; of a demand on several rows, *places* has a row's name
    and how it was broken for each.
    """

    sentence: str
    kept: bool | None
    why: str = ""
    places: tuple[tuple[str, str], ...] = ()
    name: str = ""
    """What it is called elsewhere."""


@dataclass(frozen=True)
class Column:
    """A column of a table: *width* on a wide terminal, *narrow* on another; without, it takes its share."""

    title: str
    width: int | None = None
    narrow: int | None = None
    right: bool = False


@dataclass(frozen=True)
class Row:
    """What happened in one scenario, or what one preset does; *ok* is None where nothing could be judged.

    *cells* stand in the columns of its group, after the name; *brief* is what there is room for in a line,
    and *came* what came of it in a word or two, by which rows are gathered.
    *sentences* say what it is about, *problems* what was not as it should be, and *story* all of that, with
    the evidence, as lines. What does not fit a line is read at once if *opened*; a link leads to *anchor*.
    """

    name: str
    ok: bool | None
    brief: Line
    cells: tuple[Line, ...] = ()
    sentences: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    facts: tuple[Fact, ...] = ()
    story: str = ""
    group: Group | None = None
    """Rows of its own."""
    opened: bool = False
    anchor: str = ""
    came: str = ""


@dataclass(frozen=True)
class Group:
    """Rows that belong together.

    As a table it has *columns*, the first of which is for names, and *heading* above it; names begin with
    *prefix*, which is left out where there is little room, and stands in the first column's title then.
    """

    title: str
    rows: tuple[Row, ...]
    columns: tuple[Column, ...] = ()
    heading: str = ""
    prefix: str = ""
    narrow_title: str = ""
    note: str = ""

    @property
    def count(self) -> str:
        """How many rows are as they should be, of how many."""
        return f"{sum(row.ok is not False for row in self.rows)} of {len(self.rows)}"


@dataclass(frozen=True)
class Timelines:
    """The same outage, as it goes with each of several servers. *leading*: it is what comes first.

    *marks* say of some of them, by name, what they are to the server under test.
    """

    heading: str
    lines: tuple[Timeline, ...]
    leading: bool = False
    marks: Mapping[str, str] = field(default_factory=dict)

    @property
    def by_harm(self) -> list[Timeline]:
        """The lines, the most harmful first: by handshakes that failed, then by staples that are no use."""
        return sorted(self.lines, key=_measure_harm, reverse=True)

    @property
    def sentence(self) -> str:
        """What the outage is."""
        first = self.lines[0]
        every = "hour" if first.every == _HOUR else f"{first.every / _HOUR:g} h"
        return (
            f"A client connects every {every}. Answers live for {first.life / _HOUR:g} h. "
            f"The responder is down from hour {first.down_at / _HOUR:g} to hour {first.up_at / _HOUR:g}, "
            "where the line is. Those whose clients suffered most come first."
        )


def _measure_harm(line: Timeline) -> tuple[float, ...]:
    """The shares of what is bad for clients, the worst first."""
    return tuple(line.share(*kinds) for kinds in (("failed", "other"), ("expired",), ("error",), ("none",)))


@dataclass(frozen=True)
class Weeks:
    """The same time, as it goes with each of several ways to publish CRLs. It is what comes first."""

    heading: str
    lines: tuple[Week, ...]

    @property
    def sentence(self) -> str:
        """What happens in it."""
        first = self.lines[0]
        return (
            f"A certificate is revoked {spell_duration(first.revoked_at)} after its CA began to publish. A "
            "client fetches the CRL each time that it needs one, or keeps what it has until that ends. After "
            "each is how long it takes from the revocation until it knows."
        )


@dataclass(frozen=True)
class Curve:
    """What grows with something else: *points* are both, neither of them less than one, in their order."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Plot:
    """Curves to be drawn together, both ways by powers of ten. *sentence* says how to read it."""

    heading: str
    sentence: str
    curves: tuple[Curve, ...]


@dataclass(frozen=True)
class Case:
    """A test case, for those who count tests. *message*, *kind* and *text* say why it is not ``passed``.

    *exception* is what it is called in a baseline if it fails.
    """

    suite: str
    name: str
    state: Literal["passed", "failure", "error", "skipped"]
    message: str = ""
    kind: str = ""
    text: str = ""
    printed: str = ""
    seconds: float | None = None
    exception: str = ""


@dataclass(frozen=True)
class Report:
    """The whole. *verdict* is what came of it, in a sentence, and *sentences* are what else can be said.

    *objects* is what a program is told. *suite* is what the *cases* are called together; *properties* are
    about all of them, and *seconds* is how long they took, where that is known.
    """

    title: str
    headline: str
    objects: object
    verdict: Span | None = None
    sentences: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    groups: tuple[Group, ...] = ()
    problems_heading: str = ""
    demands_heading: str = ""
    demands: tuple[Check, ...] = ()
    words: tuple[Fact, ...] = ()
    """What the words mean that are in it."""
    timelines: Timelines | None = None
    suite: str = ""
    cases: tuple[Case, ...] = ()
    properties: tuple[tuple[str, str], ...] = ()
    seconds: float | None = None
    grid_note: str = ""
    """What the colours in the grid of all rows mean; without it, there is no grid."""
    weeks: Weeks | None = None
    plot: Plot | None = None

    @property
    def rows(self) -> Iterator[Row]:
        """Those of all groups."""
        return (row for group in self.groups for row in group.rows)

    @property
    def grid(self) -> dict[str, list[Row]]:
        """Every row that something came of, the most frequent first; in each, first what is wrong."""
        found: dict[str, list[Row]] = {}
        for row in sorted(self.rows, key=lambda one: one.ok is not False):
            if row.came:
                found.setdefault(row.came, []).append(row)
        return dict(sorted(found.items(), key=lambda item: -len(item[1])))

    @property
    def problems(self) -> dict[str, list[Row]]:
        """What was not as it should be, and where: what is the same in several rows is said once."""
        places: dict[str, list[Row]] = {}
        for row in self.rows:
            if row.problems:
                places.setdefault("; ".join(row.problems), []).append(row)
        return places
