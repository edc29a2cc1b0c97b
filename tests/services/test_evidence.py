"""What the services remember of the requests, and how a test asks for it."""

import gc
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from types import ModuleType
from typing import Any

import pytest

from mockpki import PKI, faults
from mockpki._exchange.http import Answer, HttpRequest
from mockpki._exchange.steps import Abort, Finish, Send, Silence, Wait, Wire, deliver
from mockpki._services.evidence import Request
from mockpki._services.questions import Inquiry, read_nothing
from tests.kit.asking import cert_id, connect, post, question, raw_post, send


def test_a_request_is_remembered_whole(pki: PKI) -> None:
    """Method, path, headers, body, client, time, what was asked and what was answered."""
    one, two = pki.issue_cert("a.test"), pki.issue_cert("b.test")
    der = question(cert_id(one, "sha256"), cert_id(two, "sha256"), nonce=b"n" * 32)
    before = pki.clock.now()
    with connect(pki.ocsp.url) as connection:
        connection.sendall(
            raw_post(pki.ocsp.url + "?x=1", der).replace(b"Host", b"X-Test: a\r\nx-test: b\r\nHost")
        )
        answer = connection.recv(1 << 20)
        host, port = connection.getsockname()
    [request] = pki.ocsp.requests
    assert (request.method, request.path, request.body) == ("POST", "/ocsp", der)
    assert request.asked.headers[:2] == (("X-Test", "a"), ("x-test", "b"))
    assert (request.headers["x-test"], request.headers["host"]) == ("b", "test")
    assert request.client == f"{host}:{port}"
    assert before <= request.time <= pki.clock.now()
    assert request.serials == (one.serial_number, two.serial_number)
    assert (request.hash_algorithm, request.nonce, request.signed) == ("sha256", b"n" * 32, False)
    assert (request.faults, request.error) == ((), None)
    assert request.answer.encode() == answer
    assert request.wire == (faults.Send(answer),)


def objects_of(value: object) -> set[int]:
    """What the garbage collector goes through in *value*: every tracked object below it, by identity."""
    found: dict[int, object] = {}
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if gc.is_tracked(one) and id(one) not in found and not isinstance(one, type | ModuleType):
            found[id(one)] = one
            waiting += gc.get_referents(one)
    return set(found)


def test_honest_evidence_is_no_work_for_the_garbage_collector(pki: PKI) -> None:
    """A hundred honest requests leave nothing that the collector walks, and become requests all the same."""
    leaf = pki.issue_cert("localhost")
    post(pki.ocsp.url, question(cert_id(leaf), nonce=b"first"))
    before = objects_of(pki.ocsp._log._journal._blocks)
    nonces = [b"%032d" % number for number in range(100)]
    for nonce in nonces:
        post(pki.ocsp.url, question(cert_id(leaf), nonce=nonce))
    assert objects_of(pki.ocsp._log._journal._blocks) == before
    with pki.ocsp.respond_with(faults.Unknown()):
        post(pki.ocsp.url, question(cert_id(leaf)))
    assert len(objects_of(pki.ocsp._log._journal._blocks)) > len(before)
    requests = pki.ocsp.requests
    assert [request.nonce for request in requests] == [b"first", *nonces, None]
    assert [request.serials for request in requests] == [(leaf.serial_number,)] * 102
    assert pki.ocsp.requests[0] is requests[0]


def test_honest_evidence_is_what_an_object_would_have_been(pki: PKI) -> None:
    """What is made of octets is equal, field by field, to what was asked and what went out."""
    leaf = pki.issue_cert("localhost")
    der = question(cert_id(leaf))
    odd = (("X-Odd", "\xfc\x7f"), ("x-odd", ""))
    asked = [
        HttpRequest("POST", "/ocsp", (), der),
        HttpRequest("POST", "/ocsp?\xfc", odd, der, "1.0", False, "[::1]:1"),
        HttpRequest("HEAD", "/ocsp", (("Host", "a"),), b"", "1.1", True, "\u2603"),
        HttpRequest("GET", "/ocsp/none", keep_alive=False),
        HttpRequest("PUT", "/ocsp", (), der, "1.0"),
    ]
    pki.clock.shift(timedelta(days=-26_000))  # before 1970
    for request in asked:
        before = pki.clock.now()
        wire = pki.ocsp.handle(request)
        (seen,) = pki.ocsp.since(-1)
        assert (seen.asked, seen.wire, seen.faults) == (request, wire, ())
        assert deliver(request, seen.answer) == wire
        assert before <= seen.time <= pki.clock.now() < datetime(1970, 1, 1, tzinfo=timezone.utc)


