"""The check of what people give: by its annotation, with one sentence for all."""

from __future__ import annotations

import asyncio
import enum
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

import pytest
from freezegun import freeze_time

from mockpki._parameters import LONGEST, OWN_CHECK, Within, check_arguments, check_fields, show

if TYPE_CHECKING:
    from nowhere import Nothing  # type: ignore[import-not-found]

UTC = timezone.utc
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


class Level(enum.IntEnum):
    """A whole number with a name."""

    ONE = 1


class Badly:
    """Its repr raises."""

    def __repr__(self) -> str:
        raise RuntimeError("no words")


class HasName(Protocol):
    """A class, or `what` else has a name.

    And more that is said of it.
    """

    @property
    def __name__(self) -> str: ...
    @property
    def mro(self) -> Any:
        """All bases."""


@check_arguments
def take(  # type: ignore[no-untyped-def]
    number: int = 0,
    /,
    *rest: str,
    rate: float = 0,
    flag: bool = False,
    text: str | None = None,
    octets: bytes = b"",
    life: timedelta = timedelta(),
    at: datetime | None = None,
    word: Literal["a", "b"] = "a",
    texts: Sequence[str] = (),
    items: Iterable[int] = (),
    pair: tuple[str, int] = ("", 0),
    many: tuple[int, ...] = (),
    some: frozenset[str] = frozenset(),
    path: str | os.PathLike[str] | bytes = "",
    call: Callable[[], None] = lambda: None,
    level: Level = Level.ONE,
    port: Annotated[int, Within(0, 65535)] = 0,
    wait: Annotated[timedelta, Within(timedelta())] = timedelta(),
    least: Annotated[int | None, Within(most=5)] = None,
    own: Annotated[int, OWN_CHECK] = 0,
    absent: Nothing | None = None,
    has: HasName = Badly,
    anything: Any = None,
    plain=None,
) -> str:
    """Take anything that fits."""
    return "taken"


RIGHT: dict[str, list[Any]] = {
    "rate": [0, 1.5, -2, Fraction(1, 3)],
    "flag": [True, False],
    "text": [None, "", "\u00e4", "a" * 10_000],
    "octets": [b"", b"\xff"],
    "life": [timedelta(), LONGEST, -LONGEST],
    "at": [None, NOON, datetime.max.replace(tzinfo=UTC)],
    "word": ["a", "b"],
    "texts": [[], ["a"], ("a", "b")],
    "items": [[1], {2}, (one for one in "ab")],
    "pair": [("a", 1)],
    "many": [(), (1, 2)],
    "some": [frozenset(), frozenset("a")],
    "path": ["a", "\udcff", b"a"],
    "call": [print, int],
    "level": [Level.ONE],
    "port": [0, 65535, Level.ONE],
    "wait": [timedelta(), timedelta(1)],
    "least": [None, 5, -5],
    "own": ["x"],
    "absent": [object()],
    "has": [int, Badly],
    "anything": [object()],
    "plain": [object()],
}

TEXT, NUMBER, DURATION = "a text", "a whole number", r"a timedelta, such as timedelta\(seconds=30\)"
WRONG: list[tuple[str, Any, type[Exception], str]] = [
    ("rate", float("nan"), ValueError, "a finite number; got nan"),
    ("rate", float("-inf"), ValueError, "a finite number; got -inf"),
    ("rate", 10**400, ValueError, "a finite number; got 1000"),
    ("rate", "1", TypeError, "a finite number; got '1'"),
    ("rate", True, TypeError, "a finite number; got True"),
    ("rate", 1j, TypeError, "a finite number; got 1j"),
    ("flag", 1, TypeError, "True or False; got 1"),
    ("flag", "no", TypeError, "True or False; got 'no'"),
    ("flag", None, TypeError, "True or False; got None"),
    ("text", 5, TypeError, f"{TEXT} or None; got 5"),
    ("text", b"a", TypeError, f"{TEXT} or None; got b'a'"),
    ("text", "\udcff", ValueError, rf"{TEXT} or None; got '\\udcff', which has a lone surrogate"),
    ("octets", "a", TypeError, r"octets, such as b'\\0'; got 'a'"),
    ("octets", bytearray(b"a"), TypeError, r"octets, such as b'\\0'; got bytearray"),
    ("life", 5, TypeError, f"{DURATION}; got 5"),
    ("life", timedelta.max, ValueError, f"{DURATION}; got .*, which is more than a thousand years"),
    ("at", datetime(2030, 1, 1), ValueError, "an aware datetime or None; got .*, which has no time zone"),  # noqa: DTZ001
    (
        "at",
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))),
        ValueError,
        "got .*, which is out of the calendar's range in UTC",
    ),
    ("at", NOON.date(), TypeError, "an aware datetime or None; got datetime.date"),
    ("word", "c", ValueError, "'a' or 'b'; got 'c'"),
    ("word", 1, TypeError, "'a' or 'b'; got 1"),
    ("word", [], TypeError, r"'a' or 'b'; got \[\]"),
    ("texts", "ab", TypeError, f"a list, of which each is {TEXT}; got 'ab'"),
    ("texts", [1], TypeError, rf"a list, of which each is {TEXT}; got \[1\]"),
    ("texts", ["\udcff"], ValueError, r"got \['\\udcff'\], which has a lone surrogate"),
    ("texts", {"a"}, TypeError, f"a list, of which each is {TEXT}; got {{'a'}}"),
    ("items", 5, TypeError, f"a list, of which each is {NUMBER}; got 5"),
    ("items", ["a"], TypeError, rf"a list, of which each is {NUMBER}; got \['a'\]"),
    ("pair", ("a",), TypeError, rf"a tuple \({TEXT}, {NUMBER}\); got \('a',\)"),
    ("pair", ("\udcff", 1), ValueError, "which has a lone surrogate"),
    ("many", [1], TypeError, rf"a tuple, of which each is {NUMBER}; got \[1\]"),
    ("some", {"a"}, TypeError, f"a frozenset, of which each is {TEXT}; got {{'a'}}"),
    ("path", 5, TypeError, f"{TEXT} or a PathLike or octets"),
    ("call", 5, TypeError, "a function; got 5"),
    ("level", 1, TypeError, "a Level; got 1"),
    ("port", -1, ValueError, f"{NUMBER} from 0 to 65535; got -1"),
    ("port", 65536, ValueError, f"{NUMBER} from 0 to 65535; got 65536"),
    ("port", True, TypeError, f"{NUMBER} from 0 to 65535; got True"),
    ("port", 1.0, TypeError, f"{NUMBER} from 0 to 65535; got 1.0"),
    ("wait", -timedelta(1), ValueError, r"a timedelta, timedelta\(0\) or more, such as"),
    ("has", 5, TypeError, "a class, or what else has a name; got 5"),
    ("least", 6, ValueError, f"{NUMBER} or None, 5 or less; got 6"),
]


