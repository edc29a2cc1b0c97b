"""What a probe found: every run, held against one policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..relying_party import Policy
from ..scenarios import Result, Seen
from .clients import Run
from .inference import Inference, infer_policy, judge_by

GROUPS = ("staple", "ocsp", "crl", "crlite", "must-staple", "intermediate")
"""The groups of scenarios, by what their names begin with; what is in none stands last."""
SOURCES = ("staple", "OCSP", "CRL", "CRLite")


def find_group(scenario: str) -> str:
    """That of `GROUPS` which a scenario of that name belongs to, or an empty text."""
    return next((group for group in GROUPS if scenario.startswith(f"{group}-")), "")


class Typed(Protocol):
    """A command as it was typed: as text, and in words."""

    @property
    def words(self) -> Sequence[str]: ...

    def __str__(self) -> str: ...


@dataclass(frozen=True)
class JudgedRun:
    """One run, judged."""

    run: Run
    result: Result

    @property
    def name(self) -> str:
        """The scenario's."""
        return self.run.scenario.name

    @property
    def ok(self) -> bool:
        """Whether the client did as the policy demands."""
        return self.result.ok

    @property
    def group(self) -> str:
        """One of `GROUPS`, or an empty text."""
        return find_group(self.name)

    @property
    def exit_status(self) -> str:
        """As a text, which is empty for a client that was killed because it hung."""
        return "" if self.run.ended.status is None else str(self.run.ended.status)

    @property
    def asked(self) -> str:
        """What the client looked at, in words."""
        return " ".join(source for source in SOURCES if source in self.run.seen.asked)

    @property
    def alerts(self) -> str:
        """The alerts it sent, each once; of a server also an HTTP status that refuses."""
        return ", ".join(dict.fromkeys((*self.run.seen.alerts, *self.run.seen.refusals)))


@dataclass(frozen=True)
class ClientReport:
    """All of it. *policy* is what the runs were judged by, *label* what to call that.

    *demanded*: that policy was asked for; else it is the one that fits the client best.
    """

    command: Typed
    policy: Policy
    label: str
    demanded: bool
    inference: Inference
    rows: tuple[JudgedRun, ...]
    seconds: float

    @property
    def party(self) -> str:
        """Who was probed: a client, or a ``"server"`` that checks client certificates."""
        return "server" if any(row.run.seen.party == "server" for row in self.rows) else "client"

    @property
    def failures(self) -> tuple[JudgedRun, ...]:
        """Where the client did not do what the policy demands."""
        return tuple(row for row in self.rows if not row.ok)

    @property
    def kept(self) -> bool:
        """Whether the client keeps the policy in every scenario."""
        return not self.failures

    @property
    def groups(self) -> dict[str, list[JudgedRun]]:
        """The rows by their group, in the order of `GROUPS`; what belongs to none is last."""
        found = {group: [row for row in self.rows if row.group == group] for group in (*GROUPS, "")}
        return {group: rows for group, rows in found.items() if rows}

    @property
    def verdict(self) -> str:
        """In a sentence, whether the policy was kept."""
        met = len(self.rows) - len(self.failures)
        policy = f'"{self.label}"' if " " in self.label else self.label
        return f"{met} of {len(self.rows)} scenarios ended as {policy} demands."

    @property
    def asked(self) -> str:
        """In a sentence, what the client looked at in all."""
        seen: list[Seen] = [row.run.seen for row in self.rows]
        counts = {source: sum(source in one.asked for one in seen) for source in SOURCES}
        if not counts["CRLite"]:
            # Most clients know of no filters.
            del counts["CRLite"]
        if self.party == "server":
            # No client can staple to one (RFC 8446 section 4.4.2.1), unless it asks, which none here does.
            del counts["staple"]
        told = ", ".join(f"{_WHAT[source]} in {count}" for source, count in counts.items())
        return f"It asked for {told} of them."

    @property
    def summary(self) -> tuple[str, ...]:
        """The whole in a few sentences."""
        return (self.verdict, *self.inference.sentences, self.asked)


_WHAT = {"staple": "a staple", "OCSP": "OCSP answers", "CRL": "CRLs", "CRLite": "filters"}


def make_report(
    command: Typed, runs: Sequence[Run], seconds: float, demanded: tuple[str, Policy] | None = None
) -> ClientReport:
    """Judge *runs* by the policy that is *demanded*, with its label; left out, by the one that fits best."""
    inference = infer_policy(runs)
    label, policy = demanded or (inference.best.words, inference.best.policy)
    pairs: Any = zip(runs, judge_by(runs, policy), strict=True)
    rows = tuple(JudgedRun(run, result) for run, result in pairs)
    return ClientReport(command, policy, label, demanded is not None, inference, rows, seconds)
