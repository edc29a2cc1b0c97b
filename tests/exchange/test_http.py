"""The HTTP message as data: what is asked, what is answered, and the octets of both."""

import base64
import email
import http.client
import io
from dataclasses import replace
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpki._exchange.http import (
    Answer,
    add_required,
    encode_request,
    header,
    http_date,
    obey_http,
    reason_phrase,
    url_with_question,
)

PLAIN = Answer.of(200, "text/plain", b"octets", ("X-Own", "1"))


class _Socket:
    """What http.client reads an answer from."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._octets)


def read(octets: bytes) -> tuple[int, str, dict[str, str], bytes]:
    """Status, reason, headers and body of an answer as Python's own client reads it."""
    sock: Any = _Socket(octets)
    response = http.client.HTTPResponse(sock)
    response.begin()
    return response.status, response.reason, dict(response.getheaders()), response.read()


# What is asked.


@given(st.binary(max_size=300))
def test_a_question_goes_into_a_url_and_comes_out(question: bytes) -> None:
    """It is the last segment of the path, in base 64 and escaped, whether the URL ended in a slash or not."""
    for url in ("http://127.0.0.1:8080/ocsp", "http://127.0.0.1:8080/ocsp/"):
        whole = url_with_question(url, question)
        segment = whole.removeprefix("http://127.0.0.1:8080/ocsp/")
        assert "/" not in segment
        assert base64.b64decode(unquote(segment), validate=True) == question


@pytest.mark.parametrize(
    ("url", "before"),
    [
        ("http://a.example/o?x=1", "http://a.example/o?x=1/"),
        ("http://a.example/o?x=1/", "http://a.example/o?x=1//"),
        ("http://a.example/o/?", "http://a.example/o/?/"),
        ("http://a.example/o#part", "http://a.example/o/"),
        ("http://a.example/o?x=1#part/", "http://a.example/o?x=1/"),
    ],
)
def test_a_question_follows_the_whole_url(url: str, before: str) -> None:
    """A query stays in front of it; a fragment, which nobody sends, would take the question with it."""
    assert url_with_question(url, b"0\x00") == f"{before}MAA%3D"
    assert encode_request(f"{before}MAA%3D").startswith(b"GET /o")


REQUESTS = {
    "http://a.example": ("GET / HTTP/1.1", "a.example"),
    "http://a.example:8080/x/y?z=1": ("GET /x/y?z=1 HTTP/1.1", "a.example:8080"),
    "http://[::1]:80/": ("GET / HTTP/1.1", "[::1]:80"),
    "http://me:secret@a.example:80/": ("GET / HTTP/1.1", "a.example:80"),
}


@pytest.mark.parametrize("url", REQUESTS)
def test_a_request_for_a_url(url: str) -> None:
    """Path and query are the target, host and port the Host header; the connection is not kept."""
    line, *rest = encode_request(url).decode("ascii").split("\r\n")
    headers = email.message_from_string("\n".join(rest))
    assert (line, headers["Host"], headers["Connection"]) == (*REQUESTS[url], "close")
    assert headers.get_payload() == ""


def test_a_question_is_posted() -> None:
    """With a question it is a POST, which says what it carries and how much: RFC 6960 appendix A.1."""
    head, _, body = encode_request("http://a.example/ocsp", b"\x30\x00").partition(b"\r\n\r\n")
    line, *rest = head.decode("ascii").split("\r\n")
    assert line == "POST /ocsp HTTP/1.1"
    assert {"Content-Type: application/ocsp-request", "Content-Length: 2"} <= set(rest)
    assert body == b"\x30\x00"


@pytest.mark.parametrize("url", ["http://a.example/ä", "http://[::1/"])
def test_a_url_that_cannot_be_written(url: str) -> None:
    """It is a ValueError, and no other octets in its place."""
    with pytest.raises(ValueError, match=r"ascii|Invalid IPv6 URL"):
        encode_request(url)


# What is answered.


def test_an_answer_is_the_one_that_others_read() -> None:
    """Status line, headers and body, with a true length."""
    status, reason, headers, body = read(PLAIN.encode())
    assert (status, reason, body) == (200, "OK", b"octets")
    assert headers == {"Content-Type": "text/plain", "Content-Length": "6", "X-Own": "1"}
    assert PLAIN.encode() == PLAIN.head() + PLAIN.body


