"""What each preset does with a staple that was good, with must-staple certificates, and after a restart."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from mockpki import PKI, faults, relying_party, staplers
from mockpki.faults import OCSPFault
from mockpki.staplers import Kind
from tests.kit.presets import LIFE, NO_TIME, POLICIES, SHORT, TABLE, G, N, R, T, X, made_good
from tests.kit.staple_reader import capture
from tests.kit.staples import STAPLE_ONLY, ask, browse, in_order, kinds, visit, word

A_LONG_TIME = timedelta(seconds=60)

# What was good, and is no more.

# One minute after nextUpdate, and six.
OVER: dict[str, tuple[str, str]] = {
    "nginx": (N, N), "nginx-file": (G, G), "apache": (G, T), "apache, ReturnResponderErrors off": (G, T),
    "apache, FakeTryLater off": (G, N), "apache-quiet": (G, N), "mod-md": (G, G), "haproxy": (N, N),
    "caddy": (G, G), "hitch": (N, N), "envoy-lenient": (N, N), "envoy-strict": (X, X),
    "envoy-must-staple": (X, X), "node-ocsp": (X, X), "jsse": (N, N), "squarespace": (N, N), "ideal": (N, N),
}  # fmt: skip


@pytest.mark.parametrize("name", POLICIES)
def test_a_staple_that_was_good_runs_out_while_the_responder_is_down(pki: PKI, name: str) -> None:
    """Past nextUpdate, and past the allowance that some make, each does with the old staple what it does."""
    policy, leaf = POLICIES[name], pki.issue_cert("localhost")
    pki.ocsp.respond_with(SHORT)
    with pki.tls_server(leaf, staple=made_good(pki, leaf, policy)) as server:
        stapler = server.stapler
        stapler.settle()
        while ask(pki, server) != "good":
            stapler.settle()
        pki.ocsp.respond_with(faults.Refused())
        found = []
        for by in (LIFE + timedelta(minutes=1), timedelta(minutes=5)):
            pki.clock.shift(by)
            stapler.settle()
            found.append(ask(pki, server))
            stapler.settle()
        assert tuple(found) == OVER[name]
        noted = Kind.EXPIRED in kinds(stapler)
    assert noted


@pytest.mark.parametrize("name", POLICIES)
def test_a_certificate_revoked_a_moment_ago_keeps_its_good_staple(pki: PKI, name: str) -> None:
    """Nobody asks again so soon: the staple that was good is still served, and the CA is not asked."""
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf, staple=POLICIES[name]) as server:
        server.stapler.settle()
        while ask(pki, server) != "good":
            server.stapler.settle()
        pki.revoke(leaf)
        asked = server.stapler.stats.fetches
        pki.clock.shift(timedelta(seconds=2))
        assert ask(pki, server) == "good"
        assert server.stapler.stats.fetches == asked
        assert pki.ocsp.response_for(leaf) != server.connections[-1].staple


# Six days later, when an answer lives for seven: what is stapled, and how many fetches there were.
SIX_DAYS_LATER: dict[str, tuple[str, int]] = {
    "nginx": (G, 2), "nginx-file": (G, 0), "apache": (R, 2), "apache, ReturnResponderErrors off": (R, 2),
    "apache, FakeTryLater off": (R, 2), "apache-quiet": (R, 2), "mod-md": (R, 2), "haproxy": (R, 2),
    "caddy": (G, 2), "hitch": (G, 1), "envoy-lenient": (G, 0), "envoy-strict": (G, 0),
    "envoy-must-staple": (G, 0), "node-ocsp": (G, 1), "jsse": (R, 2), "squarespace": (G, 2), "ideal": (R, 2),
}  # fmt: skip


@pytest.mark.parametrize("name", POLICIES)
def test_who_notices_a_revocation_ahead_of_the_end(pki: PKI, name: str) -> None:
    """Those that ask again in time and staple what is revoked do; the others go on as they were."""
    staple, fetches = SIX_DAYS_LATER[name]
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf, staple=POLICIES[name]) as server:
        stapler = server.stapler
        stapler.settle()
        while ask(pki, server) != "good":
            stapler.settle()
        pki.revoke(leaf)
        pki.clock.shift(timedelta(days=6))
        stapler.settle()
        ask(pki, server)
        stapler.settle()
        assert ask(pki, server) == staple
        assert stapler.stats.fetches == fetches
        if (staple, fetches) == (G, 2):
            assert in_order(kinds(stapler), Kind.REFUSED, Kind.KEPT, Kind.SERVED)


def test_apache_drops_a_good_answer_after_an_hour(pki: PKI) -> None:
    """With the responder down, mod_ssl staples an error in the place of what is still good; nginx does not.

    And it goes on for as long as it remembers the error, when the responder is long back.
    """
    leaf = pki.issue_cert("localhost")
    hour, little = timedelta(minutes=61), timedelta(minutes=11)
    with (
        pki.tls_server(leaf, staple=staplers.APACHE) as apache,
        pki.tls_server(leaf, staple=staplers.NGINX) as nginx,
    ):
        servers = (apache, nginx)
        ask(pki, nginx)
        nginx.stapler.settle()
        assert [ask(pki, server) for server in servers] == ["good", "good"]
        with pki.ocsp.respond_with(faults.Refused()):
            pki.clock.shift(hour)
            assert [ask(pki, server) for server in servers] == ["try_later", "good"]
            nginx.stapler.settle()
        assert [ask(pki, server) for server in servers] == ["try_later", "good"]
        pki.clock.shift(little)
        assert [ask(pki, server) for server in servers] == ["good", "good"]
        assert Kind.DROPPED in kinds(apache.stapler)
        assert Kind.KEPT in kinds(nginx.stapler)
        assert Kind.DROPPED not in kinds(nginx.stapler)


@pytest.mark.parametrize(("name", "waits"), [("apache", True), ("jsse", False)])
def test_who_has_one_lock_for_all(pki: PKI, name: str, waits: bool) -> None:
    """While the responder hangs for one name, another name's handshake waits in mod_ssl, and not in Java."""
    one, other = pki.issue_cert("one.example"), pki.issue_cert("other.example")
    # Long enough not to end before the other handshake does, where that one does not wait for it.
    patience = timedelta(seconds=2) if waits else A_LONG_TIME
    policy = replace(POLICIES[name], wait=A_LONG_TIME, timeout=patience)
    with pki.ocsp.respond_with(faults.Hang(), to=one), pki.tls_server(one, other, staple=policy) as server:
        blocked = threading.Thread(target=visit, args=(pki, server, "one.example"))
        blocked.start()
        pki.ocsp.wait_for_request(10)
        assert word(browse(pki, server, "other.example").staple) == "good"
        events = [(event.name, event.kind) for event in server.stapler.events]
    blocked.join(20)
    assert (("one.example", Kind.NO_ANSWER) in events) == waits
    if waits:
        given_up = events.index(("one.example", Kind.NO_ANSWER))
        assert given_up < events.index(("other.example", Kind.FETCH_STARTED))


