"""Policies by name: what they are called in tests and at a prompt."""

from __future__ import annotations

from typing import Annotated

from .._parameters import check_arguments
from .._typed import suggest
from ._clients import CLIENTS
from ._policy import NAMED, Policy

PolicyOrName = Annotated[Policy | str, "a Policy, or the name of one, such as 'hard-fail'"]


@check_arguments
def named(policy: PolicyOrName) -> Policy:
    """The policy of that name, of `NAMED` or of `CLIENTS`, or the one given.

    Raises LookupError, with near names, for no such name.
    """
    if isinstance(policy, Policy):
        return policy
    known = {**NAMED, **CLIENTS}
    found = known.get(policy.lower().replace("_", "-"))
    if found is None:
        raise LookupError(f"there is no policy {policy!r}; {suggest(policy, known, cutoff=0.4)}")
    return found
