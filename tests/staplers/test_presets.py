"""Each preset does what the server of its name does, against one responder in every mood."""

import socket
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from mockpki import PKI, faults, staplers
from mockpki.staplers import Kind
from tests.kit.presets import (
    MOODS,
    POLICIES,
    TABLE,
    G,
    R,
    U,
)
from tests.kit.staples import ask, in_order, kinds
from tests.kit.tls_clients import VERSIONS

AT_START = [name for name, policy in POLICIES.items() if policy.at_start]
BLOCKING = [name for name, policy in POLICIES.items() if policy.trigger == "lazy_blocking"]
ASYNC = [name for name, policy in POLICIES.items() if policy.trigger in ("lazy_async", "start_async")]
HASTY = timedelta(seconds=0.3)
A_LONG_TIME = timedelta(seconds=60)
CASES = [(name, mood) for name, column in TABLE.items() for mood in column]


def test_presets_have_names() -> None:
    """Each preset is a value of its own, had by name however it is spelt."""
    assert len(set(staplers.NAMED.values())) == len(staplers.NAMED) == 15
    for name, policy in staplers.NAMED.items():
        assert staplers.named(name) is policy
        assert staplers.named(name.upper().replace("-", "_")) is policy
        assert getattr(staplers, name.upper().replace("-", "_")) is policy
        assert replace(policy) == policy


def test_a_name_that_is_none() -> None:
    """It is a LookupError with near names, or with all there are; what is no text is a TypeError."""
    with pytest.raises(LookupError, match=r"no stapling policy 'ngnix'; did you mean nginx"):
        staplers.named("ngnix")
    with pytest.raises(LookupError, match=r"no stapling policy '~'; there are nginx, nginx-file, apache"):
        staplers.named("~")
    with pytest.raises(TypeError, match=r"name of a stapling policy, such as 'nginx'; got 7"):
        staplers.named(7)  # type: ignore[arg-type]


def test_the_table_is_complete() -> None:
    """Every preset has a column, and every column every mood."""
    assert TABLE.keys() == POLICIES.keys()
    assert all(column.keys() == MOODS.keys() for column in TABLE.values())


@pytest.mark.parametrize(("name", "mood"), CASES, ids=[f"{name}, {mood}" for name, mood in CASES])
def test_what_each_staples_in_every_mood_of_the_responder(pki: PKI, name: str, mood: str) -> None:
    """Three handshakes get the staples that the server gives, for so many questions to the responder."""
    staples, before, after = TABLE[name][mood]
    leaf = pki.issue_cert("localhost")
    if mood == "revoked":
        pki.revoke(leaf)
    elif mood == "unknown":
        pki.forget(leaf)
    with pki.ocsp.respond_with(*MOODS[mood]), pki.tls_server(leaf, staple=POLICIES[name]) as server:
        stapler = server.stapler
        stapler.settle()
        assert stapler.stats.fetches == before
        seen = []
        for _ in staples:
            seen.append(ask(pki, server))
            stapler.settle()
        assert tuple(seen) == staples
        stats = stapler.stats
    assert stats.fetches == after
    asked = 0 if mood == "refused" else after
    if asked:
        pki.ocsp.assert_asked(leaf, times=asked)
        assert {request.method for request in pki.ocsp.requests} == {POLICIES[name].method}
    else:
        pki.ocsp.assert_not_asked()
    assert (
        stats.handshakes == 3 == stats.stapled + stats.faked + stats.relayed + stats.omitted + stats.aborted
    )
    assert stats.stapled == sum(one in (G, R, U) for one in seen)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["apache", "jsse", "mod-md"])
def test_either_version_of_tls_carries_it(pki: PKI, name: str, version: str) -> None:
    """A staple of a stapler's is on the wire as any other is, in TLS 1.2 and 1.3."""
    with pki.tls_server(pki.issue_cert("localhost"), staple=POLICIES[name]) as server:
        server.stapler.settle()
        assert ask(pki, server, version) == "good"


# A responder that is slow, or hangs.


@pytest.mark.parametrize("name", ASYNC)
def test_a_handshake_that_does_not_block_waits_for_no_fetch(pki: PKI, name: str) -> None:
    """The responder hangs; handshakes are over while the fetch is under way, without a staple."""
    policy = replace(POLICIES[name], timeout=A_LONG_TIME)
    leaf = pki.issue_cert("localhost")
    with pki.ocsp.respond_with(faults.Hang()), pki.tls_server(leaf, staple=policy) as server:
        for _ in range(policy.sightings - 1):
            assert ask(pki, server) == "none"
        assert ask(pki, server) == "none"
        pki.ocsp.wait_for_request(10)
        assert ask(pki, server) == "none"
        stats, seen = server.stapler.stats, kinds(server.stapler)
        assert "is being fetched" in (server.connections[-1].staple_reason or "")
    assert (stats.fetches, stats.answered + stats.refused + stats.unanswered, stats.waited) == (1, 0, 0)
    assert in_order(seen, Kind.FETCH_STARTED, Kind.OMITTED, Kind.OMITTED)


