"""Staplers: the policies, the fetch, the cache, restarts, the clock, and what ends with a server."""

import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography.x509 import ocsp
from freezegun import freeze_time

from mockpki import PKI, Leaf, faults, staplers
from mockpki._clock import Clock
from mockpki._tls.server import TlsServer
from mockpki.faults import HTTP, Answer, OCSPFault, Send, Transport, Wire
from mockpki.staplers import (
    AtFraction,
    BeforeEnd,
    Clamp,
    Exponential,
    Fixed,
    Kind,
    Refresh,
    StaplePolicy,
    Stapler,
    _stapler,
)
from mockpki.staplers._stapler import TRY_LATER
from tests.kit.programs import run
from tests.kit.staple_reader import capture
from tests.kit.staples import ask, browse, in_order, kinds, visit, word
from tests.kit.variants import VARIANTS

SECOND, MINUTE, HOUR, DAY = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)
A_LONG_TIME = timedelta(seconds=60)
NOW = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
LAZY = StaplePolicy()
BLOCKING = StaplePolicy(trigger="lazy_blocking", wait=None)
START = StaplePolicy(trigger="start_async")
FILE = StaplePolicy(trigger="file")
DOWN = faults.Refused()


def warm(pki: PKI, server: TlsServer) -> None:
    """Shake hands until the staple is good."""
    server.stapler.settle()
    while ask(pki, server) != "good":
        server.stapler.settle()


def reason(server: TlsServer) -> str:
    """Why the last handshake had the staple that it had."""
    return server.connections[-1].staple_reason or ""


# Policies as values.


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
    with pytest.raises(TypeError, match=r"is a text, such as 'nginx'; got 7"):
        staplers.named(7)  # type: ignore[arg-type]


WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "trigger": (
        {"trigger": "often"},
        ValueError,
        "'often' is no trigger of a stapling policy; there are file, start_b",
    ),
    "method": ({"method": "PUT"}, ValueError, "'PUT' is no method of a stapling policy; there are GET, POST"),
    "status": (
        {"staple": frozenset({"bad"})},
        ValueError,
        "'bad' is no certStatus; a policy's staple has good",
    ),
    "statuses": ({"staple": {"good"}}, TypeError, "staple of a stapling policy is a frozenset; got"),
    "duration": ({"timeout": 5}, TypeError, "timeout of a stapling policy is a timedelta; got 5"),
    "no duration": (
        {"error_ttl": None},
        TypeError,
        "error_ttl of a stapling policy is a timedelta; got None",
    ),
    "flag": ({"verify": 1}, TypeError, "verify of a stapling policy is a bool; got 1"),
    "number": ({"workers": True}, TypeError, "workers of a stapling policy is a int; got True"),
    "rule": ({"refresh": HOUR}, TypeError, "refresh of a stapling policy is a AtFraction or BeforeEnd or"),
    "short": ({"timeout": timedelta()}, ValueError, "timeout of a stapling policy cannot be as short as"),
    "negative": ({"ttl": -HOUR}, ValueError, "ttl of a stapling policy cannot be as short as"),
    "workers": ({"workers": 0}, ValueError, "sightings, workers and filter_size .* are 1 or more"),
    "rate": ({"filter_false_positives": 1.0}, ValueError, "filter_false_positives is a rate between 0 and 1"),
    "no worker": ({"workers": 2}, ValueError, "workers=2 have caches of their own: give scope='worker'"),
    "nobody counts": (
        {"sightings": 2, "trigger": "start_async"},
        ValueError,
        "sightings=2 counts handshakes, which only lazy triggers wait for",
    ),
    "no start": (
        {"must_staple": "fail_at_start"},
        ValueError,
        "'fail_at_start' needs an answer at the start",
    ),
    "no question": (
        {"trigger": "file", "on_expired": "refetch_blocking"},
        ValueError,
        "trigger 'file' asks nobody",
    ),
    "no wait": ({"trigger": "lazy_blocking"}, ValueError, "a handshake of trigger 'lazy_blocking' waits"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_no_policy_can_be(case: str) -> None:
    """Each wrong value is an error that names it, before anything runs."""
    given, kind, sentence = WRONG[case]
    with pytest.raises(kind, match=sentence):
        StaplePolicy(**given)


def test_every_field_of_a_policy_is_checked() -> None:
    """No field takes just anything."""
    for field in fields(StaplePolicy):
        wrong: dict[str, Any] = {field.name: object()}
        with pytest.raises((TypeError, ValueError), match=field.name):
            StaplePolicy(**wrong)


WRONG_RULES: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "text": (lambda: AtFraction("half"), TypeError, "is a number; got 'half'"),  # type: ignore[arg-type]
    "flag": (lambda: AtFraction(True), TypeError, "is a number; got True"),
    "whole": (lambda: AtFraction(1), ValueError, "is between 0 and 1; got 1"),
    "number": (lambda: BeforeEnd(5), TypeError, "by of BeforeEnd is a timedelta; got 5"),  # type: ignore[arg-type]
    "nothing": (lambda: Fixed(timedelta()), ValueError, "after of Fixed is longer than nothing"),
    "crossed": (lambda: Clamp(HOUR, MINUTE, MINUTE), ValueError, "least of Clamp is at most its most"),
    "shrinking": (lambda: Exponential(HOUR, MINUTE), ValueError, "base of Exponential is at most its cap"),
}


