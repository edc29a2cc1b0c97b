"""What lives in the cache, and for how long."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from mockpki import PKI, faults, staplers
from mockpki.staplers import (
    AtFraction,
    Kind,
    StaplePolicy,
)
from mockpki.staplers._cache import Cache, Failure, Kept, Known, Slot, moment, whole_second
from mockpki.staplers._reading import Usable
from tests.kit.situations import GOOD, NEW, NOW, lazy
from tests.kit.staples import (
    A_LONG_TIME,
    BLOCKING,
    DAY,
    DOWN,
    HOUR,
    LAZY,
    MINUTE,
    SECOND,
    START,
    ask,
    in_order,
    kinds,
    reason,
    warm,
)


def test_workers_have_caches_of_their_own(pki: PKI) -> None:
    """Each worker's first handshake is bare, and each asks for itself."""
    policy = replace(staplers.NGINX, workers=3)
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf, staple=policy) as server:
        seen = []
        for _ in range(7):
            seen.append(ask(pki, server))
            server.stapler.settle()
    assert seen == ["none"] * 3 + ["good"] * 4
    pki.ocsp.assert_asked(leaf, times=3)


def test_a_refresh_that_is_under_way_is_enough(pki: PKI) -> None:
    """Handshakes that find the old answer still good begin no second refresh beside the first."""
    policy = replace(LAZY, refresh=AtFraction(0.5), timeout=A_LONG_TIME)
    with pki.tls_server(pki.issue_cert("localhost"), staple=policy) as server:
        warm(pki, server)
        with pki.ocsp.respond_with(faults.Hang()):
            pki.clock.shift(4 * DAY)
            assert [ask(pki, server) for _ in range(3)] == ["good"] * 3
            assert server.stapler.stats.fetches == 2


def test_a_time_to_live_that_drops(pki: PKI) -> None:
    """When it is over the answer goes, good or not, before a new one is asked for."""
    policy = replace(BLOCKING, ttl=HOUR, on_refresh_fail="drop")
    with pki.tls_server(pki.issue_cert("localhost"), staple=policy) as server:
        warm(pki, server)
        with pki.ocsp.respond_with(DOWN):
            pki.clock.shift(2 * HOUR)
            assert ask(pki, server) == "none"
        assert in_order(kinds(server.stapler), Kind.SERVED, Kind.DROPPED, Kind.NO_ANSWER, Kind.OMITTED)
        assert ask(pki, server) == "good"


def test_a_time_to_live_that_keeps(pki: PKI) -> None:
    """When it is over a new answer is asked for, and the old one served until there is one."""
    policy = replace(LAZY, ttl=HOUR, on_refresh_fail="keep")
    with pki.tls_server(pki.issue_cert("localhost"), staple=policy) as server:
        warm(pki, server)
        with pki.ocsp.respond_with(DOWN):
            pki.clock.shift(2 * HOUR)
            assert ask(pki, server) == "good"
            server.stapler.settle()
        assert in_order(kinds(server.stapler), Kind.NO_ANSWER, Kind.KEPT)
        assert ask(pki, server) == "good"
        server.stapler.settle()
        assert kinds(server.stapler)[-1] is Kind.REFRESHED


def test_a_refresh_that_fails_may_drop_what_was_good(pki: PKI) -> None:
    """With ``drop``, a background fetch that finds nobody takes the answer away."""
    policy = replace(START, refresh=AtFraction(0.5), on_refresh_fail="drop")
    with pki.tls_server(pki.issue_cert("localhost"), staple=policy) as server:
        warm(pki, server)
        with pki.ocsp.respond_with(DOWN):
            pki.clock.shift(4 * DAY)
            server.stapler.settle()
            assert ask(pki, server) == "none"
        assert Kind.DROPPED in kinds(server.stapler)


EXPIRED: dict[str, tuple[StaplePolicy, str, str, str]] = {
    "omit, asking": (LAZY, "none", "good", "Z; an answer is being fetched: it has begun"),
    "omit, waiting": (BLOCKING, "good", "good", "waited 0."),
    "serve, asking": (replace(LAZY, on_expired="serve"), "old", "good", "Z, and is stapled all the same"),
    "refetch": (replace(LAZY, on_expired="refetch_blocking", wait=None), "good", "good", "waited 0."),
    "refetch, not waiting": (
        replace(LAZY, on_expired="refetch_blocking"),
        "none",
        "good",
        "gave up after 0 s",
    ),
    "abort": (replace(LAZY, on_expired="abort"), "aborted", "aborted", "the answer ended "),
}


