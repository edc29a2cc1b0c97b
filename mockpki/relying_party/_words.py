"""Policies in words, and which of their fields matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ._named import DURATIONS
from ._policy import NAMED, Policy


def _asks(sources: Any) -> str:
    if not sources:
        return "asks nobody"
    words = {
        "staple": "for a staple",
        "OCSP": "OCSP",
        "CRL": "for the CRL",
        "CRLite": "the filters of CRLite",
    }
    asked = ", then ".join(words[source] for source in sources)
    return f"asks {asked}{' only' if len(sources) == 1 else ''}"


def _either(yes: str, no: str) -> Callable[[Any], str]:
    return lambda value: yes if value else no


_WORDS: dict[str, Callable[[Any], str]] = {
    "sources": _asks,
    "whole_chain": _either("looks at the whole chain", "looks at the leaf alone"),
    "hard_fail": _either("rejects what no source can tell", "lets pass what no source can tell"),
    "sourceless_passes": _either(
        "lets pass a certificate that names no source", "rejects a certificate that names no source"
    ),
    "unusable_rejects": _either(
        "rejects an answer that is no use", "takes an answer that is no use for none"
    ),
    "sourceless_rejects": _either(
        "rejects a certificate that names no source", "lets pass a certificate that names no source"
    ),
    "unknown_rejects": _either("rejects the status unknown", "goes on after the status unknown"),
    "require_staple": _either("insists on a staple", "can do without a staple"),
    "honour_must_staple": _either(
        "obeys certificates that demand a staple", "passes over it if a certificate demands a staple"
    ),
    "bad_staple_rejects": _either(
        "rejects a staple that is no use", "takes a staple that is no use for none"
    ),
    "timeout": lambda value: f"waits {value.total_seconds():g} s",
    "clock_skew": lambda value: f"allows clocks to be off by {value.total_seconds():g} s",
    "max_age": lambda value: (
        "goes by nextUpdate alone"
        if value is None
        else f"believes nothing older than {value.total_seconds():g} s"
    ),
    "use_deltas": _either("completes CRLs with delta CRLs", "passes over delta CRLs"),
    "extended_crls": _either(
        "understands indirect CRLs and CRLs for some reasons", "understands no indirect or partial CRLs"
    ),
    "filter_confirms": _either(
        "has OCSP confirm what a filter says is revoked", "rejects what a filter says is revoked"
    ),
    "filter_max_age": lambda value: f"uses no filters older than {value.total_seconds():g} s",
}


def switches(sources: Sequence[str]) -> tuple[str, ...]:
    """The fields of yes or no by which a policy with these *sources* decides."""
    staple, others = "staple" in sources, "OCSP" in sources or "CRL" in sources
    found = ["hard_fail"]
    if sources:
        found.extend(("sourceless_passes", "unusable_rejects"))
    if staple or "OCSP" in sources:
        found.append("unknown_rejects")
        if "CRLite" in sources:
            found.append("filter_confirms")
    if others:
        found.append("whole_chain")
    if sources[:1] == ("staple",):
        found.extend(("require_staple", "honour_must_staple", "bad_staple_rejects"))
    return tuple(found)


def list_fields(sources: Sequence[str]) -> tuple[str, ...]:
    """All fields, but for durations, that make a difference to a policy with these *sources*.

    The last two are what a client can read, and not what it makes of it; the one before them is so rare that
    no client is held against policies that differ in it.
    """
    rare = ("sourceless_rejects",) if sources else ()
    readings = ("use_deltas", "extended_crls") if "CRL" in sources else ()
    return ("sources", *switches(sources), *rare, *readings)


def is_idle(policy: Policy, field: str) -> bool:
    """Whether another of the policy's fields leaves nothing to decide to this one."""
    if field == "sourceless_passes":
        return not policy.hard_fail
    if field in ("unusable_rejects", "sourceless_rejects"):
        return policy.hard_fail
    return field in ("honour_must_staple", "bad_staple_rejects") and policy.require_staple


_MEANINGS: dict[str, Callable[[Policy], bool]] = {
    "no-check": lambda policy: not (policy.sources or policy.hard_fail),
    "soft-fail": lambda policy: bool(policy.sources) and not (policy.hard_fail or policy.require_staple),
    "hard-fail": lambda policy: bool(policy.sources) and policy.hard_fail,
    "staple-required": lambda policy: policy.require_staple,
    "must-staple": lambda policy: (
        policy.honour_must_staple and not (policy.hard_fail or policy.require_staple)
    ),
    "rfc5280": lambda policy: (
        "CRL" in policy.sources and policy.hard_fail and policy.use_deltas and policy.extended_crls
    ),
}
"""What each name means: without it, a policy is not to be called by the name, however near it is."""


def find_nearest(policy: Policy) -> tuple[str, tuple[str, ...]]:
    """The named policy that differs in the fewest fields that matter, and these fields.

    Only a name whose meaning *policy* has is used: where there is none, it is empty, and all fields differ.
    """
    matter = tuple(
        field for field in (*list_fields(policy.sources), *DURATIONS) if not is_idle(policy, field)
    )
    differing = {
        name: tuple(field for field in matter if getattr(policy, field) != getattr(other, field))
        for name, other in NAMED.items()
        if _MEANINGS[name](policy)
    }
    if not differing:
        return "", tuple(field for field in matter if field not in DURATIONS)
    name = min(differing, key=lambda one: (len(differing[one]), "hard_fail" in differing[one]))
    return name, differing[name]


def describe_policy(policy: Policy) -> str:
    """*policy* in words: the named one that is nearest, and what it does otherwise; or its parts."""
    name, differing = find_nearest(policy)
    if not differing:
        return name
    words = join_words([_WORDS[field](getattr(policy, field)) for field in differing])
    return f"{name}, but {words}" if name else f"one that {words}"


def join_words(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
