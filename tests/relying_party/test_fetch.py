"""Asking over HTTP: how, and what can go wrong on the way."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from time import sleep
from typing import Any

import pytest

from mockpki import PKI
from mockpki._validation.finding import Unusable
from mockpki.relying_party import HARD_FAIL, SOFT_FAIL
from mockpki.relying_party._fetch import Deadline, fetch
from tests.kit.plain_server import answering, plain_server
from tests.relying_party.kit import ANSWERS, DELIVERY, OCSP_ONLY, SHORT, check, looked


class TestGood:
    def test_question(self, pki: PKI) -> None:
        """A question goes by GET where it is short enough for caches, and by POST beyond 255 octets."""
        for more, method in (("", "GET"), ("/" + "x" * 200, "POST")):
            leaf = pki.issue_cert("localhost", ocsp_urls=[pki.ocsp.url + more])
            verdict, _ = check(pki, leaf, OCSP_ONLY)
            request = pki.ocsp.requests[-1]
            assert (verdict.accepted, request.method, request.serials) == (
                True,
                method,
                (leaf.serial_number,),
            )
            assert (request.nonce, request.headers["connection"]) == (None, "close")


class TestUnusable:
    @pytest.mark.parametrize(("fault", "word"), [*ANSWERS, *DELIVERY])
    def test_ocsp(self, pki: PKI, fault: Any, word: str) -> None:
        """A failure of the only responder rejects in hard-fail and passes in soft-fail."""
        leaf = pki.issue_cert("localhost", crl_urls=[])
        for policy in (HARD_FAIL, SOFT_FAIL):
            with pki.ocsp.respond_with(fault):
                hurried = replace(policy, timeout=SHORT) if word == "timed out" else policy
                verdict, _ = check(pki, leaf, hurried)
            assert verdict.accepted == (policy is SOFT_FAIL), verdict
            assert looked(verdict) == [("staple", "no staple"), ("OCSP", word)]
            assert f"no source could tell (staple: no staple; OCSP: {word})" in verdict.reasons[0]
        pki.ocsp.assert_asked(times=0 if word == "refused" else 2)

    @pytest.mark.parametrize("urls", [["ldap://127.0.0.1/x"], ["http:///x"], ["http://127.0.0.1:99999/"]])
    def test_urls(self, pki: PKI, urls: Sequence[str]) -> None:
        """URLs that are not for HTTP are no source."""
        leaf = pki.issue_cert("localhost", ocsp_urls=urls, crl_urls=[])
        verdict, _ = check(pki, leaf, HARD_FAIL)
        assert looked(verdict)[-1] == ("OCSP", "no http URL")

    def test_unresolvable(self, pki: PKI) -> None:
        """A host without an address is no source."""
        leaf = pki.issue_cert("localhost", ocsp_urls=[pki.unresolvable_url], crl_urls=[])
        verdict, _ = check(pki, leaf, HARD_FAIL)
        assert looked(verdict)[-1] == ("OCSP", "no address")


BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanswer"
WAYS = {
    "a length": BODY,
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nanswer\r\n0\r\n\r\n",
    "the end": b"HTTP/1.0 200 OK\r\n\r\nanswer",
}
FAILURES = {
    "nothing": (b"", "broken off", "the connection broke: Remote end closed connection without response"),
    "half a body": (BODY[:-1], "broken off", "the connection broke: IncompleteRead(5 bytes read, 1 more"),
    "not HTTP": (b"\x16\3\1\0\0", "broken off", "the connection broke: "),
    "another status": (b"HTTP/1.1 404 Gone Fishing\r\n\r\n", "HTTP 404", "HTTP status 404 Gone Fishing"),
}


class TestOctets:
    """A server that sends what the test says."""

    @pytest.mark.parametrize("how", WAYS)
    def test_ends(self, how: str) -> None:
        """The end of a body is found by its length, its chunks, or the end of the connection."""
        with plain_server(answering(WAYS[how])) as (host, port):
            assert fetch(f"http://{host}:{port}/", timedelta(seconds=10)) == b"answer"

    @pytest.mark.parametrize("what", FAILURES)
    def test_failures(self, what: str) -> None:
        """Each has its word and its sentence."""
        octets, word, sentence = FAILURES[what]
        with plain_server(answering(octets)) as (host, port), pytest.raises(Unusable) as caught:
            fetch(f"http://{host}:{port}/", timedelta(seconds=10))
        assert caught.value.word == word
        assert caught.value.sentence.startswith(sentence)

    def test_post(self) -> None:
        """A body is posted as a question; without one it is a GET."""
        asked: list[bytes] = []
        with plain_server(answering(BODY, asked)) as (host, port):
            for body in (b"question", None):
                fetch(f"http://{host}:{port}/x", timedelta(seconds=10), body)
        assert [request.partition(b" ")[0] for request in asked] == [b"POST", b"GET"]
        assert asked[0].endswith(b"\r\n\r\nquestion")


class TestDeadline:
    def test_runs_out(self) -> None:
        """What is left falls to nothing, and from then on there is a TimeoutError until it is restarted."""
        deadline = Deadline(timedelta(milliseconds=50))
        assert 0 < deadline.left() <= 0.05
        sleep(0.06)
        with pytest.raises(TimeoutError, match=r"no answer within 0\.05 s"):
            deadline.left()
        deadline.restart()
        assert deadline.left() > 0
