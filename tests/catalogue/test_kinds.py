"""Kinds of plain values that faults are given."""

from datetime import datetime, timedelta, timezone
from types import NoneType
from typing import Any

import pytest
from cryptography import x509

from mockpki import PKI
from mockpki._catalogue.kinds import (
    CERTIFICATE,
    FAULT,
    PLAIN,
    TAGGED_OCTETS,
    Kind,
    Reading,
    Unfit,
    write_plain,
    write_time,
)
from mockpki._catalogue.words import Word

NAME = x509.Name.from_rfc4514_string("CN=Example\\, Inc.,O=Example")


def refuse(value: Any, reading: Reading) -> Any:
    """No fault is read here."""
    raise AssertionError(value)


READING = Reading({"c0ffee": "a leaf"}.__getitem__, refuse)


@pytest.mark.parametrize(
    ("kind", "read"),
    [
        (NoneType, [(None, None), (Word("None"), None), (Word("null"), None)]),
        (bool, [(True, True), (Word("False"), False), (Word("true"), True)]),
        (int, [(5, 5), (Word("-5"), -5), (Word("0x1f"), 31), ("0x1f", 31), (hex(1 << 159), 1 << 159)]),
        (float, [(5, 5), (0.5, 0.5), (Word("0.5"), 0.5), (Word("1e3"), 1000.0)]),
        (timedelta, [("PT0.25S", timedelta(seconds=0.25)), (Word("2d"), timedelta(days=2))]),
        (datetime, [("2026-01-31T12:00:00+01:00", datetime(2026, 1, 31, 11, tzinfo=timezone.utc))]),
        (bytes, [("AAE=", b"\0\1"), (b"\0\1", b"\0\1"), ("", b"")]),
        (str, [("2d", "2d"), (Word("2d"), "2d"), ("", "")]),
        (x509.Name, [("CN=Example\\, Inc.,O=Example", NAME)]),
    ],
    ids=lambda one: one.__name__ if isinstance(one, type) else "",
)
def test_a_kind_takes_its_own(kind: Any, read: list[tuple[Any, Any]]) -> None:
    """Values of JSON, and words for those of them that people type."""
    for given, value in read:
        found = PLAIN[kind].read(given, READING)
        assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "refused"),
    [
        (NoneType, ["None", 0, False]),
        (bool, [1, "true", Word("yes"), None]),
        (int, [True, 5.0, "5", Word("5.0"), Word("five"), Word("9" * 5000), None]),
        (float, [True, "5", Word("inf"), Word("five"), None]),
        (timedelta, [2, 2.5, "2", "P1M", "soon", None]),
        (datetime, ["2026-01-31T12:00:00", "2026-01-31", "2026-02-31T12:00:00Z", 1_800_000_000, None]),
        (bytes, ["A", "AA", "A\u00e9==", "AA==\n", Word("AAE="), "A" * (1 << 20) + "AAAA", 5, None]),
        (str, [5, None, b"x", ["x"]]),
        (x509.Name, ["no name", 5, None]),
    ],
    ids=lambda one: one.__name__ if isinstance(one, type) else "",
)
def test_a_kind_takes_nothing_else(kind: Any, refused: list[Any]) -> None:
    """A bare number is no duration, a time without a zone no time, a text no number."""
    for given in refused:
        with pytest.raises(Unfit):
            PLAIN[kind].read(given, READING)


def test_certificates_are_found_by_their_ids(ca_certificate: x509.Certificate) -> None:
    """By whoever knows them; or they come as they are."""
    assert CERTIFICATE.read("c0ffee", READING) == "a leaf"
    assert CERTIFICATE.read(write_plain(ca_certificate), READING) == ca_certificate
    with pytest.raises(LookupError):
        CERTIFICATE.read("c0ffef", READING)
    for refused in (5, {"certificate": "AAAA"}, {"cert": "AAAA"}, {"certificate": 5}):
        with pytest.raises(Unfit):
            CERTIFICATE.read(refused, READING)


def test_octets_beside_certificates_say_what_they_are() -> None:
    """Where a text is an id, octets stand in an object."""
    assert TAGGED_OCTETS.read(write_plain(b"\0", tagged=True), READING) == b"\0"
    assert TAGGED_OCTETS.read(b"\0", READING) == b"\0"
    for refused in ("AA==", {"der": 5}, {}):
        with pytest.raises(Unfit):
            TAGGED_OCTETS.read(refused, READING)
    with pytest.raises(Unfit):
        FAULT.read(5, READING)


def test_values_are_written_for_every_reader() -> None:
    """A number that JavaScript would round is a text; times are in UTC."""
    assert write_plain((1 << 53) - 1) == (1 << 53) - 1
    assert write_plain(1 << 53) == "0x20000000000000"
    assert write_plain(-(1 << 53)) == "-0x20000000000000"
    zone = timezone(timedelta(hours=2))
    assert write_time(datetime(2026, 1, 31, 12, 0, 0, 5, zone)) == "2026-01-31T10:00:00.000005Z"
    with pytest.raises(TypeError, match="cannot be told as data"):
        write_plain(object())


def test_a_name_that_its_text_does_not_tell_is_refused() -> None:
    """A string type that is not the usual one would be another afterwards."""
    kind = x509.name._ASN1Type.PrintableString
    odd = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Example", kind)])
    assert write_plain(NAME) == "CN=Example\\, Inc.,O=Example"
    with pytest.raises(ValueError, match="more than its text by RFC 4514 says"):
        write_plain(odd)


@pytest.fixture(scope="module")
def ca_certificate() -> x509.Certificate:
    """A certificate."""
    with PKI(depth=0) as pki:
        return pki.root.certificate


def test_every_kind_says_what_it_takes() -> None:
    """In words, and in a schema."""
    kinds: list[Kind] = [*PLAIN.values(), CERTIFICATE, TAGGED_OCTETS, FAULT]
    assert all(kind.words and kind.schema for kind in kinds)
