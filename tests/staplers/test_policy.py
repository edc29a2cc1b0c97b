"""Stapling policies as values: what they take, and what no policy can be."""

from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest

from mockpki.staplers import (
    StaplePolicy,
)
from tests.kit.staples import (
    HOUR,
)

WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "trigger": (
        {"trigger": "often"},
        ValueError,
        "trigger= of StaplePolicy takes 'file', 'start_blocking', .* or 'lazy_async'; got 'often'",
    ),
    "method": ({"method": "PUT"}, ValueError, "method= of StaplePolicy takes 'GET' or 'POST'; got 'PUT'"),
    "status": (
        {"staple": frozenset({"bad"})},
        ValueError,
        "staple= of StaplePolicy takes a frozenset, of which each is 'good', 'revoked' or 'unknown'; got",
    ),
    "statuses": (
        {"staple": {"good"}},
        TypeError,
        "staple= of StaplePolicy takes a frozenset, of which each is 'good'.*; got {'good'}",
    ),
    "duration": ({"timeout": 5}, TypeError, "timeout= of StaplePolicy takes a timedelta .*; got 5"),
    "no duration": (
        {"error_ttl": None},
        TypeError,
        "error_ttl= of StaplePolicy takes a timedelta, such as .*; got None",
    ),
    "flag": ({"verify": 1}, TypeError, "verify= of StaplePolicy takes True or False; got 1"),
    "number": ({"workers": True}, TypeError, "workers= of StaplePolicy takes a whole number; got True"),
    "rule": ({"refresh": HOUR}, TypeError, "refresh= of StaplePolicy takes an AtFraction or a BeforeEnd or"),
    "short": ({"timeout": timedelta()}, ValueError, "timeout of a stapling policy cannot be as short as"),
    "negative": ({"ttl": -HOUR}, ValueError, "ttl of a stapling policy cannot be as short as"),
    "workers": ({"workers": 0}, ValueError, "sightings, workers and filter_size .* are 1 or more"),
    "rate": ({"filter_false_positives": 1.0}, ValueError, "filter_false_positives is a rate between 0 and 1"),
    "no worker": ({"workers": 2}, ValueError, "workers=2 have caches of their own: give scope='worker'"),
    "nobody counts": (
        {"sightings": 2, "trigger": "start_async"},
        ValueError,
        "sightings=2 counts handshakes, which only lazy triggers wait for",
    ),
    "no start": (
        {"must_staple": "fail_at_start"},
        ValueError,
        "'fail_at_start' needs an answer at the start",
    ),
    "no question": (
        {"trigger": "file", "on_expired": "refetch_blocking"},
        ValueError,
        "trigger 'file' asks nobody",
    ),
    "no wait": ({"trigger": "lazy_blocking"}, ValueError, "a handshake of trigger 'lazy_blocking' waits"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_no_policy_can_be(case: str) -> None:
    """Each wrong value is an error that names it, before anything runs."""
    given, kind, sentence = WRONG[case]
    with pytest.raises(kind, match=sentence):
        StaplePolicy(**given)


def test_every_field_of_a_policy_is_checked() -> None:
    """No field takes just anything."""
    for field in fields(StaplePolicy):
        wrong: dict[str, Any] = {field.name: object()}
        with pytest.raises((TypeError, ValueError), match=field.name):
            StaplePolicy(**wrong)
