"""How `mockpki faults` shows the catalogue: for people, as JSON, and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict

from rich.console import Console
from rich.text import Text

from .._catalogue.difference import Difference, Shown
from .._catalogue.entries import ALIASES, Entry, by_layer, title
from .._catalogue.recipe import Alias

_COLOURS = {"-": "red", "+": "green", " ": "dim"}
_USUAL = Alias("", "", "")


def listed_json(items: Iterable[Entry | Alias]) -> str:
    """The fields of each."""
    return _json(asdict(item) for item in items)


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
        heading = f"{title(home)}: for {', '.join(group[0].targets)}"
        console.print(Text(heading, "bold underline"))
        for entry in group:
            _show_call(console, entry)
        console.print()


def _show_call(console: Console, entry: Entry) -> None:
    _print(console, entry.call, 2, "bold")
    _print(console, f"{entry.sentence}{_clause(entry)}", 6)


def _clause(entry: Entry) -> str:
    return f" {entry.clause}." if entry.clause else ""


def show_aliases(console: Console) -> None:
    """Print every alias: its name, and what to write instead."""
    for alias in ALIASES:
        _show_alias(console, alias)


def _show_alias(console: Console, alias: Alias) -> None:
    console.print(Text.assemble((alias.name, "bold"), (f"  {alias.given_to}", "dim")))
    _print(console, _written(alias), 6)


def _written(alias: Alias) -> str:
    lines = [] if alias.pki == _USUAL.pki else [f"with {alias.pki} as pki:"]
    return "\n".join((*lines, *filter(None, (alias.setup,)), alias.expression))


def aliases_markdown() -> str:
    """The aliases as a table."""
    lines = ["| name | of | written here | before |", "| --- | --- | --- | --- |"]
    for alias in ALIASES:
        pki = "" if alias.pki == _USUAL.pki else alias.pki
        before = ", ".join(f"`{one}`" for one in (pki, alias.setup) if one)
        lines.append(f"| {alias.name} | {alias.given_to} | `{alias.expression}` | {before} |")
    return "\n".join(lines) + "\n"


# One.


def show_one(console: Console, shown: Shown) -> None:
    """Print all that a fault or alias says of itself, and its decoded difference."""
    for item, difference in shown:
        if isinstance(item, Entry):
            _show_call(console, item)
            where = f"Layer: {item.layer}. For: {', '.join(item.targets)}."
            for paragraph in (*filter(None, item.more.split("\n\n")), where):
                _print(console, " ".join(paragraph.split()), 6)
        else:
            _show_alias(console, item)
        console.print(Text(f"\n{_heading(difference)}"))
        for mark, line in difference.lines:
            console.print(Text(f"{mark} {line}", _COLOURS[mark]), soft_wrap=True)


def _heading(difference: Difference) -> str:
    scene = f", {difference.scene}" if difference.scene else ""
    ends = "where the honest one (-) and this one (+) differ" if difference.lines else "nothing differs"
    return f"{difference.target}{scene}: {ends}"


def shown_json(shown: Shown) -> str:
    """The fields of each and of its difference."""
    return _json({**asdict(item), "difference": asdict(difference)} for item, difference in shown)


def shown_markdown(shown: Shown) -> str:
    """Each with its difference as a code block."""
    parts = []
    for item, difference in shown:
        if isinstance(item, Entry):
            parts += [f"### `{item.call}`", f"{item.sentence}{_clause(item)}", item.more]
        else:
            parts += [f"### {item.name}", f"```python\n{_written(item)}\n```"]
        parts += [_heading(difference), f"```diff\n{difference}\n```" if difference.lines else ""]
    return "\n\n".join(filter(None, parts))
