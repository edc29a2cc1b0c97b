"""Values of DER as text in one line."""

from datetime import timedelta

import pytest

from mockpki._catalogue.values import OID_NAMES, bits_text, number_text, octets, oid_text, time_text
from mockpki._pkix import der
from mockpki._pkix.element import Element
from mockpki._pkix.times import generalized_time
from tests.kit.authorities import NOW


def test_octets() -> None:
    """Text is text, few octets are all there, many show their number and both ends."""
    assert octets(b"") == "none"
    assert octets(b"\0\xff") == "00ff"
    assert octets(b"http://x") == "'http://x'"
    assert octets(b"x" * 200) == f"200 octets, '{'x' * 32}'..."
    assert octets(bytes(range(256))) == "256 octets, 000102030405060708090a0b...f4f5f6f7f8f9fafbfcfdfeff"


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(), "now"),
        (timedelta(seconds=59), "in 59 s"),
        (timedelta(minutes=-90), "1.5 h ago"),
        (timedelta(minutes=2), "in 2 min"),
        (timedelta(days=-100.5), "100 d ago"),
    ],
)
def test_a_time_says_how_far_it_is(away: timedelta, words: str) -> None:
    """It is counted in the largest unit of which there is one."""
    text = time_text(Element.read(generalized_time(NOW + away)), NOW)
    assert text == f"GeneralizedTime {NOW + away:%Y-%m-%d %H:%M:%S}Z, {words}"


def test_numbers() -> None:
    """A small number is decimal, with its name where it has one, and a large one hexadecimal."""
    assert number_text(Element.read(der.integer(5)), {5: "five"}) == "5 (five)"
    assert number_text(Element.read(der.integer(-(2**40))), {}) == "-0x10000000000"
    assert number_text(Element.read(b"\x02\x02\x00\x01"), {}) == "0001 (not in the fewest octets)"


def test_bits() -> None:
    """The bits that are set are numbered from the left."""
    assert bits_text(b"\x05\xa0") == "bits 0, 2"
    assert bits_text(b"\x00") == "bits none (0 unused)"
    assert bits_text(b"\x00" + b"\xff" * 4) == "ffffffff"


@pytest.mark.parametrize(
    ("oid", "name"),
    [
        ("1.3.14.3.2.26", "sha1"),
        ("2.16.840.1.101.3.4.2.3", "sha512"),
        ("1.2.840.113549.1.1.4", "md5WithRSAEncryption"),
        ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption"),
        ("1.2.840.10045.4.1", "ecdsa-with-SHA1"),
        ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512"),
        ("2.999.1", "2.999.1"),
    ],
)
def test_identifiers(oid: str, name: str) -> None:
    """Those that people know by name have theirs, and the others their numbers."""
    assert oid_text(Element.read(der.oid(oid))) == name
    assert (oid in OID_NAMES) == (oid != name)
