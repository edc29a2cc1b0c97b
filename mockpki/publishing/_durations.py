"""Durations of lists: in whole seconds, as the times in CRLs are."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from .._parameters import LONGEST, Within, show

SECOND = timedelta(seconds=1)
Duration = Annotated[timedelta, Within(timedelta(), LONGEST)]
"""None at all, or longer."""
Length = Annotated[timedelta, Within(SECOND, LONGEST)]
"""A second, or longer."""


def check_whole_seconds(value: object, *names: str) -> None:
    """Raise ValueError for a field of *value*, among *names*, that has a fraction of a second."""
    for name in names:
        found = getattr(value, name)
        if found is not None and found % SECOND:
            # RFC 5280 section 5.1.2.4: times of CRLs are UTCTime and GeneralizedTime without fractions.
            owner = type(value).__name__
            raise ValueError(
                f"{name}= of {owner} is in whole seconds, as the times of CRLs are; got {show(found)}"
            )
