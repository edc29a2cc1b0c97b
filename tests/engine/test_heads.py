"""Heads that have come before: read as a parser reads them, whatever surrounds them."""

from itertools import product

import httptools
import pytest

from mockpki._engine.heads import find_head, learn_head
from mockpki._engine.requests import Continue, RequestReader
from mockpki._exchange.http import HttpRequest

FIELDS = [
    b"Host: a\r\n",
    b"Host: a\r\nUser-Agent: \xe9 b\r\n",
    b"Host: a\r\nContent-Length: 4\r\n",
    b"Host: a\r\nContent-Length: 04\r\nConnection: close\r\n",
    b"Host: a\r\nConnection: keep-alive, close\r\n",
    b"Host: a\r\nConnection: keep-alive\r\nContent-Length: 0\r\n",
]
# These may be read in many ways, or are answered before they are whole: a parser reads each of them.
UNUSUAL = [
    b"host:a\r\n",
    b"Host: a \r\n",
    b"Host: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n",
    b"Host: a\r\nTransfer-Encoding: chunked\r\n",
    b"Host: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n",
    b"Host: a\r\nX: " + b"y" * 5000 + b"\r\n",
    b"X: y\r\n",
    b"Host: a\r\nHost: b\r\n",
]
CONTENT = b"body"


def message(line: bytes, fields: bytes) -> tuple[bytes, bytes]:
    """A head, and its content."""
    length = b"Content-Length: 4" in fields or b"Content-Length: 04" in fields
    chunks = b"4\r\nbody\r\n0\r\n\r\n" if b"chunked" in fields else b""
    return line + b"\r\n" + fields + b"\r\n", CONTENT if length else chunks


LINES = [b"GET /a HTTP/1.1", b"HEAD /%41?b HTTP/1.1", b"POST / HTTP/1.1", b"GET http://a/ HTTP/1.0"]
MESSAGES = [message(*pair) for pair in product(LINES, FIELDS)]
OTHERS = [message(*pair) for pair in product(LINES[:3], UNUSUAL)]
# What may come behind a message, in the same read or in another.
BEHIND = [
    b"",
    b"\r\n",
    b"\r\n\r\n",
    b"GET /b HTTP/1.1\r\nHost: a\r\n\r\n",
    b"FOO / HTTP/1.1\r\n\r\n",
    b"\0",
    b"GE",
]


def read(pieces: list[bytes], largest: int | None = 100) -> tuple[list[object], bool]:
    """What is found in *pieces*, and whether no more is read."""
    reader = RequestReader("client", largest)
    for piece in pieces:
        reader.feed(piece)
    return [Continue if isinstance(one, Continue) else one for one in reader.found], reader.over


def cut(octets: bytes) -> list[bytes]:
    """Pieces of seven: no head comes in one of them, which is then never looked up."""
    return [octets[at : at + 7] for at in range(0, len(octets), 7)]


@pytest.mark.parametrize("largest", [100, 3, None])
def test_a_known_head_is_read_as_a_parser_reads_it(largest: int | None) -> None:
    """Known or not, kept or closed, whole or cut, whatever comes behind: the same requests and refusals."""
    for head, content in MESSAGES + OTHERS:
        read([head + content])
        for behind in BEHIND:
            expected = read(cut(head + content + behind), largest)
            for pieces in ([head + content + behind], [head + content, behind], [head, content + behind]):
                assert read(pieces, largest) == expected, pieces
            twice = 2 * (head + content) + behind
            assert read([twice], largest) == read(cut(twice), largest), twice


def test_the_parser_is_not_asked_for_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A usual head is parsed once, by any reader; an unusual one each time."""
    # What is known may be forgotten meanwhile, when it has become too much, but not twice.
    for head, content in 2 * (MESSAGES + OTHERS):
        read([head + content])
    asked: list[RequestReader] = []
    real = httptools.HttpRequestParser

    def make_parser(reader: RequestReader) -> httptools.HttpRequestParser:
        asked.append(reader)
        return real(reader)

    monkeypatch.setattr(httptools, "HttpRequestParser", make_parser)
    for head, content in MESSAGES:
        (request,), _ = read([head + content])
        assert isinstance(request, HttpRequest)
        assert (request.body, request.client) == (content, "client")
    assert not asked
    for head, content in OTHERS:
        read([head + content])
    assert len(asked) >= len(OTHERS)


def test_only_a_head_and_nothing_else_is_learnt() -> None:
    """Octets that say more or less than the request does, or say it in another way, are not known later."""
    request = HttpRequest("GET", "/only", (("Host", "a"),), b"", "1.1", True, "client")
    right = b"GET /only HTTP/1.1\r\nHost: a\r\n\r\n"
    for octets in (
        b"",
        right[:-2],
        right + b"\r\n",
        right + right,
        right.replace(b"\r\n", b"\n"),
        right.lower(),
    ):
        learn_head(octets, request)
        assert find_head(octets) is None
    learn_head(right, request)
    found = find_head(right)
    assert found is not None
    assert found.request == request._replace(client="")
    assert found.size == 0


def test_heads_without_number_are_forgotten() -> None:
    """Thousands of targets take no more room than some; what comes again is learnt again."""
    heads = [b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(2000)]
    for head in heads:
        assert len(read([head])[0]) == 1
    assert sum(find_head(head) is not None for head in heads) <= 256
    assert find_head(heads[-1]) is not None


def test_what_is_raised_while_a_head_is_read_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in what the parser calls comes out as it is."""
    monkeypatch.setattr(RequestReader, "on_message_complete", lambda reader: [][0])
    with pytest.raises(IndexError):
        RequestReader("client").feed(b"GET /new HTTP/1.1\r\nHost: a\r\n\r\n")
