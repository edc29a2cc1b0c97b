"""Linear equations in ribbons."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpki._crlite.ribbon import WIDTH, Column, Ribbon, add_up, count_rows, make_equation

_ALL = (1 << WIDTH) - 1
FREE = b"\xa7\x31" * 600


@pytest.mark.parametrize(("items", "rows"), [(0, 0), (1, 1), (49, 49), (50, 51), (99, 100), (12_000, 12_240)])
def test_rows(items: int, rows: int) -> None:
    """There are 2 % more rows than items, rounded down."""
    assert count_rows(items) == rows


def test_an_equation() -> None:
    """The hash is read as four little-endian words; the last says where, and bit 0 is set."""
    start, coefficients = make_equation(b"", b"abc", 1000)
    # SHA-256 of "abc", FIPS 180-2 appendix B.1: ba7816bf 8f01cfea ... b410ff61 f20015ad.
    assert start == 0xAD1500F261FF10B4 % 1000
    assert coefficients & (1 << 64) - 1 == 0xEACF018FBF1678BA | 1
    assert coefficients >> 192 == 0xAD1500F261FF10B4
    assert make_equation(b"", b"abc", 0)[0] == 0


equations = st.lists(
    st.tuples(st.integers(0, 90), st.integers(0, _ALL).map(lambda bits: bits | 1), st.integers(0, 1)),
    max_size=80,
)


@given(equations, st.booleans())
def test_a_solution_solves(asked: list[tuple[int, int, int]], tail: bool) -> None:
    """Every equation that was taken holds in the solution, by its windows and its octets; no other does."""
    ribbon = Ribbon(91)
    taken = [ribbon.insert(*equation) for equation in asked]
    column = Column([ribbon], FREE, tail)
    octets = column.encode()
    assert len(octets) % 8 == 0
    for (start, coefficients, value), right in zip(asked, taken, strict=True):
        assert add_up(octets, start, coefficients) == (value if right else 1 - value)
        assert (column.windows[start] & coefficients).bit_count() & 1 == (value if right else 1 - value)


@given(equations, equations)
def test_ribbons_end_to_end(one: list[tuple[int, int, int]], other: list[tuple[int, int, int]]) -> None:
    """Two ribbons share a column: the second begins where the rows of the first end, grown or not."""
    ribbons = Ribbon(91), Ribbon(91)
    taken = [
        (number, equation)
        for number, asked in enumerate((one, other))
        for equation in asked
        if ribbons[number].insert(*equation)
    ]
    octets = Column(ribbons, FREE, tail=False).encode()
    for number, (start, coefficients, value) in taken:
        assert add_up(octets, start + number * len(ribbons[0]), coefficients) == value


def test_a_contradiction_is_left_out() -> None:
    """The same equation with the other value is refused, with the same value it is nothing new."""
    ribbon = Ribbon(1)
    assert ribbon.insert(0, 5, 0)
    assert ribbon.insert(0, 5, 0)
    assert not ribbon.insert(0, 5, 1)
    assert ribbon.insert(0, 7, 1)
    assert len(ribbon) == 2  # 5 ^ 7 begins at the next unknown, past the end


def test_what_is_free_is_as_given() -> None:
    """Unknowns that no equation decides are bits of *free*; with a tail, those behind the end, too."""
    assert Column([Ribbon(8)], b"\xa5" * 40, tail=False).encode() == b"\xa5" + bytes(7)
    assert Column([Ribbon(0)], FREE, tail=True).encode() == FREE[:32]
    assert Column([Ribbon(300)], FREE, tail=True).encode() == FREE[:69] + b"\x01\0\0"
    assert Column([], b"", tail=False).encode() == b""


def test_behind_the_end_there_are_zeros() -> None:
    """A window past the end of a column reads zeros, however far."""
    assert add_up(b"\xff" * 8, 0, _ALL) == 0
    assert add_up(b"\xff" * 8, 1, _ALL) == 1
    assert add_up(b"\xff" * 8, 1 << 70, 1) == 0
