"""Octets read from the front, number by number."""

from __future__ import annotations

from typing import Literal


class Reader:
    """What is left of *data*; its numbers are of the given *order*. Each step names what it reads."""

    def __init__(self, data: bytes, order: Literal["big", "little"], of: str) -> None:
        self._data, self._at, self._order, self._of = data, 0, order, of

    @property
    def left(self) -> int:
        """Octets that are not read yet."""
        return len(self._data) - self._at

    def take(self, size: int, what: str) -> bytes:
        """The next octets; ValueError where there are not so many."""
        if size > self.left:
            raise ValueError(
                f"{self._of} ends after {len(self._data)} octets, and its {what}, from octet {self._at} on, "
                f"needs {size}"
            )
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self, size: int, what: str) -> int:
        """The next number, of *size* octets."""
        return int.from_bytes(self.take(size, what), self._order)

    def flag(self, what: str) -> bool:
        """The next octet, which is 0 or 1."""
        value = self.number(1, what)
        if value > 1:
            raise ValueError(f"{self._of} has {value} for its {what}, at octet {self._at - 1}; it is 0 or 1")
        return bool(value)

    def finish(self) -> None:
        """ValueError unless everything was read."""
        if self.left:
            raise ValueError(f"{self._of} has {self.left} octets behind its end, at octet {self._at}")
