"""What became of a server in a scenario, and what a demand is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ._observe import Observation

Passing = Literal["shifted", "waited", "none"]
"""How time passed: the PKI's clock was shifted, or we waited for it; or none had to pass."""


@dataclass(frozen=True)
class Demand:
    """Something that an ideal stapling server does, in a sentence.

    *judge* looks at an `Outcome`: None where it could not be seen, an empty text where the demand is
    kept, and otherwise how it is broken.
    """

    name: str
    sentence: str
    judge: Callable[[Outcome], str | None]


@dataclass(frozen=True)
class Judged:
    """What became of a demand. *kept* is None where it could not be seen; *why* says how it was broken."""

    demand: str
    sentence: str
    kept: bool | None
    why: str = ""

    def __str__(self) -> str:
        word = {True: "kept", False: "broken", None: "not seen"}[self.kept]
        return f"{word}: {self.sentence}{f' But {self.why}.' if self.why else ''}"


@dataclass(frozen=True)
class Outcome:
    """What a server did in a scenario.

    *handshakes* are the observations, step by step. *requests_before* counts the requests about its
    certificate before the first handshake, *requests* all of them. *late_start*: the port was open only
    when the responder had answered; *no_start* says why it was not opened at all, empty if it was.
    *passing* tells how time passed, *left_out* in a sentence which steps this world could not do.
    *printed* is the end of what a program printed.
    """

    scenario: str
    world: str
    handshakes: tuple[tuple[Observation, ...], ...]
    requests_before: int = 0
    requests: int = 0
    late_start: bool = False
    no_start: str = ""
    passing: Passing = "none"
    left_out: str = ""
    printed: str = ""
    judged: tuple[Judged, ...] = ()

    @property
    def all(self) -> tuple[Observation, ...]:
        """Every observation, in order."""
        return tuple(one for step in self.handshakes for one in step)

    @property
    def words(self) -> str:
        """What was observed, a word for each handshake, with ``|`` between steps: ``none good | good``."""
        return " | ".join(" ".join(one.says for one in step) for step in self.handshakes)

    @property
    def waited(self) -> bool:
        """Whether any handshake waited for the responder."""
        return any(one.waited for one in self.all)

    @property
    def kept(self) -> tuple[Judged, ...]:
        """The demands that were kept."""
        return tuple(judged for judged in self.judged if judged.kept)

    @property
    def broken(self) -> tuple[Judged, ...]:
        """The demands that were broken."""
        return tuple(judged for judged in self.judged if judged.kept is False)

    def __str__(self) -> str:
        lines = [f"{self.scenario}, {self.world}: {self.words or self.no_start}"]
        return "\n  ".join((*lines, *(str(judged) for judged in self.broken)))
