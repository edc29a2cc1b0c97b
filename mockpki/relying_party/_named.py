"""Policies by name, and as they are typed: what they are called in tests and at a prompt."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import Annotated, Any

from .._parameters import check_arguments
from .._typed import parse_duration, suggest
from ._clients import CLIENTS
from ._policy import NAMED, Policy

PolicyOrName = Annotated[Policy | str, "a Policy, or the name of one, such as 'hard-fail'"]

_SOURCES = {"staple": "staple", "ocsp": "OCSP", "crl": "CRL", "crlite": "CRLite"}
_TRUTH = {"yes": True, "true": True, "no": False, "false": False}
_FIELDS = tuple(field.name for field in fields(Policy))
DURATIONS = ("timeout", "clock_skew", "max_age", "filter_max_age")


@check_arguments
def named(policy: PolicyOrName) -> Policy:
    """The policy of that name, of `NAMED` or of `CLIENTS`, or the one given.

        named("hard-fail,sources=OCSP+CRL,whole_chain=no")

    After the name may come fields of `Policy` with other values: sources joined by ``+`` in their order, or
    ``none``; ``yes`` and ``no``; durations in s, min, h or d, and for max_age ``none``. Raises
    LookupError, with near names, for a policy or field that there is not, ValueError for other mistakes.
    """
    if isinstance(policy, Policy):
        return policy
    name, *variations = (part.strip() for part in policy.split(","))
    if "=" in name:
        raise ValueError(f"a policy begins with the name of one, such as hard-fail,{name}; got {policy!r}")
    known = {**NAMED, **CLIENTS}
    found = known.get(name.lower().replace("_", "-"))
    if found is None:
        raise LookupError(f"there is no policy {name!r}; {suggest(name, known, cutoff=0.4)}")
    if not variations:
        return found
    changes: dict[str, Any] = {}
    for variation in variations:
        field, equals, value = (part.strip() for part in variation.partition("="))
        if not equals:
            raise ValueError(
                f"{variation!r} in the policy {policy!r} varies nothing; write a field and its value, "
                "such as whole_chain=no"
            )
        field = field.replace("-", "_")
        if field not in _FIELDS:
            raise LookupError(f"a policy has no field {field!r}; {suggest(field, _FIELDS)}")
        if field in changes:
            raise ValueError(f"{field} stands twice in the policy {policy!r}")
        changes[field] = _value(field, value)
    return replace(found, **changes)


def _value(field: str, text: str) -> object:
    """The value of a field. Raises ValueError."""
    if field == "sources":
        return _sources(text)
    if field in DURATIONS:
        return _duration(field, text)
    if text.lower() not in _TRUTH:
        raise ValueError(f"{field} of a policy is yes or no; got {text!r}")
    return _TRUTH[text.lower()]


def _sources(text: str) -> tuple[str, ...]:
    if text.lower() == "none":
        return ()
    names = text.split("+")
    for name in names:
        if name.lower() not in _SOURCES:
            raise ValueError(
                f"{name!r} is no source of a policy; write some of {'+'.join(_SOURCES.values())} "
                "in the order in which they are asked, or none"
            )
    return tuple(_SOURCES[name.lower()] for name in names)


def _duration(field: str, text: str) -> timedelta | None:
    if field == "max_age" and text.lower() == "none":
        return None
    found = parse_duration(text)
    if found is None or found < timedelta() or text.startswith("-"):
        raise ValueError(f"{field} of a policy is a duration such as 5s, 10min, 2h or 1d; got {text!r}")
    return found