def test_requests_are_numbered_and_read_from_a_number_on(pki: PKI) -> None:
    """``since`` gives what has a higher number, or the last ones; `reset` does not begin to count anew."""
    leaf = pki.issue_cert("localhost")
    assert pki.ocsp.since(0) == pki.ocsp.since(-1) == []
    for serial in range(1, 6):
        post(pki.ocsp.url, question(cert_id(leaf, serial=serial)))
    assert [(request.number, *request.serials) for request in pki.ocsp.since(3)] == [(4, 4), (5, 5)]
    assert [request.number for request in pki.ocsp.since(-2)] == [4, 5]
    assert len(pki.ocsp.since(-9)) == len(pki.ocsp.since(0)) == len(pki.ocsp.requests) == 5
    assert pki.ocsp.since(5) == pki.ocsp.since(99) == []
    pki.ocsp.reset()
    assert pki.ocsp.since(0) == []
    assert pki.ocsp.dropped == 0
    with pki.ocsp.respond_with(faults.TryLater()):
        post(pki.ocsp.url, question(cert_id(leaf)))
    assert [request.number for request in pki.ocsp.since(5)] == [6]


def test_only_the_newest_are_kept_where_that_is_asked_for() -> None:
    """``evidence=3``: the newest three, the number of those dropped, and counts that include them."""
    with PKI(evidence=3) as pki:
        leaf, other = pki.issue_cert("a.test"), pki.issue_cert("b.test")
        post(pki.ocsp.url, question(cert_id(other)))
        for number in range(4):
            with pki.ocsp.respond_with(*[faults.TryLater()] * (number % 2)):
                post(pki.ocsp.url, question(cert_id(leaf)))
        assert [(one.number, len(one.faults)) for one in pki.ocsp.requests] == [(3, 1), (4, 0), (5, 1)]
        assert (pki.ocsp.dropped, pki.crl.dropped) == (2, 0)
        assert pki.ocsp.wait_for_request(0).number == 3
        pki.ocsp.assert_asked(times=5)
        pki.ocsp.assert_asked(leaf)
        with pytest.raises(AssertionError, match="was asked 5 times, not 2 times"):
            pki.ocsp.assert_asked(times=2)
        with pytest.raises(AssertionError, match=r"was asked about serial .* 3 times, not 2 times"):
            pki.ocsp.assert_asked(leaf, times=2)
        for about, times in ((other, 0), (other, None), (leaf, 3), (leaf, 4)):
            with pytest.raises(AssertionError, match=r"cannot be told .* the 2 oldest are not kept any more"):
                pki.ocsp.assert_asked(about, times)


@pytest.mark.parametrize(
    ("evidence", "error"),
    [(0, ValueError), (-1, ValueError), (True, TypeError), (1.0, TypeError), ("9", TypeError)],
)
def test_a_limit_that_is_none_is_refused(evidence: Any, error: type[Exception]) -> None:
    """A limit is a whole number from 1 on; whatever else is refused by name and value."""
    with pytest.raises(error, match=rf"evidence=.*{evidence!r}"):
        PKI(evidence=evidence)


def test_what_was_bent_is_remembered_as_sent(pki: PKI) -> None:
    """The faults, the answer with them, and the steps on the wire."""
    leaf = pki.issue_cert("localhost")
    given = (faults.TryLater(), faults.HttpStatus(503), faults.Slow(timedelta(0)))
    with pki.ocsp.respond_with(*given):
        reply = post(pki.ocsp.url, question(cert_id(leaf)))
    [request] = pki.ocsp.requests
    assert request.faults == given
    assert (
        (request.answer.status, request.answer.body)
        == (reply.status, reply.body)
        == (503, b"0\x03\n\x01\x03")
    )
    assert [type(step).__name__ for step in request.wire] == ["Wait", "Send"]


def test_a_file_request_has_no_question(pki: PKI) -> None:
    """The CRL names no certificate, and says so by empty fields."""
    send(pki.crl.url)
    [request] = pki.crl.requests
    assert (request.question, request.error, request.serials) == (None, None, ())
    assert (request.hash_algorithm, request.nonce, request.signed) == (None, None, False)


