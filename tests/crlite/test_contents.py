"""What a filter holds."""

from datetime import datetime, timedelta, timezone

import pytest

from mockpki._crlite.contents import Contents, check_hash, count_milliseconds


def test_hashes() -> None:
    """A hash has 32 octets; of another length, or no octets at all, it is none."""
    assert check_hash(bytes(32), "a log") == bytes(32)
    with pytest.raises(ValueError, match=r"a log is named by a SHA-256 hash, 32 octets; .* has 31"):
        check_hash(bytes(31), "a log")
    with pytest.raises(TypeError, match="a log is named by a SHA-256 hash, 32 octets; got None"):
        check_hash(None, "a log")  # type: ignore[arg-type]


def test_its_repr_is_short() -> None:
    """Megabytes of columns are not in it."""
    contents = Contents((), (), (b"\1" * 800,), b"\2" * 800)
    assert repr(contents) == "Contents(coverage=(), blocks=(), version=None)"


def test_times_are_milliseconds() -> None:
    """An aware datetime of any zone, cut to the millisecond; one before 1970 is negative."""
    at = datetime(1970, 1, 2, 3, tzinfo=timezone(timedelta(hours=3)))
    assert count_milliseconds(at + timedelta(microseconds=1_999)) == 86_400_001
    assert count_milliseconds(at - timedelta(days=2)) == -86_400_000
    with pytest.raises(ValueError, match="has no time zone"):
        count_milliseconds(datetime(1970, 1, 2))  # noqa: DTZ001