@pytest.mark.parametrize(
    ("minutes", "staple"), [(14, "good"), (16, "none")], ids=["before its own end", "after it"]
)
def test_haproxy_ends_an_answer_five_minutes_early(pki: PKI, minutes: int, staple: str) -> None:
    """An answer for twenty minutes is stapled for fifteen."""
    leaf = pki.issue_cert("localhost")
    with pki.ocsp.respond_with(SHORT), pki.tls_server(leaf, staple=staplers.HAPROXY) as server:
        server.stapler.settle()
        pki.ocsp.respond_with(faults.Refused())
        pki.clock.shift(timedelta(minutes=minutes))
        server.stapler.settle()
        assert ask(pki, server) == staple


@pytest.mark.parametrize(
    ("name", "staple", "later"),
    [("haproxy", "none", "none"), ("mod-md", "good", "good"), ("nginx", "good", "good")],
)
def test_an_answer_without_next_update(pki: PKI, name: str, staple: str, later: str) -> None:
    """HAProxy refuses it, mod_md takes it to be good for half a day, nginx for good."""
    leaf = pki.issue_cert("localhost")
    endless = faults.NoNextUpdate(age=NO_TIME)
    with pki.ocsp.respond_with(endless), pki.tls_server(leaf, staple=POLICIES[name]) as server:
        server.stapler.settle()
        ask(pki, server)
        server.stapler.settle()
        assert ask(pki, server) == staple
        pki.ocsp.respond_with(faults.Refused())
        pki.clock.shift(timedelta(days=1))
        server.stapler.settle()
        assert ask(pki, server) == later
        assert (Kind.EXPIRED in kinds(server.stapler)) == (name == "mod-md")


def test_mod_md_sends_a_nonce_and_looks_at_the_one_that_returns(pki: PKI) -> None:
    """The question has a nonce; an answer with another one is refused, one with its own is stapled."""
    leaf = pki.issue_cert("localhost")
    for bent, staple in ((), "good"), ((faults.Nonce(),), "none"), ((faults.NoNonce(),), "good"):
        with pki.ocsp.respond_with(*bent), pki.tls_server(leaf, staple=staplers.MOD_MD) as server:
            server.stapler.settle()
            assert ask(pki, server) == staple
    assert len({request.nonce for request in pki.ocsp.requests}) == 3
    assert all(len(request.nonce or b"") == 16 for request in pki.ocsp.requests)


# Must-staple.

ENVOY = {
    "envoy-lenient": (N, N), "envoy-strict": (X, N), "envoy-must-staple": (X, X),
}  # fmt: skip


