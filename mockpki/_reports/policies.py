"""Policies in a report: as they are typed at a prompt, and what their names mean."""

from __future__ import annotations

from datetime import timedelta

from ..relying_party import NAMED, Policy, named
from ..relying_party._named import DURATIONS
from ..relying_party._words import list_fields

MEANINGS = {
    "no-check": "asks nobody, and accepts every certificate",
    "soft-fail": "rejects only what a source says is revoked",
    "hard-fail": "accepts only what a source says is good",
    "staple-required": "accepts only with a good staple",
    "must-staple": "as soft-fail, but rejects a certificate that demands a staple and comes without",
    "rfc5280": "as hard-fail, and reads delta CRLs, indirect CRLs and CRLs for some reasons",
}
"""What each name means, in a few words."""


def write_policy(policy: Policy) -> str:
    """*policy* as `named` reads it: the name that needs the fewest variations, and these."""
    matter = (*list_fields(policy.sources), *DURATIONS)
    written = []
    for name, other in NAMED.items():
        changes = [field for field in matter if getattr(policy, field) != getattr(other, field)]
        text = ",".join((name, *(f"{field}={_write_value(getattr(policy, field))}" for field in changes)))
        if _reads_as(text, policy, matter):
            written.append((len(changes), text))
    return min(written)[1]


def _reads_as(text: str, policy: Policy, fields: tuple[str, ...]) -> bool:
    """Whether *text* is *policy*, as far as *fields* go: some names cannot be varied so far."""
    try:
        found = named(text)
    except (ValueError, TypeError):
        return False
    return all(getattr(found, field) == getattr(policy, field) for field in fields)


def _write_value(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case timedelta():
            return f"{value.total_seconds():.6f}".rstrip("0").rstrip(".") + "s"
        case tuple():
            return "+".join(value) or "none"
    return "none"