SLOW = {
    "apache": "good", "apache-quiet": "good", "node-ocsp": "good", "jsse": "good",
    "apache, ReturnResponderErrors off": "good", "apache, FakeTryLater off": "good",
}  # fmt: skip
HANGS = {
    "apache": "try_later", "apache-quiet": "none", "node-ocsp": "aborted", "jsse": "none",
    "apache, ReturnResponderErrors off": "try_later", "apache, FakeTryLater off": "none",
}  # fmt: skip


def test_the_blocking_ones_are_all_here() -> None:
    """The two tables below have every preset whose handshakes wait."""
    assert sorted(SLOW) == sorted(HANGS) == sorted(BLOCKING)


@pytest.mark.parametrize("name", BLOCKING)
def test_a_handshake_that_blocks_waits_for_a_slow_answer(pki: PKI, name: str) -> None:
    """The first handshake is served after the answer has come; the next one at once, from the cache."""
    leaf = pki.issue_cert("localhost")
    with pki.ocsp.respond_with(faults.Slow(HASTY)), pki.tls_server(leaf, staple=POLICIES[name]) as server:
        assert ask(pki, server) == SLOW[name]
        seen = kinds(server.stapler)
        assert in_order(seen, Kind.SIGHTED, Kind.WAITING, Kind.ANSWERED, Kind.CACHED, Kind.SERVED)
        assert ask(pki, server) == "good"
        assert server.stapler.stats.waited == 1
        first, later = (made.staple_reason or "" for made in server.connections)
    assert "waited 0." in first
    assert later.startswith("cached, good until ")


@pytest.mark.parametrize("name", BLOCKING)
def test_a_handshake_that_blocks_waits_no_longer_than_the_fetch(pki: PKI, name: str) -> None:
    """A responder that hangs is given up, and the handshake gets what there is without an answer."""
    policy = replace(POLICIES[name], timeout=HASTY)
    leaf = pki.issue_cert("localhost")
    with pki.ocsp.respond_with(faults.Hang()), pki.tls_server(leaf, staple=policy) as server:
        assert ask(pki, server) == HANGS[name]
        assert in_order(kinds(server.stapler), Kind.WAITING, Kind.NO_ANSWER)
        assert "no answer within 0.3 s" in (server.connections[-1].staple_reason or "")
    pki.ocsp.assert_asked(leaf, times=1)


def test_jsse_gives_up_and_keeps_the_late_answer(pki: PKI) -> None:
    """The handshake waits for a time of its own; what comes after it is for the next handshake."""
    policy = replace(staplers.JSSE, wait=timedelta(milliseconds=50))
    leaf = pki.issue_cert("localhost")
    with (
        pki.ocsp.respond_with(faults.Slow(timedelta(seconds=1))),
        pki.tls_server(leaf, staple=policy) as server,
    ):
        assert ask(pki, server) == "none"
        assert "gave up after 0.05 s" in (server.connections[-1].staple_reason or "")
        server.stapler.settle()
        assert in_order(kinds(server.stapler), Kind.WAITING, Kind.OMITTED, Kind.ANSWERED, Kind.CACHED)
        assert ask(pki, server) == "good"
    pki.ocsp.assert_asked(leaf, times=1)


def test_caddy_opens_its_port_when_it_has_asked(pki: PKI, own_port: int) -> None:
    """While the responder hangs, the port refuses connections; when that is over, it takes them."""
    policy = replace(staplers.CADDY, timeout=A_LONG_TIME)
    server = pki.tls_server(pki.issue_cert("localhost"), staple=policy, port=own_port)
    pki.ocsp.respond_with(faults.Hang())
    starting = threading.Thread(target=server.__enter__)
    starting.start()
    try:
        pki.ocsp.wait_for_request(10)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", own_port), timeout=10)
    finally:
        pki.ocsp.respond_with(faults.Refused())  # it takes the connection that hangs down, too
        starting.join(20)
    assert not starting.is_alive()
    assert ask(pki, server) == "none"
    assert kinds(server.stapler)[:2] == [Kind.FETCH_STARTED, Kind.NO_ANSWER]
    server.close()
