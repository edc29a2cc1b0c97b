"""One check of what people give: arguments and the fields of values, by their annotations.

Annotations are read when something is first given, once for each function and class. One that names what is
there for a type checker only takes anything, and so does a parameter without one. ``Annotated`` has limits
(`Within`), or a text: better words for what is taken.
"""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields
from datetime import datetime, timedelta, timezone
from functools import cache, wraps
from numbers import Real
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, ParamSpec, TypeVar, Union, get_args, get_origin
from typing import get_type_hints as resolve_hints

P = ParamSpec("P")
R = TypeVar("R")

LONGEST = timedelta(days=365_000)
"""No duration is longer, in either direction: from every time that a `Clock` can show it leads to a time."""
_MOST_BITS = 14_000
_SHOWN = 200


@dataclass(frozen=True)
class Within:
    """The least value that will do, and the largest: ``Annotated[int, Within(1, 65535)]``."""

    least: Any = None
    most: Any = None

    def fits(self, value: Any) -> bool:
        """Whether *value* is neither too small nor too large."""
        if value is None:
            return True
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def __str__(self) -> str:
        least, most = _tell_limit(self.least), _tell_limit(self.most)
        if self.most is None:
            return f", {least} or more"
        return f" from {least} to {most}" if self.least is not None else f", {most} or less"


OWN_CHECK = object()
"""In an annotation, ``Annotated[..., OWN_CHECK]``: whoever takes it has a sentence of its own."""
Pause = Annotated[timedelta, Within(timedelta(), timedelta(days=10_000))]
"""A duration that somebody waits for: no longer than sockets and locks can."""
Seconds = Annotated[float, Within(0, 864_000_000)]
"""The same as a number."""


def _tell_limit(limit: object) -> str:
    return repr(limit).removeprefix("datetime.")


