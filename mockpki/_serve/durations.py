"""Durations as callers write them, and as they are answered: texts, with their unit."""

from __future__ import annotations

from datetime import timedelta

from .._parameters import show
from .._typed import parse_duration, write_duration

__all__ = ["read_duration", "write_duration"]


def read_duration(
    text: str, name: str, *, least: timedelta | None = None, most: timedelta | None = None
) -> timedelta:
    """The duration that *text*, the value of *name*, stands for. Raises ValueError for none, or one that is
    too short or too long."""
    found = parse_duration(text)
    if found is None:
        raise ValueError(
            f"{name}: {show(text)} is no duration; give one with its unit, such as '2d', '10min' or 'PT0.25S'"
        )
    if least is not None and found < least:
        raise ValueError(f"{name}: {show(text)} is less than {write_duration(least)}")
    if most is not None and found > most:
        raise ValueError(f"{name}: {show(text)} is more than {write_duration(most)}")
    return found
