"""Staplers as servers and tests have them: evidence, sharing, strictness, waiting and restarts."""

import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from mockpki import PKI, Leaf, faults, staplers
from mockpki.faults import HTTP, Answer, OCSPFault
from mockpki.staplers import (
    Kind,
    StaplePolicy,
    Stapler,
)
from tests.kit.programs import run
from tests.kit.staple_reader import capture
from tests.kit.staples import (
    BLOCKING,
    DAY,
    DOWN,
    LAZY,
    SECOND,
    START,
    ask,
    kinds,
    reason,
    warm,
)

# The doors.


@pytest.mark.parametrize("first", ["staplers", "_tls", "_pki", "relying_party"])
def test_no_import_goes_round_in_a_circle(first: str) -> None:
    """Whichever module comes first, a server with a preset can be made."""
    program = (
        f"import mockpki.{first}\n"
        "from mockpki import PKI, staplers\n"
        "with PKI() as pki, pki.tls_server(pki.issue_cert('localhost'), staple=staplers.NGINX) as server:\n"
        "    print(server.stapler.policy == staplers.NGINX)\n"
    )
    done = run(sys.executable, "-W", "error", "-c", program)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_a_server_has_the_stapler_it_was_given(pki: PKI) -> None:
    """A policy makes one of its own for each server, a Stapler is itself, and other servers have none."""
    leaf, own = pki.issue_cert("localhost"), Stapler(LAZY)
    assert pki.tls_server(leaf, staple=own).stapler is own
    first, second = (pki.tls_server(leaf, staple=LAZY).stapler for _ in range(2))
    assert first is not second
    assert first.policy is LAZY
    with pytest.raises(ValueError, match=r"no stapler; give it one, as in tls_server\(leaf, staple=staplers"):
        _ = pki.tls_server(leaf).stapler
    with pytest.raises(TypeError, match=r"takes a StaplePolicy, such as staplers\.NGINX; got 'nginx'"):
        Stapler("nginx")  # type: ignore[arg-type]


def test_events_and_numbers_before_there_is_anything(pki: PKI) -> None:
    """A new stapler has seen nothing, and can be settled and restarted all the same."""
    stapler = Stapler(LAZY)
    stapler.settle()
    stapler.restart()
    assert stapler.events == []
    assert stapler.stats.share_stapled == 0
    assert repr(stapler) == "<Stapler lazy_async, 0 handshakes, 0 fetches>"


REASONS: dict[str, tuple[Any, str]] = {
    "honest": ([], "an honest one, made for this handshake"),
    "faults": ([faults.Revoked()], "bent by Revoked("),
    "none": (None, "the server has none"),
    "function": (lambda leaf: None, "what the test's own function returned"),
}


@pytest.mark.parametrize("case", REASONS)
def test_every_handshake_has_a_reason_for_its_staple(pki: PKI, case: str) -> None:
    """Other kinds of staple are told about shortly, and so is a client that asks for none."""
    staple, sentence = REASONS[case]
    with pki.tls_server(pki.issue_cert("localhost"), staple=staple) as server:
        ask(pki, server)
        assert reason(server).startswith(sentence)
        capture(pki, server, "TLSv1.3", ask=False)
        assert reason(server) == "the client asked for none"


def test_octets_have_a_reason_too(pki: PKI) -> None:
    """A staple that was given as it is, is said to be that."""
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf, staple=pki.ocsp.response_for(leaf)) as server:
        assert ask(pki, server) == "good"
        assert reason(server) == "the octets that the test gave"


# Who asks, and who does not.


@pytest.mark.parametrize("policy", [LAZY, BLOCKING], ids=["lazy_async", "lazy_blocking"])
def test_a_client_that_does_not_ask_begins_nothing(pki: PKI, policy: StaplePolicy) -> None:
    """It is no sighting, no handshake in the numbers, and no reason to fetch."""
    with pki.tls_server(pki.issue_cert("localhost"), staple=policy) as server:
        assert capture(pki, server, "TLSv1.3", ask=False).completed
        assert server.stapler.events == []
        assert server.stapler.stats.handshakes == 0
        ask(pki, server)
        assert server.stapler.stats.handshakes == 1
    pki.ocsp.assert_asked(times=1)


def test_servers_share_a_stapler(pki: PKI) -> None:
    """What one has fetched the other staples; it ends with the last of them, and remembers for the next."""
    leaf, stapler = pki.issue_cert("localhost"), Stapler(BLOCKING)
    with pki.tls_server(leaf, staple=stapler) as one:
        with pki.tls_server(leaf, staple=stapler) as other:
            assert [ask(pki, server) for server in (one, other)] == ["good", "good"]
        assert ask(pki, one) == "good"
    with pki.tls_server(leaf, staple=stapler) as next_one:
        assert ask(pki, next_one) == "good"
    pki.ocsp.assert_asked(leaf, times=1)
    with (
        PKI() as another,
        pytest.raises(ValueError, match="this stapler has served another PKI"),
        another.tls_server(another.issue_cert("localhost"), staple=stapler),
    ):
        pytest.fail("the server has started")


# Handshakes that fail.