@pytest.mark.parametrize("name", RIGHT)
def test_what_fits_is_taken(name: str) -> None:
    """Every value of the kind, and of what has no kind that is known, anything."""
    for value in RIGHT[name]:
        assert take(**{name: value}) == "taken"


@pytest.mark.parametrize(("name", "value", "error", "sentence"), WRONG)
def test_what_does_not_fit_is_a_sentence(
    name: str, value: Any, error: type[Exception], sentence: str
) -> None:
    """TypeError for another kind, ValueError for a value that cannot be; it names all there is."""
    with pytest.raises(error, match=rf"(?s)^{name}= of take\(\) takes .*{sentence}"):
        take(**{name: value})


def test_places_have_names() -> None:
    """What is given by its place is called by its name, and so is the rest."""
    assert take(1, "a", "b") == "taken"
    with pytest.raises(TypeError, match=r"number= of take\(\) takes a whole number; got 'a'"):
        take("a")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"rest= of take\(\) takes a text; got 2"):
        take(1, "a", 2)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="unexpected keyword"):
        take(nothing=1)  # type: ignore[call-arg]


@dataclass(frozen=True)
class Base:
    """A value."""

    number: int = 1
    wrong: int = "x"  # type: ignore[assignment]

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True)
class Derived(Base):
    """A value with more in it."""

    word: Literal["a"] = "a"
    absent: Nothing | None = None


def test_fields_are_checked_with_those_of_the_bases() -> None:
    """Each by its own annotation; the default is nobody's mistake."""
    assert Derived(2, absent=5).number == 2
    with pytest.raises(TypeError, match=r"^number= of Derived takes a whole number; got '2'$"):
        Derived("2")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^word= of Derived takes 'a'; got 'b'$"):
        Derived(word="b")  # type: ignore[arg-type]


@pytest.mark.parametrize("frozen_first", [False, True])
def test_what_is_first_called_while_time_stands(frozen_first: bool) -> None:
    """It takes the same for ever after, and says the same: freezegun's datetime is gone by then."""

    @check_arguments
    def take(at: datetime | None = None, *, times: Sequence[datetime] = ()) -> None:
        """Nothing is done with it."""

    with freeze_time("2030-01-01") if frozen_first else nullcontext():
        take(datetime(2030, 1, 1, tzinfo=UTC))
    take(NOON, times=[NOON])
    with pytest.raises(ValueError, match=r"^at= of take\(\) takes .*, which has no time zone"):
        take(datetime(2030, 1, 1))  # noqa: DTZ001 - this is what is wrong with it
    with pytest.raises(ValueError, match=r"^times= of take\(\) takes .*, which has no time zone"):
        take(times=[datetime(2030, 1, 1)])  # noqa: DTZ001 - as above
    with pytest.raises(TypeError, match=r"^at= of take\(\) takes an aware datetime or None; got 'noon'"):
        take("noon")  # type: ignore[arg-type]


def test_methods_and_constructors_are_checked() -> None:
    """The owner of a constructor's parameter is the class; a coroutine function refuses at the call."""

    class Owner:
        """Has both."""

        @check_arguments
        def __init__(self, number: int) -> None:
            self.number = number

        @check_arguments
        async def wait(self, seconds: float = 1) -> float:
            """Give back *seconds*."""
            return seconds

    with pytest.raises(TypeError, match=r"^number= of Owner takes a whole number; got None$"):
        Owner(None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^seconds= of wait\(\) takes a finite number; got nan$"):
        _ = Owner(1).wait(float("nan"))
    assert asyncio.run(Owner(1).wait(2)) == 2


def test_any_value_can_be_shown() -> None:
    """One whose repr raises, a number that Python does not print, and a long one, shortened in its middle."""
    assert show("a") == "'a'"
    assert "Badly object at" in show(Badly())
    assert show(10**10_000).startswith("<int object at")
    assert len(show("a" * 10_000)) < 300
    with pytest.raises(ValueError, match=r"number= of take\(\) takes a whole number; got .*more than 4000"):
        take(10**10_000)
