"""Which certificates were asked for often enough to be fetched for, remembered in little room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._policy import StaplePolicy

if TYPE_CHECKING:
    from probables import BloomFilter


class Sightings:
    """A chain of Bloom filters, one for each sighting that is not to be enough.

    It forgets nobody, and now and then takes a newcomer for somebody it knows.
    """

    def __init__(self, policy: StaplePolicy) -> None:
        self._policy = policy
        self._filters: list[BloomFilter] | None = None

    def count(self, name: str) -> int:
        """Note a sighting of *name*: which one it is, from 1 to the policy's number, which is enough."""
        for number, seen in enumerate(self._ready_filters(), 1):
            if not seen.check(name):
                seen.add(name)
                return number
        return self._policy.sightings

    def _ready_filters(self) -> list[BloomFilter]:
        # Only a policy with several sightings needs the library.
        if self._filters is None:
            self._filters = [_make_filter(self._policy) for _ in range(self._policy.sightings - 1)]
        return self._filters


def _make_filter(policy: StaplePolicy) -> BloomFilter:
    from probables import BloomFilter

    return BloomFilter(est_elements=policy.filter_size, false_positive_rate=policy.filter_false_positives)
