"""What lives in the cache, and for how long."""

from dataclasses import replace

import pytest

from mockpki import PKI, faults, staplers
from mockpki.staplers import (
    AtFraction,
    Kind,
    StaplePolicy,
)
from tests.kit.staples import (
    A_LONG_TIME,
    BLOCKING,
    DAY,
    DOWN,
    HOUR,
    LAZY,
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
