"""What a benchmark is, and how its sides take turns.

1. Speed is a ratio to a peer of the same run: every round measures each side once, and every other
   round goes through them backwards, so that a slow minute of the machine falls on all of them.
2. A ratio is the median of the rounds' own ratios; beside it stand the least and the greatest.
3. What is missing here (a program, a package) is named and skipped, never guessed.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from .kit import Kit, MissingError

Sample = Mapping[str, float]
"""What one side measured in one round: numbers by name."""
Side = Callable[[], Sample]


@dataclass(frozen=True)
class Row:
    """One line of the table: a metric of *ours*, against the best of *peers*, and what to reach.

    *at_least* and *at_most* hold for ours divided by the peer's; for ours minus the peer's where
    *difference* is set; and for ours alone where there is no peer.
    """

    title: str
    metric: str
    unit: str
    peers: tuple[str, ...] = ()
    at_least: float | None = None
    at_most: float | None = None
    difference: bool = False
    ours: str = "mockpki"
    scale: float = 1.0
    more_is_better: bool = False


@dataclass(frozen=True)
class Benchmark:
    """Rows that are measured together. *open* starts what is needed, for as long as the stack lasts."""

    name: str
    rows: tuple[Row, ...]
    open: Callable[[Kit, ExitStack], dict[str, Side]]
    turns: int = 1
    """How often a side takes its turn in a round, for what is short and noisy."""
    most: int | None = None
    """Rounds at most, and no warm-up: for what is counted and not timed, and is nearly the same each time."""


@dataclass(frozen=True)
class Spread:
    """The median, the least and the greatest."""

    median: float
    least: float
    greatest: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        return cls(statistics.median(values), min(values), max(values))


@dataclass
class Result:
    """The samples of one benchmark, by side, in the order of the rounds."""

    benchmark: Benchmark
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    failure: str | None = None

    def values(self, side: str, row: Row) -> list[float]:
        """What *side* measured for *row*, in the row's unit; empty if it did not run."""
        return [sample[row.metric] * row.scale for sample in self.samples.get(side, ())]

    def peer(self, row: Row) -> str | None:
        """The best of the row's peers that ran."""
        ran = [peer for peer in row.peers if self.values(peer, row)]
        if not ran:
            return None
        best = max if row.more_is_better else min
        return best(ran, key=lambda peer: statistics.median(self.values(peer, row)))

    def compared(self, row: Row) -> Spread | None:
        """Ours against the best peer, round by round; None where one of the two did not run."""
        peer, ours = self.peer(row), self.values(row.ours, row)
        if peer is None or not ours:
            return None
        pairs = zip(ours, self.values(peer, row), strict=True)
        return Spread.of([a - b if row.difference else a / b for a, b in pairs])

    def reached(self, row: Row) -> bool | None:
        """Whether the row's goal was reached; None where it has none, or could not be measured."""
        if row.peers:
            compared = self.compared(row)
            figure = None if compared is None else compared.median
        else:
            values = self.values(row.ours, row)
            figure = statistics.median(values) if values else None
        if figure is None or (row.at_least is None and row.at_most is None):
            return None
        return (row.at_least is None or figure >= row.at_least) and (
            row.at_most is None or figure <= row.at_most
        )


def run(benchmark: Benchmark, kit: Kit, rounds: int, say: Callable[[str], None]) -> Result:
    """One warm-up of each side (none in a quick run), then *rounds* rounds, or the most it takes."""
    result = Result(benchmark)
    rounds = min(rounds, benchmark.most or rounds)
    with _skipping(kit, result), ExitStack() as stack:
        sides = benchmark.open(kit, stack)
        for name, side in sides.items():
            result.samples[name] = []
            if not kit.quick and benchmark.most is None:
                say(f"{benchmark.name}: warming up {name}")
                side()
        for turn in range(rounds * (1 if kit.quick else benchmark.turns)):
            say(f"{benchmark.name}: round {turn // benchmark.turns + 1} of {rounds}")
            order = list(sides) if turn % 2 == 0 else list(sides)[::-1]
            for name in order:
                result.samples[name].append(sides[name]())
    return result


@contextmanager
def _skipping(kit: Kit, result: Result) -> Iterator[None]:
    kit.missing.clear()
    try:
        yield
    except MissingError as missing:
        result.skipped.append(f"all of it: {missing}")
    except Exception as error:
        # One that fails does not take the figures of the others away.
        result.failure = f"{type(error).__name__}: {error}"
        result.samples.clear()
    result.skipped += kit.missing
