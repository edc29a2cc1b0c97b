"""What was typed as a path, found where it was typed: the server itself runs in a folder of its own.

1. A program with a slash in its name, or one that a relative entry of PATH leads to, is found from there.
2. So is every other word, or an option's value after ``=``, that is the path of something there is: of a file
   if it has a slash or a dot in it, of a folder if it has a slash. A word such as ``start`` stays a word.
3. What is absolute stays as it is, and so does what has a placeholder: it is filled in later.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path


def find_home() -> Path:
    """The folder where the person is; where that was removed, the root, from which nothing is found."""
    try:
        return Path.cwd()
    except OSError:
        return Path(os.sep)


def resolve_words(words: Sequence[str], home: Path) -> list[str]:
    """*words* of a command that was typed in *home*, to be run anywhere."""
    program, *others = words
    return [_resolve_program(program, home), *(_resolve_word(word, home) for word in others)]


def _resolve_program(word: str, home: Path) -> str:
    if "{" in word or os.path.isabs(word):
        return word
    if _has_slash(word):
        return os.path.join(home, word)
    # Nobody else would find it once the folder is another.
    entries = [os.path.join(home, entry) for entry in os.environ.get("PATH", os.defpath).split(os.pathsep)]
    return shutil.which(word, path=os.pathsep.join(entries)) or word


def _resolve_word(word: str, home: Path) -> str:
    option, equals, value = word.partition("=") if word.startswith("-") else ("", "", word)
    if not value or "{" in value or os.path.isabs(value):
        return word
    # Of these, what is too long for a path, or cannot be in one, is none; a pathlib.Path would raise.
    path, has_slash = os.path.join(home, value), _has_slash(value)
    is_file = os.path.isfile(path) and (has_slash or "." in value)
    return f"{option}{equals}{path}" if is_file or (has_slash and os.path.isdir(path)) else word


def _has_slash(word: str) -> bool:
    return os.sep in word or bool(os.altsep and os.altsep in word)
