"""When anything is signed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mockpki.publishing import AD_CS, GOOGLE_CAS, VAULT, VAULT_AUTO, Deltas, Publishing, Schedule
from mockpki.publishing._moments import Moments
from tests.kit.journal_model import EPOCH, at

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HOURLY = Publishing(Schedule(HOUR, DAY))


def times(moments: Moments, until: int, delta: bool = False) -> list[int]:
    """The seconds of all moments of a kind, found one by one from the last."""
    found = []
    moment = moments.find_last(at(until), delta)
    while moment is not None and moment.time >= EPOCH:
        found.append(int((moment.time - EPOCH).total_seconds()))
        moment = moments.find_last(moment.time, delta, before=moment)
    return found[::-1]


def test_regular_times() -> None:
    """From the CA's creation on, each so long after the last."""
    assert times(Moments(HOURLY, EPOCH), 3 * 3600) == [0, 3600, 7200, 10800]
    assert times(Moments(AD_CS, EPOCH), 8 * 86400) == [0, 7 * 86400]
    assert times(Moments(AD_CS, EPOCH), 8 * 86400, delta=True) == [day * 86400 for day in range(9)]


def test_both_at_once_are_one_moment() -> None:
    """A week after, complete list and delta are signed together."""
    moment = Moments(AD_CS, EPOCH).find_last(at(7 * 86400), delta=False)
    assert moment == Moments(AD_CS, EPOCH).find_last(at(7 * 86400), delta=True)
    assert moment is not None
    assert Moments(AD_CS, EPOCH).count(moment) == 8


@pytest.mark.parametrize(
    ("publishing", "changed", "at_once"),
    [
        # The first delta, and one that falls due when a complete list does.
        (VAULT_AUTO, None, 0),
        (VAULT_AUTO, 60 * 3600 - 60, 60 * 3600),
        # Both so long after a revocation, or with it.
        (Publishing(Schedule(HOUR, DAY, after_revocation=MINUTE),
                    deltas=Deltas(Schedule(None, DAY, after_revocation=MINUTE))), 100, 160),
        (Publishing(Schedule(HOUR, DAY, after_revocation=timedelta()),
                    deltas=Deltas(Schedule(None, DAY, after_revocation=timedelta()))), 100, 100),
        # One of them at a regular time, and three that meet.
        (replace(HOURLY, deltas=Deltas(Schedule(None, DAY, after_revocation=HOUR))), 3600, 7200),
        (Publishing(Schedule(3 * HOUR, DAY, after_revocation=HOUR),
                    deltas=Deltas(Schedule(2 * HOUR, DAY))), 3600, 7200),
    ],
)  # fmt: skip
def test_whatever_is_signed_at_one_time_is_one_moment(
    publishing: Publishing, changed: int | None, at_once: int
) -> None:
    """A complete list and a delta of one time have one number, and it is counted once."""
    moments = Moments(publishing, EPOCH)
    if changed is not None:
        moments.note_change(at(changed), 1, revoked=True)
    complete, delta = (moments.find_last(at(at_once), one) for one in (False, True))
    assert complete is not None
    assert complete == delta
    assert complete.time == at(at_once)
    assert (complete.complete, complete.delta) == (True, True)
    if changed is not None:
        earlier = [moments.find_last(at(at_once), one, before=complete) for one in (False, True)]
        assert moments.count(complete) == max(moments.count(one) for one in earlier if one is not None) + 1
    else:
        assert moments.count(complete) == 1


def test_after_a_revocation() -> None:
    """At once, or within so long, and then once for all of them; a release brings nothing."""
    moments = Moments(VAULT, EPOCH)
    moments.note_change(at(100), 1, revoked=True)
    moments.note_change(at(200), 2, revoked=False)
    assert times(moments, 10**6) == [0, 100]
    moments = Moments(GOOGLE_CAS, EPOCH)
    for second in (100, 400, 1000, 1001):
        moments.note_change(at(second), 1, revoked=True)
    assert times(moments, 5000) == [0, 1000, 1900]


def test_a_regular_time_in_between_will_do() -> None:
    """Who signs anyway before the time is over needs no other."""
    moments = Moments(GOOGLE_CAS, EPOCH)
    moments.note_change(at(86400 - 60), 1, revoked=True)
    assert times(moments, 90000) == [0, 86400]


def test_deltas_only_if_something_changed() -> None:
    """At the next regular time, and not at the others."""
    moments = Moments(VAULT_AUTO, EPOCH)
    assert times(moments, 5000, delta=True) == [0]
    moments.note_change(at(1000), 1, revoked=True)
    moments.note_change(at(1100), 2, revoked=False)
    moments.note_change(at(3600), 3, revoked=False)
    assert times(moments, 10**5, delta=True) == [0, 1800, 4500]


def test_out_of_turn() -> None:
    """It is one more, with what was known then; of one second the last counts."""
    moments = Moments(HOURLY, EPOCH)
    first, second = (moments.add(at(3600), delta=False, seen=seen) for seen in (1, 2))
    assert times(moments, 7200) == [0, 3600, 3600, 3600, 7200]
    assert moments.find_last(at(3600), delta=False) is second
    assert moments.find_last(at(3600), delta=False, before=second) is first
    assert [moments.count(moment) for moment in (first, second)] == [3, 4]


def test_an_outage_of_the_signer() -> None:
    """Nothing is signed meanwhile; what was missed is made up for at once, and not where nothing was."""
    moments = Moments(HOURLY, EPOCH)
    moments.suspend(at(3600))
    assert times(moments, 3 * 3600) == [0, 3600]
    with pytest.raises(ValueError, match="nothing can be signed while the signer is suspended"):
        moments.add(at(4000), delta=False, seen=0)
    with pytest.raises(ValueError, match="suspended already"):
        moments.suspend(at(4000))
    moments.resume(at(8000), 0)
    assert times(moments, 3 * 3600) == [0, 3600, 8000, 10800]
    moments.suspend(at(11000))
    moments.resume(at(11100), 0)
    assert times(moments, 4 * 3600) == [0, 3600, 8000, 10800, 14400]


def test_what_is_next() -> None:
    """The first of all there will be; None where only a revocation brings one."""
    nearest = Moments(AD_CS, EPOCH).find_next(at(6 * 86400))
    assert nearest is not None
    assert (nearest.time, nearest.complete, nearest.delta) == (at(7 * 86400), True, True)
    assert Moments(VAULT, EPOCH).find_next(at(5)) is None
    assert Moments(HOURLY, EPOCH).find_complete_after(at(3600)) == at(7200)
    assert Moments(VAULT, EPOCH).find_complete_after(at(5)) is None


def test_deltas_that_begin_with_the_ca() -> None:
    """Deltas that only revocations bring have a first one, too."""
    both = replace(HOURLY, deltas=Deltas(Schedule(None, DAY, after_revocation=MINUTE)))
    moments = Moments(both, EPOCH)
    moments.note_change(at(30), 1, revoked=True)
    assert times(moments, 7200, delta=True) == [0, 90]
