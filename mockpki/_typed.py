"""What people type: names that are nearly right, and durations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from difflib import get_close_matches

_DAY, _HOUR, _MINUTE, _SECOND = 86_400.0, 3_600.0, 60.0, 1.0
_NUMBER = r"(\d+(?:\.\d+)?)"
# From the longest unit to the shortest. Go's time.Duration has all but d and min; its m are minutes, too.
_TYPED_UNITS = {
    "d": _DAY,
    "h": _HOUR,
    "min|m(?!s)": _MINUTE,
    "s": _SECOND,
    "ms": 1e-3,
    "[uµμ]s": 1e-6,
    "ns": 1e-9,
}
_TYPED = re.compile("(-?)" + "".join(f"(?:{_NUMBER}(?:{unit}))?" for unit in _TYPED_UNITS))
# ISO 8601-1 section 5.5.2.2. Java has a sign before each number, .NET one before all. Years and months have
# no length of their own.
_SIGNED = r"([-+]?\d+(?:\.\d+)?)"
_ISO = re.compile(
    rf"([-+]?)P(?!$)(?:{_SIGNED}W)?(?:{_SIGNED}D)?(?:T(?!$)(?:{_SIGNED}H)?(?:{_SIGNED}M)?(?:{_SIGNED}S)?)?"
)
_ISO_UNITS = (7 * _DAY, _DAY, _HOUR, _MINUTE, _SECOND)
_MICROSECOND = timedelta(microseconds=1)


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
    """``5s``, ``10min``, ``1.5d``, ``250ms``, ``48h0m0s`` or ``PT0.25S`` as a timedelta, to the microsecond.

    None for what is no duration, or more than a timedelta holds; a number without a unit is none.
    """
    for form, units in ((_TYPED, tuple(_TYPED_UNITS.values())), (_ISO, _ISO_UNITS)):
        found = form.fullmatch(text)
        numbers = found.groups()[1:] if found else ()
        if not found or not any(numbers):
            continue
        try:
            # One by one: a float of all seconds together would lose the last of them.
            parts = [
                timedelta(seconds=float(one) * unit) for one, unit in zip(numbers, units, strict=True) if one
            ]
            total = sum(parts, timedelta())
            return -total if found[1] == "-" else total
        except OverflowError:
            return None
    return None


def write_duration(duration: timedelta) -> str:
    """*duration* by ISO 8601, in days, hours, minutes and seconds: ``P2D``, ``PT0.25S``."""
    days, rest = divmod(abs(duration), timedelta(days=1))
    hours, rest = divmod(rest, timedelta(hours=1))
    minutes, rest = divmod(rest, timedelta(minutes=1))
    time = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M")) if count)
    time += f"{_write_seconds(rest)}S" if rest else ""
    day = f"{days}D" if days else ""
    sign = "-" if duration < timedelta() else ""
    return f"{sign}P{day}{f'T{time}' if time else ''}" if duration else "PT0S"


def write_typed_duration(duration: timedelta) -> str:
    """*duration* as people type it, in days and seconds: ``2d``, ``0.25s``, ``1d3600s``."""
    days, rest = divmod(abs(duration), timedelta(days=1))
    sign = "-" if duration < timedelta() else ""
    return f"{sign}{f'{days}d' if days else ''}{f'{_write_seconds(rest)}s' if rest or not days else ''}"


def _write_seconds(rest: timedelta) -> str:
    seconds, microseconds = divmod(rest // _MICROSECOND, 1_000_000)
    return f"{seconds}.{microseconds:06}".rstrip("0") if microseconds else str(seconds)


def spell_duration(length: timedelta) -> str:
    """*length* as people say it: ``777599 s`` as ``8 d 23 h 59 min 59 s``."""
    seconds, parts = length.total_seconds(), []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count:.0f} {unit}")
    if seconds or not parts:
        parts.append(f"{seconds:g} s")
    return " ".join(parts)


def split_address(text: str) -> tuple[str, int] | None:
    """HOST:PORT as both; an IPv6 address stands in brackets, or not. None for what is neither."""
    host, _, port = text.rpartition(":")
    if not (host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        return None
    return host.removeprefix("[").removesuffix("]"), int(port)