@pytest.mark.parametrize("case", WRONG_RULES)
def test_what_no_rule_can_be(case: str) -> None:
    """Each wrong rule is an error that names what is wrong with it."""
    make, kind, sentence = WRONG_RULES[case]
    with pytest.raises(kind, match=sentence):
        make()


REFRESHES: list[tuple[Refresh, timedelta | None, timedelta]] = [
    (AtFraction(0.5), DAY, 12 * HOUR),
    (AtFraction(0.5), SECOND, MINUTE),
    (AtFraction(0.5), None, HOUR),
    (BeforeEnd(10 * MINUTE), HOUR, 50 * MINUTE),
    (BeforeEnd(10 * MINUTE), 5 * MINUTE, MINUTE),
    (BeforeEnd(10 * MINUTE), None, HOUR),
    (Clamp(5 * MINUTE, HOUR, 5 * MINUTE), 30 * MINUTE, 25 * MINUTE),
    (Clamp(5 * MINUTE, HOUR, 5 * MINUTE), DAY, HOUR),
    (Clamp(5 * MINUTE, HOUR, 5 * MINUTE), MINUTE, 5 * MINUTE),
    (Clamp(5 * MINUTE, HOUR, 5 * MINUTE), None, HOUR),
]


@pytest.mark.parametrize(("rule", "life", "wanted"), REFRESHES, ids=repr)
def test_when_an_answer_is_renewed(rule: Refresh, life: timedelta | None, wanted: timedelta) -> None:
    """The rule's moment, but never at once, and within the hour where an answer has no end."""
    end = None if life is None else NOW + life
    assert rule.at(NOW, NOW, end) == NOW + wanted


def test_when_a_failure_is_tried_again() -> None:
    """After the same time each time, or after twice the time as far as the cap; however often it failed."""
    assert [Fixed(MINUTE).delay(failures) for failures in (1, 5)] == [MINUTE, MINUTE]
    growing = Exponential(MINUTE, HOUR)
    assert [growing.delay(failures) for failures in (1, 2, 3, 7, 10_000)] == [
        MINUTE, 2 * MINUTE, 4 * MINUTE, HOUR, HOUR,
    ]  # fmt: skip
    for retry in (staplers.HAPROXY.retry, staplers.MOD_MD.retry, staplers.IDEAL.retry):
        assert isinstance(retry, Exponential)
        assert [retry.delay(failures) for failures in (40, 50, 10_000)] == [retry.cap] * 3


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


