"""The catalogue, as callers are answered, field by field."""

from __future__ import annotations

from typing import Any

from .bodies import AnyFault
from .shapes import Shape


class FaultParameter(Shape):
    """A parameter: its default as Python and as it is typed, where it has one, and what it takes."""

    name: str
    default: str
    text: str | None
    takes: str


class FaultEntry(Shape):
    """A fault: *call* is how to write it in Python, *sentence* what it does, *clause* what it is about."""

    name: str
    layer: str
    call: str
    parameters: list[FaultParameter]
    sentence: str
    clause: str
    more: str
    targets: list[str]


class FaultEntries(Shape):
    """Faults, by layer, in the order in which an answer passes them."""

    faults: list[FaultEntry]


class Line(Shape):
    """A line of a difference: `-` is the honest one's, `+` the bent one's, a blank holds others."""

    mark: str
    text: str


class Difference(Shape):
    """Where two answers differ, decoded; *text* has all lines in one. *scene*: the circumstances, if any."""

    target: str
    scene: str
    lines: list[Line]
    text: str


class ShownFault(Shape):
    """A fault in words, as data, and what it does."""

    entry: FaultEntry
    fault: AnyFault
    difference: Difference


class StaplerPreset(Shape):
    """A preset: what it does, and where it differs from a `StaplePolicy` of no other kind."""

    policy: str
    sentences: list[str]
    fields: dict[str, Any]


class Staplers(Shape):
    """All presets."""

    staplers: list[StaplerPreset]
