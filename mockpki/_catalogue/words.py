"""A text in words: what is typed for a fault, taken apart; nothing in it is ever run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

_DEEPEST = 17
_ENDS = {"(": ")", "[": "]", "{": "}"}
_QUOTED = re.compile(r"b?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")", re.DOTALL)
# What repr() of a text or of octets writes, and what else people escape.
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_PLAIN_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "\\": "\\", "'": "'", '"': '"'}
_BARE = re.compile(r"[A-Za-z][\w.:/@*-]*", re.ASCII)
_TAKEN = {"None", "True", "False", "null", "true", "false"}


class Word(str):
    """A text that stands without quotes: what it means is up to whoever takes it."""

    __slots__ = ()


def split_words(text: str, separator: str = " ") -> list[str]:
    """*text* in parts, where quotes and brackets hold together. Raises ValueError where one has no end."""
    parts, start, open_brackets = [], 0, [""]
    at = 0
    while at < len(text):
        one = text[at]
        if one in "'\"":
            quoted = _QUOTED.match(text, at)
            if quoted is None:
                raise ValueError(f"{text[at:]!r} has a quote without its end")
            at = quoted.end()
            continue
        if one in _ENDS:
            open_brackets.append(_ENDS[one])
            if len(open_brackets) > _DEEPEST:
                raise ValueError(f"{text[:20]!r}... has more than {_DEEPEST - 1} brackets inside each other")
        elif one in _ENDS.values():
            if open_brackets.pop() != one:
                raise ValueError(f"{text!r} has a {one!r} that ends nothing")
        elif len(open_brackets) == 1 and (one.isspace() if separator == " " else one == separator):
            parts.append(text[start:at])
            start = at + 1
        at += 1
    if len(open_brackets) > 1:
        raise ValueError(f"{text!r} lacks a {open_brackets[-1]!r}")
    return [*parts, text[start:]]


def read_word(text: str) -> Any:
    """What *text* says by its form: a quoted text, octets, a list, JSON; else a `Word`."""
    begin = text[:1]
    if begin in ("'", '"', "b") and _QUOTED.fullmatch(text):
        return _unquote(text)
    if begin == "(" and text.endswith(")"):
        items = [item.strip() for item in split_words(text[1:-1], ",")]
        return [read_word(item) for item in (items if items[-1] else items[:-1])]
    if begin in ("[", "{"):
        split_words(text)  # nothing goes too deep for what follows
        try:
            return json.loads(text)
        except ValueError as error:
            raise ValueError(f"{text!r} is not JSON: {error}") from None
    return Word(text)


def _unquote(text: str) -> str | bytes:
    is_bytes = text.startswith("b")
    quoted = _ESCAPE.sub(_unescape, text[2 if is_bytes else 1 : -1])
    if not is_bytes:
        return quoted
    try:
        return quoted.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError(f"{text} is no octets: write what is no ASCII as \\x and two digits") from None


def _unescape(found: re.Match[str]) -> str:
    escape = found[1]
    if len(escape) > 1:
        try:
            return chr(int(escape[1:], 16))
        except (ValueError, OverflowError):
            raise ValueError(f"\\{escape} is no character") from None
    if escape not in _PLAIN_ESCAPES:
        raise ValueError(
            f"\\{escape} is no escape; there are \\x, \\u, \\U, {', '.join(map(repr, _PLAIN_ESCAPES))}"
        )
    return _PLAIN_ESCAPES[escape]


def write_text_word(text: str) -> str:
    """*text* as `read_word` reads it: without quotes where nothing else could be meant."""
    return text if _BARE.fullmatch(text) and text not in _TAKEN else repr(text)


def split_names(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """``by=2d`` as its name and its text; one that has no name goes by ""."""
    for word in words:
        name, equals, text = word.partition("=")
        yield (name, text) if equals and name.isidentifier() else ("", word)
