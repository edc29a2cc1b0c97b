"""Faults as they are typed at a prompt."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from .._typed import parse_duration
from ..faults import Fault
from .entries import describe_fault

_DURATION = "a duration is a number with its unit, such as 30s, 10min, 2h or 1.5d"


def make_fault(fault: type[Fault[Any]], given: Iterable[str]) -> Fault[Any]:
    """*fault* with parameters as they are typed at a prompt: ``by=2d``, ``code=404``, ``issuer``.

    A number followed by s, min, h or d is a duration; Python's own literals are themselves; the rest is
    text. Raises ValueError or TypeError, with a sentence, for what the fault does not take.
    """
    positional: list[object] = []
    named: dict[str, object] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if equals and name.isidentifier():
            named[name] = _read_value(value)
        else:
            positional.append(_read_value(one))
    try:
        return fault(*positional, **named)
    except TypeError as error:
        # In the words of a prompt, where a timedelta cannot be typed.
        why = _DURATION if "takes a timedelta" in str(error) else error
        raise TypeError(f"{describe_fault(fault).call} does not take {' '.join(given)}: {why}") from error


def _read_value(text: str) -> object:
    duration = parse_duration(text)
    if duration is not None:
        return duration
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
