"""The command of a client, with placeholders for where it is sent."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .._programs.placeholders import Placeholders, quote
from .._typed import find_near
from ..scenarios import TARGET_NAMES, Target

_PLACEHOLDERS = Placeholders(TARGET_NAMES, strict=True)
_WHERE = {"url", "host", "port", "cert_file", "chain_file"}
"""What a client cannot find the scenario without: one of these."""


@dataclass(frozen=True)
class Command:
    """A program and its arguments, in which ``{url}``, ``{port}`` and the like stand for the target's.

    ``{{word}}`` is ``{word}`` in braces; all other braces are themselves. Raises LookupError, with near
    names, for a placeholder that there is not, ValueError if nothing tells the client where to go.
    """

    words: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in sorted({name for word in self.words for name in _PLACEHOLDERS.find_others(word)}):
            near = " or ".join(f"{{{one}}}" for one in find_near(name, TARGET_NAMES))
            listed = ", ".join(f"{{{one}}}" for one in TARGET_NAMES)
            hint = f"did you mean {near}?" if near else f"there are {listed}."
            raise LookupError(
                f"There is no placeholder {{{name}}}; {hint} Braces that are the command's own are doubled: "
                f"{{{{{name}}}}}."
            )
        if not any(_PLACEHOLDERS.find(word) & _WHERE for word in self.words):
            raise ValueError(
                f"Nothing in the command {self} tells the client where to go: write {{url}}, or {{host}} and "
                "{port}, or for a client that judges a certificate alone {cert_file}, where it takes that."
            )

    def __str__(self) -> str:
        return quote(self.words)

    @property
    def given(self) -> set[str]:
        """What the client is given of its target, by name."""
        return set().union(*(_PLACEHOLDERS.find(word) for word in self.words))

    @property
    def knows_filters(self) -> bool:
        """Whether it is told where CRLite's filters are."""
        return "crlite_url" in self.given

    def find(self) -> None:
        """Raise ChildProcessError, with near names, if the program is not there or cannot be started."""
        name = self.words[0]
        if shutil.which(name):
            return
        if os.path.exists(name) and os.path.basename(name) != name:
            raise ChildProcessError(f"The client cannot be started: {name} is not an executable file.")
        near = [] if os.path.basename(name) != name else find_near(name, _programs(), 0.7)
        where = "on the PATH" if os.path.basename(name) == name else "there"
        hint = f"; did you mean {' or '.join(near)}?" if near else "."
        raise ChildProcessError(f"The client cannot be started: there is no program {name} {where}{hint}")

    def to(self, target: Target) -> tuple[str, ...]:
        """The command that goes to *target*."""
        values = {name: str(value) for name, value in asdict(target).items()}
        return tuple(_PLACEHOLDERS.fill_in(word, values) for word in self.words)


def _programs() -> Sequence[str]:
    """The names of what could be started."""
    folders = (Path(folder) for folder in os.get_exec_path())
    return sorted({entry.name for folder in folders if folder.is_dir() for entry in folder.iterdir()})