def test_an_event_says_what_it_was(pki: PKI) -> None:
    """Time, certificate, kind and detail, in one line; the time is the PKI's."""
    pki.clock.shift(400 * DAY)
    pki.clock.shift(-400 * DAY)
    with pki.tls_server(pki.issue_cert("localhost"), staple=LAZY) as server:
        ask(pki, server)
        event = server.stapler.events[0]
        server.stapler.restart()
        restarted = server.stapler.events[-1]
    assert abs(event.time - pki.clock.now()) < MINUTE
    assert str(event) == f"{event.time:%Y-%m-%d %H:%M:%S}Z localhost: sighted"
    assert str(restarted) == f"{restarted.time:%Y-%m-%d %H:%M:%S}Z: restarted"


def test_a_leaf_without_names_goes_by_its_number(pki: PKI) -> None:
    """Events call it by its serial number."""
    leaf = pki.issue_cert(common_name="nameless", serial_number=0xABCDE)
    with pki.tls_server(leaf, staple=START) as server:
        server.stapler.settle()
        assert {event.name for event in server.stapler.events} == {"serial 0xabcde"}


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


@pytest.mark.parametrize(
    "urls", [[], ["https://127.0.0.1/ocsp"], ["http:///ocsp"], ["http://[/"], ["ldap://x"]]
)
@pytest.mark.parametrize("policy", [BLOCKING, START], ids=["lazy", "start"])
def test_a_leaf_that_names_no_responder(pki: PKI, policy: StaplePolicy, urls: list[str]) -> None:
    """There is nobody to ask: no staple, a word about it once, and no fetch."""
    leaf = pki.issue_cert("localhost", ocsp_urls=urls)
    with pki.tls_server(leaf, staple=policy) as server:
        assert [ask(pki, server) for _ in range(2)] == ["none", "none"]
        assert reason(server) == "localhost names no responder that can be asked"
        assert kinds(server.stapler).count(Kind.NO_RESPONDER) == 1
        assert server.stapler.stats.fetches == 0


@pytest.mark.parametrize("number", [1, 4])
def test_a_leaf_that_nobody_can_read(pki: PKI, number: int) -> None:
    """A certificate that cannot be read names no responder; that is no error of the test's."""
    leaf = pki.issue_cert("localhost", faults=[faults.CertVersion(number)])
    with pki.tls_server(leaf, staple=START) as server:
        assert kinds(server.stapler) == [Kind.NO_RESPONDER]


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


# What comes over HTTP.


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


RELAYING = replace(BLOCKING, on_error_resp="relay")
UNVERIFIED = replace(BLOCKING, verify=False, staple=staplers.NAMED["apache"].staple)
RELAYED: dict[str, tuple[OCSPFault, StaplePolicy, str, str]] = {
    "an error": (faults.TryLater(), RELAYING, "try_later", "passed on as it is"),
    "a forged one": (faults.BadSignature(), RELAYING, "good", "passed on as it is"),
    "an old one": (faults.Stale(), replace(UNVERIFIED, on_error_resp="relay"), "good", "passed on as it is"),
    "an old one, unchecked": (faults.Stale(), replace(UNVERIFIED, check_times=False), "good", "waited"),
    "not what is not stapled": (faults.Revoked(), RELAYING, "none", "which is not stapled"),
    "not what says nothing": (faults.NoSingleResponses(), UNVERIFIED, "none", "it says nothing about this"),
    "not what is none": (faults.EmptyBody(), RELAYING, "none", "no OCSP response"),
}  # fmt: skip


@pytest.mark.parametrize("case", RELAYED)
def test_what_is_passed_on_unread(pki: PKI, case: str) -> None:
    """A policy may hand on what it cannot use, and may leave answers unchecked."""
    fault, policy, staple, sentence = RELAYED[case]
    leaf = pki.issue_cert("localhost")
    with pki.ocsp.respond_with(fault), pki.tls_server(leaf, staple=policy) as server:
        flight = capture(pki, server, "TLSv1.3", verify=False)
        handshake = server.connections[-1]
        assert word(handshake.staple) == staple
        assert [body[4:] for body in flight.statuses[0]] == [handshake.staple] * (staple != "none")
        assert sentence in reason(server)


