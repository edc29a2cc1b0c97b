"""From a request to an answer: what comes on the wire, right and wrong, and what is said to it."""

import json
import socket
import threading
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import requests

from mockpki._serve.limits import LARGEST_BODY, LARGEST_HEAD
from mockpki._serve.problem import TYPES
from tests.kit.asking import connect, read_answer
from tests.kit.serving import JSON, Served

HEAD = "Host: localhost\r\nContent-Type: application/json\r\n"
NAMES = {"name": "x"}


def say(served: Served, *parts: str | bytes, end: bool = False) -> tuple[int, str, str]:
    """Octets as they are, each part by itself; the status, the type of problem, and the detail."""
    with connect(served.url) as connection:
        for part in parts:
            connection.sendall(part.encode() if isinstance(part, str) else part)
        if end:
            connection.shutdown(socket.SHUT_WR)
        reply = read_answer(connection)
    assert reply.headers["x-content-type-options"] == "nosniff"
    if reply.status < 300:
        return reply.status, "", ""
    assert reply.headers["content-type"] == "application/problem+json"
    problem = json.loads(reply.body)
    kind = problem["type"].partition("#")[2]
    assert TYPES[kind][0] == problem["status"] == reply.status
    return reply.status, kind, problem["detail"]


def post(body: str | bytes, path: str = "/v1/pkis", more: str = "") -> bytes:
    """A request with a body."""
    data = body.encode() if isinstance(body, str) else body
    return f"POST {path} HTTP/1.1\r\n{HEAD}{more}Content-Length: {len(data)}\r\n\r\n".encode() + data


NO_JSON = (
    b"", b"{", b"}", b"nope", b"{'a': 1}", b'{"depth": NaN}', b'{"depth": Infinity}', b'{"depth": 1e999}',
    b'{"name": "\xff"}', b'{"name": "\\ud800"}', b"\xef\xbb\xbf{}", "{}".encode("utf-16"), b"{} {}",
    b"[" * 100_000, b'{"a":' * 100_000, b'{"depth": 1, "depth": 2}',
    b'{"root": {"certificate": "", "certificate": ""}}',
)  # fmt: skip


@pytest.mark.parametrize("body", NO_JSON, ids=lambda body: repr(body[:30]))
def test_what_is_no_json_is_400(served: Served, body: bytes) -> None:
    """A body that no two readers would take for the same is refused, and nothing is made of it."""
    path = "/v1/pkis" if body else "/v1/pkis/x/clock/shift"
    status, kind, detail = say(served, post(body, path))
    assert (status, kind) == (400, "not-json")
    assert detail.startswith("the body is no JSON: ")
    assert len(served.topology) == 0


@pytest.mark.parametrize(
    "body", [b"{}", b'{"depth":\n 1 }', '{"name": "ü"}'.encode(), b'{"name": "\\ud83d\\ude00"}']
)
def test_what_is_json_is_read(served: Served, body: bytes) -> None:
    """The same with bodies that are as they should be."""
    status, _, _ = say(served, post(body))
    assert status == 201
    for hosted in served.topology.open_pkis():
        served.ask("DELETE", f"/v1/pkis/{hosted.id}")


def get(target: str, more: str = "", method: str = "GET") -> str:
    """A request without a body."""
    return f"{method} {target} HTTP/1.1\r\n{HEAD}{more}\r\n"


def odd(framing: str, body: str = "") -> str:
    """A request whose body comes as *framing* says."""
    return get("/v1/pkis", f"{framing}\r\n", "POST") + body


