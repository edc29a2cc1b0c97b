"""What does not fit is told by its field, what that takes, and what came."""

import re
from collections.abc import Iterator
from datetime import datetime, timezone
from itertools import product
from typing import Any

import msgspec
import pytest

from mockpki._serve import bodies
from mockpki._serve.conversion import convert
from mockpki._serve.problem import Problem
from mockpki._serve.queries import After
from mockpki._serve.table import TABLE

NAME = "up to 200 characters, without slashes and control characters, and no dot in front, or null"
TIME = 'a time by RFC 3339, with its offset from UTC, such as "2026-01-31T12:00:00Z", or null'
MOMENT = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
FAULTS = 'a list of at most 32, such as ["Stale by=2d"]'
WRONG: list[tuple[Any, Any, str | None, str]] = [
    ({"name": "a/b"}, bodies.MakePki, "/name", f'name takes {NAME}; got "a/b"'),
    ({"cas": [{}, {"name": ".x"}]}, bodies.MakePki, "/cas/1/name", f'name takes {NAME}; got ".x"'),
    ({"serial_numbers": ["1", "g"]}, bodies.Targets, "/serial_numbers/1",
     'each of serial_numbers takes up to 3,500 hexadecimal digits; got "g"'),
    ({"depth": -1}, bodies.MakePki, "/depth", "depth takes a whole number from 0 to 100; got -1"),
    ({"depth": 1.5}, bodies.MakePki, "/depth", "depth takes a whole number from 0 to 100; got 1.5"),
    ({"depth": 10**30}, bodies.MakePki, "/depth", f"depth takes a whole number from 0 to 100; got {10**30}"),
    ({"times": "x" * 99}, bodies.AssertAsked, "/times",
     f'times takes a whole number, 0 or more, or null; got "{"x" * 59}...'),
    ({"delegated": None}, bodies.MakePki, "/delegated", "delegated takes true or false; got null"),
    ({"not_after": "2026-01-01T00:00:00"}, bodies.IssueCert, "/not_after",
     f'not_after takes {TIME}; got "2026-01-01T00:00:00"'),
    # As a file has one without its offset.
    ({"not_after": MOMENT.replace(tzinfo=None)}, bodies.IssueCert, "/not_after",
     f'not_after takes {TIME}; got "2026-01-31 12:00:00"'),
    ({"identities": "localhost"}, bodies.IssueCert, "/identities",
     'identities takes a list of texts; got "localhost"'),
    ({"identities": ["a", 5]}, bodies.IssueCert, "/identities/1", "each of identities takes a text; got 5"),
    ({"faults": {"fault": "Stale"}}, bodies.IssueCert, "/faults", f"faults takes {FAULTS}; got an object"),
    ({"faults": ["Stale"] * 33}, bodies.IssueCert, "/faults", f"faults takes {FAULTS}; got a list of 33"),
    ({"cas": [5]}, bodies.MakePki, "/cas/0", "each of cas takes an object; got 5"),
    ({"cas": [{"adopt": []}]}, bodies.MakePki, "/cas/0/adopt",
     "adopt takes an object with certificate and private_key, or null; got a list of 0"),
    ({"adopt": {"certificate": "x"}}, bodies.MakeCa, "/adopt/private_key",
     "private_key is missing: it takes a text"),
    ({"chain": ["ca", {"der": 5}]}, bodies.TlsServer, "/chain/1/der", "der takes a text; got 5"),
    ({"chain": ["ca", True]}, bodies.TlsServer, "/chain/1",
     "each of chain takes a text or an object with der; got true"),
    ({"client_ca": 5}, bodies.TlsServer, "/client_ca", "client_ca takes a text or a list of texts; got 5"),
    ({"offset": 5}, bodies.SetClock, "/offset", 'offset takes a text, such as "2d"; got 5'),
    ({}, bodies.SetClock, "/offset", 'offset is missing: it takes a text, such as "2d"'),
    ({}, bodies.Visit, "/accepted", "accepted is missing: it takes true or false, or null"),
    ({"accepted": True, "detail": "x" * 10_001}, bodies.Visit, "/detail",
     f'detail takes a text of at most 10,000 characters; got "{"x" * 59}...'),
    ({}, bodies.SetStaple, "/staple",
     "staple is missing: it takes `honest`; `none` or null; a list of faults; `{der}`; `{policy}`, with "
     "fields of it"),
    ({"sequence": 5}, bodies.Sequence, "/sequence",
     "sequence takes one of EveryNth, FirstN, Flapping, Mix; got 5"),
    ({"sequence": "Mx"}, bodies.Sequence, "/sequence", "sequence takes no 'Mx'; did you mean Mix?"),
    ({"channel": "x"}, bodies.PublishFilters, "/channel", "channel takes no 'x'; there are compat, default"),
    # Of many the one that does not fit is named, whatever it is called.
    ({"to": {"a": [], "b": [], "{0} - at `$.x`": 5, "c": [], "d": []}}, bodies.Service,
     "/to/{0} - at `$.x`", f"to of '{{0}} - at `$.x`' takes {FAULTS}; got 5"),
    ({"authorities": {"ca": {}, "b": {"crl": {"to": {"web": [], "w": {}}}}}}, bodies.MakePki,
     "/authorities/b/crl/to/w", f"to of 'w' takes {FAULTS}; got an object"),
    ({"authorities": {"ca": {}, "b": {"clr": {}}}}, bodies.MakePki, "/authorities/b/clr",
     "there is no field 'clr' here; did you mean 'crl'?"),
    ({"a` - at `$.b": 1}, bodies.MakePki, "/a` - at `$.b", "there is no field 'a` - at `$.b' here"),
    ([], bodies.MakePki, None, "the body takes an object; got a list of 0"),
    ("{}", bodies.MakePki, None, 'the body takes an object; got "{}"'),
    (None, bodies.SetClock, None, "the body takes an object with offset; got null"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "kind", "pointer", "detail"), WRONG)
