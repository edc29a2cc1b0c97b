"""Ribbons: linear equations over GF(2), 256 neighbouring unknowns each, in plain ints.

An item asks for one equation: the sum of those of the unknowns z[start], ..., z[start + 255] whose bit is
set in *coefficients* is *value*. Bit 0 is always set. Whoever has a solution can check any item against it,
and one that was not asked for fits by chance, half of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from itertools import chain

WIDTH = 256
"""The unknowns that one equation speaks of."""
_MASK = (1 << WIDTH) - 1
_WORD = 64


def count_rows(items: int) -> int:
    """The rows for so many items: 2 % more, or nearly every second ribbon of them could not be solved."""
    return items * 102 // 100


def make_equation(issuer: bytes, serial: bytes, rows: int) -> tuple[int, int]:
    """Where the equation of a certificate begins, among so many *rows*, and its coefficients.

    The hash is four little-endian words, which make one number; the last of them says where.
    """
    coefficients = int.from_bytes(sha256(issuer + serial).digest(), "little")
    return (coefficients >> 192) % (rows or 1), coefficients | 1


class Ribbon:
    """Equations in echelon form: at most one begins at each unknown. They may run past the given *rows*."""

    def __init__(self, rows: int) -> None:
        self.coefficients = [0] * rows
        self.values = bytearray(rows)

    def __len__(self) -> int:
        return len(self.coefficients)

    def insert(self, start: int, coefficients: int, value: int) -> bool:
        """Adds an equation; False where it contradicts those that are there, and so is left out."""
        rows, values = self.coefficients, self.values
        while coefficients:
            missing = start + 1 - len(rows)
            if missing > 0:
                rows.extend([0] * missing)
                values.extend(bytes(missing))
            row = rows[start]
            if not row:
                rows[start], values[start] = coefficients, value
                return True
            coefficients ^= row
            value ^= values[start]
            # Bit 0 is gone. The equation begins at the next that is set.
            shift = (coefficients & -coefficients).bit_length() - 1
            if shift > 0:
                coefficients >>= shift
                start += shift
        return not value


class Column:
    """A solution of *ribbons* laid end to end, the last window of each reading into the next.

    What no equation decides is taken from the bits of *free*, and so are the 256 unknowns behind the end, if
    *tail*. There are enough of them. ``windows[i]`` is the number whose bit k is unknown i + k.
    """

    def __init__(self, ribbons: Sequence[Ribbon], free: bytes, tail: bool) -> None:
        rows = list(chain.from_iterable(ribbon.coefficients for ribbon in ribbons))
        values = b"".join(ribbon.values for ribbon in ribbons)
        self.tail = int.from_bytes(free, "little") >> len(rows) & _MASK if tail else 0
        self._tail_size = WIDTH if tail else 0
        window = self.tail
        windows = []
        for at in range(len(rows) - 1, -1, -1):
            window = window << 1 & _MASK
            row = rows[at]
            if row:
                window |= values[at] ^ (row & window).bit_count() & 1
            else:
                window |= free[at >> 3] >> (at & 7) & 1
            windows.append(window)
        windows.reverse()
        self.windows = windows

    def encode(self) -> bytes:
        """The unknowns as little-endian words of 64 bits, bit 0 first."""
        windows, size = self.windows, len(self.windows)
        words = -(-(size + self._tail_size) // _WORD)
        octets = b"".join(window.to_bytes(WIDTH // 8, "little") for window in windows[::WIDTH])
        # The last window holds the first bits of the tail already.
        rest = self.tail >> (-size % WIDTH)
        return (octets + rest.to_bytes(WIDTH // 8, "little"))[: words * _WORD // 8]


def add_up(column: bytes, start: int, coefficients: int) -> int:
    """The sum that a *column*, as `Column.encode` writes it, gives; behind its end it has zeros."""
    first = start >> 3
    window = int.from_bytes(column[first : first + WIDTH // 8 + 1], "little") >> (start & 7)
    return (window & coefficients).bit_count() & 1