def test_a_sentence_is_for_people() -> None:
    """Plain text in UTF-8, with a line's end."""
    answer = Answer.text(404, "there is nothing in Malmö", ("Retry-After", "1"))
    status, reason, headers, body = read(answer.encode())
    assert (status, reason) == (404, "Not Found")
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert headers["Retry-After"] == "1"
    assert body.decode() == "there is nothing in Malmö\n"


@given(st.binary(max_size=50), st.integers(1, 60))
def test_chunks_are_put_together_again(body: bytes, size: int) -> None:
    """Whatever their size, the chunks are the body."""
    answer = Answer(200, (("Transfer-Encoding", "chunked"),), body, chunk=size)
    assert read(answer.encode())[3] == body


def test_a_reason_may_be_any() -> None:
    """Left out, it is the status's own; a status without a name has none, and an empty one stays empty."""
    assert PLAIN.head().startswith(b"HTTP/1.1 200 OK\r\n")
    assert Answer(200, (), b"", reason="Fine").head() == b"HTTP/1.1 200 Fine\r\n\r\n"
    assert Answer(200, (), b"", reason="").head() == b"HTTP/1.1 200 \r\n\r\n"
    assert Answer(599, (), b"", version="1.0").head() == b"HTTP/1.0 599 \r\n\r\n"


def test_statuses_have_names_or_none() -> None:
    """What HTTP calls a status; an empty text where it does not."""
    assert [reason_phrase(status) for status in (200, 404, 599, 0, -1)] == ["OK", "Not Found", "", "", ""]


def test_headers_in_any_case() -> None:
    """A header is found by its name in any case, the first of several."""
    headers = (("A", "1"), ("b", "2"), ("B", "3"))
    assert [header(headers, name) for name in ("a", "B", "c")] == ["1", "2", None]
    assert PLAIN.header("x-own") == "1"


def test_a_header_is_set_in_its_place() -> None:
    """Set, it stands where it stood, or at the end; without, none of that name is left."""
    twice = Answer(200, (("A", "1"), ("B", "2"), ("a", "3")), b"")
    assert twice.with_header("a", "x").headers == (("A", "x"), ("B", "2"), ("a", "x"))
    assert twice.with_header("C", "x").headers == (*twice.headers, ("C", "x"))
    assert twice.without_header("a").headers == (("B", "2"),)
    assert twice.without_header("c") == twice


@pytest.mark.parametrize(
    ("answer", "delimited"),
    [
        (PLAIN, True),
        (PLAIN.without_header("Content-Length"), False),
        (Answer(200, (("transfer-encoding", "chunked"),), b"", chunk=1), True),
        (Answer(204, (), b""), True),
        (Answer(304, (), b""), True),
        (Answer(200, (("Content-Length", ""),), b""), False),
    ],
)
def test_an_end_that_a_client_can_tell(answer: Answer, delimited: bool) -> None:
    """By a length, by chunks, or because there is no body: RFC 9112 section 6.3."""
    assert answer.is_delimited is delimited


OK = Answer.of(200, "text/plain", b"octets")
CHUNKED = replace(OK, chunk=4).without_header("Content-Length").with_header("Transfer-Encoding", "chunked")
# An answer, the version of the request, and what is left of it: headers of framing, and the octets behind it.
OBEYED: dict[str, tuple[Answer, str, dict[str, str], bytes]] = {
    "200": (OK, "1.1", {"Content-Length": "6"}, b"octets"),
    "200 in HTTP/1.0": (OK, "1.0", {"Content-Length": "6"}, b"octets"),
    "404": (replace(OK, status=404), "1.1", {"Content-Length": "6"}, b"octets"),
    "103": (replace(OK, status=103), "1.1", {}, b""),
    "204": (replace(OK, status=204), "1.1", {}, b""),
    "204 in chunks": (replace(CHUNKED, status=204), "1.1", {}, b""),
    "204 with a lie": (
        replace(OK, status=204).with_header("Content-Length", "9"), "1.1", {"Content-Length": "9"}, b"",
    ),
    "205": (replace(OK, status=205), "1.1", {"Content-Length": "0"}, b""),
    "205 in chunks": (
        replace(CHUNKED, status=205), "1.1", {"Transfer-Encoding": "chunked"}, b"0\r\n\r\n",
    ),
    "205 with a lie": (
        replace(OK, status=205).with_header("Content-Length", "9"), "1.1", {"Content-Length": "3"}, b"",
    ),
    "304": (replace(OK, status=304), "1.1", {"Content-Length": "6"}, b""),
    "304 in chunks": (replace(CHUNKED, status=304), "1.1", {"Transfer-Encoding": "chunked"}, b""),
    "chunks": (CHUNKED, "1.1", {"Transfer-Encoding": "chunked"}, b"4\r\nocte\r\n2\r\nts\r\n0\r\n\r\n"),
    "chunks in HTTP/1.0": (CHUNKED, "1.0", {}, b"octets"),
    "chunks in an answer of HTTP/1.0": (replace(CHUNKED, version="1.0"), "1.1", {}, b"octets"),
}  # fmt: skip


