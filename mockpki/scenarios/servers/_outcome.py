"""What became of a server in a scenario, and what a demand is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from ._observe import Observation

Passing = Literal["shifted", "waited", "none"]
"""How time passed: the PKI's clock was shifted, or we waited for it; or none had to pass."""


Trouble = Literal["error", "late", "forged", "stale", "ended"]
"""What may bring a server to break a demand: its responder gave an error or was down, answered late or never,
gave an answer that cannot be verified, or one that was over; or an answer came to its end."""

STATES = {True: "kept", False: "broken", None: "not seen"}
"""The three states of a demand, in words."""
INERT = "it never stapled, and never asked the responder"


class Finding(NamedTuple):
    """What became of a demand. *kept* is None where nothing happened that could have broken it.

    *why* says then why not, or how it is broken.
    """

    kept: bool | None
    why: str = ""


@dataclass(frozen=True)
class Demand:
    """Something that an ideal stapling server does, in a sentence; *judge* holds an `Outcome` to it."""

    name: str
    sentence: str
    judge: Callable[[Outcome], Finding]


@dataclass(frozen=True)
class Judged:
    """What became of a demand: kept though something happened that could have broken it, broken, or not seen.

    *kept* is None where it was not seen; *why* says then why not, or how it was broken.
    """

    demand: str
    sentence: str
    kept: bool | None
    why: str = ""

    def __str__(self) -> str:
        return f"{self.state}: {self.sentence}{f' {self.reason}' if self.why else ''}"

    @property
    def state(self) -> str:
        """``kept``, ``broken`` or ``not seen``."""
        return STATES[self.kept]

    @property
    def reason(self) -> str:
        """*why* as a sentence after that of the demand."""
        return f"But {self.why}." if self.kept is False else f"{self.why[:1].upper()}{self.why[1:]}."


@dataclass(frozen=True)
class Outcome:
    """What a server did in a scenario.

    *handshakes* are the observations, step by step. *requests_before* counts the requests about its
    certificate before the first handshake, *requests* all of them. *late_start*: the port was open only
    when the responder had answered; *no_start* says why it was not opened at all, empty if it was.
    *passing* tells how time passed, *left_out* in a sentence which steps this world could not do.
    *printed* is the end of what a program printed. *troubles* is what happened that may bring a server to
    break a demand; *unseen*: the responder was down for a while, and nobody saw whether it was asked then.
    *died* says how a program ended by itself that had begun to listen, empty for one that runs.
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
    troubles: frozenset[Trouble] = frozenset()
    unseen: bool = False
    died: str = ""

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
    def stapled(self) -> bool:
        """Whether any handshake brought a staple, of whatever kind."""
        return any(one.says not in ("none", "failed", "timeout") for one in self.all)

    @property
    def inert(self) -> bool:
        """Whether it did nothing at all about staples, which is no way to keep a demand."""
        return not (self.stapled or self.requests or self.unseen)

    def without_kept(self, why: str) -> Outcome:
        """The same, but for what was kept by doing nothing: it is not seen."""
        judged = (replace(one, kept=None, why=why) if one.kept else one for one in self.judged)
        return replace(self, judged=tuple(judged))

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
