"""How `mockpki faults` shows the catalogue."""

from __future__ import annotations

from itertools import groupby

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ._catalogue import entries


def show(console: Console) -> None:
    """Print every fault: how to write it, what it does, what it can be given to."""
    for layer, faults in groupby(entries(), key=lambda entry: entry.layer):
        console.print(Text(f"Faults of the {layer} layer", "dim"))
        for fault in faults:
            console.print(Padding(Text.assemble((fault.call, "bold")), (0, 0, 0, 2)))
            clause = f" {fault.clause}." if fault.clause else ""
            where = f" For {', '.join(fault.services)}."
            console.print(Padding(Text(f"{fault.sentence}{clause}{where}"), (0, 0, 0, 6)))
        console.print()
