"""What stands in braces in a command or a configuration, and is filled in for each run.

``{port}`` stands for the port, and ``{{port}}`` for the text ``{port}``. Which names there are is for the
caller to say, and how strict it is about others:

- a client's command is strict. Every name in braces is meant for a placeholder, and braces of its own are
  doubled, whatever is between them;
- a server's configuration is not. Only names that there are count, and all other braces stay as they are,
  so the blocks of nginx, JSON and the rest need no care.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from .._typed import find_near

_IN_BRACES = re.compile(r"\{\{([A-Za-z_]\w*)\}\}|\{([A-Za-z_]\w*)\}")


@dataclass(frozen=True)
class Placeholders:
    """The placeholders called *names*. *strict*: others are mistakes, and all double braces are undone."""

    names: Collection[str]
    strict: bool = False

    def fill_in(self, text: str, values: Mapping[str, str]) -> str:
        """*text* with its placeholders replaced by their values."""

        def find_value(match: re.Match[str]) -> str:
            quoted, name = match.groups()
            if quoted is not None:
                return f"{{{quoted}}}" if self.strict or quoted in self.names else match[0]
            return values[name] if name in self.names else match[0]

        return _IN_BRACES.sub(find_value, text)

    def find(self, text: str) -> set[str]:
        """The names of the placeholders in *text*."""
        return {name for name in _find_names(text) if name in self.names}

    def find_others(self, text: str) -> list[str]:
        """The names in single braces in *text* that are not those of placeholders, each once, in order."""
        return [name for name in _find_names(text) if name not in self.names]

    def find_slips(self, text: str) -> list[str]:
        """A sentence for each name in *text* that is nearly that of a placeholder, and none."""
        near = {name: find_near(name, self.names, 0.75) for name in self.find_others(text)}
        return [
            f"there is no placeholder {{{name}}}; did you mean {{{meant[0]}}}?"
            for name, meant in near.items()
            if meant
        ]


def mask(text: str) -> str:
    """*text* with an x for every name in braces, single or double: what a shell would have to quote else."""
    return _IN_BRACES.sub("x", text)


def quote(words: Iterable[str]) -> str:
    """*words* as a shell's line, in which placeholders need no quotes."""
    return " ".join(word if _is_plain(word) else shlex.quote(word) for word in words)


def _is_plain(word: str) -> bool:
    """Whether a shell would leave *word* as it is, placeholders and all."""
    return shlex.quote(mask(word)) == mask(word)


def _find_names(text: str) -> list[str]:
    """The names in single braces, each once."""
    return list(dict.fromkeys(name for _, name in _IN_BRACES.findall(text) if name))