@pytest.mark.parametrize("must_staple", [False, True], ids=["plain", "must-staple"])
@pytest.mark.parametrize("name", ENVOY)
def test_envoy_chooses_no_certificate_without_its_staple(pki: PKI, name: str, must_staple: bool) -> None:
    """What a staple that is over is good for, and none at all; a must-staple leaf is held to the strictest.

    The client is told by an alert. One that does not ask for a staple is never failed.
    """
    over, absent = ENVOY["envoy-must-staple"] if must_staple else ENVOY[name]
    leaf = pki.issue_cert("localhost", must_staple=must_staple)
    stapler = made_good(pki, leaf, POLICIES[name])
    with pki.tls_server(leaf, staple=stapler) as server:
        assert ask(pki, server) == "good"
        pki.clock.shift(LIFE + timedelta(minutes=1))
        assert ask(pki, server) == over
        stapler.preload(leaf, None)
        assert ask(pki, server) == absent
        if absent == X:
            verdict = relying_party.check(
                server.host, server.port, ca=pki.ca_file, server_name="localhost", policy=STAPLE_ONLY
            )
            assert not verdict.accepted
            assert "alert handshake failure" in str(verdict)
            assert "with handshake_failure: there is no file" in (server.connections[-1].error or "")
        flight = capture(pki, server, "TLSv1.3", ask=False)
        assert flight.completed
        assert server.connections[-1].staple_reason == "the client asked for none"
        stapler.preload(leaf, pki.ocsp.response_for(leaf))
        assert ask(pki, server) == "good"
    pki.ocsp.assert_not_asked()


def test_node_destroys_the_socket_without_an_alert(pki: PKI) -> None:
    """The client sees the connection end; the server says why it ended it."""
    leaf = pki.issue_cert("localhost")
    with pki.ocsp.respond_with(faults.Refused()), pki.tls_server(leaf, staple=staplers.NODE_OCSP) as server:
        verdict = relying_party.check(
            server.host, server.port, ca=pki.ca_file, server_name="localhost", policy=STAPLE_ONLY
        )
        (handshake,) = server.connections
    assert not verdict.accepted
    assert "alert" not in str(verdict)
    assert "without an alert: waited 0.0 s for the answer: the connection was refused" in (
        handshake.error or ""
    )
    assert (handshake.completed, handshake.alert) == (False, None)


IGNORING = [name for name, policy in POLICIES.items() if policy.must_staple == "ignore"]


@pytest.mark.parametrize("name", IGNORING)
def test_others_do_not_care_for_must_staple(pki: PKI, name: str) -> None:
    """What they do for a must-staple certificate is what they do for any."""
    leaf = pki.issue_cert("localhost", must_staple=True)
    (staple, *_), _, _ = TABLE[name]["tryLater"]
    with pki.ocsp.respond_with(faults.TryLater()), pki.tls_server(leaf, staple=POLICIES[name]) as server:
        server.stapler.settle()
        assert ask(pki, server) == staple


@pytest.mark.parametrize(
    ("bent", "why"),
    [
        (faults.HttpStatus(500), "HTTP 500 Internal Server Error"),
        (faults.TryLater(), "tryLater"),
        (faults.Revoked(), "the answer was revoked"),
        (faults.Refused(), "the connection was refused"),
    ],
    ids=repr,
)
def test_the_ideal_server_does_not_start_without_what_it_must_staple(
    pki: PKI, bent: OCSPFault, why: str
) -> None:
    """It says so, for a must-staple leaf only; and once there is a good answer it starts."""
    leaf, plain = pki.issue_cert("localhost", must_staple=True), pki.issue_cert("localhost")
    with pki.ocsp.respond_with(bent):
        with (
            pytest.raises(RuntimeError, match=f"does not start: .* localhost must be stapled.*{why}"),
            pki.tls_server(leaf, staple=staplers.IDEAL),
        ):
            pytest.fail("the server has started")
        with pki.tls_server(plain, staple=staplers.IDEAL) as server:
            server.stapler.settle()
            assert ask(pki, server) == ("revoked" if bent == faults.Revoked() else "none")
    with pki.tls_server(leaf, staple=staplers.IDEAL) as server:
        assert ask(pki, server) == "good"


# Restarts.


@pytest.mark.parametrize("name", POLICIES)
def test_what_a_restart_leaves(pki: PKI, name: str) -> None:
    """With the responder down, those that persist answers staple them after a restart; others have none."""
    policy, leaf = POLICIES[name], pki.issue_cert("localhost")
    with pki.tls_server(leaf, staple=policy) as server:
        stapler = server.stapler
        stapler.settle()
        while ask(pki, server) != "good":
            stapler.settle()
        fetches = stapler.stats.fetches
        stapler.restart()
        stapler.settle()
        # Nor is there a question where the answer is still fresh.
        assert stapler.stats.fetches == fetches + (policy.at_start and not policy.persist)
        with pki.ocsp.respond_with(faults.Refused()):
            stapler.restart()
            stapler.settle()
            found = ask(pki, server)
    refused = TABLE[name]["refused"][0][0]
    assert found == ("good" if policy.persist else refused)
    assert kinds(stapler).count(Kind.RESTARTED) == 2


