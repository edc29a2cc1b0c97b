"""Fetches: whom they ask, what comes over HTTP, and what becomes of those that fail."""

import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from mockpki import PKI, faults, staplers
from mockpki.faults import HTTP, Answer, OCSPFault, Send, Transport, Wire
from mockpki.staplers import (
    Exponential,
    Kind,
    StaplePolicy,
    Stapler,
    _asking,
)
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
    browse,
    in_order,
    kinds,
    reason,
    visit,
    warm,
    word,
)
from tests.kit.variants import VARIANTS


def test_a_url_that_cannot_be_asked(pki: PKI) -> None:
    """A URL beyond ASCII leads to a responder, and no request line has room for it."""
    leaf = pki.issue_cert("localhost", faults=[faults.OcspUrl(f"{pki.ocsp.url}/\u00f6".encode())])
    with pki.tls_server(leaf, staple=BLOCKING) as server:
        assert ask(pki, server) == "none"
        assert "cannot be asked: 'ascii' codec can't encode" in reason(server)
    pki.ocsp.assert_not_asked()


def test_further_responders_are_asked_where_the_policy_says_so(pki: PKI) -> None:
    """The first is down; a policy that asks every URL gets its answer from the second, others get none."""
    leaf = pki.issue_cert("localhost", ocsp_urls=[pki.dead_url, pki.ocsp.url])
    for every, staple in ((True, "good"), (False, "none")):
        with pki.tls_server(leaf, staple=replace(BLOCKING, every_url=every)) as server:
            assert ask(pki, server) == staple
            assert server.stapler.stats.fetches == 1
    pki.ocsp.assert_asked(leaf, times=1)


def test_a_host_without_an_address(pki: PKI) -> None:
    """A responder whose name leads nowhere gives no answer."""
    leaf = pki.issue_cert("localhost", ocsp_urls=[pki.unresolvable_url])
    with pki.tls_server(leaf, staple=replace(BLOCKING, timeout=A_LONG_TIME)) as server:
        assert ask(pki, server) == "none"
        assert "host has no address" in reason(server)


@pytest.mark.parametrize("variant", ["::1", "localhost", "delegated", "RSA-2048", "Ed25519", "depth 0"])
def test_every_kind_of_pki_is_asked(variant: str) -> None:
    """The fetch finds the responder wherever it is, and believes it whoever signs."""
    with VARIANTS[variant]() as pki, pki.tls_server(pki.issue_cert("localhost"), staple=BLOCKING) as server:
        assert word(browse(pki, server, "localhost").staple) == "good"


@dataclass(frozen=True)
class OddStatus(HTTP):
    """A status that no registry knows."""

    def __call__(self, honest: Answer) -> Answer:
        return replace(honest, status=299, reason="Odd")


@dataclass(frozen=True)
class NoLength(HTTP):
    """Nothing says where the body ends but the connection."""

    def __call__(self, honest: Answer) -> Answer:
        return honest.without_header("Content-Length")


@dataclass(frozen=True)
class Trailing(Transport):
    """What is no HTTP follows the answer at once."""

    def __call__(self, honest: Wire) -> Wire:
        return tuple(Send(step.data + b"?!") if isinstance(step, Send) else step for step in honest)


@dataclass(frozen=True)
class Switched(Transport):
    """The responder goes over to another protocol."""

    def __call__(self, honest: Wire) -> Wire:
        return (Send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),)


ANSWERS: dict[str, tuple[OCSPFault, str]] = {
    "trailing": (Trailing(), ""),
    "switched": (Switched(), "the responder answered HTTP 101 Switching Protocols"),
    "chunked": (faults.Chunked(7), ""),
    "HTTP/1.0": (faults.Http10(), ""),
    "to the end of the connection": (NoLength(), ""),
    "drops": (faults.Drip(2000), ""),
    "status": (faults.HttpStatus(503), "the responder answered HTTP 503 Service Unavailable"),
    "odd status": (OddStatus(), "the responder answered HTTP 299"),
    "redirect": (faults.Redirect(), "the responder answered HTTP 302 Found"),
    "not HTTP": (faults.NotHttp(), "what came is not HTTP"),
    "half, closed": (faults.Half("close"), "closed before the answer was complete"),
    "half, reset": (faults.Half("reset"), "the connection broke: "),
    "half, silence": (faults.Half("silence"), "no answer within 0.5 s"),
    "closed": (faults.Close(), "closed before the answer was complete"),
    "reset": (faults.Reset(), "the connection broke: "),
    "hang": (faults.Hang(), "no answer within 0.5 s"),
    "empty": (faults.EmptyBody(), "what came is no OCSP response"),
    "oversize": (faults.Oversize(2 << 20), "more than 1048576 octets came"),
    "refused": (faults.Refused(), "the connection was refused"),
}


