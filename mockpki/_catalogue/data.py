"""A fault as data, both ways: a text as people type it, or an object for programs.

``"Stale by=2d"`` and ``{"fault": "Stale", "by": "P2D"}`` are one fault. Nothing that is read is ever run:
each value is what the annotation of its parameter takes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from .. import faults
from .._layers import Fault
from .._parameters import show
from .._typed import write_typed_duration
from .arguments import (
    build,
    check_number,
    describe_object,
    list_given,
    list_parameters,
    write_value,
)
from .entries import describe_fault
from .kinds import FAULT_SCHEMA, Reading, write_time
from .lookup import find_by_name, match_fault
from .respelling import respell
from .words import read_word, split_names, split_words, write_text_word

_LONGEST = 4096
_DEEPEST = 4

Resolve = Callable[[str], Any]
"""The certificate that an id stands for. Raises LookupError for none."""


def know_no_certificate(name: str) -> Any:
    """Where there are no certificates that have ids."""
    raise LookupError(f"no certificate is called {name!r} here")


def from_data(value: object, resolve: Resolve = know_no_certificate) -> Fault[Any]:
    """The fault that *value*, a text or an object, stands for.

        from_data("Stale by=2d")
        from_data({"fault": "Stale", "by": "P2D"})

    A text is at most 4 KiB of what ``mockpki faults`` takes. In an object, durations are texts with their
    unit, by ISO 8601 or as people and Go write them; times are those of RFC 3339; octets are base64; names
    are those of RFC 4514; a certificate is an id, which *resolve* finds; faults inside a fault are objects or
    texts, four levels deep and 32 in a list. Raises LookupError for an unknown fault or certificate,
    TypeError or ValueError, with a sentence, for what the fault does not take.
    """
    return _read(value, Reading(resolve, _read))


def list_from_data(values: object, resolve: Resolve = know_no_certificate) -> list[Fault[Any]]:
    """The faults that a list of at most 32 texts and objects stands for."""
    return [from_data(value, resolve) for value in check_list(values)]


def check_list(values: object) -> list[Any]:
    """*values* if they are a list that is not too long. Raises TypeError or ValueError for anything else."""
    if not isinstance(values, list):
        raise TypeError(f"faults come in a list, such as ['Stale by=2d']; got {show(values)}")
    check_number(values)
    return values


def _read(value: object, reading: Reading) -> Fault[Any]:
    if reading.depth >= _DEEPEST:
        raise ValueError(f"faults inside faults go {_DEEPEST} levels deep here, and no deeper")
    reading = replace(reading, depth=reading.depth + 1)
    if isinstance(value, str):
        return _read_text(value, reading)
    if not isinstance(value, Mapping):
        raise TypeError(f"a fault is a text such as 'Stale by=2d', or an object; got {show(value)}")
    given = dict(value)
    name = given.pop("fault", None)
    if not isinstance(name, str):
        raise TypeError(f'a fault is an object such as {{"fault": "Stale", "by": "P2D"}}; got {show(value)}')
    return build(find_fault(name), [], given, reading)


def _read_text(text: str, reading: Reading) -> Fault[Any]:
    if len(text.encode("utf-8", "replace")) > _LONGEST:
        raise ValueError(f"a fault's text has at most {_LONGEST} octets; got {show(text)}")
    try:
        return _read_words(text, reading)
    except (LookupError, TypeError, ValueError):
        right = respell(text)
        if right is None:
            raise
        try:
            _read_words(right, reading)
        except (LookupError, TypeError, ValueError) as error:
            # It is called so; what it is given is wrong beside.
            raise type(error)(f"{error}; a fault is written in words, such as 'Stale by=2d'") from None
        quoted = f'"{right}"' if " " in right else right
        raise ValueError(f"{text!r} is no way to write a fault; did you mean {quoted}?") from None


def _read_words(text: str, reading: Reading) -> Fault[Any]:
    name, *words = [word for word in split_words(text) if word] or [""]
    return build_typed(find_fault(name), words, reading)


def build_typed(fault: type[Fault[Any]], words: Iterable[str], reading: Reading | None = None) -> Fault[Any]:
    """*fault* with what people typed for it, each word as ``name=value`` or ``value``."""
    reading = reading or Reading(know_no_certificate, _read, 1)
    unnamed: list[Any] = []
    named: dict[str, Any] = {}
    for name, text in split_names(words):
        if name in named:
            raise TypeError(f"{fault.__name__} is given {name}= twice; give it once")
        if name:
            named[name] = read_word(text)
        else:
            unnamed.append(read_word(text))
    return build(fault, unnamed, named, reading)


def find_fault(name: str) -> type[Fault[Any]]:
    """The fault of that name, in any case. LookupError, with near names, for none; a recipe is none."""
    fault = match_fault(name)
    if fault is not None:
        return fault
    if isinstance(find_by_name(name), tuple):
        raise LookupError(
            f"{name!r} is a recipe, which is code and not data; `mockpki faults {name}` shows it"
        )
    raise AssertionError("unreachable")  # pragma: no cover


def to_data(fault: Fault[Any]) -> dict[str, Any]:
    """*fault* as an object for JSON, without the parameters that are as they are by default.

    A certificate in it becomes its serial number as lower-case hexadecimal, its id. Raises LookupError for a
    fault that is not of the catalogue, TypeError or ValueError for a value that no data can tell.
    """
    _check(fault)
    written = write_value(fault)
    assert isinstance(written, dict)
    return written


def to_text(fault: Fault[Any]) -> str:
    """*fault* as people type it. The same is left out, and the same errors are raised."""
    data, words = to_data(fault), [type(fault).__name__]
    for name, value in list_given(fault).items():
        if list_parameters(type(fault))[name].takes_rest:
            words += [write_word(one) for one in value]
        else:
            words.append(f"{name}={write_word(value, data[name])}")
    return " ".join(words)


def write_word(value: Any, data: Any = None) -> str:
    """*value* as people type it for a parameter; *data* is the same for JSON, where that is known."""
    match value:
        case None | bool() | int() | float():
            return repr(value)
        case timedelta():
            return write_typed_duration(value)
        case datetime():
            return write_time(value)
        case bytes():
            return repr(value)
    data = write_value(value) if data is None else data
    return write_text_word(data) if isinstance(data, str) else json.dumps(data)


def _check(fault: Fault[Any]) -> None:
    if type(fault) not in faults.CATALOGUE:
        raise LookupError(f"{show(fault)} is no fault of the catalogue, so no name stands for it in data")


def describe_schemas(prefix: str = "#/components/schemas/") -> dict[str, Any]:
    """JSON Schemas (2020-12) of all faults by name, and of any as ``Fault``, as OpenAPI 3.1 takes them.

    *prefix* is where they will stand.
    """
    schemas: dict[str, Any] = {}
    for fault in faults.CATALOGUE:
        entry = describe_fault(fault)
        schema = describe_object(fault, {"fault": {"const": fault.__name__}})
        schemas[fault.__name__] = {"description": entry.sentence, **map_references(schema, prefix.__add__)}
    text = {"type": "string", "maxLength": _LONGEST, "examples": ["Stale by=2d"]}
    schemas[FAULT_SCHEMA] = {"anyOf": [text, {
        "oneOf": [{"$ref": prefix + name} for name in schemas],
        "discriminator": {"propertyName": "fault"},
    }]}  # fmt: skip
    return schemas


def map_references(schema: Any, change: Callable[[str], str]) -> Any:
    """A JSON Schema, or a part of one, in which every reference is what *change* makes of it."""
    if isinstance(schema, dict):
        return {
            key: change(one) if key == "$ref" else map_references(one, change) for key, one in schema.items()
        }
    return [map_references(one, change) for one in schema] if isinstance(schema, list) else schema
