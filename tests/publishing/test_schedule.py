"""Schedules as values."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mockpki.publishing import Deltas, Schedule

HOUR = timedelta(hours=1)


def test_they_are_varied_like_any_value() -> None:
    """`dataclasses.replace` makes another, and checks it."""
    hourly = Schedule(HOUR, 2 * HOUR)
    assert replace(hourly, backdate=HOUR).backdate == HOUR
    assert Deltas(hourly) == Deltas(schedule=hourly, base="last", pointers=frozenset({"crl", "certificate"}))
    with pytest.raises(ValueError, match="over when they are signed"):
        replace(hourly, backdate=2 * HOUR)
