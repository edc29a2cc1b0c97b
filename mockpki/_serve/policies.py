"""Policies of clients and of servers that staple, as callers write them: a name, and fields that differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from .. import staplers
from .._catalogue.arguments import list_parameters, read_parameter
from .._catalogue.kinds import Reading
from .._typed import find_near
from ..relying_party import Policy, named
from .problem import Problem, pointing_to

P = TypeVar("P", Policy, staplers.StaplePolicy)


def _have_none(*_: Any) -> Any:
    raise TypeError("there are no certificates and no faults in a policy")


_READING = Reading(_have_none, _have_none)


def read_policy(value: object) -> Policy:
    """The policy of a client: a text as ``mockpki scenarios --policy`` takes it, or an object.

        read_policy("hard-fail,whole_chain=no")
        read_policy({"policy": "hard-fail", "whole_chain": False})

    Raises LookupError for an unknown name, Problem for an unknown field, both with near names, and for what a
    field does not take; TypeError or ValueError for what makes no sense as a whole.
    """
    match value:
        case str():
            return named(value)
        case {"policy": str() as name, **fields}:
            return vary(named(name), fields)
    raise TypeError(
        "policy takes a text, such as 'hard-fail' or 'hard-fail,whole_chain=no', or an object, such as "
        f"{{'policy': 'hard-fail', 'whole_chain': false}}; got {value!r:.200}"
    )


def vary(policy: P, fields: Mapping[Any, Any]) -> P:
    """*policy* with other values of these *fields*, as data. Raises Problem, pointing to what is wrong."""
    # What is documented of a client is beside the fields of its policy.
    owner = next(kind for kind in (Policy, staplers.StaplePolicy) if isinstance(policy, kind))
    known = list_parameters(owner)
    for field in fields:
        if field not in known:
            near = find_near(str(field), known)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
            raise Problem(
                "unknown-field", f"a policy has no field {field!r}; {hint}", f"/{field}", suggestions=near
            )
    changes = {}
    for field, value in fields.items():
        with pointing_to(f"/{field}"):
            changes[field] = read_parameter(type(policy), field, value, _READING)
    return replace(policy, **changes)
