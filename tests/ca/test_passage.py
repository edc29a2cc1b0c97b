"""Time passes from one thing that is due to the next, and each happens when it is due."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from mockpki import PKI, faults, staplers
from mockpki.staplers import BeforeEnd, Exponential, Fixed, Kind, Stapler
from tests.kit.staples import DAY, HOUR, MINUTE, START, ask

SHORT = faults.Long(before=timedelta(), after=HOUR)


def times_of(stapler: Stapler, kind: Kind, began: datetime) -> list[timedelta]:
    """When that happened, from the beginning on."""
    return [event.time - began for event in stapler.events if event.kind is kind]


def test_every_retry_comes_when_it_is_due(pki: PKI) -> None:
    """With doubled waits, a responder that is down for a day is asked at each of their ends, not once."""
    policy = replace(START, retry=Exponential(MINUTE, HOUR))
    with (
        pki.ocsp.respond_with(faults.Refused()),
        pki.clock.stop(),
        pki.tls_server(pki.issue_cert("localhost"), staple=policy) as server,
    ):
        stapler, began = server.stapler, pki.clock.now()
        pki.run_until(began + 5 * HOUR)
        doubled = [(2**number - 1) * MINUTE for number in range(7)]
        assert times_of(stapler, Kind.FETCH_STARTED, began) == [
            *doubled,
            *(doubled[-1] + n * HOUR for n in (1, 2, 3)),
        ]
        assert pki.clock.now() == began + 5 * HOUR
        assert stapler.due == began + doubled[-1] + 4 * HOUR


def test_a_shift_leaps_over_what_is_due(pki: PKI) -> None:
    """What would have been asked meanwhile is asked once, and late: that is what a shift is."""
    with pki.ocsp.respond_with(SHORT), pki.clock.stop():
        counts = []
        for leap in (True, False):
            policy = replace(START, refresh=BeforeEnd(30 * MINUTE), retry=Fixed(MINUTE))
            with pki.tls_server(pki.issue_cert("localhost"), staple=policy) as server:
                server.stapler.settle()
                if leap:
                    pki.clock.shift(6 * HOUR)
                    server.stapler.settle()
                else:
                    pki.run_until(pki.clock.now() + 6 * HOUR)
                assert ask(pki, server) == "good"
                counts.append(server.stapler.stats.fetches)
    assert counts == [2, 13]


def test_several_servers_have_their_own_moments(pki: PKI) -> None:
    """Each stapler is asked what is due next, and one that two servers share counts once."""
    slow, fast = (Stapler(replace(START, refresh=BeforeEnd(by))) for by in (10 * MINUTE, 40 * MINUTE))
    one, other = pki.issue_cert("one.example"), pki.issue_cert("other.example")
    with (
        pki.ocsp.respond_with(SHORT),
        pki.clock.stop(),
        pki.tls_server(one, staple=slow),
        pki.tls_server(one, staple=slow),
        pki.tls_server(other, staple=fast),
    ):
        began = pki.clock.now()
        pki.run_until(began + 100 * MINUTE)
        assert times_of(slow, Kind.FETCH_STARTED, began) == [timedelta(), 50 * MINUTE, 100 * MINUTE]
        assert times_of(fast, Kind.FETCH_STARTED, began) == [n * 20 * MINUTE for n in range(6)]
    assert (slow.due, fast.due) == (None, None)
    pki.run_until(pki.clock.now() + DAY)
    assert slow.stats.fetches == 3


def test_a_running_clock_runs_on(pki: PKI) -> None:
    """It stands only while time is made to pass; and a lazy server asks nothing of its own accord."""
    with pki.tls_server(pki.issue_cert("localhost"), staple=staplers.NGINX) as server:
        ask(pki, server)
        until = pki.clock.now() + DAY
        pki.run_until(until)
        assert server.stapler.due is None
        assert server.stapler.stats.fetches == 1
        assert not pki.clock.stopped
        assert until <= pki.clock.now() <= until + timedelta(seconds=30)


def test_what_is_overdue_is_done_first(pki: PKI) -> None:
    """After a leap things are due in the past: they are done now, once, and then the rest in time."""
    policy = replace(START, retry=Fixed(HOUR))
    with (
        pki.ocsp.respond_with(faults.TryLater()),
        pki.clock.stop(),
        pki.tls_server(pki.issue_cert("localhost"), staple=policy) as server,
    ):
        began = pki.clock.now()
        server.stapler.settle()
        pki.clock.shift(90 * MINUTE)
        pki.run_until(began + 4 * HOUR)
        assert times_of(server.stapler, Kind.REFUSED, began) == [
            timedelta(), 90 * MINUTE, 150 * MINUTE, 210 * MINUTE,
        ]  # fmt: skip


def test_a_timer_does_not_run_while_the_clock_stands(pki: PKI) -> None:
    """What is due in a second is due then for ever; and it comes when the clock is let go."""
    policy = replace(START, retry=Fixed(timedelta(seconds=1)))
    pki.ocsp.script([faults.TryLater()])
    with pki.clock.stop(), pki.tls_server(pki.issue_cert("localhost"), staple=policy) as server:
        pki.ocsp.wait_for_request(20)
        server.stapler.settle()
        with pytest.raises(TimeoutError, match=r"within 1\.5 s"):
            pki.ocsp.wait_for_request(1.5)
        assert server.stapler.stats.fetches == 1
        pki.clock.resume()
        pki.ocsp.wait_for_request(20)
        server.stapler.settle()
        assert ask(pki, server) == "good"


@pytest.mark.parametrize(
    ("time", "kind", "sentence"),
    [
        (timedelta(days=1), TypeError, "takes an aware datetime, such as pki.clock.now"),
        (datetime(2030, 1, 1), ValueError, "has no time zone"),  # noqa: DTZ001
        (datetime(2001, 1, 1, tzinfo=timezone.utc), ValueError, "is in the past, .* goes back"),
    ],
    ids=["duration", "naive", "past"],
)
def test_a_time_that_none_can_reach(pki: PKI, time: Any, kind: type[Exception], sentence: str) -> None:
    """It is an error that says what is wrong with it, and moves nothing."""
    with pytest.raises(kind, match=sentence):
        pki.run_until(time)
    assert (pki.clock.offset, pki.clock.stopped) == (timedelta(), False)


def test_time_does_not_pass_inside_a_service(pki: PKI) -> None:
    """It waits for the services, so none of them can let it pass; and not in a PKI that is closed."""
    found: list[Exception] = []

    def choose(request: object) -> tuple[()]:
        try:
            pki.run_until(pki.clock.now() + DAY)
        except RuntimeError as error:
            found.append(error)
        return ()

    pki.ocsp.respond_by(choose)
    with pki.tls_server(pki.issue_cert("localhost"), staple=START) as server:
        server.stapler.settle()
    (error,) = found
    assert "cannot be called inside one of them" in str(error)
    pki.close()
    with pytest.raises(ValueError, match="closed"):
        pki.run_until(datetime(2099, 1, 1, tzinfo=timezone.utc))
