"""A fault as data, both ways."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockpki import CA, PKI, Leaf, faults
from mockpki._catalogue.arguments import list_parameters
from mockpki._catalogue.data import describe_schemas, from_data, list_from_data, to_data, to_text
from mockpki._catalogue.prompt import make_fault
from mockpki._catalogue.words import split_words

Fault = faults.Fault[Any]
NOON = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
NAME = x509.Name.from_rfc4514_string("CN=Example\\, Inc.,2.5.4.97=x+OU=y,O=\\#1 \\=")
EXTENSION = faults.Extension("2.999.1", True, b"\5\0")


@pytest.fixture(scope="module")
def pki() -> Iterator[PKI]:
    """One PKI, whose certificates faults speak of."""
    with PKI() as pki:
        yield pki


@pytest.fixture(scope="module")
def known(pki: PKI) -> dict[str, Leaf | CA]:
    """A leaf and a CA by their ids."""
    return {f"{one.serial_number:x}": one for one in (pki.issue_cert("localhost"), pki.ca)}


def examples(known: Mapping[str, Leaf | CA]) -> Iterator[Fault]:
    """Every fault as it is by default; and where there is more to say of a kind, some of it."""
    for fault in faults.CATALOGUE:
        yield fault() if fault is not faults.Singles else faults.Singles(faults.Single())
    leaf, ca = known.values()
    yield faults.Singles(
        faults.Single(), faults.Single("revoked", True, "key_compromise", faults.Stale(timedelta(days=2)))
    )
    yield faults.Embed("root", "unrelated", first=True)
    yield faults.Entry(of=leaf, reason=8, at=NOON, extensions=(EXTENSION, EXTENSION), first=True)
    yield faults.Entry(of=1 << 159)
    yield faults.EntryReason("superseded", of=ca)
    yield faults.CertificateIssuer(NAME, of=leaf.certificate if isinstance(leaf, Leaf) else leaf)
    yield faults.AnotherStaple(of=leaf)
    yield faults.NotEnrolled(issuer=ca)
    yield faults.NotEnrolled(issuer=ca.certificate)
    yield faults.NotEnrolled(issuer=ca.der)
    yield faults.StapleOnIntermediate(staple=[faults.Stale(), faults.Revoked("superseded")])
    yield faults.StapleOnIntermediate(staple=b"\0\1", place=2)
    yield faults.HttpStatus(500, b'it\'s "out" of order\n\\\0\xff')
    yield faults.HttpStatus(500, b"")
    yield faults.ContentType("None")
    yield faults.ContentType("True")
    yield faults.ContentType("5")
    yield faults.ContentType("text/html; charset=\xe9 = [x")
    yield faults.ContentType(None)
    yield faults.Header("X", "")
    yield faults.Redirect("http://[::1]:80/?a=b&c='d'", 301)
    yield faults.Delegate(eku=(), key_usage=("crl_sign", "digital_signature"), not_after=-timedelta(days=1))
    yield faults.TrailingAt(path=(0, 1, 0))
    yield faults.FreshestCrl(url=("http://a.invalid/", "http://b.invalid/"))
    yield faults.Drip(0.5)
    yield faults.Slow(by=timedelta(milliseconds=250))
    yield faults.Revoked(at=datetime(2026, 1, 31, 12, tzinfo=timezone(-timedelta(hours=3))))
    yield faults.WrongSerial(by=-(1 << 70))


def assert_both_ways(fault: Fault, known: Mapping[str, Leaf | CA]) -> None:
    """Through JSON as octets, and as people type it: at a prompt, too."""
    data = json.loads(json.dumps(to_data(fault)))
    text = to_text(fault)
    for found in (from_data(data, known.__getitem__), from_data(text, known.__getitem__)):
        assert found == fault
        # Where == is not enough: True is no 1.
        assert json.dumps(to_data(found)) == json.dumps(data)
    name, *words = split_words(text)
    assert name == type(fault).__name__
    if not any(isinstance(one, Leaf | CA) for one in vars(fault).values()):
        assert make_fault(type(fault), words) == fault


def test_every_fault_comes_back(known: dict[str, Leaf | CA]) -> None:
    """As an object and as a text, with all that its parameters may be."""
    seen = set()
    for fault in examples(known):
        seen.add(type(fault))
        assert_both_ways(fault, known)
    assert seen == set(faults.CATALOGUE)


# Parameters by chance. A text, mostly, is one of a few that the fault knows; those that it knows are here.
WORDS = [
    *("sha1", "sha256", "sha512", "key_compromise", "superseded", "this_update", "next_update", "fraction"),
    *("ca", "root", "issuer", "child", "close", "silence", "ocsp_signing", "1.2.3", "2.999.7", "RSA-2048"),
    *("http://a.invalid/x?y=z", "", "None", "a b", "it's", '"', "\\", "=", "b'x'", "(", "\xe9", "tryLater"),
]
BY_HINT: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(-(1 << 160), 1 << 160) | st.integers(0, 600),
    float: st.floats(0.001, 1e9),
    str: st.sampled_from(WORDS) | st.text(max_size=8),
    bytes: st.binary(max_size=20),
    timedelta: st.timedeltas(timedelta(days=-9999), timedelta(days=9999)),
    datetime: st.timedeltas(timedelta(days=-9999), timedelta(days=9999)).map(NOON.__add__),
    type(None): st.none(),
    x509.Name: st.just(NAME),
}


def strategies_for(hint: Any) -> list[st.SearchStrategy[Any]]:
    """Values of the kinds that an annotation names; none for those that chance does not make."""
    if hint in BY_HINT:
        return [BY_HINT[hint]]
    inner = [one for part in get_args(hint) if part is not Ellipsis for one in strategies_for(part)]
    if get_origin(hint) is tuple:
        return [st.lists(st.one_of(inner), max_size=3).map(tuple)] if inner else []
    return inner


@st.composite
def made_faults(draw: st.DrawFn) -> Fault:
    """A fault with those parameters made by chance that it takes, alone and together."""
    fault = draw(st.sampled_from(faults.CATALOGUE))
    if fault in (faults.Singles, faults.Embed):
        return faults.Embed(*draw(st.lists(st.sampled_from(["issuer", "root", "child"]), max_size=4)))
    hints = get_type_hints(fault.__init__)
    taken: dict[str, Any] = {}
    for name in list_parameters(fault):
        made = strategies_for(hints[name])
        if not made or draw(st.booleans()):
            continue
        wanted = {**taken, name: draw(st.one_of(made))}
        try:
            fault(**wanted)
        except (TypeError, ValueError):
            continue
        taken = wanted
    made_of_them: Fault = fault(**taken)
    return made_of_them


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(made_faults())
def test_every_fault_comes_back_whatever_it_is_given(fault: Fault) -> None:
    """With parameters that chance has made."""
    assert_both_ways(fault, {})


# What is read.


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("Stale by=2d", faults.Stale(timedelta(days=2))),
        ("stale 48h0m0s True", faults.Stale(timedelta(days=2), True)),
        ("  Stale   by=PT48H  ", faults.Stale(timedelta(days=2))),
        ("HttpStatus 503", faults.HttpStatus(503)),
        ("HttpStatus code=0x1f4", faults.HttpStatus(500)),
        ("Slow by=250ms", faults.Slow(timedelta(milliseconds=250))),
        ("Embed issuer root first=true", faults.Embed("issuer", "root", first=True)),
        ("Delegate eku=('ocsp_signing', 'any')", faults.Delegate(eku=("ocsp_signing", "any"))),
        ("TrailingAt path=(0,1) data=b'\\x00'", faults.TrailingAt((0, 1), b"\0")),
        ("ContentType None", faults.ContentType(None)),
        ("ContentType 'text/html; charset=x'", faults.ContentType("text/html; charset=x")),
        ("Entry of=5 at=2026-01-31T12:00:00Z", faults.Entry(5, at=NOON)),
        (
            "WrongIssuerName name=CN=Example",
            faults.WrongIssuerName(x509.Name.from_rfc4514_string("CN=Example")),
        ),
        (
            'StapleOnIntermediate ["Stale by=2d"]',
            faults.StapleOnIntermediate([faults.Stale(timedelta(days=2))]),
        ),
        ({"fault": "Stale"}, faults.Stale()),
        ({"fault": "stale", "by": "P2D", "fresh_signature": True}, faults.Stale(timedelta(days=2), True)),
        ({"fault": "HttpStatus", "code": 500, "body": "AAE="}, faults.HttpStatus(500, b"\0\1")),
        ({"fault": "Embed", "whose": ["root"], "first": True}, faults.Embed("root", first=True)),
        (
            {"fault": "StapleOnIntermediate", "staple": ["Stale by=2d", {"fault": "Good"}]},
            faults.StapleOnIntermediate([faults.Stale(timedelta(days=2)), faults.Good()]),
        ),
    ],
    ids=str,
)
def test_both_forms_are_read(value: object, fault: Fault) -> None:
    """What one types, and what programs make."""
    assert from_data(value) == fault
    assert list_from_data([value, "Good"]) == [fault, faults.Good()]


@pytest.mark.parametrize(
    ("value", "error", "why"),
    [
        # Names.
        ("Stail by=2d", LookupError, "There is no fault 'Stail'; did you mean .*Stale"),
        ("revoked-unspecified", LookupError, "There is no fault"),
        ("", LookupError, "There is no fault ''"),
        ({"fault": "Stail"}, LookupError, "did you mean .*Stale"),
        ({"fault": "Stale", "bye": "P2D"}, TypeError, "Stale has no parameter 'bye'; did you mean 'by'?"),
        ({"fault": "Stale", "x": "P2D"}, TypeError, "has no parameter 'x'; it takes by, fresh_signature"),
        ({"fault": "Good", "x": 1}, TypeError, "has no parameter 'x'; it takes no parameters"),
        (
            {"fault": "Entry", "extensions": [{"oid": "1.2.3", "criticle": True}]},
            TypeError,
            "mean 'critical'",
        ),
        ("Stale by=2d by=3d", TypeError, "Stale is given by= twice"),
        ("Stale 2d by=3d", TypeError, "Stale is given by= twice"),
        ("Stale 2d True 3", TypeError, "Stale takes 2 values; got 3"),
        # Values.
        ("Stale by=2", TypeError, "by= of Stale takes a duration, a number with its unit"),
        ({"fault": "Stale", "by": 2}, TypeError, "by= of Stale takes a duration, .*; got 2"),
        ({"fault": "Stale", "by": True}, TypeError, "by= of Stale takes a duration"),
        (
            {"fault": "Stale", "fresh_signature": 1},
            TypeError,
            "fresh_signature= of Stale takes true or false",
        ),
        ({"fault": "HttpStatus", "code": "500"}, TypeError, "code= of HttpStatus takes a whole number"),
        ({"fault": "HttpStatus", "code": 5.0}, TypeError, "code= of HttpStatus takes a whole number"),
        ({"fault": "HttpStatus", "body": "b'x'"}, TypeError, "body= of HttpStatus takes None or octets"),
        ({"fault": "HttpStatus", "code": 99}, ValueError, "99 is no final HTTP status"),
        (
            {"fault": "Revoked", "at": "2026-01-31T12:00:00"},
            TypeError,
            "at= of Revoked .* a time with its zone",
        ),
        ({"fault": "Embed", "whose": "root"}, TypeError, "whose= of Embed takes a list"),
        ({"fault": "Delegate", "eku": "ocsp_signing"}, TypeError, "eku= of Delegate takes a list"),
        (
            {"fault": "Singles", "singles": ["good"]},
            TypeError,
            "singles= of Singles takes an object with status",
        ),
        ({"fault": "NoEntry", "of": "c0ffee"}, LookupError, "no certificate is called 'c0ffee' here"),
        ({"fault": "WrongIssuerName", "name": "no name"}, TypeError, "a name such as"),
        (
            {"fault": "StapleOnIntermediate", "staple": [5]},
            TypeError,
            "staple= of StapleOnIntermediate takes",
        ),
        ({"fault": "StapleOnIntermediate", "staple": ["Hang"]}, TypeError, "a fault of the transport layer"),
        ("Garbage data=__import__('os').urandom(3)", TypeError, "data= of Garbage takes octets"),
        ("HttpStatus code=2**99999999", TypeError, "code= of HttpStatus takes a whole number"),
        # Forms.
        (5, TypeError, "a fault is a text such as 'Stale by=2d', or an object; got 5"),
        (None, TypeError, "a fault is a text"),
        ({}, TypeError, 'a fault is an object such as {"fault": "Stale"'),
        ({"fault": 5}, TypeError, "a fault is an object such as"),
        ({"by": "P2D"}, TypeError, "a fault is an object such as"),
        ("Stale by='2d", ValueError, "a quote without its end"),
        # Limits.
        ("Stale " + "x" * 4091, ValueError, "at most 4096 octets"),
        ("Singles " + "[" * 4000, ValueError, "brackets inside each other"),
        ({"fault": "StapleOnIntermediate", "staple": ["Good"] * 33}, ValueError, "33 faults are too many"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_is_no_fault_is_told(value: object, error: type[Exception], why: str) -> None:
    """In a sentence that says what would be one; nothing of it is run."""
    with pytest.raises(error, match=re.sub(r"([?{}])", r"\\\1", why)):
        from_data(value)


def test_limits_are_where_they_are_said_to_be() -> None:
    """4 KiB, 32 faults, four levels: all of that is taken, and no more."""
    long = "Garbage data=b'" + "x" * (4096 - 16) + "'"
    assert len(long) == 4096
    assert from_data(long) == faults.Garbage(b"x" * 4080)
    assert len(list_from_data(["Good"] * 32)) == 32
    with pytest.raises(ValueError, match="33 faults are too many"):
        list_from_data(["Good"] * 33)
    with pytest.raises(TypeError, match="faults come in a list"):
        list_from_data("Good")
    single: dict[str, Any] = {"timing": "Stale"}
    assert from_data({"fault": "Singles", "singles": [single]}) == faults.Singles(
        faults.Single(timing=faults.Stale())
    )
    # No fault that goes so deep can be made; but it is not even looked at.
    deep: dict[str, Any] = {"fault": "StapleOnIntermediate", "staple": []}
    for _ in range(4):
        deep = {"fault": "StapleOnIntermediate", "staple": [deep]}
    with pytest.raises(ValueError, match="4 levels deep here, and no deeper"):
        from_data(deep)


def test_only_the_catalogue_has_names() -> None:
    """A fault of the test's own has none, nor has a recipe."""

    class Own(faults.Good):
        """One more."""

    for write in (to_data, to_text):
        with pytest.raises(LookupError, match="is no fault of the catalogue"):
            write(Own())
    from mockpki._catalogue.lookup import RECIPES

    recipe = next(
        one.name for one in RECIPES if one.name.lower() not in {f.__name__.lower() for f in faults.CATALOGUE}
    )
    with pytest.raises(LookupError, match="is a recipe, which is code and not data"):
        from_data(recipe)


