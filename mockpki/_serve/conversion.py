"""What comes as JSON, TOML or a query, as the types of `bodies`; what does not fit is told in words.

A refusal names the field, what that takes, and what came: no caller has to know how it is read here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import inspect

from .._typed import find_near, suggest
from .bodies import PATTERNS
from .problem import Problem

_SAID = re.compile(r"(?P<said>.*?)(?: - at `(?P<place>[^`]*)`)?", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_MISSING = re.compile(r"Object missing required field `([^`]*)`")
_UNKNOWN = "Object contains unknown field"
_LONGEST = 60
"""Characters of what came that are shown."""


def convert(value: Any, kind: Any, *, strict: bool = True) -> Any:
    """*value* as a *kind* of `bodies`. Raises Problem for what that is not, with the near names there are.

    What is not *strict* stands in a URL: there numbers are texts.
    """
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        said, path = _split(str(error), value)
        raise _tell(said, _find_place(value, kind, path, strict)) from error


def _split(text: str, value: Any) -> tuple[str, str]:
    """What msgspec says, and where: no path is the whole of *value*."""
    # A field may be called as a path is written.
    if isinstance(value, Mapping) and text in (f"{_UNKNOWN} `{key}`" for key in value):
        return text, ""
    found = _SAID.fullmatch(text)
    assert found is not None
    return found["said"], found["place"] or ""


@dataclass(frozen=True)
class _Place:
    """A place in what came: the *value* there, the type that it should be, and what that is called."""

    value: Any
    kind: Any
    label: str = "the body"
    pointer: str = ""

    def go(self, step: str) -> _Place:
        """The place below: *step* is a field, the key of an object, or the number of one in a list."""
        value = self.value[int(step)] if isinstance(self.value, list) else self.value.get(step)
        for one in _list_alternatives(self.kind):
            match one:
                case inspect.ListType():
                    return self._add(step, value, one.item_type, f"each of {self.label}")
                case inspect.DictType():
                    return self._add(step, value, one.value_type, f"{self.label} of {step[:_LONGEST]!r}")
                case inspect.StructType():
                    kind = next(field.type for field in one.fields if field.encode_name == step)
                    return self._add(step, value, kind, step)
        raise AssertionError("unreachable")  # pragma: no cover

    def _add(self, step: str, value: Any, kind: Any, label: str) -> _Place:
        return _Place(value, kind, label, f"{self.pointer}/{step}")


def _tell(said: str, place: _Place) -> Problem:
    missing = _MISSING.fullmatch(said)
    if missing:
        lacks = place.go(missing[1])
        return Problem("invalid", f"{missing[1]} is missing: it takes {_say(lacks.kind)}", lacks.pointer)
    if said.startswith(_UNKNOWN):
        known = _list_fields(place.kind)
        field = next(key for key in place.value if key not in known)
        near = find_near(field, known)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        detail = f"there is no field {field!r} here{hint}"
        return Problem("unknown-field", detail, f"{place.pointer}/{field}", near)
    words = _list_words(place.kind)
    if words and isinstance(place.value, str):
        word = place.value[:_LONGEST]
        detail = f"{place.label} takes no {word!r}; {suggest(word, words)}".rstrip(".")
        return Problem("invalid", detail, place.pointer or None, find_near(word, words))
    detail = f"{place.label} takes {_say(place.kind)}; got {_show(place.value)}"
    return Problem("invalid", detail, place.pointer or None)


# Where.


def _find_place(value: Any, kind: Any, path: str, strict: bool) -> _Place:
    """The place that msgspec calls *path*, in which it does not say which key of an object is meant."""
    found, steps = _Place(value, inspect.type_info(kind)), list[str]()
    for name, number in _STEP.findall(path):
        step = name or number
        if step == "...":
            step = _find_key(value, kind, steps, found.value, strict)
        steps.append(step)
        found = found.go(step)
    return found


def _find_key(whole: Any, kind: Any, steps: Sequence[str], there: Mapping[str, Any], strict: bool) -> str:
    """The key of the object *there*, which is at *steps*, whose value does not fit: by halves."""
    items, said = list(there.items()), _refusal(whole, kind, strict)
    while len(items) > 1:
        half = items[: len(items) // 2]
        fails = _refusal(_put(whole, steps, dict(half)), kind, strict) == said
        items = half if fails else items[len(half) :]
    return items[0][0]


def _refusal(value: Any, kind: Any, strict: bool) -> str:
    try:
        msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def _put(whole: Any, steps: Sequence[str], part: Any) -> Any:
    """*whole* with *part* at *steps*."""
    if not steps:
        return part
    first, *rest = steps
    if isinstance(whole, Mapping):
        return {**whole, first: _put(whole[first], rest, part)}
    return [*whole[: int(first)], _put(whole[int(first)], rest, part), *whole[int(first) + 1 :]]


# What is taken.


def _list_alternatives(kind: Any) -> list[Any]:
    """The types that *kind* may be, each alone."""
    if isinstance(kind, inspect.Metadata):
        return _list_alternatives(kind.type)
    if isinstance(kind, inspect.UnionType):
        return [one for inner in kind.types for one in _list_alternatives(inner)]
    return [kind]


def _list_fields(kind: Any) -> list[str]:
    structs = [one for one in _list_alternatives(kind) if isinstance(one, inspect.StructType)]
    return [field.encode_name for one in structs for field in one.fields]


def _list_words(kind: Any) -> list[str]:
    literals = [one for one in _list_alternatives(kind) if isinstance(one, inspect.LiteralType)]
    return [str(word) for one in literals for word in one.values]


def _say(kind: Any) -> str:
    """What *kind* takes, in words; with an example, where it has one."""
    alternatives = _list_alternatives(kind)
    said: dict[str, Any] = _find_description(kind)
    if isinstance(alternatives[0], inspect.AnyType):
        return str(said["description"]).rstrip(".")
    sentence = " or ".join(_say_alone(one) for one in alternatives if not isinstance(one, inspect.NoneType))
    if "examples" in said:
        sentence += f", such as {json.dumps(said['examples'][0])}"
    takes_null = any(isinstance(one, inspect.NoneType) for one in alternatives)
    return f"{sentence}, or null" if takes_null else sentence


def _find_description(kind: Any) -> dict[str, Any]:
    """What is said of *kind* beside its type."""
    if isinstance(kind, inspect.Metadata):
        return {**_find_description(kind.type), **(kind.extra_json_schema or {})}
    if isinstance(kind, inspect.UnionType):
        return {name: one for inner in kind.types for name, one in _find_description(inner).items()}
    return {}


def _say_alone(kind: Any) -> str:
    match kind:
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType():
            return f"a whole number{_say_bounds(kind)}"
        case inspect.StrType(pattern=str(pattern)):
            return PATTERNS[pattern]
        case inspect.StrType(max_length=int(longest)):
            return f"a text of at most {longest:,} characters"
        case inspect.StrType(min_length=int(least)):
            return f"a text of {least} or more characters"
        case inspect.DateTimeType():
            return 'a time by RFC 3339, with its offset from UTC, such as "2026-01-31T12:00:00Z"'
        case inspect.LiteralType():
            return f"one of {', '.join(map(str, kind.values))}"
        case inspect.ListType():
            items = {inspect.StrType: " of texts", inspect.StructType: " of objects"}
            most = "" if kind.max_length is None else f" of at most {kind.max_length}"
            return f"a list{most}{items.get(type(kind.item_type), '')}"
        case inspect.StructType():
            needed = [field.encode_name for field in kind.fields if field.required]
            return f"an object with {' and '.join(needed)}" if needed else "an object"
    return "an object" if isinstance(kind, inspect.DictType) else "a text"


def _say_bounds(kind: inspect.IntType) -> str:
    if kind.ge is None:
        return ""
    return f", {kind.ge} or more" if kind.le is None else f" from {kind.ge} to {kind.le}"


def _show(value: Any) -> str:
    """What came, as JSON has it; of what holds others, only what it is."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
