"""How `mockpki faults` shows the catalogue: for people, as JSON, and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from .._catalogue.difference import Difference, Shown
from .._catalogue.entries import FaultEntry, by_layer, layer_title
from .._catalogue.lookup import RECIPES
from .._catalogue.recipe import Recipe

_COLOURS = {"-": "red", "+": "green", " ": "dim"}
_USUAL_PKI = "PKI()"


def list_json(items: Iterable[FaultEntry | Recipe]) -> str:
    """The fields of each."""
    return _json(map(_as_dict, items))


def _as_dict(item: FaultEntry | Recipe) -> dict[str, Any]:
    if isinstance(item, FaultEntry):
        return asdict(item)
    return {name: getattr(item, name) for name in ("name", "expression", "given_to", "setup", "pki")}


def _json(objects: Iterable[object]) -> str:
    return json.dumps(list(objects), indent=2)


def _print(console: Console, words: str, margin: int, style: str = "") -> None:
    """Print *words* folded to the console's width, and nothing at the ends of lines."""
    for line in Text(words).wrap(console, console.width - margin):
        line.rstrip()
        console.print(Text.assemble(" " * margin, (line.plain, style)))


# The whole.


def show(console: Console, layer: str) -> None:
    """Print every fault, or those of one *layer*: how to write it and what it does."""
    for home, group in by_layer(layer):
        heading = f"{layer_title(home)}: for {', '.join(group[0].targets)}"
        console.print(Text(heading, "bold underline"))
        for entry in group:
            _show_call(console, entry)
        console.print()


def _show_call(console: Console, entry: FaultEntry) -> None:
    _print(console, entry.call, 2, "bold")
    _print(console, f"{entry.sentence}{_clause(entry)}", 6)


def _clause(entry: FaultEntry) -> str:
    return f" {entry.clause}." if entry.clause else ""


def show_recipes(console: Console) -> None:
    """Print every recipe: our name for the case, and how to write it."""
    for recipe in RECIPES:
        _show_recipe(console, recipe)


def _show_recipe(console: Console, recipe: Recipe) -> None:
    console.print(Text.assemble((recipe.name, "bold"), (f"  {recipe.given_to}", "dim")))
    _print(console, _recipe_text(recipe), 6)


def _recipe_text(recipe: Recipe) -> str:
    lines = [] if recipe.pki == _USUAL_PKI else [f"with {recipe.pki} as pki:"]
    return "\n".join((*lines, *filter(None, (recipe.setup,)), recipe.expression))


def recipes_markdown() -> str:
    """The recipes as a table."""
    lines = ["| name | of | written here | before |", "| --- | --- | --- | --- |"]
    for recipe in RECIPES:
        pki = "" if recipe.pki == _USUAL_PKI else recipe.pki
        before = ", ".join(f"`{one}`" for one in (pki, recipe.setup) if one)
        lines.append(f"| {recipe.name} | {recipe.given_to} | `{recipe.expression}` | {before} |")
    return "\n".join(lines) + "\n"


# One.


def show_one(console: Console, shown: Shown) -> None:
    """Print all that a fault or recipe says of itself, and its decoded difference."""
    for item, difference in shown:
        if isinstance(item, FaultEntry):
            _show_call(console, item)
            where = f"Layer: {item.layer}. For: {', '.join(item.targets)}."
            for paragraph in (*filter(None, item.more.split("\n\n")), where):
                _print(console, " ".join(paragraph.split()), 6)
        else:
            _show_recipe(console, item)
        console.print(Text(f"\n{_heading(difference)}"))
        for mark, line in difference.lines:
            console.print(Text(f"{mark} {line}", _COLOURS[mark]), soft_wrap=True)


def _heading(difference: Difference) -> str:
    scene = f", {difference.scene}" if difference.scene else ""
    ends = "where the honest one (-) and this one (+) differ" if difference.lines else "nothing differs"
    return f"{difference.target}{scene}: {ends}"


def one_json(shown: Shown) -> str:
    """The fields of each and of its difference."""
    return _json({**_as_dict(item), "difference": asdict(difference)} for item, difference in shown)


def one_markdown(shown: Shown) -> str:
    """Each with its difference as a code block."""
    parts = []
    for item, difference in shown:
        if isinstance(item, FaultEntry):
            parts += [f"### `{item.call}`", f"{item.sentence}{_clause(item)}", item.more]
        else:
            parts += [f"### {item.name}", f"```python\n{_recipe_text(item)}\n```"]
        parts += [_heading(difference), f"```diff\n{difference}\n```" if difference.lines else ""]
    return "\n\n".join(filter(None, parts))