def show(value: object) -> str:
    """*value* in a message: not too long, and whatever its own repr may do."""
    try:
        text = repr(value)
    except Exception:
        text = object.__repr__(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN // 2]}...{text[-_SHOWN // 2 :]}"


# What an annotation stands for.


class Kind(NamedTuple):
    """What a parameter takes, in words; which values are of that kind; and what is wrong with one of them."""

    words: str
    fits: Callable[[Any], bool]
    find_flaw: Callable[[Any], str | None] = lambda value: None
    """None where nothing is wrong; an empty text where the words say it."""


def _find_flaw_of_time(value: datetime) -> str | None:
    try:
        if value.utcoffset() is None:
            return "which has no time zone; give an aware datetime, such as one in UTC"
        value.astimezone(timezone.utc)
    except Exception:
        return "which is out of the calendar's range in UTC"
    return None


def _find_flaw_of_number(value: Any) -> str | None:
    try:
        return None if math.isfinite(value) else ""
    except OverflowError:
        return ""


def _find_flaw_of_text(value: str) -> str | None:
    try:
        value.encode()
    except UnicodeEncodeError:
        return "which has a lone surrogate"
    return None


def _is_number(value: object, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


_TIME = Kind("an aware datetime", lambda value: isinstance(value, datetime), _find_flaw_of_time)
_PLAIN: dict[Any, Kind] = {
    bool: Kind("True or False", lambda value: isinstance(value, bool)),
    int: Kind(
        "a whole number",
        lambda value: _is_number(value, int),
        lambda value: None if value.bit_length() <= _MOST_BITS else "which has more than 4000 digits",
    ),
    float: Kind("a finite number", lambda value: _is_number(value, Real), _find_flaw_of_number),
    str: Kind("a text", lambda value: isinstance(value, str), _find_flaw_of_text),
    bytes: Kind("octets, such as b'\\0'", lambda value: isinstance(value, bytes)),
    timedelta: Kind(
        "a timedelta, such as timedelta(seconds=30)",
        lambda value: isinstance(value, timedelta),
        lambda value: None if abs(value) <= LONGEST else "which is more than a thousand years",
    ),
    datetime: _TIME,
    NoneType: Kind("None", lambda value: value is None),
}


def _compile(hint: Any) -> Kind | None:
    """What *hint* takes; None for anything."""
    if hint is None:
        hint = NoneType
    if hint in _PLAIN:
        return _PLAIN[hint]
    # While time stands, freezegun has a class of its own in the place of this name, here and there.
    if isinstance(hint, type) and issubclass(hint, datetime):
        return _TIME
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        if OWN_CHECK in inner:
            return None
        kind = _compile_limits(_compile(inner[0]), [one for one in inner[1:] if isinstance(one, Within)])
        better = [one for one in inner[1:] if isinstance(one, str)]
        return kind._replace(words=better[0]) if kind is not None and better else kind
    if origin in (Union, UnionType):
        return _compile_union([_compile(one) for one in inner])
    if origin is Literal:
        words = " or ".join(filter(None, (", ".join(map(repr, inner[:-1])), repr(inner[-1]))))
        return Kind(
            words,
            lambda value: isinstance(value, tuple(set(map(type, inner)))),
            lambda value: None if value in inner else "",
        )
    if origin is Callable:
        return Kind("a function", callable)
    if isinstance(origin, type) and issubclass(origin, Iterable) and not issubclass(origin, Mapping):
        return _compile_items(origin, inner)
    kind = origin or hint
    if not isinstance(kind, type) or kind in (object, Any):
        return None
    if getattr(kind, "_is_protocol", False):
        return _compile_protocol(kind)
    article = "an" if kind.__name__[0] in "AEIOU" else "a"
    return Kind(f"{article} {kind.__name__}", lambda value: isinstance(value, kind))


def _compile_protocol(protocol: type) -> Kind:
    """Whatever has its members; in the words of its docstring, which begins with an article."""
    own = [base for base in protocol.__mro__ if getattr(base, "_is_protocol", False)]
    members = [name for base in own for name in vars(base) if not name.startswith("_")]
    sentence = (protocol.__doc__ or protocol.__name__).partition(".\n")[0].rstrip(".").replace("`", "")
    words = sentence[0].lower() + sentence[1:]
    return Kind(words, lambda value: all(hasattr(value, name) for name in members))


def _compile_limits(kind: Kind | None, limits: list[Within]) -> Kind | None:
    if kind is None:
        return None
    plain, example, more = kind.words.partition(",")
    words = plain + "".join(map(str, limits)) + example + more

    def find_flaw(value: Any) -> str | None:
        flaw = kind.find_flaw(value)
        return flaw if flaw is not None or all(one.fits(value) for one in limits) else ""

    return Kind(words, kind.fits, find_flaw)


def _compile_union(kinds: list[Kind | None]) -> Kind | None:
    known = [kind for kind in kinds if kind is not None]
    if len(known) < len(kinds):
        return None
    # A path may have what no other text has.
    if any(kind.words == "a PathLike" for kind in known):
        known = [kind._replace(find_flaw=lambda value: None) for kind in known]

    def find_flaw(value: Any) -> str | None:
        flaws = [kind.find_flaw(value) for kind in known if kind.fits(value)]
        return None if None in flaws else next(filter(None, flaws), "")

    words = " or ".join(dict.fromkeys(kind.words for kind in known))
    return Kind(words, lambda value: any(kind.fits(value) for kind in known), find_flaw)


def _compile_items(origin: type, inner: tuple[Any, ...]) -> Kind:
    """A container and what is in it; but nothing is taken out of one that could be used up by that."""
    if origin is tuple and Ellipsis not in inner:
        parts = [_compile(one) for one in inner]
        words = ", ".join("anything" if part is None else part.words for part in parts)
        return Kind(
            f"a tuple ({words})",
            lambda value: (
                isinstance(value, tuple)
                and len(value) == len(parts)
                and all(part is None or part.fits(one) for part, one in zip(parts, value, strict=True))
            ),
            lambda value: next(
                (
                    flaw
                    for part, one in zip(parts, value, strict=True)
                    if part is not None and (flaw := part.find_flaw(one)) is not None
                ),
                None,
            ),
        )
    item = _compile(inner[0]) if inner else None
    name = origin.__name__ if origin in (tuple, frozenset) else "list"
    words = f"a {name}" + ("" if item is None else f", of which each is {item.words}")

    def fits(value: Any) -> bool:
        if isinstance(value, str | bytes | bytearray) or not isinstance(value, origin):
            return False
        if item is None or not isinstance(value, Sequence | AbstractSet):
            return True
        return all(map(item.fits, value))

    def find_flaw(value: Any) -> str | None:
        if item is None or not isinstance(value, Sequence | AbstractSet):
            return None
        return next((flaw for one in value if (flaw := item.find_flaw(one)) is not None), None)

    return Kind(words, fits, find_flaw)


def _resolve(annotations: Mapping[str, Any], scope: dict[str, Any]) -> dict[str, Kind]:
    """What is known of each: one by one, so that a name that is nowhere hides nothing else."""
    kinds = {}
    for name, annotation in annotations.items():
        holder = type("", (), {"__annotations__": {name: annotation}})
        try:
            hint = resolve_hints(holder, scope, scope, include_extras=True)[name]
        except Exception:  # noqa: S112 - a name that is there for a type checker only
            continue
        kind = _compile(hint)
        if kind is not None:
            kinds[name] = kind
    return kinds


def _annotations_of(thing: Any) -> Mapping[str, Any]:
    try:
        return inspect.get_annotations(thing)
    except NameError:  # pragma: no cover - Python 3.14 reads those that are no text when they are asked for
        return {}


def check_value(kind: Kind, name: str, owner: str, value: Any) -> None:
    """TypeError or ValueError for what *kind* does not take, with a sentence that says what it does."""
    if kind.fits(value):
        flaw = kind.find_flaw(value)
        if flaw is None:
            return
        error: type[Exception] = ValueError
    else:
        flaw, error = "", TypeError
    raise error(f"{name}= of {owner} takes {kind.words}; got {show(value)}{f', {flaw}' if flaw else ''}")


# Fields.


@cache
def _kinds_of_fields(value: Any) -> list[tuple[str, Any, Kind]]:
    kinds: dict[str, Kind] = {}
    for base in reversed(value.__mro__):
        scope = {**vars(sys.modules[base.__module__])} if base.__module__ in sys.modules else {}
        kinds |= _resolve(_annotations_of(base), scope)
    return [
        (one.name, one.default, kinds[one.name]) for one in fields(value) if one.init and one.name in kinds
    ]


def check_fields(value: Any) -> None:
    """Check each field of *value*, a dataclass: for its ``__post_init__``. What is the default is right."""
    for name, default, kind in _kinds_of_fields(value.__class__):
        found = getattr(value, name)
        if found is not default:
            check_value(kind, name, value.__class__.__qualname__, found)


# Arguments.


@cache
def _kinds_of_arguments(
    function: Any,
) -> tuple[str, list[tuple[str, Kind | None]], tuple[str, Kind | None], dict[str, Kind]]:
    """The name in messages; positional parameters; what takes the rest of them; and all by name."""
    kinds = _resolve(_annotations_of(function), function.__globals__)
    code = function.__code__
    positional = [(name, kinds.get(name)) for name in code.co_varnames[: code.co_argcount]]
    rest = code.co_varnames[code.co_argcount + code.co_kwonlyargcount] if code.co_flags & 0x04 else ""
    *_, owner, name = f".{function.__qualname__}".split(".")
    return owner if name == "__init__" else f"{name}()", positional, (rest, kinds.get(rest)), kinds


def check_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """*function*, with a check of what it is given, by its annotations. What is left out is not looked at."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        __tracebackhide__ = True  # pytest shows the call instead
        owner, positional, (rest, kind_of_rest), kinds = _kinds_of_arguments(function)
        for (name, kind), value in zip(positional, args, strict=False):
            if kind is not None:
                check_value(kind, name, owner, value)
        if kind_of_rest is not None:
            for value in args[len(positional) :]:
                check_value(kind_of_rest, rest, owner, value)
        for name, value in kwargs.items():
            kind = kinds.get(name)
            if kind is not None:
                check_value(kind, name, owner, value)
        return function(*args, **kwargs)

    return call
