"""Which certificates were asked for often enough to be fetched for, remembered in little room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._policy import StaplePolicy

if TYPE_CHECKING:
    from probables import BloomFilter


class Sightings:
    """A chain of filters, one for each sighting that is not to be enough.

    It remembers the last ones it has seen, as many as the policy's ``filter_size`` at least, and now and then
    takes a newcomer for somebody it knows.
    """

    def __init__(self, policy: StaplePolicy) -> None:
        self._policy = policy
        self._filters: list[_AgeingFilter] | None = None

    @property
    def fill(self) -> float:
        """How full the fullest filter is, from 0 to 1."""
        return max((one.fill for one in self._filters or ()), default=0.0)

    def count(self, name: str) -> int:
        """Note a sighting of *name*: which one it is, from 1 to the policy's number, which is enough."""
        for number, seen in enumerate(self._ready_filters(), 1):
            if name not in seen:
                seen.add(name)
                return number
        return self._policy.sightings

    def _ready_filters(self) -> list[_AgeingFilter]:
        # Only a policy with several sightings needs the library.
        if self._filters is None:
            self._filters = [_AgeingFilter(self._policy) for _ in range(self._policy.sightings - 1)]
        return self._filters


class _AgeingFilter:
    """Two Bloom filters. When the newer one is full the older one goes, so that neither is ever overfull."""

    def __init__(self, policy: StaplePolicy) -> None:
        self._size = policy.filter_size
        # There are two to be mistaken.
        self._rate = policy.filter_false_positives / 2
        self._newer, self._older = self._make_filter(), self._make_filter()

    @property
    def fill(self) -> float:
        return (self._newer.elements_added + self._older.elements_added) / (2 * self._size)

    def __contains__(self, name: str) -> bool:
        return self._newer.check(name) or self._older.check(name)

    def add(self, name: str) -> None:
        if self._newer.elements_added >= self._size:
            self._newer, self._older = self._make_filter(), self._newer
        self._newer.add(name)

    def _make_filter(self) -> BloomFilter:
        from probables import BloomFilter

        return BloomFilter(est_elements=self._size, false_positive_rate=self._rate)