FORM = "POST /v1/pkis HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"
WRONG: dict[str, tuple[str | bytes, int, str]] = {
    "no HTTP": ("hello\r\n\r\n", 400, "not-http"),
    "no version": ("POST /v1/pkis FTP/1.1\r\n\r\n", 400, "not-http"),
    "a version to come": ("GET /health HTTP/2.0\r\nHost: localhost\r\n\r\n", 400, "not-http"),
    "a target that is no URL": (get("http://[x/"), 400, "not-http"),
    "a length that is none": (odd("Content-Length: ten"), 400, "not-http"),
    "a negative length": (odd("Content-Length: -1"), 400, "not-http"),
    "two lengths": (odd("Content-Length: 2\r\nTransfer-Encoding: chunked"), 400, "not-http"),
    "another coding": (odd("Transfer-Encoding: gzip"), 400, "not-http"),
    "a chunk that is none": (odd("Transfer-Encoding: chunked", "zz\r\n{}\r\n"), 400, "not-http"),
    "another host in the target": (get("http://evil.example/health"), 421, "wrong-host"),
    "no host": ("GET /health HTTP/1.1\r\n\r\n", 421, "wrong-host"),
    "two hosts": (get("/health", "Host: evil.example\r\n"), 421, "wrong-host"),
    "an old version": ("GET /v1/nothing HTTP/1.0\r\nHost: localhost\r\n\r\n", 404, "not-found"),
    "a path in no encoding": (get("/v1/pkis/%ff%00%0a"), 404, "not-found"),
    "raw octets in a path": (get("/v1/pkis/\xff\xfe").encode("latin-1"), 404, "not-found"),
    "dots in a path": (get("/v1/pkis/../../etc"), 404, "not-found"),
    "no path": (get("*"), 404, "not-found"),
    "a number that is none": (get("/v1/pkis/x/ocsp/requests/-1"), 404, "not-found"),
    "another service": (get("/v1/pkis/x/ldap"), 404, "not-found"),
    "a path that is wrong by one slash": (get("/v1/pkis//x/clock"), 404, "not-found"),
    "another method": (get("/v1/pkis", method="DELETE"), 405, "wrong-method"),
    "a method of its own": (get("/v1/pkis", method="BREW"), 405, "wrong-method"),
    "a large body": (post(b'{"name": "' + b"x" * LARGEST_BODY + b'"}'), 413, "too-large"),
    "a form": (FORM, 415, "wrong-media-type"),
    "a body for who takes none": (post(b'{"a": 1}', "/v1/shutdown"), 422, "invalid"),
    "a body on a GET": (get("/health", "Content-Length: 2\r\n") + "[]", 422, "invalid"),
    "a query that is not known": (get("/v1/pkis?name=x"), 422, "unknown-field"),
    "a long line": (get(f"/{'x' * LARGEST_HEAD}"), 431, "too-long-head"),
    "a long header": (get("/health", f"X: {'x' * LARGEST_HEAD}\r\n"), 431, "too-long-head"),
    "many headers": (get("/health", "X: y\r\n" * 200), 431, "too-long-head"),
    "much in many headers": (get("/health", f"X: {'y' * 1000}\r\n" * 90), 431, "too-long-head"),
}


@pytest.mark.parametrize("octets", WRONG)
def test_what_is_wrong_on_the_wire_has_its_status(served: Served, octets: str) -> None:
    """Whatever comes, it is refused with the status for just that, and the next caller is answered."""
    sent, status, kind = WRONG[octets]
    assert say(served, sent)[:2] == (status, kind)
    assert served.send("GET", "/health").status == 200


def test_every_status_of_the_list_is_met() -> None:
    """The rows above have all statuses but those of tokens, origins and PKIs, which have their own tests."""
    assert {status for status, _ in TYPES.values()} - {row[1] for row in WRONG.values()} == {
        401, 403, 408, 409, 410, 500,
    }  # fmt: skip


def test_what_ends_early_is_400(served: Served) -> None:
    """A client that goes away in the middle of a request has made nothing; one that sends all of it has."""
    request = post(b'{"name": "early"}')
    for length in range(1, request.index(b"\r\n\r\n") + 2):
        assert say(served, request[:length], end=True)[:2] == (400, "not-http")
    assert say(served, request[:-5], end=True)[:2] == (400, "not-http")
    assert say(served, request[:-5], request[-5:], end=True)[0] == 201
    served.ask("DELETE", "/v1/pkis/early")