@pytest.mark.parametrize("case", EXPIRED)
def test_what_becomes_of_an_answer_past_its_end(pki: PKI, case: str) -> None:
    """The handshake that finds it gets what the policy says, and so does the next one."""
    policy, staple, later, sentence = EXPIRED[case]
    with pki.tls_server(pki.issue_cert("localhost"), staple=policy) as server:
        warm(pki, server)
        old = server.connections[-1].staple
        pki.clock.shift(8 * DAY)
        seen = ask(pki, server)
        assert seen == ("good" if staple == "old" else staple)
        assert (server.connections[-1].staple == old) == (staple == "old")
        assert sentence in reason(server)
        server.stapler.settle()
        assert ask(pki, server) == later
        assert (server.connections[-1].staple == old) is False
        assert kinds(server.stapler).count(Kind.EXPIRED) == 1


# The values.

Moment = datetime | None
KEPT: dict[str, tuple[dict[str, Any], timedelta | None, Moment, Moment, Moment]] = {
    # The options, the life of the answer; when it expires, is over, and is asked for again.
    "as it is": ({}, DAY, NOW + DAY, None, None),
    "skew": ({"skew": -HOUR}, DAY, NOW + 23 * HOUR, None, None),
    "endless": ({}, None, None, None, None),
    "assumed_life": ({"assumed_life": HOUR, "skew": MINUTE}, None, NOW + HOUR, None, None),
    "ttl, keep": ({"ttl": HOUR}, DAY, NOW + DAY, None, NOW + HOUR),
    "ttl, drop": ({"ttl": HOUR, "on_refresh_fail": "drop"}, DAY, NOW + DAY, NOW + HOUR, None),
    "refresh": ({"refresh": AtFraction(0.5)}, DAY, NOW + DAY, None, NOW + 12 * HOUR),
    "refresh and ttl": ({"refresh": AtFraction(0.5), "ttl": HOUR}, DAY, NOW + DAY, None, NOW + HOUR),
    "refresh, drop": (
        {"refresh": AtFraction(0.5), "ttl": HOUR, "on_refresh_fail": "drop"},
        DAY, NOW + DAY, NOW + HOUR, NOW + 12 * HOUR,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", KEPT)
def test_how_an_answer_is_kept(case: str) -> None:
    """Its end, its time in the cache, and the moment of the next question, as the policy says."""
    options, life, expires, over, refresh_at = KEPT[case]
    usable = Usable(b"der", "good", NOW, None if life is None else NOW + life)
    assert Kept.of(usable, NOW, lazy(**options)) == Kept(b"der", "good", expires, over, refresh_at)


@pytest.mark.parametrize(("seconds", "found"), [(-1, (False, False)), (0, (False, True)), (1, (True, True))])
def test_the_moments_of_an_answer(seconds: int, found: tuple[bool, bool]) -> None:
    """It is good to the very second of its end; its time in the cache ends with its last."""
    kept, now = Kept(b"der", "good", NOW, NOW, NOW), NOW + seconds * SECOND
    expired, due = found
    assert (kept.has_expired(now), kept.is_over(now), kept.wants_refresh(now)) == (expired, due, due)
    endless = Kept(b"der", "good", None, None, None)
    assert not any((endless.has_expired(now), endless.is_over(now), endless.wants_refresh(now)))
    assert str(kept) == "good until 2026-01-01 12:00:00Z"
    assert str(endless) == "good without end"


@pytest.mark.parametrize(("until", "remembered"), [(NOW, False), (NOW + SECOND, True), (None, True)])
def test_how_long_a_failure_is_remembered(until: datetime | None, remembered: bool) -> None:
    """To its moment, and for good where there is none."""
    known = replace(NEW, failure=Failure(Kind.NO_ANSWER, "why", until))
    assert known.remembers_failure(NOW) == remembered
    assert not NEW.remembers_failure(NOW)


def test_what_a_certificate_says_of_itself(pki: PKI) -> None:
    """Its name, its responders, and whether it asks for a staple; of all else nothing is known."""
    leaf = pki.issue_cert("localhost", must_staple=True)
    assert Known.of(leaf, LAZY) == Known(leaf, "localhost", (pki.ocsp.url,), must=True)


@pytest.mark.parametrize("persist", [True, False])
def test_what_a_new_process_finds(persist: bool) -> None:
    """Answers that were persisted, and nothing of what went on about them."""
    cache = Cache(lazy(persist=persist, sightings=2))
    busy = replace(GOOD, failure=Failure(Kind.NO_ANSWER, "why", None), failures=3, asking=True, due=NOW)
    cache.slots = {b"kept": Slot(busy), b"none": Slot(NEW)}
    cache.sightings.count("a.example")
    restarted = cache.restarted()
    assert {der: slot.known for der, slot in restarted.slots.items()} == ({b"kept": GOOD} if persist else {})
    assert all(slot.fetch is None for slot in restarted.slots.values())
    assert restarted.sightings.count("a.example") == 1
    assert cache.sightings.count("a.example") == 2


def test_times_in_sentences_and_in_whole_seconds() -> None:
    """A moment is told to the second, and moved on to the next one where it lies between two."""
    assert (moment(NOW), moment(None)) == ("2026-01-01 12:00:00Z", "never")
    assert whole_second(NOW) == NOW
    assert whole_second(NOW + timedelta(microseconds=1)) == NOW + SECOND
