"""The console's files, and the cookie."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockpki._serve import console
from mockpki._serve.guard import Guard
from tests.kit.serving import Served, serving

TOKEN = "not +a %secret;"
QUOTED = "not%20%2Ba%20%25secret%3B"
FOLDER = Path(console.__file__).parent


@pytest.fixture(scope="module")
def guarded() -> Iterator[Served]:
    """A server that has a token."""
    with serving(guard=Guard(token=TOKEN)) as own:
        yield own


def test_each_file_is_there_with_its_type_and_the_policy(served: Served) -> None:
    """What the folder has is served as it is, and may load and send nothing that is not this server's."""
    assert {"index.html", "console.css", "main.js"} <= set(console.FILES)
    others = {path.name for path in FOLDER.iterdir()} - set(console.FILES)
    assert others <= {"__init__.py", "__pycache__"}
    kinds = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
    for path in console.FILES.values():
        reply = served.send("GET", f"/console/{path.name}")
        assert (reply.status, reply.body) == (200, path.read_bytes())
        assert reply.headers["content-type"] == f"{kinds[path.suffix]}; charset=utf-8"
        assert reply.headers["content-security-policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
            "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        assert "access-control-allow-origin" not in reply.headers
    assert served.send("GET", "/").body == (FOLDER / "index.html").read_bytes()


@pytest.mark.parametrize(
    "name",
    ["../route.py", "..%2froute.py", "%2e%2e/route.py", "..\\route.py", "/etc/passwd", "%2fetc%2fpasswd",
     "x/../main.js", "./main.js", "main.js/", "MAIN.JS", "__init__.py", "__pycache__",
     "main.js%00.html", "", "."],
)  # fmt: skip
def test_no_other_file_can_be_had(served: Served, name: str) -> None:
    """A path that leads out of the folder, or anywhere but to a name in it, leads nowhere."""
    assert served.send("GET", f"/console/{name}").status == 404


def test_no_file_of_the_console_runs_text() -> None:
    """A stranger's text cannot become markup or code: there is nothing that would make it that."""
    found = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|DOMParser"
        r"|createContextualFragment|https?://(?!www\.w3\.org/2000/svg)"
    )
    for path in console.FILES.values():
        text = re.sub(r"^\s*//.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert found.search(text) is None, path.name
    assert "<script>" not in (FOLDER / "index.html").read_text()


def test_a_token_in_the_address_becomes_a_cookie(guarded: Served) -> None:
    """The right token opens the console once, is gone from the address, and cannot be read by scripts."""
    port = guarded.url.rpartition(":")[2]
    reply = guarded.send("GET", f"/?token={QUOTED}")
    assert (reply.status, reply.headers["location"]) == (303, "/")
    own, *attributes = reply.headers["set-cookie"].split("; ")
    assert own.startswith(f"mockpki_token_{port}=")
    assert {"HttpOnly", "Path=/", "SameSite=Strict"} == set(attributes)
    cookie = {"Cookie": own}
    assert guarded.send("GET", "/", headers=cookie).status == 200
    assert guarded.send("GET", "/v1/pkis", headers=cookie).status == 200
    assert guarded.send("POST", "/v1/pkis", {}, headers=cookie).status == 201


@pytest.mark.parametrize(
    ("path", "cookie"),
    [("/", ""), ("/?token=", ""), ("/?token=wrong", ""), (f"/?token=wrong&token={QUOTED}", ""),
     (f"/v1/pkis?token={QUOTED}", ""), ("/console/main.js", ""), ("/", "mockpki_token_1=x"),
     ("/", 'mockpki_token_{port}="wrong"'), ("/", "mockpki_token={token}")],
)  # fmt: skip
def test_nothing_else_opens_it(guarded: Served, path: str, cookie: str) -> None:
    """No token, another one, one in the address of anything else, one in a cookie of another name: 401."""
    port = guarded.url.rpartition(":")[2]
    headers = {"Cookie": cookie.format(port=port, token=TOKEN)} if cookie else {}
    reply = guarded.send("GET", path, headers=headers)
    assert reply.status == 401
    assert "set-cookie" not in reply.headers
    assert guarded.send("GET", path, headers={"Authorization": f"Bearer {TOKEN}"}).status in (200, 303, 422)


def test_without_a_token_none_is_kept(served: Served) -> None:
    """A server that has none shows the console as ever, and gives the browser no cookie of any name."""
    reply = served.send("GET", "/?token=anything")
    assert reply.status == 200
    assert "set-cookie" not in reply.headers
