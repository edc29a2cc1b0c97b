"""The DER reader: DER and nothing else is read, and whatever else it is, it is a ValueError."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpki._pkix import der
from mockpki._pkix.element import Element


def octets(text: str) -> Element:
    """The element in these octets, and nothing behind it."""
    data = bytes.fromhex(text)
    element = Element.read(data)
    assert element.der == data
    return element


# Each beside a neighbour that is right: what is refused is one step away from what is taken.
STRICT: list[tuple[str, str, Callable[[str], object], str]] = [
    ("30 00", "", octets, "middle of a header"),
    ("30 00", "30", octets, "middle of a header"),
    ("04 01 00", "04 02 00", octets, "runs past the end"),
    ("04 81 80" + "00" * 128, "04 81 7f" + "00" * 127, octets, "definite, minimal"),
    ("04 82 01 00" + "00" * 256, "04 82 00 80" + "00" * 128, octets, "definite, minimal"),
    ("04 81 80" + "00" * 128, "04 80 00 00", octets, "definite, minimal"),
    ("04 81 80" + "00" * 128, "04 85 00 00 00 00 80" + "00" * 128, octets, "definite, minimal"),
    ("04 81 80" + "00" * 128, "04 ff", octets, "definite, minimal"),
    ("04 81 80" + "00" * 128, "04 82 01", octets, "definite, minimal"),
    ("1e 00", "1f 00", octets, "more than one octet"),
    ("02 01 00", "02 00", lambda x: octets(x).as_integer(), "fewest octets"),
    ("02 02 00 80", "02 02 00 7f", lambda x: octets(x).as_integer(), "fewest octets"),
    ("02 02 ff 7f", "02 02 ff 80", lambda x: octets(x).as_integer(), "fewest octets"),
    ("02 01 01", "0a 01 01", lambda x: octets(x).as_integer(), "tag 0x0a at octet 0, where 0x02 belongs"),
    ("06 01 2a", "06 00", lambda x: octets(x).as_oid(), "has no end"),
    ("06 02 81 00", "06 01 81", lambda x: octets(x).as_oid(), "has no end"),
    ("06 02 2a 01", "06 03 2a 80 01", lambda x: octets(x).as_oid(), "fewest octets"),
    ("06 81 80" + "2a" * 128, "06 81 81" + "2a" * 129, lambda x: octets(x).as_oid(), "over 128 octets"),
    ("01 01 ff", "01 01 01", lambda x: octets(x).as_boolean(), "neither TRUE nor FALSE"),
    ("01 01 00", "01 00", lambda x: octets(x).as_boolean(), "neither TRUE nor FALSE"),
    ("30 03 02 01 05", "30 03 02 02 05", lambda x: octets(x).children(), "runs past the end"),
    ("30 03 02 01 05", "30 01 02", lambda x: octets(x).children(), "middle of a header"),
    ("30 02 05 00", "30 04 05 00 05 00", lambda x: octets(x).only(5), "2 fields .* where 1 belong"),
    ("30 02 05 00", "30 00", lambda x: octets(x).fields(1, 2), "0 fields .* where 1 to 2 belong"),
    ("30 00", "30 00 00", lambda x: Element.whole(bytes.fromhex(x), 0x30), "1 octets follow the end"),
]


@pytest.mark.parametrize(("right", "wrong", "read", "sentence"), STRICT)
def test_the_reader_takes_der_and_nothing_else(
    right: str, wrong: str, read: Callable[[str], object], sentence: str
) -> None:
    """What is one step from DER is refused with a sentence; its right neighbour is read."""
    read(right)
    with pytest.raises(ValueError, match=sentence):
        read(wrong)


@given(st.binary(max_size=40))
def test_the_reader_only_ever_raises_value_error(data: bytes) -> None:
    """Any octets are an element whose header and content they are, or raise ValueError."""
    try:
        element = Element.whole(data, data[0] if data else 0)
    except ValueError:
        return
    assert element.der == data == der.tlv(element.tag, element.content)
    for read in (element.children, element.as_integer, element.as_oid, element.as_boolean):
        try:
            read()
        except ValueError:
            continue
