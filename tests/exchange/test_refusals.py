"""What HTTP says must be refused: by its head, clause by clause; and what must not be."""

import pytest

from mockpki._exchange.http import Headers
from mockpki._exchange.refusals import find_refusal, judge_method

HOST = ("Host", "a.example")

# By RFC and section: target, version, headers, status.
REFUSED: dict[str, tuple[str, str, Headers, int]] = {
    "9112 3.2 no Host": ("/", "1.1", (("Accept", "*/*"),), 400),
    "9112 3.2 two": ("/", "1.1", (HOST, HOST), 400),
    "9112 3.2 two, one empty": ("/", "1.1", (HOST, ("host", "")), 400),
    "9112 3.2 two in HTTP/1.0": ("/", "1.0", (HOST, ("HOST", "b")), 400),
    "9112 3.2 a path": ("/", "1.1", (("Host", "a.example/x"),), 400),
    "9112 3.2 a user": ("/", "1.1", (("Host", "me@a.example"),), 400),
    "9112 3.2 a list": ("/", "1.1", (("Host", "a, b"),), 400),
    "9112 3.2 a port that is none": ("/", "1.1", (("Host", "a:http"),), 400),
    "9112 3.2 half an address": ("/", "1.1", (("Host", "[::1"),), 400),
    "9112 3.2 no host in HTTP/1.0": ("/", "1.0", (("Host", "a b"),), 400),
    "9112 6.1 coding in HTTP/1.0": ("/", "1.0", (("Transfer-Encoding", "chunked"),), 400),
    "9112 6.1 unknown coding": ("/", "1.1", (HOST, ("Transfer-Encoding", "gzip, chunked")), 501),
    "9110 4.2.1 http without a host": ("http:///ca.crl", "1.1", (HOST,), 400),
    "9110 4.2.1 a port alone": ("HTTP://:80/ca.crl", "1.1", (HOST,), 400),
    "9110 15.6.6 version 2": ("/", "2.0", (HOST,), 505),
    "9110 15.6.6 version 0.9": ("/", "0.9", (), 505),
}
TAKEN: dict[str, tuple[str, str, Headers]] = {
    "a name": ("/", "1.1", (HOST,)),
    "a port": ("/", "1.1", (("host", "a.example:8080"),)),
    "an empty port": ("/", "1.1", (("Host", "a.example:"),)),
    "IPv4": ("/", "1.1", (("Host", "127.0.0.1:80"),)),
    "IPv6": ("/", "1.1", (("Host", "[::1]:80"),)),
    "an address of the future": ("/", "1.1", (("Host", "[v1.a:b]"),)),
    "nothing, for a target without a host": ("/", "1.1", (("Host", ""),)),
    "escaped, underlined": ("/", "1.1", (("Host", "a_b.%61-1.example"),)),
    "spaces around": ("/", "1.1", (("Host", " a.example\t"),)),
    "none in HTTP/1.0": ("/", "1.0", ()),
    "one in HTTP/1.0": ("/", "1.0", (HOST,)),
    "absolute form": ("http://a.example/ca.crl", "1.1", (HOST,)),
    "absolute form of another scheme": ("urn:a", "1.1", (HOST,)),
    "a URL in the path": ("/http:///x", "1.1", (HOST,)),
    "chunked": ("/", "1.1", (HOST, ("transfer-encoding", "Chunked"))),
}


@pytest.mark.parametrize("clause", REFUSED)
def test_what_must_be_refused(clause: str) -> None:
    """With the status of the clause, and a sentence."""
    target, version, headers, status = REFUSED[clause]
    refusal = find_refusal("GET", target, version, headers)
    assert refusal is not None
    assert refusal.status == status
    assert len(refusal.sentence) > 30


@pytest.mark.parametrize("case", TAKEN)
def test_what_must_not(case: str) -> None:
    """The nearest that is allowed."""
    assert find_refusal("GET", *TAKEN[case]) is None


@pytest.mark.parametrize("method", ["get", "FOO", "PROPFIND", "GETS", "M-SEARCH", "*", "PRI"])
def test_a_method_that_nobody_knows(method: str) -> None:
    """RFC 9110 section 9.1 has 501 for it; methods are case-sensitive. What is known is not refused here."""
    refusal = find_refusal(method, "/", "1.1", (HOST,))
    assert refusal is not None
    assert (refusal.status, refusal) == (501, judge_method(method))
    assert repr(method) in refusal.sentence
    for known in ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"):
        assert find_refusal(known, "/", "1.1", (HOST,)) is judge_method(known) is None
