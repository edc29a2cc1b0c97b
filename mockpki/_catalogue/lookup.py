"""What a name stands for: a fault, or recipes."""

from __future__ import annotations

from typing import Any

from .. import faults
from .._typed import find_near
from ..faults import Fault
from .recipe import Recipe
from .recipes_crl import CRL_RECIPES
from .recipes_ocsp import OCSP_RECIPES

RECIPES: tuple[Recipe, ...] = OCSP_RECIPES + CRL_RECIPES
"""How to write the cases that other suites test."""


def match_fault(name: str) -> type[Fault[Any]] | None:
    """The fault of that name, in any case; None for none."""
    return next((fault for fault in faults.CATALOGUE if fault.__name__.lower() == name.lower()), None)


def list_names() -> dict[str, str]:
    """What faults and recipes are called, by what is looked for: that name without capitals."""
    known = {recipe.name: recipe.name for recipe in RECIPES}
    return known | {fault.__name__.lower(): fault.__name__ for fault in faults.CATALOGUE}


def find_by_name(name: str) -> type[Fault[Any]] | tuple[Recipe, ...]:
    """The recipes of that name, or the fault, in any case. LookupError, with near names, for neither."""
    recipes = tuple(recipe for recipe in RECIPES if recipe.name == name)
    if recipes:
        return recipes
    fault = match_fault(name)
    if fault is not None:
        return fault
    known = list_names()
    near = " or ".join(known[one] for one in find_near(name.lower(), known))
    hint = f"did you mean {near}?" if near else "`mockpki faults` lists all."
    raise LookupError(f"There is no fault {name!r}; {hint}")
