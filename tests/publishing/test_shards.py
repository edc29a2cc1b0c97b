"""To which file a certificate belongs."""

from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest

from mockpki._pkix.status import Reason
from mockpki.publishing import WHOLE, AtRandom, ByExpiry, ByReason, BySerial, Filling, InTurn, Shards

END = datetime(2026, 3, 1, tzinfo=timezone.utc)
KINDS = [
    WHOLE, BySerial(4), BySerial(1), BySerial(128, first=0), AtRandom(10), InTurn(3),
    ByExpiry(timedelta(hours=16), 128), Filling(7), ByReason(),
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@pytest.mark.parametrize("end", [None, END])
def test_every_certificate_has_one(kind: Shards, end: datetime | None) -> None:
    """Whatever its serial number and its end, one of those that there are, and the same each time."""
    for before, serial in enumerate([1, 2, 3, 2**159 - 1, 0, -5, 10**30, 77]):
        shard = kind.choose(serial, end, before)
        assert shard in kind.list_shards(before + 1)
        assert shard == kind.choose(serial, end, before)


def test_by_serial() -> None:
    """The remainder, and the number of the first."""
    assert [BySerial(4).choose(serial, None, 0) for serial in (3, 4, 5)] == [4, 1, 2]
    assert list(BySerial(4, first=0).list_shards(0)) == [0, 1, 2, 3]


def test_in_turn_and_filling() -> None:
    """One after the other, or one until it is full."""
    assert [InTurn(3).choose(9, None, before) for before in range(4)] == [1, 2, 3, 1]
    assert [Filling(2).choose(9, None, before) for before in range(5)] == [1, 1, 2, 2, 3]
    assert [list(Filling(2).list_shards(issued)) for issued in (0, 2, 3)] == [[1], [1], [1, 2]]


def test_by_expiry() -> None:
    """Certificates that end together are together; after so many widths it begins again."""
    kind = ByExpiry(timedelta(hours=16), 128)
    first = kind.choose(1, END, 0)
    assert kind.choose(2, END + timedelta(hours=16), 0) == (first + 1) % 128
    assert kind.choose(3, END + 128 * timedelta(hours=16), 0) == first


def test_at_random() -> None:
    """Spread evenly, without any state."""
    count = Counter(AtRandom(10).choose(serial, None, 0) for serial in range(10_000))
    assert sorted(count) == list(range(1, 11))
    assert max(count.values()) < 1.2 * min(count.values())


def test_by_reason() -> None:
    """Each reason is in one of the two."""
    kind = ByReason()
    assert kind.holds(0, Reason.KEY_COMPROMISE)
    assert not kind.holds(1, Reason.KEY_COMPROMISE)
    assert kind.holds(1, Reason.SUPERSEDED)
    assert not kind.holds(0, Reason.SUPERSEDED)
