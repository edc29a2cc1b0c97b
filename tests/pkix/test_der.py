"""The DER writer, both ways from one table, and beside two other implementations."""

from datetime import timezone
from typing import Any

import pytest
from asn1crypto import core
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from mockpki._pkix import der
from mockpki._pkix.element import Element

UTC = timezone.utc

INTEGERS = [
    (0, "02 01 00"),
    (1, "02 01 01"),
    (127, "02 01 7f"),
    (128, "02 02 00 80"),
    (255, "02 02 00 ff"),
    (256, "02 02 01 00"),
    (32767, "02 02 7f ff"),
    (32768, "02 03 00 80 00"),
    (-1, "02 01 ff"),
    (-128, "02 01 80"),
    (-129, "02 02 ff 7f"),
    (-256, "02 02 ff 00"),
    (-257, "02 02 fe ff"),
    (-32768, "02 02 80 00"),
    (2**159 - 1, "02 14 7f" + "ff" * 19),
    (2**159, "02 15 00 80" + "00" * 19),
    (-(2**159), "02 14 80" + "00" * 19),
    (2**1015 - 1, "02 7f 7f" + "ff" * 126),
    (2**1015, "02 81 80 00 80" + "00" * 126),
]

OIDS = [
    ("0.0", "06 01 00"),
    ("0.39", "06 01 27"),
    ("1.3.14.3.2.26", "06 05 2b 0e 03 02 1a"),
    ("1.2.840.113549", "06 06 2a 86 48 86 f7 0d"),
    ("2.0", "06 01 50"),
    ("2.47", "06 01 7f"),
    ("2.48", "06 02 81 00"),
    ("2.999", "06 02 88 37"),
    ("2.999.127.128", "06 05 88 37 7f 81 00"),
    ("2.999.16383.16384", "06 07 88 37 ff 7f 81 80 00"),
    (f"2.25.{2**128 - 1}", "06 14 69 83 " + "ff " * 17 + "7f"),
]

LENGTHS = [
    (0, "04 00"),
    (127, "04 7f"),
    (128, "04 81 80"),
    (255, "04 81 ff"),
    (256, "04 82 01 00"),
    (65535, "04 82 ff ff"),
    (65536, "04 83 01 00 00"),
    (2**24, "04 84 01 00 00 00"),
]


@pytest.mark.parametrize(("value", "text"), INTEGERS)
def test_integers_go_both_ways(value: int, text: str) -> None:
    """An integer is written in the fewest octets and read back, as asn1crypto writes and reads it."""
    octets = bytes.fromhex(text)
    assert der.integer(value) == octets == core.Integer(value).dump()
    assert Element.whole(octets, der.INTEGER).as_integer() == value


@pytest.mark.parametrize(("dotted", "text"), OIDS)
def test_object_identifiers_go_both_ways(dotted: str, text: str) -> None:
    """An object identifier is written and read back, and is the one that asn1crypto reads."""
    octets = bytes.fromhex(text)
    assert der.oid(dotted) == octets
    assert Element.whole(octets, der.OID).as_oid() == dotted
    assert core.ObjectIdentifier.load(octets).dotted == dotted


@pytest.mark.parametrize(("size", "header"), LENGTHS)
def test_lengths_go_both_ways(size: int, header: str) -> None:
    """A length is written in the fewest octets, and the reader finds the content behind it."""
    content = b"x" * size
    octets = bytes.fromhex(header) + content
    assert der.octet_string(content) == octets
    assert Element.whole(octets, der.OCTET_STRING).content == content
    assert core.OctetString.load(octets, strict=True).native == content


@pytest.mark.parametrize(
    "text", ["", "1", "1.", "3.1", "1.40", "0.100", "1.-2", "1.2.-3", "1.02", " 1.2", "1.2_0", "1.²", "a.b"]
)
def test_what_is_no_object_identifier_is_refused(text: str) -> None:
    """Text that names no object identifier raises a sentence instead of writing some other one."""
    with pytest.raises(ValueError, match="is not an object identifier"):
        der.oid(text)


SIMPLE = [
    (der.boolean(True), core.Boolean(True)),
    (der.boolean(False), core.Boolean(False)),
    (der.NULL, core.Null()),
    (der.bit_string(b"\xa0", 5), core.BitString((1, 0, 1))),
    (der.bit_string(b""), core.OctetBitString(b"")),
    (der.ia5_string("http://a.example/"), core.IA5String("http://a.example/")),
    (der.explicit(2, der.integer(5)), core.Integer(5, explicit=2)),
    (der.implicit(6, b"x"), core.OctetString(b"x", implicit=6)),
    (der.implicit(1, der.NULL, constructed=True), core.SequenceOf([None], spec=core.Null, implicit=1)),
    (der.sequence(der.integer(1), der.integer(2)), core.SequenceOf([1, 2], spec=core.Integer)),
    (der.sequence(), core.SequenceOf([], spec=core.Integer)),
]  # fmt: skip


@pytest.mark.parametrize(("ours", "theirs"), SIMPLE)
def test_other_types_are_those_of_asn1crypto(ours: bytes, theirs: Any) -> None:
    """Booleans, strings, tags and sequences come out as asn1crypto writes them."""
    assert ours == theirs.dump()


@pytest.mark.parametrize("value", [*range(-3, 12), 127, 128, -129])
def test_an_enumerated_is_an_integer_with_another_tag(value: int) -> None:
    """ENUMERATED takes numbers that no RFC defines, too."""
    assert der.enumerated(value) == b"\x0a" + der.integer(value)[1:]


@pytest.mark.parametrize("critical", [True, False])
def test_an_extension_leaves_its_default_out(critical: bool) -> None:
    """A critical extension says so; of one that is not critical nothing is written (X.690 section 11.5)."""
    value = x509.OCSPNoCheck()
    ours = der.Extension(value.oid.dotted_string, critical, value.public_bytes()).encode()
    assert (b"\x01\x01\xff" in ours) is critical
    from asn1crypto.x509 import Extension

    theirs = {"extn_id": value.oid.dotted_string, "extn_value": core.Null()}
    assert ours == Extension({**theirs, "critical": True} if critical else theirs).dump()


@given(st.integers())
def test_any_integer_goes_both_ways(value: int) -> None:
    """Whatever integer is written is read back, in the octets that asn1crypto gives it."""
    octets = der.integer(value)
    assert octets == core.Integer(value).dump()
    assert Element.whole(octets, der.INTEGER).as_integer() == value


@given(
    st.tuples(st.integers(0, 1), st.integers(0, 39)) | st.tuples(st.just(2), st.integers(0, 2**64)),
    st.lists(st.integers(0, 2**64), max_size=9),
)
def test_any_object_identifier_goes_both_ways(root: tuple[int, int], rest: list[int]) -> None:
    """Whatever object identifier is written is read back, and asn1crypto reads the same."""
    dotted = ".".join(map(str, (*root, *rest)))
    octets = der.oid(dotted)
    assert Element.whole(octets, der.OID).as_oid() == dotted == core.ObjectIdentifier.load(octets).dotted