@pytest.mark.parametrize("case", OBEYED)
def test_what_http_forbids_is_left_out(case: str) -> None:
    """By RFC 9110 sections 8.6 and 15, RFC 9112 section 6.1; a lie about the length stays as large a lie."""
    answer, version, framing, body = OBEYED[case]
    obedient = obey_http(version, answer)
    assert obedient.encode() == obedient.head() + body
    names = ("Content-Length", "Transfer-Encoding")
    assert {name: value for name, value in obedient.headers if name in names} == framing
    assert (obedient.status, obedient.header("Content-Type")) == (answer.status, "text/plain")
    assert obey_http(version, obedient) == obedient


@pytest.mark.parametrize(
    "answer",
    [
        Answer.text(200, "x"),
        Answer.of(404, "text/plain", b"", ("A", ""), ("a", "b: c"), ("A", "\xfc")),
        Answer(200, (), b"\r\n\r\n"),
        Answer(299, (("Content-Length", "-1"),), b"x", "1.0", "Fine: so far"),
        Answer(200, (), b"", reason=""),
        Answer(299, (), b""),
    ],
    ids=["plain", "headers", "none", "odd", "no phrase", "no name"],
)
def test_an_answer_is_read_back_from_its_octets(answer: Answer) -> None:
    """Head and body make the same answer again, field by field, and so the same octets."""
    again = Answer.read(answer.head(), answer.body)
    assert again == answer
    assert again.encode() == answer.encode()


def test_a_date_is_an_imf_fixdate() -> None:
    """RFC 9110 section 5.6.7: GMT, two digits of the day, and whole seconds."""
    time = datetime(2026, 3, 4, 5, 6, 7, tzinfo=timezone.utc)
    assert http_date(time) == "Wed, 04 Mar 2026 05:06:07 GMT"
    assert parsedate_to_datetime(http_date(time)) == time


# What HTTP has with a status, by section of RFC 9110.
REQUIRED: dict[int, dict[str, str]] = {
    206: {"Content-Range": "bytes 0-5/6"},  # 15.3.7.1
    401: {"WWW-Authenticate": 'Basic realm="mockpki"'},  # 15.5.2
    405: {"Allow": ""},  # 15.5.6 and 10.2.1
    407: {"Proxy-Authenticate": 'Basic realm="mockpki"'},  # 15.5.8
    426: {"Upgrade": "HTTP/2.0", "Connection": "Upgrade"},  # 15.5.22 and 7.8
}


@pytest.mark.parametrize("status", range(200, 600))
def test_a_status_comes_with_what_it_requires(status: int) -> None:
    """And with nothing else; what is there of that name stays as it is, in whatever case it is written."""
    answer = replace(OK, status=status)
    required = REQUIRED.get(status, {})
    added = add_required(answer)
    assert added == replace(answer, headers=answer.headers + tuple(required.items()))
    assert add_required(added) == added
    for name in required:
        own = answer.with_header(name.lower(), "own")
        assert add_required(own).header(name) == "own"
    assert add_required(replace(answer, body=b"")).header("Content-Range") is None


def test_an_answer_with_another_body_of_its_length_is_one_that_was_made_anew() -> None:
    """The same value, head and octets, from an answer that was written or not, wherever its ETag stands."""
    tag = ("ETag", '"one"')
    for others in ([], [("Date", "ETag: x")], [("X", '"one"'), ("Y", "z")]):
        for place in range(len(others) + 1):
            headers = [*others[:place], tag, *others[place:]]
            for reason in (None, "Fine"):
                honest = replace(Answer.of(200, "text/plain", b"first", *headers), reason=reason)
                again = [("ETag", '"two"') if pair == tag else pair for pair in headers]
                anew = replace(Answer.of(200, "text/plain", b"other", *again), reason=reason)
                for _ in range(2):
                    made = honest.with_body(b"other", '"two"')
                    assert made == anew
                    assert (made.head(), made.encode()) == (anew.head(), anew.encode())
                    assert honest.encode().endswith(b"first")