def test_a_request_as_a_sentence(pki: PKI) -> None:
    """Time, what was asked, what was answered and how: one line for a failing test."""
    leaf = pki.issue_cert("localhost", serial_number=0xABC)
    post(pki.ocsp.url, question(cert_id(leaf), cert_id(leaf, serial=16)))
    post(pki.ocsp.url, b"\x02\x01\x01")
    send(pki.crl.url)
    pki.ocsp.script([faults.Unknown(), faults.Hang()])
    with connect(pki.ocsp.url) as connection:
        connection.sendall(raw_post(pki.ocsp.url, question(cert_id(leaf))))
        last = pki.ocsp.requests[-1]
    lines = [str(request).partition("Z ")[2] for request in (*pki.ocsp.requests[:2], *pki.crl.requests, last)]
    assert lines == [
        "POST serial 0xabc, serial 0x10 -> HTTP 200",
        "POST malformed request: tag 0x02 at octet 0, where 0x30 belongs -> HTTP 200",
        "GET /ca.crl -> HTTP 200",
        "POST serial 0xabc -> nothing (silence) with Unknown(), Hang()",
    ]
    assert str(last).startswith(f"{last.time:%H:%M:%S}Z POST")


def test_assert_asked_counts(pki: PKI) -> None:
    """At least once, exactly so often, never; about a leaf, a serial number, a CA, or anything."""
    leaf, other = pki.issue_cert("a.test"), pki.issue_cert("b.test")
    pki.ocsp.assert_not_asked()
    pki.ocsp.assert_not_asked(leaf)
    for _ in range(2):
        post(pki.ocsp.url, question(cert_id(leaf)))
    pki.ocsp.assert_asked()
    pki.ocsp.assert_asked(times=2)
    pki.ocsp.assert_asked(leaf)
    pki.ocsp.assert_asked(leaf.serial_number, times=2)
    pki.ocsp.assert_not_asked(other)
    post(pki.ocsp.url, question(cert_id(leaf), cert_id(other)))
    pki.ocsp.assert_asked(other, times=1)
    pki.ocsp.assert_asked(leaf, times=3)
    pki.root.ocsp.assert_not_asked(pki.ca)
    post(pki.root.ocsp.url, question(cert_id(pki.ca)))
    pki.root.ocsp.assert_asked(pki.ca, times=1)


def test_assert_asked_says_what_was_asked_instead(pki: PKI) -> None:
    """The message names the service, the certificate, the counts, and the requests there were."""
    leaf, other = pki.issue_cert("a.test", serial_number=0xA), pki.issue_cert("b.test", serial_number=0xB)
    name = pki.ca.common_name
    with pytest.raises(AssertionError) as never:
        pki.ocsp.assert_asked(leaf)
    assert str(never.value) == (
        f"the OCSP responder of {name} was not asked about serial 0xa; it was never asked anything"
    )
    for _ in range(2):
        post(pki.ocsp.url, question(cert_id(other)))
    with pytest.raises(
        AssertionError, match=r"was not asked about serial 0xa; it was asked 2 times, at last:\n"
    ):
        pki.ocsp.assert_asked(leaf)
    with pytest.raises(
        AssertionError, match=r"was asked about serial 0xb 2 times, not once; (.*\n)+.*serial 0xb"
    ):
        pki.ocsp.assert_asked(other, times=1)
    with pytest.raises(AssertionError, match="was asked about serial 0xb 2 times, and should not have been"):
        pki.ocsp.assert_not_asked(other)
    with pytest.raises(
        AssertionError, match="was asked 2 times, and should not have been; it was asked 2 times"
    ):
        pki.ocsp.assert_not_asked()
    with pytest.raises(AssertionError, match=r"the CRL publisher of .* was not asked; it was never asked"):
        pki.crl.assert_asked()


def test_only_the_last_requests_are_shown(pki: PKI) -> None:
    """A message of a thousand lines helps nobody."""
    with connect(pki.crl.url) as connection:
        connection.sendall(b"GET /ca.crl HTTP/1.1\r\nHost: test\r\n\r\n" * 30)
        with pytest.raises(AssertionError) as shown:
            pki.crl.assert_asked(times=1)
    assert str(shown.value).count("GET /ca.crl") == 20
    assert "was asked 30 times, not once; it was asked 30 times, at last:" in str(shown.value)


def test_a_request_just_sent_is_seen_at_once(pki: PKI) -> None:
    """Evidence needs no sleep: what has left the client is counted, answered or not."""
    ask = raw_post(pki.ocsp.url, question(cert_id(pki.issue_cert("localhost"))))
    with pki.ocsp.respond_with(faults.Hang()):
        for count in range(1, 30):
            with connect(pki.ocsp.url) as connection:
                connection.sendall(ask)
                pki.ocsp.assert_asked(times=count)


