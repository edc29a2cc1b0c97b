"""What the values of this folder have to be: the sentences that say so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

SECOND = timedelta(seconds=1)


def check_duration(owner: str, name: str, value: Any, *, least: timedelta = timedelta()) -> None:
    """Raise TypeError or ValueError for what is no timedelta in whole seconds of *least* or more."""
    if not isinstance(value, timedelta):
        raise TypeError(f"{name} of {owner} is a timedelta; got {value!r}")
    if value < least:
        raise ValueError(f"{name} of {owner} is {least} or longer; got {value!r}")
    if value % SECOND:
        # RFC 5280 section 5.1.2.4: times of CRLs are UTCTime and GeneralizedTime without fractions.
        raise ValueError(f"{name} of {owner} is in whole seconds, as the times of CRLs are; got {value!r}")


def check_count(owner: str, name: str, value: Any, *, least: int) -> None:
    """Raise TypeError or ValueError for what is no whole number of *least* or more."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} of {owner} is a whole number; got {value!r}")
    if value < least:
        raise ValueError(f"{name} of {owner} is {least} or more; got {value!r}")


def check_kind(owner: str, name: str, value: Any, kind: type) -> None:
    """Raise TypeError for what is no *kind*."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} of {owner} is a {kind.__name__}; got {value!r}")


def check_word(owner: str, name: str, value: Any, words: tuple[str, ...]) -> None:
    """Raise ValueError for what is none of *words*."""
    if value not in words:
        raise ValueError(f"{name} of {owner} is one of {', '.join(map(repr, words))}; got {value!r}")
