"""Pages of strangers, in a real browser: they change nothing here, and read nothing.

Each attack has its twin: the same script on the console's own page works.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from mockpki._serve.guard import Guard
from tests.kit.browser import REBOUND, Browser
from tests.kit.serving import Served, serving

TOKEN = "a token of this test"
# What a script can try, each as an expression of a promise; what comes of it is told in a word or two.
READS = {
    "fetch": "fetch(url + '/v1/pkis').then((answer) => answer.text())",
    "fetch with cookies": "fetch(url + '/v1/pkis', {credentials: 'include'}).then((answer) => answer.text())",
    "fetch without CORS": (
        "fetch(url + '/v1/pkis', {mode: 'no-cors', credentials: 'include'}).then((answer) => answer.text())"
    ),
    "events": (
        "new Promise((heard, failed) => { const source = new EventSource(url + '/v1/events?after=0', "
        "{withCredentials: true}); source.onerror = () => { source.close(); failed(new Error('none')); }; "
        "source.addEventListener('pki', (event) => { source.close(); heard(event.data); }); })"
    ),
    "a frame": (
        "new Promise((heard, failed) => { const frame = document.createElement('iframe'); "
        "frame.onload = () => { try { heard(frame.contentDocument.body.textContent); } "
        "catch (error) { failed(error); } }; frame.src = url + '/v1/pkis'; document.body.append(frame); })"
    ),
}
WRITES = {
    "fetch of JSON": (
        "fetch(url + '/v1/pkis', {method: 'POST', body: '{}', credentials: 'include', "
        "headers: {'Content-Type': 'application/json'}}).then((answer) => String(answer.status))"
    ),
    "fetch of text": (
        "fetch(url + '/v1/pkis', {method: 'POST', body: '{}', credentials: 'include', mode: 'no-cors'})"
        ".then((answer) => String(answer.status))"
    ),
    "a blob that says it is JSON": (
        "fetch(url + '/v1/pkis', {method: 'POST', body: new Blob(['{}'], {type: 'application/json'}), "
        "credentials: 'include', mode: 'no-cors'}).then((answer) => String(answer.status))"
    ),
    "a beacon": "Promise.resolve(String(navigator.sendBeacon(url + '/v1/pkis', '{}')))",
    "an end": (
        "fetch(url + '/v1/shutdown', {method: 'POST', credentials: 'include', mode: 'no-cors'})"
        ".then((answer) => String(answer.status))"
    ),
}
FORM = """
    const form = document.createElement('form');
    Object.assign(form, {method: 'POST', action: arguments[0] + '/v1/pkis', enctype: arguments[1]});
    const field = document.createElement('input');
    Object.assign(field, {name: '{"name": "', value: '"}'});
    form.append(field);
    document.body.append(form);
    form.submit();
"""


@contextmanager
def strange_page() -> Iterator[int]:
    """The port of a server whose page does nothing by itself."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!DOCTYPE html><title>strange</title><body>strange")

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def strange() -> Iterator[int]:
    """Another origin: its port."""
    with strange_page() as port:
        yield port


@pytest.fixture(params=[None, TOKEN], ids=["without a token", "with a token"])
def attacked(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Served]:
    """A server with a PKI in it, and a browser that has been let in."""
    with serving(guard=Guard(token=request.param)) as own:
        reply = own.send("POST", "/v1/pkis", {"name": "secret"}, {"Authorization": f"Bearer {TOKEN}"})
        assert reply.status == 201
        browser.open(f"{own.url}/?token={request.param or ''}")
        browser.see("h1", "mockpki")
        yield own


def names(server: Served) -> list[str | None]:
    """What the PKIs of a server are called."""
    reply = server.send("GET", "/v1/pkis", headers={"Authorization": f"Bearer {TOKEN}"})
    return [pki["name"] for pki in json.loads(reply.body)["pkis"]]


def attempt(browser: Browser, script: str, url: str) -> tuple[bool, str]:
    """Whether a script of the page got through, and what it got, or why not."""
    done = browser.driver.execute_async_script(
        "const url = arguments[0], done = arguments[1];"
        f"({script}).then((got) => done([true, got]), (error) => done([false, String(error)]))",
        url,
    )
    return bool(done[0]), str(done[1])


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_page_of_another_origin_reads_and_changes_nothing(
    browser: Browser, attacked: Served, strange: int, host: str
) -> None:
    """On another site, and on the same site with another port, nothing gets through that works at home."""
    browser.open(f"http://{host}:{strange}/")
    for what, script in READS.items():
        through, got = attempt(browser, script, attacked.url)
        assert not (through and "secret" in got), what
    for script in WRITES.values():
        attempt(browser, script, attacked.url)
    assert names(attacked) == ["secret"]
    # The twin.
    browser.open(f"{attacked.url}/")
    for what, script in READS.items():
        if what != "a frame":  # which the page's own policy does not have
            assert "secret" in attempt(browser, script, attacked.url)[1], what
    assert attempt(browser, WRITES["fetch of JSON"], attacked.url) == (True, "201")
    assert names(attacked) == ["secret", None]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_simple_form_makes_nothing(browser: Browser, attacked: Served, strange: int, kind: str) -> None:
    """A form of another page, of a kind that needs nobody's leave, is refused; at home a fetch does it."""
    browser.open(f"http://localhost:{strange}/")
    browser.run(FORM, attacked.url, kind)
    browser.see("body", "problems#")
    page = browser.see("body").text
    assert "foreign-page" in page or "no-token" in page, page
    assert names(attacked) == ["secret"]
    browser.open(f"{attacked.url}/")
    body = '{"name": "at home"}'
    script = f"fetch(url + '/v1/pkis', {{method: 'POST', body: '{body}', headers: {{'Content-Type': "
    assert attempt(browser, script + "'application/json'}}).then((answer) => answer.text())", attacked.url)[0]
    assert names(attacked) == ["secret", "at home"]


def test_a_rebound_name_is_nobody(browser: Browser, attacked: Served) -> None:
    """A stranger's name that leads here has the server's page for its own origin, and gets nothing."""
    port = attacked.url.rpartition(":")[2]
    rebound = f"http://{REBOUND}:{port}"
    browser.open(f"{rebound}/?token={TOKEN}")
    assert "wrong-host" in browser.see("body", "problems#").text
    for what, script in READS.items():
        through, got = attempt(browser, script, rebound)
        assert not (through and "secret" in got), what
    for what, script in WRITES.items():
        assert attempt(browser, script, rebound)[1] in ("421", "true"), what
    assert names(attacked) == ["secret"]
    # The twin: the same script, from a page of the server's by its own name.
    browser.open(f"{attacked.url}/")
    assert attempt(browser, WRITES["fetch of JSON"], attacked.url) == (True, "201")
