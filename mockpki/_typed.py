"""What people type: names that are nearly right, and durations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from difflib import get_close_matches

_DURATION = re.compile(r"(-?\d+(?:\.\d+)?)(s|min|h|d)")
_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


def find_near(name: str, known: Iterable[str], cutoff: float = 0.5) -> list[str]:
    """Those of *known* that *name* may stand for, the nearest first."""
    return get_close_matches(name, list(known), cutoff=cutoff)


def suggest(name: str, known: Iterable[str], otherwise: str = "", cutoff: float = 0.5) -> str:
    """The end of a sentence on a *name* that is not among *known*: what it may stand for.

    Where nothing is near, *otherwise*; left out, all that are known.
    """
    listed = list(known)
    near = find_near(name, listed, cutoff)
    return f"did you mean {' or '.join(near)}?" if near else otherwise or f"there are {', '.join(listed)}."


def parse_duration(text: str) -> timedelta | None:
    """``5s``, ``10min``, ``2h`` or ``1.5d`` as a timedelta; None for what is no duration,
    or more than a timedelta holds."""
    found = _DURATION.fullmatch(text)
    try:
        return timedelta(**{_UNITS[found[2]]: float(found[1])}) if found else None
    except OverflowError:
        return None


def write_duration(length: timedelta) -> str:
    """*length* as people say it: ``777599 s`` as ``8 d 23 h 59 min 59 s``."""
    seconds, parts = length.total_seconds(), []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count:.0f} {unit}")
    if seconds or not parts:
        parts.append(f"{seconds:g} s")
    return " ".join(parts)