def test_wait_for_request_hands_out_each_once(pki: PKI) -> None:
    """One that is here already, then the next, in the order of their coming."""
    leaf, other = pki.issue_cert("a.test"), pki.issue_cert("b.test")
    post(pki.ocsp.url, question(cert_id(leaf)))
    post(pki.ocsp.url, question(cert_id(other)))
    assert pki.ocsp.wait_for_request().serials == (leaf.serial_number,)
    assert pki.ocsp.wait_for_request(timedelta(seconds=5)).serials == (other.serial_number,)


def test_wait_for_request_waits(pki: PKI) -> None:
    """For a request that another thread makes later."""
    leaf = pki.issue_cert("localhost")
    go = threading.Event()

    def later() -> None:
        go.wait(30)
        post(pki.ocsp.url, question(cert_id(leaf)))

    client = threading.Thread(target=later)
    client.start()
    with pytest.raises(TimeoutError):
        pki.ocsp.wait_for_request(0)
    go.set()
    assert pki.ocsp.wait_for_request(30).serials == (leaf.serial_number,)
    client.join()


def test_wait_for_request_gives_up_with_a_sentence(pki: PKI) -> None:
    """What was waited for, how long, and what came before."""
    name = pki.ca.common_name
    sentence = f"no request came to the CRL publisher of {name} within 0.01 s; it was never asked anything"
    with pytest.raises(TimeoutError) as nothing:
        pki.crl.wait_for_request(0.01)
    assert str(nothing.value) == sentence
    send(pki.crl.url)
    pki.crl.wait_for_request()
    with pytest.raises(
        TimeoutError, match=r"within 0\.02 s after those returned before; it was asked once, at"
    ):
        pki.crl.wait_for_request(timedelta(milliseconds=20))


def test_several_threads_wait_for_different_requests(pki: PKI) -> None:
    """No request is handed to two of them."""
    taken: list[tuple[int, ...]] = []
    waiting = [
        threading.Thread(target=lambda: taken.append(pki.ocsp.wait_for_request(30).serials)) for _ in range(5)
    ]
    for thread in waiting:
        thread.start()
    leaf = pki.issue_cert("localhost")
    for serial in range(5):
        post(pki.ocsp.url, question(cert_id(leaf, serial=serial)))
    for thread in waiting:
        thread.join()
    assert sorted(taken) == [(serial,) for serial in range(5)]


def test_the_record_is_the_tests_own(pki: PKI) -> None:
    """Changing the list that was given out changes nothing inside."""
    send(pki.crl.url)
    pki.crl.requests.clear()
    assert len(pki.crl.requests) == 1


@pytest.fixture
def two_pkis() -> Iterator[tuple[PKI, PKI]]:
    """Two PKIs side by side."""
    with PKI() as one, PKI() as other:
        yield one, other


def test_pkis_do_not_share_evidence(two_pkis: tuple[PKI, PKI]) -> None:
    """What one was asked, the other was not."""
    one, other = two_pkis
    send(one.crl.url)
    one.crl.assert_asked(times=1)
    other.crl.assert_not_asked()


@pytest.mark.parametrize(
    ("wire", "words"),
    [
        ((Send(b"HTTP/1.1 200 OK\r\n\r\n"),), "HTTP 200"),
        ((Send(b"HTTP/1.0 404 No\r\n\r\n"), Finish()), "HTTP 404"),
        ((Send(b"HTTP/1.1 200 OK\r\n\r\n"), Abort()), "HTTP 200 (sent then reset)"),
        ((Wait(2.5), Send(b"HTTP/1.1 200 OK\r\n\r\n")), "HTTP 200 (2.5 s of waiting then sent)"),
        ((Send(b"220 ESMTP\r\n"), Finish()), "11 octets that are no HTTP (sent then closed)"),
        ((Silence(),), "nothing (silence)"),
        ((Abort(),), "nothing (reset)"),
        ((), "nothing"),
    ],
)
def test_an_answer_in_words(wire: Wire, words: str) -> None:
    """What is said of an answer is what went out, and not what an honest one would have been."""
    noon = datetime(2030, 1, 1, 12, tzinfo=timezone.utc)
    request = Request(Inquiry(HttpRequest("GET", "/"), read_nothing), noon, (), Answer.text(200, "x"), wire)
    assert str(request) == f"12:00:00Z GET / -> {words}"
    assert repr(request) == f"<Request 12:00:00Z GET / -> {words}>"
