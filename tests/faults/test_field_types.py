"""Every fault checks its fields against the types that they say, when it is made."""

import dataclasses
from datetime import timedelta
from typing import Any, get_type_hints

import pytest

from mockpki import faults

WRONG = {timedelta: 3, bytes: "text", int: "1", float: "1"}
"""A value that a field of this type cannot have."""


def plain_fields() -> list[tuple[type[faults.Fault[Any]], str, object, bool]]:
    """Every field of one plain type, with a wrong value, and whether it may be None."""
    rows = []
    for kind in faults.CATALOGUE:
        for field in dataclasses.fields(kind):  # type: ignore[arg-type]
            hint = get_type_hints(kind)[field.name]
            for plain, wrong in WRONG.items():
                if hint in (plain, plain | None):
                    rows.append((kind, field.name, wrong, hint != plain))
    return rows


PLAIN = plain_fields()


@pytest.mark.parametrize(
    ("kind", "name", "wrong", "optional"), PLAIN, ids=[f"{kind.__name__}-{name}" for kind, name, *_ in PLAIN]
)
def test_a_wrong_type_is_a_sentence(
    kind: type[faults.Fault[Any]], name: str, wrong: object, optional: bool
) -> None:
    """It is a TypeError that names the parameter and the value, where the fault is written."""
    values: list[object] = [wrong] if optional else [wrong, None]
    for value in values:
        with pytest.raises(TypeError, match=rf"^{name}= of {kind.__name__} takes .*; got {value!r}$"):
            kind(**{name: value})


def test_there_are_such_fields() -> None:
    """The test above looks at something: durations, octets, numbers, and what may be left out."""
    assert {wrong for _, _, wrong, _ in PLAIN} == set(WRONG.values())
    assert {optional for *_, optional in PLAIN} == {True, False}
    assert len(PLAIN) > 50


def test_whole_numbers_are_whatever_counts() -> None:
    """An enum is a whole number, and a whole number is a number."""
    assert faults.ResponseStatusNumber(faults.ResponseStatus.TRY_LATER).number == 3
    assert faults.Drip(10).bytes_per_second == 10


@dataclasses.dataclass(frozen=True)
class Backdated(faults.Timing):
    """A fault of a test's own. RFC 6960 section 2.4."""

    by: timedelta = timedelta(days=1)
    how: "Nowhere | None" = None  # type: ignore[name-defined]  # noqa: F821

    def __call__(self, honest: faults.Window) -> faults.Window:
        return dataclasses.replace(honest, this_update=honest.this_update - self.by)


@dataclasses.dataclass(frozen=True)
class Older(faults.Timing):
    """Another one, all of whose types are there. RFC 6960 section 2.4."""

    by: timedelta = timedelta(days=1)

    def __call__(self, honest: faults.Window) -> faults.Window:
        return dataclasses.replace(honest, this_update=honest.this_update - self.by)


def test_faults_of_a_tests_own() -> None:
    """They are checked as well, but for fields whose types are there for a type checker only."""
    with pytest.raises(TypeError, match=r"by= of Older takes a timedelta, .*; got 3"):
        Older(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"by= of Backdated takes a timedelta, .*; got 3"):
        Backdated(3)  # type: ignore[arg-type]
    assert Backdated(how=3).how == 3
