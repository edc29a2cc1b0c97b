"""What the parameters of a fault take, by their annotations."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from mockpki import faults
from mockpki._catalogue.arguments import (
    build,
    compile_kind,
    list_given,
    list_parameters,
    read_parameter,
    write_value,
)
from mockpki._catalogue.kinds import CERTIFICATE, FAULT, PLAIN, TAGGED_OCTETS, Reading
from mockpki.staplers import AtFraction, BeforeEnd, Clamp, StaplePolicy


def refuse(value: Any, reading: Reading) -> Any:
    """No fault is read here."""
    raise AssertionError(value)


NOBODY: dict[str, Any] = {}
READING = Reading(NOBODY.__getitem__, refuse)


def test_every_parameter_of_the_catalogue_is_known() -> None:
    """A new fault with a new kind of parameter is noticed here, and not by a user."""
    for fault in faults.CATALOGUE:
        for name, parameter in list_parameters(fault).items():
            assert parameter.kind.words, (fault, name)


def test_an_annotation_that_is_not_known_is_told() -> None:
    """Nothing is guessed."""
    with pytest.raises(TypeError, match="cannot be told as data"):
        compile_kind(complex)
    with pytest.raises(TypeError, match="cannot be told as data"):
        compile_kind(int | complex)


def test_unions_are_tried_from_the_narrowest() -> None:
    """None, then what has a form of its own, then any text; octets beside certificates say so."""
    assert compile_kind(str | None).words == "None or a text"
    assert compile_kind(str | int).words == f"{PLAIN[int].words} or a text"
    assert compile_kind(int | int) is PLAIN[int]
    assert compile_kind(faults.Timing | faults.HTTP) is FAULT
    issuer = list_parameters(faults.NotEnrolled)["issuer"].kind
    assert issuer.words == f"None or {CERTIFICATE.words} or {TAGGED_OCTETS.words}"


def test_what_is_given_is_what_is_no_default() -> None:
    """As a repr shows it, and by type as well."""
    assert list_given(faults.Stale()) == {}
    assert list_given(faults.Stale(fresh_signature=True)) == {"fresh_signature": True}
    assert list_given(faults.Embed()) == {"whose": ("issuer",)}
    assert list_given(faults.Single("revoked")) == {"status": "revoked"}


@dataclass
class Pair:
    """Two numbers."""

    first: int
    second: int = 2


def test_a_value_is_made_of_what_is_given() -> None:
    """In order and by name; what is missing is told by whoever is made."""
    assert build(Pair, [1], {"second": 3}, READING) == Pair(1, 3)
    assert build(Pair, [], {"first": 1}, READING) == Pair(1)
    with pytest.raises(TypeError, match="first"):
        build(Pair, [], {}, READING)
    with pytest.raises(TypeError, match=r"first= of Pair takes a whole number, .*; got 'x'"):
        build(Pair, ["x"], {}, READING)
    with pytest.raises(TypeError, match="Pair is given first= twice"):
        build(Pair, [1], {"first": 1}, READING)
    with pytest.raises(TypeError, match="whose= of Embed takes a list"):
        build(faults.Embed, ["root"], {"whose": ["root"]}, READING)


def test_values_inside_values_are_written() -> None:
    """As objects and lists."""
    extension = faults.Extension("2.999.1", False, b"\0")
    assert write_value((extension,)) == [{"oid": "2.999.1", "critical": False, "value": "AA=="}]
    assert write_value(faults.Single(timing=faults.Stale())) == {"timing": {"fault": "Stale"}}


def test_words_sets_and_records() -> None:
    """Fields of policies: one of several words, a set of them, and a record that its names tell."""
    kinds = list_parameters(StaplePolicy)
    assert kinds["method"].kind.words == "one of 'GET', 'POST'"
    assert kinds["method"].kind.read("GET", READING) == "GET"
    assert kinds["staple"].kind.read(["good", "revoked"], READING) == {"good", "revoked"}
    refresh = kinds["refresh"].kind
    for value, read in (
        ({"part": 0.5}, AtFraction(0.5)),
        ({"by": "PT1H"}, BeforeEnd(timedelta(hours=1))),
        (
            {"least": "1min", "most": "1h", "before_end": "1h"},
            Clamp(timedelta(minutes=1), timedelta(hours=1), timedelta(hours=1)),
        ),
        (None, None),
    ):
        assert refresh.read(value, READING) == read
        assert write_value(read) is None or refresh.read(write_value(read), READING) == read
    assert write_value(frozenset({"revoked", "good"})) == ["good", "revoked"]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("method", "PUT", "takes one of 'GET', 'POST'; got 'PUT'"),
        ("method", 1, "takes one of"),
        ("staple", ["god"], "of which each is one of 'good', 'revoked', 'unknown'; got"),
        ("staple", "good", "takes a list"),
        ("refresh", "1h", "takes None or an object with part, floor"),
        ("refresh", {"prat": 0.5}, "has no parameter 'prat'; did you mean 'part'?"),
        ("refresh", {"by": 5}, "by= of BeforeEnd takes a duration"),
    ],
)
def test_a_field_that_does_not_fit(name: str, value: Any, words: str) -> None:
    """It is told what it takes."""
    with pytest.raises(TypeError, match=re.escape(words)):
        read_parameter(StaplePolicy, name, value, READING)