def test_a_response_with_an_extension_twice_is_no_error_of_the_test(pki: PKI) -> None:
    """What cryptography does not read is refused like anything else that cannot be used."""
    leaf = pki.issue_cert("localhost")
    nonce = faults.ResponseExtension("1.3.6.1.5.5.7.48.1.2", critical=False, value=b"\x04\x01\x00")
    with pki.ocsp.respond_with(nonce, nonce), pki.tls_server(leaf, staple=BLOCKING) as server:
        assert ask(pki, server) == "none"
        assert "it cannot be read: Duplicate" in reason(server)


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
        monkeypatch.setattr(_stapler, "question", broken)
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


# Failures, remembered and tried again.


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


def test_a_refresh_that_is_under_way_is_enough(pki: PKI) -> None:
    """Handshakes that find the old answer still good begin no second refresh beside the first."""
    policy = replace(LAZY, refresh=AtFraction(0.5), timeout=A_LONG_TIME)
    with pki.tls_server(pki.issue_cert("localhost"), staple=policy) as server:
        warm(pki, server)
        with pki.ocsp.respond_with(faults.Hang()):
            pki.clock.shift(4 * DAY)
            assert [ask(pki, server) for _ in range(3)] == ["good"] * 3
            assert server.stapler.stats.fetches == 2


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


# What lives in the cache.


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


def test_a_leaf_that_comes_later_is_fetched_for_when_it_comes(pki: PKI) -> None:
    """A server that asks before it opens its port asks before the handshake, for a name that is new to it."""
    with pki.tls_server(lambda name: pki.issue_cert(name or "localhost"), staple=staplers.CADDY) as server:
        assert server.stapler.events == []
        assert word(browse(pki, server, "new.example").staple) == "good"
        assert in_order(kinds(server.stapler), Kind.FETCH_STARTED, Kind.WAITING, Kind.CACHED, Kind.SERVED)
        assert word(browse(pki, server, "new.example").staple) == "good"
    pki.ocsp.assert_asked(times=1)


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


# Files.


def test_a_file_is_what_the_administrator_put_there(pki: PKI) -> None:
    """Left out, an honest response is there from the start; it can be replaced, and it can be missing."""
    leaf, other = pki.issue_cert("localhost"), pki.issue_cert("other.example")
    stapler = Stapler(FILE)
    with pki.tls_server(leaf, other, staple=stapler) as server:
        assert ask(pki, server) == "good"
        stapler.preload(leaf, None)
        assert ask(pki, server) == "none"
        assert reason(server) == "there is no file with a staple"
        stapler.preload(leaf, pki.ocsp.response_for(leaf, faults.TryLater()))
        assert ask(pki, server) == "none"
        assert reason(server) == "the file's response cannot be used: the responder answered tryLater"
        stapler.preload(leaf, pki.ocsp.response_for(leaf))
        stapler.preload(pki.issue_cert("absent.example"), None)
        assert ask(pki, server) == "good"
        assert word(browse(pki, server, "other.example").staple) == "good"
        assert set(kinds(stapler)) == {Kind.LOADED, Kind.SERVED, Kind.OMITTED}
    pki.ocsp.assert_not_asked()
    assert stapler.stats.fetches == stapler.stats.answered == 0


def test_what_cannot_be_preloaded(pki: PKI) -> None:
    """Only a policy with a file has one, and only an OCSP response can be in it."""
    leaf = pki.issue_cert("localhost")
    with pytest.raises(ValueError, match="is for policies with trigger 'file'; with 'lazy_async'"):
        Stapler(LAZY).preload(leaf, None)
    with pytest.raises(ValueError, match="takes an OCSP response in DER"):
        Stapler(FILE).preload(leaf, b"garbage")
    with pytest.raises(TypeError, match="takes DER bytes, or None for no staple; got 'good'"):
        Stapler(FILE).preload(leaf, "good")  # type: ignore[arg-type]


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


def test_the_tryLater_of_ones_own_is_five_octets() -> None:
    """RFC 6960 section 4.2.1: the status, and no responseBytes."""
    assert len(TRY_LATER) == 5
    response = ocsp.load_der_ocsp_response(TRY_LATER)
    assert response.response_status is ocsp.OCSPResponseStatus.TRY_LATER
