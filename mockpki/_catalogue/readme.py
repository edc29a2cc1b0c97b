"""The list of faults in the manual, in Markdown."""

from __future__ import annotations

from typing import Any

from ..faults import Fault
from .entries import FaultEntry, by_layer, layer_title

BEGIN = "<!-- faults: made by `mockpki faults --format markdown --write docs/faults.md` -->"
END = "<!-- end of faults -->"


def list_markdown(layer: str = "") -> str:
    """The manual's list: folded up, a layer at a time."""
    return "\n".join(map(_fold_layer, *zip(*by_layer(layer), strict=True)))


def _fold_layer(layer: type[Fault[Any]], group: list[FaultEntry]) -> str:
    count = "1 fault" if len(group) == 1 else f"{len(group)} faults"
    about = " ".join((layer.__doc__ or "").partition("\n\n")[0].split())
    lines = [f"<details><summary><b>{layer_title(layer)}</b>: {count}</summary>", ""]
    lines += [f"{about} Given to: {', '.join(group[0].targets)}.", ""]
    lines += [f"- `{one.short}`: {one.sentence}{_short_clause(one)}" for one in group]
    return "\n".join((*lines, "", "</details>", ""))


def _short_clause(one: FaultEntry) -> str:
    if not one.clause:
        return ""
    return f" ({one.clause.replace(' section ', ' §').replace(' appendix ', ' app. ')})"


def refresh_list(text: str) -> str:
    """*text* with a new list between the two marks. Raises ValueError for a text without them."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"it has no lines {BEGIN} and {END} to write between")
    return f"{before}{BEGIN}\n{list_markdown()}{END}{after}"
