"""The PKI's clock: it follows the system's and freezegun's, and may be moved."""

import time
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from freezegun import freeze_time

from mockpki import PKI
from mockpki._clock import Clock, monotonic

THEN = datetime(2031, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
DAY = timedelta(days=1)


def test_it_is_the_systems_in_whole_seconds() -> None:
    """Aware, in UTC, and without a fraction."""
    before = datetime.now(timezone.utc)
    now = Clock().now()
    assert now.tzinfo is timezone.utc
    assert now.microsecond == 0
    assert before - timedelta(seconds=1) <= now <= datetime.now(timezone.utc)


def test_it_follows_freezegun_and_shifts_add_up() -> None:
    """Forwards and back, on top of what was shifted before; the system's own time is not moved."""
    clock = Clock()
    with freeze_time(THEN):
        assert clock.now() == THEN
        clock.shift(2 * DAY)
        clock.shift(-DAY)
        assert (clock.now(), clock.offset) == (THEN + DAY, DAY)
        assert repr(clock) == "<Clock 2031-02-04 04:05:06Z, 1 day, 0:00:00 ahead>"
        assert abs(Clock.system_time().timestamp() - time.clock_gettime(time.CLOCK_REALTIME)) < 5


def test_time_outs_go_on_while_time_stands_still() -> None:
    """The clock for time-outs rises, whatever freezegun says."""
    with freeze_time(THEN):
        before = monotonic()
        deadline = time.clock_gettime(time.CLOCK_MONOTONIC) + 10
        while monotonic() == before:
            assert time.clock_gettime(time.CLOCK_MONOTONIC) < deadline
        assert monotonic() > before


def test_a_shift_that_is_none() -> None:
    """Something else than a timedelta, or one that leaves the calendar, changes nothing."""
    clock = Clock()
    odd: Any = 5
    with pytest.raises(TypeError, match=r"shift\(\) takes a timedelta, such as timedelta\(days=1\); got 5"):
        clock.shift(odd)
    for far in (timedelta(days=-40_000), timedelta(days=2_600_000), timedelta.max):
        with pytest.raises(ValueError, match="moves this clock out of the years 1950 to 9000"):
            clock.shift(far)
    assert clock.offset == timedelta()


def test_an_offset_is_set_once_however_often() -> None:
    """Whatever it was, also under freezegun and while the clock stands; what is none changes nothing."""
    clock = Clock()
    told: list[timedelta] = []
    clock.watch(lambda: told.append(clock.offset))
    with freeze_time(THEN):
        clock.shift(-400 * DAY)
        for offset in (DAY, DAY, -DAY, timedelta()):
            clock.set(offset)
            assert (clock.now(), clock.offset) == (THEN + offset, offset)
        assert told == [-400 * DAY, DAY, DAY, -DAY, timedelta()]
    with freeze_time(THEN) as frozen, clock.stop():
        frozen.tick(10)
        for _ in range(2):
            clock.set(2 * DAY)
            assert (clock.now(), clock.offset) == (THEN + 2 * DAY, 2 * DAY)
    odd: Any = 5
    before = clock.offset
    with pytest.raises(
        TypeError, match=r"set\(offset=\) takes a timedelta, such as timedelta\(days=1\); got 5"
    ):
        clock.set(odd)
    for far in (timedelta(days=-40_000), timedelta(days=2_600_000), timedelta.max, timedelta.min):
        with pytest.raises(
            ValueError, match=r"set\(offset=.*\) moves this clock out of the years 1950 to 9000"
        ):
            clock.set(far)
    assert clock.offset == before


def test_what_ago_did_is_undone_by_set() -> None:
    """0 is the system's time, for a PKI that began in the past, too; its answers are of then and of now."""
    with PKI(ago=100 * DAY) as pki:
        assert pki.clock.offset == -100 * DAY
        pki.clock.set(timedelta())
        assert abs(pki.clock.now() - Clock.system_time()) < timedelta(minutes=1)
        pki.clock.set(-100 * DAY)
        assert Clock.system_time() - pki.clock.now() > 99 * DAY


def test_watchers_are_told_of_each_shift() -> None:
    """Each as often as it was given, until it is taken back; not of a shift that was refused."""
    clock, told = Clock(), []
    ends = [clock.watch(lambda: told.append(clock.offset)) for _ in range(2)]
    clock.shift(DAY)
    assert told == [DAY, DAY]
    ends.pop()()
    clock.shift(DAY)
    assert told == [DAY, DAY, 2 * DAY]
    with pytest.raises(ValueError, match="out of the years"):
        clock.shift(timedelta.max)
    ends.pop()()
    clock.shift(DAY)
    assert len(told) == 3


def test_one_watcher_twice_is_two() -> None:
    """To end one of them leaves the other."""
    clock, told = Clock(), []

    def watcher() -> None:
        told.append(1)

    first = clock.watch(watcher)
    clock.watch(watcher)
    first()
    clock.shift(DAY)
    assert told == [1]


# A clock that stands.


def test_a_stopped_clock_stands_until_it_is_moved_or_let_go() -> None:
    """Nothing but a shift moves it; then it runs on from where it stood, and never goes back."""
    clock = Clock()
    with freeze_time(THEN) as frozen:
        clock.shift(DAY)
        clock.stop()
        assert [clock.stopped] == [True]
        frozen.tick(DAY)
        assert clock.now() == THEN + DAY
        clock.shift(timedelta(seconds=0.75))
        clock.shift(timedelta(seconds=0.75))
        assert clock.now() == THEN + DAY + timedelta(seconds=1)
        assert repr(clock) == "<Clock 2031-02-04 04:05:07Z, stopped>"
        clock.resume()
        assert [clock.stopped] == [False]
        assert clock.now() == THEN + DAY + timedelta(seconds=1)
        frozen.tick(DAY)
        assert clock.now() == THEN + 2 * DAY + timedelta(seconds=1)
        clock.resume()
        assert clock.now() == THEN + 2 * DAY + timedelta(seconds=1)


def test_a_block_stops_the_clock_and_lets_it_run_on() -> None:
    """At the end it runs, but not at the end of a block inside another, or where it stood before."""
    clock = Clock()
    with freeze_time(THEN) as frozen:
        with clock.stop():
            with clock.stop():
                frozen.tick(DAY)
            assert [clock.stopped] == [True]
            assert clock.now() == THEN
        assert [clock.stopped] == [False]
        frozen.tick(DAY)
        assert clock.now() == THEN + DAY
        clock.stop()
        with clock.stop():
            pass
        assert [clock.stopped] == [True]


def test_a_real_second_passes_a_stopped_clock_by() -> None:
    """Without freezegun, too: the system's time goes on, and this one does not."""
    clock = Clock()
    with clock.stop():
        stood, until = clock.now(), monotonic() + 1.1
        while monotonic() < until:
            time.sleep(0.1)
            assert clock.now() == stood
    assert stood <= clock.now() <= stood + timedelta(seconds=1)
    running = Clock()
    began, until = running.now(), monotonic() + 1.1
    while monotonic() < until:
        time.sleep(0.1)
    assert running.now() > began


def test_watchers_are_told_when_it_stops_and_when_it_runs_on() -> None:
    """Each once; a second stop, and a shift that is refused, tell nobody."""
    clock, told = Clock(), list[bool]()
    clock.watch(lambda: told.append(clock.stopped))
    clock.stop()
    clock.stop()
    with pytest.raises(ValueError, match="out of the years"):
        clock.shift(timedelta.max)
    clock.shift(DAY)
    clock.resume()
    clock.resume()
    assert told == [True, True, False]