UNFIT: dict[str, tuple[OCSPFault, str]] = {
    "tryLater": (faults.TryLater(), "the responder answered tryLater"),
    "unauthorized": (faults.Unauthorized(), "the responder answered unauthorized"),
    "stale": (faults.Stale(), "it was good until"),
    "early": (faults.Early(), "it is not good before"),
    "forged": (faults.BadSignature(), "its signature is not that of"),
    "another certificate": (faults.WrongSerial(), "it is about another certificate"),
    "revoked": (faults.Revoked(), "the answer was revoked, which is not stapled"),
    "unknown": (faults.Unknown(), "the answer was unknown, which is not stapled"),
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("case", [*ANSWERS, *UNFIT])
def test_every_fault_of_the_responder_reaches_the_staple(pki: PKI, case: str, method: Any) -> None:
    """What can be used is stapled; of the rest the handshake's reason says what was wrong with it."""
    fault, sentence = {**ANSWERS, **UNFIT}[case]
    policy = replace(
        BLOCKING, method=method, timeout=timedelta(seconds=0.5) if "0.5 s" in sentence else A_LONG_TIME
    )
    leaf = pki.issue_cert("localhost")
    with pki.ocsp.respond_with(fault), pki.tls_server(leaf, staple=policy) as server:
        assert ask(pki, server) == ("none" if sentence else "good")
        assert sentence in reason(server)
        stats = server.stapler.stats
    assert (stats.answered, stats.refused, stats.unanswered) == (
        not sentence, case in UNFIT, bool(sentence) and case not in UNFIT,
    )  # fmt: skip
    assert {request.method for request in pki.ocsp.requests} <= {method}


def test_one_fetch_serves_all_that_wait_for_it(pki: PKI) -> None:
    """Handshakes that come while the answer is under way wait for the same one."""
    leaf = pki.issue_cert("localhost")
    with pki.ocsp.respond_with(faults.Slow(SECOND)), pki.tls_server(leaf, staple=BLOCKING) as server:
        clients = [threading.Thread(target=browse, args=(pki, server, "localhost")) for _ in range(3)]
        for client in clients:
            client.start()
        for client in clients:
            client.join(20)
        assert [word(made.staple) for made in server.connections] == ["good"] * 3
    pki.ocsp.assert_asked(leaf, times=1)


def test_what_fails_in_a_fetch_fails_the_test(pki: PKI, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of ours is raised in the test; the handshake goes on without a staple."""

    def broken(*_: object) -> bytes:
        raise RuntimeError("broken")

    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf, staple=BLOCKING) as server:
        monkeypatch.setattr(_asking, "question", broken)
        assert ask(pki, server) == "none"
        assert "RuntimeError: broken" in reason(server)
    with pytest.raises(RuntimeError, match="broken") as caught:
        pki.check()
    assert any("stapler that asked about" in note for note in caught.value.__notes__)


def test_what_fails_in_a_handshake_that_waited_fails_the_test(pki: PKI) -> None:
    """An error in the server that has waited is raised in the test, too."""

    def broken(_: object) -> None:
        raise RuntimeError("broken")

    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf, staple=BLOCKING) as server:
        pki._realm.engine.call(server.stapler.serve, leaf, 0, broken)
        server.stapler.settle()
        with pytest.raises(RuntimeError, match="broken") as caught:
            pki.check()
    assert any("had waited for localhost" in note for note in caught.value.__notes__)


def test_a_failure_is_remembered_for_as_long_as_the_policy_says(pki: PKI) -> None:
    """Until then nobody asks; the reason says until when."""
    policy = replace(BLOCKING, error_ttl=10 * MINUTE, no_answer_ttl=MINUTE)
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf, staple=policy) as server:
        failures: list[tuple[OCSPFault, int]] = [(faults.TryLater(), 9), (faults.HttpStatus(500), 0)]
        for fault, minutes in failures:
            asked = server.stapler.stats.fetches
            with pki.ocsp.respond_with(fault):
                assert [ask(pki, server) for _ in range(2)] == ["none", "none"]
                assert "asked earlier, not again before " in reason(server)
                pki.clock.shift(minutes * MINUTE + 30 * SECOND)
                assert ask(pki, server) == "none"
                assert server.stapler.stats.fetches == asked + 1
            pki.clock.shift(MINUTE)
        assert ask(pki, server) == "good"


def test_a_start_trigger_tries_again_with_growing_patience(pki: PKI) -> None:
    """After each failure it waits for twice the time; nobody has to shake hands for that."""
    policy = replace(START, retry=Exponential(MINUTE, 3 * MINUTE))
    with pki.ocsp.respond_with(DOWN), pki.tls_server(pki.issue_cert("localhost"), staple=policy) as server:
        stapler = server.stapler
        stapler.settle()
        counts = []
        for seconds in (50, 20, 100, 30, 170, 20, 170, 20):
            pki.clock.shift(seconds * SECOND)
            stapler.settle()
            counts.append(stapler.stats.fetches)
    assert counts == [1, 2, 2, 3, 3, 4, 4, 5]


def test_a_mistake_in_a_rule_fails_the_test(pki: PKI) -> None:
    """What a rule of one's own raises in the background is raised in the test, and a handshake goes on."""

    class Mistaken(Exponential):
        def delay(self, failures: int) -> timedelta:
            raise OverflowError("too late")

    policy = replace(START, retry=Mistaken(MINUTE, HOUR))
    with pki.ocsp.respond_with(DOWN), pki.tls_server(pki.issue_cert("localhost"), staple=policy) as server:
        server.stapler.settle()
        assert ask(pki, server) == "none"
    with pytest.raises(OverflowError, match="too late") as caught:
        pki.check()
    assert "raised in a stapler that asked about <Leaf localhost" in str(caught.value.__notes__)


def test_a_start_trigger_without_patience_waits_for_the_next_start(pki: PKI) -> None:
    """With no rule for it, a fetch that failed is not tried again; a restart does."""
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf, staple=START) as server:
        stapler = server.stapler
        stapler.settle()
        with pki.ocsp.respond_with(DOWN):
            stapler.restart()
            stapler.settle()
        pki.clock.shift(DAY)
        assert ask(pki, server) == "none"
        assert reason(server) == "asked earlier: the connection was refused"
        stapler.restart()
        stapler.settle()
        assert ask(pki, server) == "good"
        assert stapler.stats.fetches == 3


def test_a_leaf_that_comes_later_is_fetched_for_when_it_comes(pki: PKI) -> None:
    """A server that asks before it opens its port asks before the handshake, for a name that is new to it."""
    with pki.tls_server(lambda name: pki.issue_cert(name or "localhost"), staple=staplers.CADDY) as server:
        assert server.stapler.events == []
        assert word(browse(pki, server, "new.example").staple) == "good"
        assert in_order(kinds(server.stapler), Kind.FETCH_STARTED, Kind.WAITING, Kind.CACHED, Kind.SERVED)
        assert word(browse(pki, server, "new.example").staple) == "good"
    pki.ocsp.assert_asked(times=1)


@pytest.mark.parametrize(
    "policy", [LAZY, BLOCKING, START], ids=["lazy_async", "lazy_blocking", "start_async"]
)
def test_a_server_that_closes_ends_its_fetches(pki: PKI, policy: StaplePolicy) -> None:
    """The responder hangs and nobody waits for it: not the server, not a handshake, not the PKI."""
    policy = replace(policy, timeout=A_LONG_TIME)
    stapler = Stapler(policy)
    with pki.ocsp.respond_with(faults.Hang()):
        with pki.tls_server(pki.issue_cert("localhost"), staple=stapler) as server:
            client = threading.Thread(target=visit, args=(pki, server, "localhost"))
            client.start()
            pki.ocsp.wait_for_request(20)
        client.join(20)
        assert not client.is_alive()
        stapler.settle()
        assert stapler.stats.unanswered == 0
    with pki.tls_server(pki.issue_cert("localhost"), staple=stapler) as server:
        warm(pki, server)


def test_a_start_that_waits_can_be_called_off(pki: PKI) -> None:
    """Closed by another thread while it waits for an answer, the server does not start, and says so."""
    server = pki.tls_server(pki.issue_cert("localhost"), staple=replace(staplers.CADDY, timeout=A_LONG_TIME))
    caught: list[BaseException] = []

    def start() -> None:
        with pytest.raises(ValueError, match="this TLS server was closed before it had started") as error:
            server.__enter__()
        caught.append(error.value)

    with pki.ocsp.respond_with(faults.Hang()):
        starting = threading.Thread(target=start)
        starting.start()
        pki.ocsp.wait_for_request(20)
        server.close()
        starting.join(20)
    assert len(caught) == 1


def test_a_port_that_is_taken_ends_the_fetches_too(pki: PKI) -> None:
    """A server that cannot listen leaves nothing behind, and its stapler can be used again."""
    leaf, stapler = pki.issue_cert("localhost"), Stapler(START)
    with pki.tls_server(leaf) as other:
        taken = pki.tls_server(leaf, staple=stapler, port=other.port)
        with pytest.raises(OSError, match="in use"):
            taken.__enter__()
    with pki.tls_server(leaf, staple=stapler) as server:
        warm(pki, server)
