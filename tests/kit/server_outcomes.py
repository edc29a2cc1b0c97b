"""Outcomes of server scenarios that nobody has seen."""

from dataclasses import replace

from mockpki._clock import Clock
from mockpki.staplers import Observation, Outcome

PKI_TIME = Clock().now()


def outcome_of(scenario: str, words: str, **fields: object) -> Outcome:
    """An outcome with these words, as if they had been observed."""
    now = PKI_TIME
    steps = tuple(
        tuple(Observation(now, says, says) for says in step.split()) for step in words.split("|") if step
    )
    fields["troubles"] = frozenset(fields.get("troubles", ()))  # type: ignore[call-overload]
    return replace(Outcome(scenario, "a server", steps), **fields)  # type: ignore[arg-type]