def test_what_does_not_fit_is_told_in_words(value: Any, kind: Any, pointer: str | None, detail: str) -> None:
    """The field, what it takes, and what came; the pointer leads there, in lists and in objects, too."""
    with pytest.raises(Problem) as caught:
        convert(value, kind)
    assert (caught.value.pointer, caught.value.detail) == (pointer, detail)


def test_what_fits_is_taken() -> None:
    """What the sentences say is taken is taken; in a query a number is a text."""
    assert convert({"not_after": "2026-01-31T12:00:00Z"}, bodies.IssueCert).not_after == MOMENT
    assert convert({"name": "a.b-\N{SNOWMAN}", "depth": 0}, bodies.MakePki).name == "a.b-\N{SNOWMAN}"
    assert convert({"accepted": None}, bodies.Visit).accepted is None
    assert convert({"chain": ["ca", {"der": ""}]}, bodies.TlsServer).chain == ["ca", bodies.Der(der="")]
    assert convert({"limit": "5"}, After, strict=False).limit == 5


def list_refusals() -> Iterator[Problem]:
    """What each field of each body and query says to what it does not take."""
    values: list[Any] = [1.5, True, [[]], {"?": 1.5}, "\x00"]
    for kind in {kind for route in TABLE for kind in (route.body, route.query) if kind is not None}:
        for field, value in product(msgspec.structs.fields(kind), values):
            try:
                convert({field.encode_name: value}, kind)
            except Problem as problem:
                yield problem


def test_every_field_says_what_it_takes() -> None:
    """In the words of the field, and none of a library's or of Python's."""
    refused = list(list_refusals())
    assert len(refused) > 300
    for problem in refused:
        assert problem.pointer, problem
        assert problem.kind == "unknown-field" or f"{problem.pointer.split('/')[1]} " in problem.detail
        assert re.search(" takes .*; | is missing: it takes | no field ", problem.detail), problem
        assert not re.search(r"[Ee]xpected|\$|`(str|int|bool|array|object)|None|True", problem.detail)
