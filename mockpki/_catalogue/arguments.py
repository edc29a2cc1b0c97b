"""What the parameters of a fault take, as data: by their annotations."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from cryptography import x509

from .._layers import Fault
from .._parameters import show
from .._typed import find_near
from .kinds import CERTIFICATE, FAULT, LAST, PLAIN, TAGGED_OCTETS, Kind, Reading, Unfit, write_plain

T = TypeVar("T")
MOST_FAULTS = 32
"""So many faults may stand in one list."""


def compile_kind(hint: Any) -> Kind:
    """What a parameter with the annotation *hint* takes. Raises TypeError for one that is not known here."""
    if hint in PLAIN:
        return PLAIN[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return compile_kind(inner[0])
    if origin in (Union, UnionType):
        return _compile_union(inner)
    if origin is Literal:
        return _compile_words(inner)
    if isinstance(origin, type) and issubclass(origin, AbstractSet):
        return _compile_set(compile_kind(inner[0]))
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return _compile_list(compile_kind(inner[0]))
    if isinstance(hint, type):
        if issubclass(hint, Fault):
            return FAULT
        if hint is x509.Certificate or getattr(hint, "_is_protocol", False):
            return CERTIFICATE
        if is_dataclass(hint) or issubclass(hint, tuple):
            return _compile_record(hint)
    raise TypeError(f"{hint!r} cannot be told as data")


def _compile_words(words: Sequence[str]) -> Kind:
    def read(value: Any, _: Reading) -> str:
        if not isinstance(value, str) or value not in words:
            raise Unfit
        return str(value)

    return Kind(f"one of {', '.join(map(repr, words))}", read, {"enum": list(words)})


def _compile_set(item: Kind) -> Kind:
    listed = _compile_list(item)
    return listed._replace(read=lambda value, reading: frozenset(listed.read(value, reading)))


def _compile_union(hints: Iterable[Any]) -> Kind:
    records = [hint for hint in hints if isinstance(hint, type) and is_dataclass(hint)]
    if len(records) > 1 and not any(issubclass(record, Fault) for record in records):
        return _compile_records(records, hints)
    kinds: list[Kind] = []
    for hint in sorted(hints, key=lambda one: (one is not NoneType, one in LAST)):
        kind = compile_kind(hint)
        if kind not in kinds:
            kinds.append(kind)
    if CERTIFICATE in kinds and PLAIN[bytes] in kinds:
        # A text may be an id, or base64.
        kinds[kinds.index(PLAIN[bytes])] = TAGGED_OCTETS
    if len(kinds) == 1:
        return kinds[0]

    def read(value: Any, reading: Reading) -> Any:
        return _read_first(kinds, value, reading)

    words = " or ".join(kind.words for kind in kinds)
    return Kind(words, read, {"anyOf": [kind.schema for kind in kinds]})


def _compile_records(records: Sequence[type], hints: Iterable[Any]) -> Kind:
    """One of several records, which the names in it tell apart; or what else *hints* has."""
    others = [compile_kind(hint) for hint in hints if hint not in records]
    known = [_compile_record(record) for record in records]

    def read(value: Any, reading: Reading) -> Any:
        if not isinstance(value, dict):
            return _read_first(others, value, reading)
        counts = [len(value.keys() & list_parameters(record).keys()) for record in records]
        return known[counts.index(max(counts))].read(value, reading)

    kinds = (*others, *known)
    return Kind(" or ".join(kind.words for kind in kinds), read, {"anyOf": [kind.schema for kind in kinds]})


def _read_first(kinds: Iterable[Kind], value: Any, reading: Reading) -> Any:
    for kind in kinds:
        try:
            return kind.read(value, reading)
        except Unfit:
            continue
    raise Unfit


def check_number(faults: Sequence[object]) -> None:
    """Raise ValueError for more than may stand in one list."""
    if len(faults) > MOST_FAULTS:
        raise ValueError(f"{len(faults)} faults are too many for one list; {MOST_FAULTS} are the most")


def _compile_list(item: Kind) -> Kind:
    def read(value: Any, reading: Reading) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Unfit
        if item is FAULT:
            check_number(value)
        return tuple(item.read(one, reading) for one in value)

    return Kind(f"a list, of which each is {item.words}", read, {"type": "array", "items": item.schema})


def _compile_record(record: type) -> Kind:
    def read(value: Any, reading: Reading) -> Any:
        if not isinstance(value, dict):
            raise Unfit
        return build(record, [], value, reading)

    return Kind(f"an object with {', '.join(list_parameters(record))}", read, describe_object(record))


# What a fault, or a value inside one, is made of.


class Parameter(NamedTuple):
    """Its default, or `inspect.Parameter.empty`; whether it takes all that have no name; its kind."""

    default: Any
    takes_rest: bool
    kind: Kind


def list_parameters(owner: type[Any]) -> Mapping[str, Parameter]:
    """What *owner*, a fault or a value inside one, is made of, in its order."""
    return _list_parameters(owner)  # type: ignore[arg-type]  # a class is hashable


@cache
def _list_parameters(owner: Any) -> Mapping[str, Parameter]:
    hints = get_type_hints(owner if issubclass(owner, tuple) else owner.__init__, include_extras=True)
    return {
        name: Parameter(one.default, one.kind is one.VAR_POSITIONAL, compile_kind(hints[name]))
        for name, one in inspect.signature(owner).parameters.items()
    }


def build(owner: type[T], unnamed: Sequence[Any], named: Mapping[str, Any], reading: Reading) -> T:
    """*owner* made of these values. Raises TypeError, ValueError or LookupError for what it does not take."""
    parameters = list_parameters(owner)
    called = owner.__name__
    unknown = next((name for name in named if name not in parameters), None)
    if unknown is not None:
        near = " or ".join(map(repr, find_near(unknown, parameters)))
        takes = ", ".join(parameters) or "no parameters"
        hint = f"did you mean {near}?" if near else f"it takes {takes}"
        raise TypeError(f"{called} has no parameter {unknown!r}; {hint}")
    rest = [name for name, one in parameters.items() if one.takes_rest]
    if rest:
        listed = named.get(rest[0], [])
        if not isinstance(listed, list) or (listed and unnamed):
            raise TypeError(f"{rest[0]}= of {called} takes a list; got {show(listed)}")
        positional = [(rest[0], value) for value in (*unnamed, *listed)]
    else:
        if len(unnamed) > len(parameters):
            raise TypeError(f"{called} takes {len(parameters)} values; got {len(unnamed)}")
        positional = list(zip(parameters, unnamed, strict=False))
        twice = next((name for name, _ in positional if name in named), None)
        if twice is not None:
            raise TypeError(f"{called} is given {twice}= twice; give it once")

    args = [read_parameter(owner, name, value, reading) for name, value in positional]
    given = {name: value for name, value in named.items() if name not in rest}
    return owner(
        *args, **{name: read_parameter(owner, name, value, reading) for name, value in given.items()}
    )


def read_parameter(owner: type[Any], name: str, value: Any, reading: Reading) -> Any:
    """*value* as the parameter of that *name* takes it. Raises TypeError for what it does not take."""
    kind = list_parameters(owner)[name].kind
    try:
        return kind.read(value, reading)
    except Unfit:
        raise TypeError(f"{name}= of {owner.__name__} takes {kind.words}; got {show(value)}") from None


def list_given(value: Any) -> dict[str, Any]:
    """The parameters of *value*, a fault or a value inside one, that are not their defaults."""
    given = {}
    for name, one in list_parameters(type(value)).items():
        found = getattr(value, name)
        if type(found) is not type(one.default) or found != one.default:
            given[name] = found
    return given


def write_value(value: Any, *, tagged: bool = False) -> Any:
    """*value* for JSON. Octets that are *tagged* stand in an object that says so."""
    if isinstance(value, Fault):
        return {"fault": type(value).__name__, **write_fields(value)}
    if is_dataclass(value) or hasattr(value, "_fields"):
        return write_fields(value)
    if isinstance(value, tuple | list):
        return [write_value(one) for one in value]
    if isinstance(value, frozenset):
        return sorted(write_value(one) for one in value)
    return write_plain(value, tagged=tagged)


def write_fields(value: Any) -> dict[str, Any]:
    """What `list_given` finds, for JSON."""
    parameters = list_parameters(type(value))
    return {
        name: write_value(one, tagged=TAGGED_OCTETS.words in parameters[name].kind.words)
        for name, one in list_given(value).items()
    }


def describe_object(owner: type[Any], first: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The JSON Schema of an object with the parameters of *owner*, behind *first*."""
    properties: dict[str, Any] = dict(first or {})
    required = list(properties)
    for name, one in list_parameters(owner).items():
        schema = dict(one.kind.schema)
        if one.takes_rest:
            schema = {"type": "array", "items": schema}
        elif one.default is inspect.Parameter.empty:
            required.append(name)
        else:
            schema["default"] = write_value(one.default)
        properties[name] = schema
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
