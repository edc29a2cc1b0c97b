"""The whole of how a CA publishes, as one value."""

from dataclasses import replace
from datetime import timedelta

from mockpki.publishing import DIGICERT, IMMEDIATE, VAULT, BySerial, Publishing, Schedule

HOUR = timedelta(hours=1)


def test_whether_it_is_scheduled() -> None:
    """By regular times or by revocations; not at every request."""
    assert not IMMEDIATE.scheduled
    assert VAULT.scheduled
    assert Publishing(Schedule(HOUR, HOUR)).scheduled


def test_whether_it_is_divided() -> None:
    """One file is not, one shard is: it has a scope."""
    assert not IMMEDIATE.divided
    assert DIGICERT.divided
    assert replace(VAULT, shards=BySerial(1)).divided