def test_a_body_that_never_comes_is_408(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence ends a call, and then the connection; no thread waits for ever."""
    monkeypatch.setattr("mockpki._serve.server.Handler.timeout", 0.2)
    assert say(served, post(b"{}")[:-1])[:2] == (408, "timed-out")
    with connect(served.url) as connection:
        connection.sendall(b"GET /health HT")
        assert connection.recv(1) == b""


def test_a_body_may_come_in_chunks(served: Served) -> None:
    """Without a length, as Node and Go send what they stream; and no more of it than may be."""

    def chunks() -> Iterator[bytes]:
        yield b'{"name": '
        yield b'"chunked"}'

    made = requests.post(f"{served.url}/v1/pkis", data=chunks(), headers={"Content-Type": JSON}, timeout=30)
    assert (made.status_code, made.headers["Location"]) == (201, f"/v1/pkis/{made.json()['id']}")
    served.ask("DELETE", "/v1/pkis/chunked")
    head = f"POST /v1/pkis HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n"
    whole = b"100001\r\n" + b" " * (LARGEST_BODY + 1) + b"\r\n0\r\n\r\n"
    assert say(served, head, whole)[:2] == (413, "too-large")


def test_a_client_that_keeps_connections_is_told_not_to(served: Served) -> None:
    """Each connection has one call, and says so: pools of clients do not fall over it."""
    with requests.Session() as session:
        for _ in range(3):
            answer = session.get(f"{served.url}/health", timeout=30)
            assert (answer.status_code, answer.headers["Connection"]) == (200, "close")
    with connect(served.url) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert read_answer(connection).status == 200
        assert connection.recv(1) == b""


def test_a_client_may_ask_before_it_sends_a_body(served: Served) -> None:
    """Expect: 100-continue, as curl has it for large bodies."""
    with connect(served.url) as connection:
        connection.sendall(post(b"", more="Expect: 100-continue\r\n").replace(b"h: 0", b"h: 2"))
        assert connection.recv(21).startswith(b"HTTP/1.1 100 Continue")
        connection.sendall(b"{}")
        rest = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b" 201 " in rest
    [hosted] = served.topology.open_pkis()
    served.ask("DELETE", f"/v1/pkis/{hosted.id}")


def test_head_is_get_without_a_body(served: Served, pki: str) -> None:
    """The head alone: the same status, type and length."""
    for path in (pki, f"{pki}/roots.pem", "/health", "/v1/nothing", f"{pki}/env"):
        got, head = served.send("GET", path), served.send("HEAD", path)
        assert (head.status, head.body) == (got.status, b"")
        assert head.headers["content-type"] == got.headers["content-type"]
    assert served.send("HEAD", f"{pki}/check").status == 405


def test_a_query_is_read_as_what_it_is_meant(served: Served, pki: str) -> None:
    """Numbers are numbers; what is given twice, is unknown, or is of another kind is refused by its name."""
    path = f"{pki}/ocsp/requests"
    assert served.ask("GET", f"{path}?after=-1&limit=10") == {"requests": [], "last": 0, "dropped": 0}
    for query, sentence in (
        ("limit=0", 'in the query, limit takes a whole number from 1 to 1000; got "0"'),
        ("limit=x", 'in the query, limit takes a whole number from 1 to 1000; got "x"'),
        ("limit=1&limit=2", "the query has limit= 2 times; give it once"),
        ("afetr=1", "in the query, there is no field 'afetr' here; did you mean 'after'?"),
        ("wait=5", "wait: '5' is no duration"),
        ("wait=61s", "wait: '61s' is more than PT1M"),
        ("wait=-1s", "wait: '-1s' is less than PT0S"),
        ("certificate=nobody", "no certificate is called 'nobody' here"),
    ):
        problem = served.refuse("GET", f"{path}?{query}")
        assert sentence in problem["detail"]
        assert "pointer" not in problem


def test_a_made_thing_has_a_location_that_leads_to_it(served: Served) -> None:
    """The header Location is the path of what was made, whatever its PKI is called."""
    made = served.send("POST", "/v1/pkis", {"name": "ü %2F?"})
    assert served.ask("GET", made.headers["location"])["name"] == "ü %2F?"
    pki = f"/v1/pkis/{quote('ü %2F?')}"
    for kind, body in (
        ("certificates", {"identities": ["localhost"]}),
        ("cas", {}),
        ("tls_servers", {"issue": True}),
    ):
        reply = served.send("POST", f"{pki}/{kind}", body)
        assert reply.headers["location"] == f"{pki}/{kind}/{json.loads(reply.body)['id']}"
        assert served.ask("GET", reply.headers["location"])["id"] == json.loads(reply.body)["id"]
    served.ask("DELETE", pki)


def test_a_mistake_of_ours_is_500_and_told_on_stderr(
    served: Served, pki: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What no caller can be blamed for says what it is, with the traceback where the server runs."""
    monkeypatch.setattr("mockpki._serve.pkis.show_clock", lambda hosted: hosted.__dict__["broken"])
    status, kind, detail = say(served, f"GET {pki}/clock HTTP/1.1\r\n{HEAD}\r\n")
    assert (status, kind, detail) == (500, "bug", "KeyError: 'broken'")
    assert "Traceback" in capfd.readouterr().err


def test_no_caller_ends_a_thread(served: Served, capfd: pytest.CaptureFixture[str]) -> None:
    """Connections that say nothing, or are dropped anywhere, leave neither a thread nor a word behind."""
    before = threading.active_count()
    request = post(b'{"name": "dropped"}')
    for length in range(0, len(request) - 1, 7):
        with connect(served.url) as connection:
            connection.sendall(request[:length])
    assert served.send("GET", "/health").status == 200
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(10)
    assert threading.active_count() <= before, threading.enumerate()
    assert capfd.readouterr() == ("", "")
    assert len(served.topology) == 0
