"""What falls due: by the PKI's clock, by the system's, and tick by tick."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from freezegun import freeze_time

from mockpki import PKI, faults, staplers
from mockpki._clock import Clock
from mockpki.staplers import AtFraction, Fixed, Kind
from mockpki.staplers._timetable import Timetable
from tests.kit.situations import NOW
from tests.kit.staples import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    START,
    ask,
    kinds,
    warm,
)


def test_real_time_counts_as_well(pki: PKI) -> None:
    """A retry that falls due by the system's clock is made with nobody's help."""
    policy = replace(START, retry=Fixed(SECOND))
    leaf = pki.issue_cert("localhost")
    pki.ocsp.script([faults.TryLater()], [faults.TryLater()])
    with pki.tls_server(leaf, staple=policy) as server:
        for _ in range(3):
            pki.ocsp.wait_for_request(20)
        server.stapler.settle()
        assert ask(pki, server) == "good"
    assert server.stapler.stats.refused == 2


def test_ticks_are_when_a_policy_looks(pki: PKI) -> None:
    """What falls due between two ticks waits for the next one."""
    policy = replace(START, refresh=AtFraction(0.5), tick=HOUR)
    life = faults.Long(before=timedelta(), after=50 * MINUTE)
    with pki.ocsp.respond_with(life), pki.tls_server(pki.issue_cert("localhost"), staple=policy) as server:
        stapler = server.stapler
        stapler.settle()
        counts = []
        for minutes in (30, 29, 2):
            pki.clock.shift(minutes * MINUTE)
            stapler.settle()
            counts.append(stapler.stats.fetches)
    assert counts == [1, 1, 2]


def test_the_shift_of_the_clock_begins_what_is_due(pki: PKI) -> None:
    """When `shift` returns, a refresh has begun that needs no handshake; once settled, it is in the cache."""
    with pki.tls_server(pki.issue_cert("localhost"), staple=staplers.MOD_MD) as server:
        stapler = server.stapler
        stapler.settle()
        pki.clock.shift(4 * DAY)
        assert stapler.stats.fetches == 1
        pki.clock.shift(DAY)
        assert stapler.stats.fetches == 2
        stapler.settle()
        assert kinds(stapler)[-1] is Kind.REFRESHED
        assert ask(pki, server) == "good"
    pki.clock.shift(30 * DAY)
    assert stapler.stats.fetches == 2


def test_time_that_freezegun_moves_is_noticed_at_the_next_handshake(pki: PKI) -> None:
    """Nobody tells the stapler of it; but a handshake looks what has fallen due."""
    with (
        freeze_time(datetime.now(timezone.utc)) as frozen,
        pki.tls_server(pki.issue_cert("localhost"), staple=staplers.MOD_MD) as server,
    ):
        warm(pki, server)
        frozen.tick(5 * DAY)
        assert ask(pki, server) == "good"
        server.stapler.settle()
        assert kinds(server.stapler)[-1] is Kind.REFRESHED


def test_a_clock_tells_those_who_watch_it() -> None:
    """Each watcher is called after each shift, until it is called off; twice the same are two."""
    clock, seen = Clock(), list[timedelta]()

    def note() -> None:
        seen.append(clock.offset)

    first, second = clock.watch(note), clock.watch(note)
    clock.shift(DAY)
    first()
    clock.shift(DAY)
    second()
    clock.shift(DAY)
    assert seen == [DAY, DAY, 2 * DAY]


def test_what_was_fetched_early_is_not_fetched_again_at_the_old_date(pki: PKI) -> None:
    """A handshake that had the answer renewed has put off the refresh as well."""
    policy = replace(START, ttl=HOUR, on_refresh_fail="drop", refresh=AtFraction(0.5))
    with pki.tls_server(pki.issue_cert("localhost"), staple=policy) as server:
        stapler = server.stapler
        warm(pki, server)
        counts = []
        for hours, asks in ((48, True), (37, False), (48, False)):
            pki.clock.shift(hours * HOUR)
            if asks:
                assert ask(pki, server) == "none"
            stapler.settle()
            counts.append(stapler.stats.fetches)
    assert counts == [2, 2, 3]


def test_the_answers_of_a_restarted_server_are_refreshed_in_time(pki: PKI) -> None:
    """What was persisted keeps its date: it is asked about again when that comes, and not before."""
    with pki.tls_server(pki.issue_cert("localhost"), staple=staplers.MOD_MD) as server:
        stapler = server.stapler
        stapler.settle()
        pki.clock.shift(3 * DAY)
        stapler.restart()
        stapler.settle()
        assert stapler.stats.fetches == 1
        pki.clock.shift(2 * DAY)
        stapler.settle()
        assert stapler.stats.fetches == 2
        pki.clock.shift(30 * DAY)
        stapler.restart()
        stapler.settle()
        assert ask(pki, server) == "good"


def test_a_fetch_ahead_of_the_tick_is_planned_for_the_same_tick(pki: PKI) -> None:
    """What was due then is due then still: one question is asked at the tick, and nothing fails."""
    policy = replace(
        START, refresh=AtFraction(0.5), tick=HOUR, ttl=10 * MINUTE, on_refresh_fail="drop", on_expired="serve"
    )
    life = faults.Long(before=timedelta(), after=30 * MINUTE)
    with pki.ocsp.respond_with(life), pki.tls_server(pki.issue_cert("localhost"), staple=policy) as server:
        stapler = server.stapler
        stapler.settle()
        pki.clock.shift(11 * MINUTE)
        assert ask(pki, server) == "none"
        stapler.settle()
        assert stapler.stats.fetches == 2
        pki.clock.shift(50 * MINUTE)
        stapler.settle()
        assert stapler.stats.fetches == stapler.stats.answered == 3


# The timetable itself.


def test_what_is_due_comes_in_its_order() -> None:
    """The earliest first, and nothing before its time; twice the same moment is no matter."""
    timetable: Timetable[str] = Timetable()
    for seconds, thing in ((3, "late"), (1, "early"), (2, "b"), (2, "a"), (2, "a")):
        timetable.put(NOW + seconds * SECOND, thing)
    assert list(timetable.take(NOW)) == []
    due = NOW + 2 * SECOND
    assert list(timetable.take(due)) == [(NOW + SECOND, "early"), (due, "b"), (due, "a"), (due, "a")]
    timetable.clear()
    assert list(timetable.take(NOW + DAY)) == []


def test_things_that_cannot_be_compared_may_be_due_at_once() -> None:
    """Two of them, or one of them twice, at the same moment."""
    timetable: Timetable[object] = Timetable()
    thing, other = object(), object()
    for one in (thing, other, thing):
        timetable.put(NOW, one)
    assert [one for _, one in timetable.take(NOW)] == [thing, other, thing]


def test_one_timer_leads_to_what_is_due_next() -> None:
    """It is never in the past, it is set anew as things come and go, and there is none for nothing."""
    loop = asyncio.new_event_loop()
    calls: list[float] = []
    began = loop.time()

    def called() -> None:
        calls.append(loop.time() - began)
        loop.stop()

    try:
        timetable: Timetable[str] = Timetable()
        timetable.set_timer(loop, NOW, loop.stop)
        timetable.put(NOW + DAY, "tomorrow")
        timetable.set_timer(loop, NOW, loop.stop)
        timetable.put(NOW - DAY, "yesterday")
        timetable.set_timer(loop, NOW, called)
        loop.run_forever()
        assert len(calls) == 1
        assert calls[0] >= 0.05
        timetable.set_timer(loop, NOW, called)
        timetable.clear()
        loop.call_later(0.2, loop.stop)
        loop.run_forever()
        assert len(calls) == 1
    finally:
        loop.close()