def test_an_abort_for_want_of_an_answer(pki: PKI) -> None:
    """A background fetch that failed may end handshakes; with an alert, where the policy says so."""
    policy = replace(START, on_no_answer="abort", abort_with="handshake_failure")
    with pki.ocsp.respond_with(DOWN), pki.tls_server(pki.issue_cert("localhost"), staple=policy) as server:
        server.stapler.settle()
        assert ask(pki, server) == "aborted"
        assert (server.connections[-1].error or "").endswith(
            "with handshake_failure: asked earlier: the connection was refused"
        )
        stats = server.stapler.stats
    assert (stats.aborted, stats.handshakes) == (1, 1)


STRICT = replace(BLOCKING, must_staple="fail")
MUST_FAIL: dict[str, tuple[StaplePolicy, OCSPFault]] = {
    "omitted": (STRICT, DOWN),
    "faked": (replace(STRICT, on_no_answer="fake_trylater"), DOWN),
    "relayed": (replace(STRICT, on_error_resp="relay"), faults.TryLater()),
}


@pytest.mark.parametrize("case", MUST_FAIL)
def test_must_staple_fails_handshakes_that_would_get_less(pki: PKI, case: str) -> None:
    """No tryLater, of the server's own or the responder's, will do; for a plain leaf it would."""
    policy, fault = MUST_FAIL[case]
    must, plain = pki.issue_cert("localhost", must_staple=True), pki.issue_cert("localhost")
    with pki.ocsp.respond_with(fault):
        with pki.tls_server(must, staple=policy) as server:
            assert ask(pki, server) == "aborted"
        with pki.tls_server(plain, staple=policy) as server:
            assert ask(pki, server) == ("none" if case == "omitted" else "try_later")
    with pki.tls_server(must, staple=policy) as server:
        assert ask(pki, server) == "good"


def test_must_staple_fails_what_is_over_too(pki: PKI) -> None:
    """A policy that serves answers past their end does not for a certificate that must be stapled."""
    policy = replace(STRICT, on_expired="serve")
    with pki.tls_server(pki.issue_cert("localhost", must_staple=True), staple=policy) as server:
        warm(pki, server)
        with pki.ocsp.respond_with(DOWN):
            pki.clock.shift(8 * DAY)
            assert ask(pki, server) == "aborted"


# Waiting, and the end.


def test_settle_names_what_is_under_way(pki: PKI) -> None:
    """A fetch that does not end in time is a TimeoutError with its name; with time, it ends."""
    policy = replace(LAZY, timeout=SECOND)
    with (
        pki.ocsp.respond_with(faults.Hang()),
        pki.tls_server(pki.issue_cert("localhost"), staple=policy) as server,
    ):
        ask(pki, server)
        with pytest.raises(
            TimeoutError, match=r"under way after 0.01 s, for: localhost; each ends after 1 s"
        ):
            server.stapler.settle(timedelta(milliseconds=10))
        server.stapler.settle(20)
        assert kinds(server.stapler)[-1] is Kind.NO_ANSWER


@dataclass(frozen=True)
class Call(HTTP):
    """Calls a function of the test's inside the responder."""

    function: Callable[[], object]

    def __call__(self, honest: Answer) -> Answer:
        self.function()
        return honest


def test_nobody_waits_inside_a_service(pki: PKI) -> None:
    """To settle there, or to start a server that has to ask first, would wait for itself."""
    caught: list[str] = []
    stapler = Stapler(BLOCKING)
    leaf = pki.issue_cert("localhost")

    def wait() -> None:
        for what in (stapler.settle, pki.tls_server(leaf, staple=staplers.CADDY).__enter__):
            with pytest.raises(RuntimeError) as error:
                what()
            caught.append(str(error.value))

    with pki.ocsp.respond_with(Call(wait)), pki.tls_server(leaf, staple=stapler) as server:
        assert ask(pki, server) == "good"
    assert [text.partition(",")[0] for text in caught] == [
        "settle() waits for the services",
        "a server that fetches its staples at the start cannot be started inside a service",
    ]


def test_a_restart_that_the_policy_does_not_let_happen(pki: PKI) -> None:
    """It is an error like that of the first start; the port refuses until a start succeeds."""
    leaf = pki.issue_cert("localhost", must_staple=True)
    policy = replace(staplers.IDEAL, persist=False)
    with pki.tls_server(leaf, staple=policy) as server:
        assert ask(pki, server) == "good"
        with pki.ocsp.respond_with(DOWN), pytest.raises(RuntimeError, match="the server does not start"):
            server.stapler.restart()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((server.host, server.port), timeout=10)
        server.stapler.restart()
        assert ask(pki, server) == "good"


def test_a_restart_drops_connections(pki: PKI) -> None:
    """As when a process ends: an open connection is torn down, and new ones are taken."""
    leaf: Leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf, staple=staplers.HITCH) as server:
        with socket.create_connection((server.host, server.port), timeout=10) as client:
            assert len(server.connections) == 1
            server.stapler.restart()
            with pytest.raises(ConnectionResetError):
                client.recv(1)
        assert ask(pki, server) == "good"
