"""The command of a client, with placeholders for where it is sent."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .._typed import find_near
from ..scenarios import TARGET_NAMES, Target

_BRACES = re.compile(r"\{\{([A-Za-z_]\w*)\}\}|\{([A-Za-z_]\w*)\}")
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
        used = {found[2] for word in self.words for found in _BRACES.finditer(word) if found[2]}
        for name in sorted(used.difference(TARGET_NAMES)):
            near = " or ".join(f"{{{one}}}" for one in find_near(name, TARGET_NAMES))
            listed = ", ".join(f"{{{one}}}" for one in TARGET_NAMES)
            hint = f"did you mean {near}?" if near else f"there are {listed}."
            raise LookupError(
                f"There is no placeholder {{{name}}}; {hint} Braces that are the command's own are doubled: "
                f"{{{{{name}}}}}."
            )
        if not used & _WHERE:
            raise ValueError(
                f"Nothing in the command {self} tells the client where to go: write {{url}}, or {{host}} and "
                "{port}, or for a client that judges a certificate alone {cert_file}, where it takes that."
            )

    def __str__(self) -> str:
        return " ".join(word if _plain(word) else shlex.quote(word) for word in self.words)

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
        values = asdict(target)
        return tuple(
            _BRACES.sub(lambda found: f"{{{found[1]}}}" if found[1] else str(values[found[2]]), word)
            for word in self.words
        )


def _plain(word: str) -> bool:
    """Whether a shell would leave *word* as it is, placeholders and all."""
    without = _BRACES.sub("x", word)
    return shlex.quote(without) == without


def _programs() -> Sequence[str]:
    """The names of what could be started."""
    folders = (Path(folder) for folder in os.get_exec_path())
    return sorted({entry.name for folder in folders if folder.is_dir() for entry in folder.iterdir()})
