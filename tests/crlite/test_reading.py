"""Octets read number by number."""

import pytest

from mockpki._crlite.reading import Reader


def test_numbers_and_octets() -> None:
    """Numbers are read in the given order, octets as they are, and the end is the end."""
    reader = Reader(b"\1\2\3\4\5\1", "big", "a thing")
    assert (reader.number(2, "first"), reader.take(3, "second"), reader.left) == (0x102, b"\3\4\5", 1)
    assert reader.flag("third") is True
    reader.finish()
    assert Reader(b"\1\2", "little", "a thing").number(2, "first") == 0x201


def test_what_is_wrong_is_told() -> None:
    """Missing octets, odd flags and octets behind the end are a sentence with the place."""
    reader = Reader(b"\1\2\3", "big", "a thing")
    reader.take(1, "first")
    with pytest.raises(
        ValueError, match="a thing ends after 3 octets, and its name, from octet 1 on, needs 5"
    ):
        reader.take(5, "name")
    with pytest.raises(ValueError, match="a thing has 2 for its flag, at octet 1; it is 0 or 1"):
        reader.flag("flag")
    with pytest.raises(ValueError, match="a thing has 1 octets behind its end, at octet 2"):
        reader.finish()