# A CA that signs on a schedule, and how long a revocation stays hidden.


def scheduled(pki: PKI, every: timedelta, life: timedelta) -> None:
    """Have the responder hand out the same answer until it is time for the next one."""
    began = pki.clock.now()

    def choose(request: object) -> list[OCSPFault]:
        age = (pki.clock.now() - began) % every
        return [faults.Long(before=age, after=life - age)]

    pki.ocsp.respond_by(choose)


@pytest.mark.parametrize(
    ("every", "life", "most"),
    [(timedelta(days=4), timedelta(days=7), 29), (timedelta(hours=1), timedelta(hours=2), 28 * 24 * 2)],
    ids=["days", "hours"],
)
def test_the_ideal_server_asks_a_ca_that_signs_on_a_schedule_in_measure(
    pki: PKI, every: timedelta, life: timedelta, most: int
) -> None:
    """Four weeks of it: about once a day, or once an hour; and there is a good staple all the time."""
    leaf = pki.issue_cert("localhost")
    scheduled(pki, every, life)
    with pki.clock.stop(), pki.tls_server(leaf, staple=staplers.IDEAL) as server:
        stapler, began = server.stapler, pki.clock.now()
        for day in range(28):
            pki.run_until(began + timedelta(days=day))
            assert ask(pki, server) == "good"
        stats = stapler.stats
        seen = kinds(stapler)
    assert stats.fetches == stats.answered <= most
    # What came and said the same is not taken for a renewal.
    assert seen.count(Kind.KEPT) + seen.count(Kind.REFRESHED) + 1 == stats.fetches
    assert (seen.count(Kind.KEPT) > 0) == (every > timedelta(days=1))


def test_squarespace_asks_such_a_ca_in_measure(pki: PKI) -> None:
    """For three hours a client comes every minute, but not each of them is asked for."""
    leaf = pki.issue_cert("localhost")
    scheduled(pki, timedelta(hours=1), timedelta(hours=1, minutes=30))
    with pki.clock.stop(), pki.tls_server(leaf, staple=staplers.SQUARESPACE) as server:
        stapler = server.stapler
        for _ in range(180):
            ask(pki, server)
            stapler.settle()
            pki.clock.shift(timedelta(minutes=1))
        # In the last quarter of each hour, every 3.75 minutes.
        assert stapler.stats.fetches <= 3 * 5 + 1
        assert kinds(stapler).count(Kind.REFRESHED) == 2
        assert stapler.stats.omitted == 2


def test_the_ideal_server_lives_through_six_days_and_hides_nothing_for_more_than_one() -> None:
    """With answers for a week: one question a day, a staple in six days of outage, revoked within a day."""
    day, hour = timedelta(days=1), timedelta(hours=1)
    line = staplers.timeline(
        staplers.IDEAL, life=7 * day, up=2 * day, down=6 * day - hour, after=day, every=6 * hour
    )
    assert line.share("good") == 1.0
    line = staplers.timeline(
        staplers.IDEAL, life=7 * day, up=8 * day, down=timedelta(), after=timedelta(), every=hour,
        revoked_at=3 * day + 5 * hour,
    )  # fmt: skip
    assert [run.says for run in line.runs] == ["good", "revoked"]
    assert line.runs[1].begin == 4 * day
    assert line.fetches == 9
    slow = staplers.timeline(
        replace(staplers.IDEAL, refresh=staplers.AtFraction(0.5), staple=frozenset({"good"})),
        life=7 * day, up=8 * day, down=timedelta(), after=timedelta(), every=hour,
        revoked_at=3 * day + 12 * hour,
    )  # fmt: skip
    assert slow.share("good") == 1.0


def test_a_released_certificate_is_good_again(pki: PKI) -> None:
    """On hold it is stapled as revoked, a day after its release as good; unknown never takes its place."""
    leaf = pki.issue_cert("localhost")
    with pki.clock.stop(), pki.tls_server(leaf, staple=staplers.IDEAL) as server:
        seen = []
        acts: list[Callable[[], None]] = [
            lambda: pki.revoke(leaf, "certificateHold"),
            lambda: pki.release(leaf),
            lambda: pki.forget(leaf),
        ]
        for act in acts:
            act()
            pki.run_until(pki.clock.now() + timedelta(days=1))
            seen.append(ask(pki, server))
    assert seen == ["revoked", "good", "good"]
