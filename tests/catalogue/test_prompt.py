"""Faults as they are typed at a prompt."""

import datetime
from typing import Any

import pytest

from mockpki import faults
from mockpki._catalogue.prompt import make_fault

Kind = type[faults.Fault[Any]]


@pytest.mark.parametrize(
    ("kind", "typed", "fault"),
    [
        (faults.Stale, ["by=2d"], faults.Stale(by=datetime.timedelta(days=2))),
        (faults.Stale, ["90s", "True"], faults.Stale(datetime.timedelta(seconds=90), True)),
        (
            faults.Stale,
            ["by=1.5h", "fresh_signature=True"],
            faults.Stale(datetime.timedelta(hours=1.5), True),
        ),
        (faults.Revoked, ["key_compromise"], faults.Revoked("key_compromise")),
        (faults.HttpStatus, ["404"], faults.HttpStatus(404)),
        (faults.Garbage, ["data=b'x'"], faults.Garbage(b"x")),
        (faults.Embed, ["issuer", "root", "first=True"], faults.Embed("issuer", "root", first=True)),
    ],
)
def test_parameters_are_typed_as_in_a_call(kind: Kind, typed: list[str], fault: object) -> None:
    """Durations with a unit, Python's literals, and words: by name or in order."""
    assert make_fault(kind, typed) == fault


def test_parameters_that_are_none() -> None:
    """What the fault does not take is an error that shows what it does take; its own errors come through."""
    with pytest.raises(TypeError, match=r"Stale\(by=timedelta\(days=3\), .* does not take bye=2d"):
        make_fault(faults.Stale, ["bye=2d"])
    with pytest.raises(ValueError, match="no final HTTP status"):
        make_fault(faults.HttpStatus, ["100"])
