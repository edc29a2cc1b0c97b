"""Who may call: every route of the table against every kind of caller."""

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest
from werkzeug.datastructures import Headers
from werkzeug.test import create_environ, run_wsgi_app

from mockpki._serve.application import Application
from mockpki._serve.guard import OPEN, SAFE, Guard
from mockpki._serve.limits import Limits
from mockpki._serve.route import Route
from mockpki._serve.table import TABLE
from mockpki._serve.topology import Topology
from tests.kit.serving import Served, serving

GOOD_HOSTS = (
    "localhost", "LOCALHOST:8480", "127.0.0.1", "127.0.0.1:1", "127.5.5.5:80", "[::1]", "[::1]:8480",
    "mockpki", "Host.Docker.Internal:49153",
)  # fmt: skip
BAD_HOSTS = (
    "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:8480", "10.0.0.1",
    "[2001:db8::1]", "user@localhost", "localhost@evil.example", "localhost/", "localhost#x", "localhost?x",
    "", " ", "localhost:x", "localhost:99999", "2130706433", "0x7f.1", "127.1", "[::1", "::1",
    "localhost,evil.example", "mockpki.evil.example",
)  # fmt: skip
FOREIGN: tuple[Mapping[str, str], ...] = (
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:8481"},
    {"Origin": "https://localhost:8480"},
    {"Origin": "http://127.0.0.1:8480"},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "Same-Origin"},
    {"Origin": "http://localhost:8480", "Sec-Fetch-Site": "cross-site"},
)
OWN: tuple[Mapping[str, str], ...] = (
    {},
    {"Origin": "http://localhost:8480"},
    {"Origin": "http://LOCALHOST:8480", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
)
FORMS = (
    "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json",
    "application/jsonx", "application/json,text/plain", "text/plain; application/json",
)  # fmt: skip
KINDS = ("application/json", "application/json; charset=utf-8", "Application/JSON")
TOKENS = {
    "Bearer s3cret": True, "bearer  s3cret ": True, "Bearer s3cre": False, "Bearer s3cret2": False,
    "Basic s3cret": False, "": False, "Bearer ü": False,
}  # fmt: skip
ROWS = [pytest.param(route, id=f"{route.method} {route.path}") for route in TABLE]
REACHED = "reached"


class Heard(NamedTuple):
    """An answer."""

    document: Any
    headers: Headers


class Door:
    """An application whose every call says only that it was reached, and on what terms."""

    def __init__(self, guard: Guard) -> None:
        def reach(call: Any) -> dict[str, str]:
            return {"said": REACHED}

        table = [Route(route.method, route.path, reach, body=None) for route in TABLE]
        self._application = Application(Topology(Limits()), guard, table)
        self._environ = create_environ()

    def knock(self, route: Route, headers: Mapping[str, str], data: bytes = b"") -> Heard:
        """One call; *headers* are sent as they are, and go before a good Host."""
        environ: dict[str, Any] = {
            **self._environ,
            "REQUEST_METHOD": route.method,
            "PATH_INFO": route.path.replace("{service}", "ocsp").replace("{number}", "1"),
            "HTTP_HOST": "localhost:8480",
            "CONTENT_LENGTH": str(len(data)),
            "wsgi.input": io.BytesIO(data),
        }
        for name, value in headers.items():
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        body, _, answered = run_wsgi_app(self._application, environ)
        return Heard(json.loads(b"".join(body)), answered)


def judge(heard: Heard) -> str:
    """Whether the call was reached, or the type of the problem; and no answer is ever for other origins."""
    assert not [name for name, _ in heard.headers if name.lower().startswith("access-control")]
    assert heard.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert heard.headers["X-Content-Type-Options"] == "nosniff"
    assert heard.headers["Cache-Control"] == "no-store"
    assert heard.headers["Referrer-Policy"] == "no-referrer"
    kind: str = heard.document["type"].partition("#")[2] if "type" in heard.document else REACHED
    return kind


@pytest.fixture(scope="module")
def door() -> Door:
    """One that knows two names beside those of loopback."""
    return Door(Guard(hosts=("mockpki", "host.docker.internal")))


@pytest.fixture(scope="module")
def locked() -> Door:
    """One with a token."""
    return Door(Guard(token="s3cret"))


@pytest.mark.parametrize("route", ROWS)
def test_every_call_is_behind_the_guard(door: Door, locked: Door, route: Route) -> None:
    """Host, origin, content type and token are looked at for each call alike; each lets the right one in."""
    for host in GOOD_HOSTS:
        assert judge(door.knock(route, {"Host": host})) == REACHED, host
    for host in BAD_HOSTS:
        assert judge(door.knock(route, {"Host": host})) == "wrong-host", host
    safe = route.method in SAFE
    for headers in OWN:
        assert judge(door.knock(route, headers)) == REACHED, headers
    for headers in FOREIGN:
        # Whoever asks for what is there, and cannot read the answer, changes nothing.
        assert judge(door.knock(route, headers)) == (REACHED if safe else "foreign-page"), headers
    if not safe:
        for kind in KINDS:
            assert judge(door.knock(route, {"Content-Type": kind}, b"{}")) == REACHED, kind
        for kind in FORMS:
            assert judge(door.knock(route, {"Content-Type": kind}, b"{}")) == "wrong-media-type", kind
        assert judge(door.knock(route, {"Content-Type": "text/plain"})) == "wrong-media-type"
    for shown, fits in TOKENS.items():
        response = locked.knock(route, {"Authorization": shown.encode().decode("latin-1")})
        wanted = REACHED if fits or route.path in OPEN else "no-token"
        assert judge(response) == wanted, shown
        assert ("WWW-Authenticate" in response.headers) == (wanted == "no-token")


def test_a_stranger_learns_nothing_of_the_paths(locked: Door) -> None:
    """Without the token, or by another host, a path that is there and one that is not answer the same."""
    for path in ("/v1/pkis", "/v1/nothing", "/"):
        route = Route("GET", path, lambda call: None)
        assert judge(locked.knock(route, {})) == "no-token"
        assert judge(locked.knock(route, {"Host": "evil.example"})) == "wrong-host"


def test_remote_callers_have_addresses_and_no_names() -> None:
    """A server for other machines takes every address as its host; a name it has to be told."""
    far = Door(Guard(remote=True, hosts=("ci",)))
    route = TABLE[0]
    for host in ("10.1.2.3:8480", "[2001:db8::1]", "ci", "CI:1", "localhost"):
        assert judge(far.knock(route, {"Host": host})) == REACHED
    for host in ("evil.example", "ci.evil.example", "10.1.2.3.evil.example", ""):
        assert judge(far.knock(route, {"Host": host})) == "wrong-host"


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PATCH", "CONNECT", "BREW"])
def test_no_preflight_is_ever_answered(door: Door, method: str) -> None:
    """A browser that asks for leave gets none, whatever it asks about, and no header that lets it read."""
    for route in TABLE:
        asked = Route(method, route.path, route.handle)
        preflight = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
        assert judge(door.knock(asked, preflight)) == "foreign-page"
        response = door.knock(asked, {})
        assert judge(response) == "wrong-method"
        assert route.method in response.headers["Allow"]


# On a socket, and with what is behind the guard.


@pytest.fixture(scope="module")
def tokened() -> Iterator[Served]:
    """A server with a token."""
    with serving(guard=Guard(token="s3cret")) as own:
        yield own


def test_a_real_server_is_behind_it(tokened: Served) -> None:
    """The same by HTTP: refused without the token, and let in with it."""
    assert tokened.send("GET", "/health").status == 200
    assert tokened.send("POST", "/v1/pkis", {}).status == 401
    assert (
        tokened.send("POST", "/v1/pkis", {}, {"Authorization": "Bearer s3cret", "Host": "x.y"}).status == 421
    )
    assert tokened.send("POST", "/v1/pkis", {}, {"Authorization": "Bearer s3cret"}).status == 201
    assert len(tokened.topology) == 1


def test_no_get_changes_anything(served: Served) -> None:
    """After every GET there is, everything reads as before."""
    pki = served.make_pki(
        name="still",
        certificates=[{"name": "web", "identities": ["localhost"]}],
        ocsp={"faults": ["HttpStatus 503"], "script": [["HttpStatus 500"]]},
        tls_servers=[{"name": "front", "certificates": ["web"]}],
    )
    served.ask("PUT", f"{pki}/clock", {"offset": "P1D"})

    def look() -> list[Any]:
        read = (pki, f"{pki}/certificates", f"{pki}/tls_servers", f"{pki}/ocsp", f"{pki}/crl",
                f"{pki}/ocsp/requests", f"{pki}/tls_servers/front/handshakes", "/v1/pkis")  # fmt: skip
        found = [served.ask("GET", path) for path in read]
        for one in (found[0], *found[-1]["pkis"]):
            one["clock"].pop("now")
        return found

    before = look()
    filled = {
        "{pki}": "still", "{ca}": "ca", "{certificate}": "web", "{server}": "front", "{service}": "ocsp",
        "{number}": "1", "{stage}": "1", "{fault}": "Stale", "{file}": "app.js",
    }  # fmt: skip
    for route in TABLE:
        path = route.path
        for name, value in filled.items():
            path = path.replace(name, value)
        if route.method == "GET" and "/events" not in path:
            assert served.send("GET", path).status in (200, 404, 422)
            assert served.send("HEAD", path).body == b""
    assert look() == before
    served.ask("DELETE", f"{pki}/ocsp/script")