# What the schemas say.


def fits(value: Any, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> bool:
    """Whether *value* is what a JSON Schema, as far as these go, describes."""
    types: dict[str, Any] = {
        "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
        "null": type(None),
    }  # fmt: skip
    kind = schema.get("type")
    if "$ref" in schema:
        return fits(value, schemas[schema["$ref"].removeprefix("#/")], schemas)
    if "const" in schema and value != schema["const"]:
        return False
    for key in schema.keys() & {"anyOf", "oneOf"}:
        count = sum(fits(value, one, schemas) for one in schema[key])
        if not count or (key == "oneOf" and count > 1):
            return False
    if kind and (not isinstance(value, types[kind]) or (isinstance(value, bool) and kind != "boolean")):
        return False
    if kind == "object":
        properties = schema["properties"]
        return (
            set(schema["required"]) <= value.keys() <= properties.keys()
            and schema["additionalProperties"] is False
            and all(fits(one, properties[name], schemas) for name, one in value.items())
        )
    if kind == "array":
        return all(fits(one, schema["items"], schemas) for one in value)
    return "pattern" not in schema or bool(re.search(schema["pattern"], value))


def test_the_schemas_describe_what_is_written(known: dict[str, Leaf | CA]) -> None:
    """Every fault, and exactly one of them each; the parameters' defaults, too; and not what is refused."""
    schemas = describe_schemas("#/")
    assert schemas.keys() == {"Fault", *(fault.__name__ for fault in faults.CATALOGUE)}
    for fault in examples(known):
        data = json.loads(json.dumps(to_data(fault)))
        assert fits(data, schemas[type(fault).__name__], schemas), data
        assert fits(data, schemas["Fault"], schemas)
    assert fits("Stale by=2d", schemas["Fault"], schemas)
    for schema in schemas.values():
        for one in schema.get("properties", {}).values():
            assert "default" not in one or fits(one["default"], one, schemas), one
    for refused in (
        {"fault": "Stale", "bye": "P2D"}, {"fault": "Stale", "by": 2}, {"fault": "Stail"}, {"by": "P2D"}, 5,
    ):  # fmt: skip
        assert not fits(refused, schemas["Fault"], schemas)


def test_defaults_are_those_of_the_classes() -> None:
    """Who reads the document knows what is left out."""
    properties = describe_schemas()["Stale"]["properties"]
    assert properties["by"]["default"] == "P3D"
    assert properties["fresh_signature"] == {"type": "boolean", "default": False}
    assert describe_schemas()["StapleOnIntermediate"]["properties"]["staple"]["anyOf"][0]["items"] == {
        "$ref": "#/components/schemas/Fault"
    }


# What a stranger sends: any JSON, and texts that look like faults.
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from([fault.__name__ for fault in faults.CATALOGUE])
PIECES = st.sampled_from(
    [
        "by",
        "of",
        "=",
        " ",
        "'",
        '"',
        "b'",
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
        ",",
        "\\",
        "\\x0",
        "0x",
        "1e9",
        "PT",
        "d",
        "-",
    ]
)


@st.composite
def strange_objects(draw: st.DrawFn) -> dict[str, Any]:
    """A fault of the catalogue with anything at all for its parameters."""
    name = draw(NAMES)
    fault = next(one for one in faults.CATALOGUE if one.__name__ == name)
    keys = draw(st.sets(st.sampled_from([*list_parameters(fault), "by"])))
    return {"fault": name, **{key: draw(JSON | NAMES) for key in sorted(keys)}}


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    JSON
    | strange_objects()
    | st.tuples(NAMES, st.lists(PIECES | st.text(max_size=3), max_size=8)).map(
        lambda made: f"{made[0]} {''.join(made[1])}"
    )
)
def test_whatever_comes_is_a_fault_or_a_sentence(value: object) -> None:
    """Nothing that a stranger sends ends in another error, and what is taken comes back."""
    try:
        fault = from_data(value)
    except (TypeError, ValueError, LookupError):
        return
    assert from_data(to_data(fault)) == fault
    assert from_data(to_text(fault)) == fault
