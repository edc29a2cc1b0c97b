"""Where a server may connect to for its callers: loopback, what was allowed, and never itself."""

import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from mockpki._serve.process import Process
from mockpki._serve.reach import Reach, look_up
from mockpki._serve.settings import Settings
from mockpki.staplers import Kind
from tests.kit.plain_server import answering, plain_server
from tests.kit.serving import Served
from tests.kit.tls_clients import connected, context, received

OWN, OTHER = 8480, 5432


def outward() -> str:
    """An address of this machine that is not loopback's; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has loopback addresses only")
        return str(sock.getsockname()[0])


@pytest.mark.parametrize(
    ("address", "port", "may"),
    [
        ("127.0.0.1", OTHER, True),
        ("127.9.9.9", OTHER, True),
        ("::1", OTHER, True),
        ("::ffff:127.0.0.1", OTHER, True),
        ("192.0.2.7", OTHER, True),
        ("::ffff:192.0.2.7", OTHER, True),
        ("2001:db8::7", OTHER, True),
        ("192.0.2.7", OTHER + 1, False),
        ("192.0.2.8", OTHER, False),
        ("169.254.169.254", 80, False),
        ("10.0.0.1", OTHER, False),
        ("0.0.0.0", OTHER, False),
        ("::", OTHER, False),
        ("fe80::1%1", OTHER, False),
        # Itself, by whatever address.
        ("127.0.0.1", OWN, False),
        ("127.9.9.9", OWN, False),
        ("::1", OWN, False),
        ("::ffff:127.0.0.1", OWN, False),
        ("0.0.0.0", OWN, False),
        # Another machine's port of that number is not ours.
        ("192.0.2.7", OWN, True),
    ],
)
def test_where_it_may_go(address: str, port: int, may: bool) -> None:
    """By address and port alone."""
    allowed = [("192.0.2.7", OTHER), ("2001:db8::7", OTHER), ("192.0.2.7", OWN)]
    reach = Reach(allowed)
    reach.keep_off(OWN)
    assert reach(address, port) is may


def test_itself_is_never_a_target() -> None:
    """Also by an address of this machine that others reach; the same port before it is ours, it may."""
    own = outward()
    reach = Reach([(own, OWN), (own, OTHER)])
    assert reach(own, OWN)
    with pytest.raises(ValueError, match=rf"^--allow-forward: port {OWN} of {own} is this server's own"):
        reach.keep_off(OWN)
    assert not reach(own, OWN)
    assert reach(own, OTHER)
    with pytest.raises(ValueError, match=r"port 8480 of 127\.0\.0\.1 is this server's own"):
        Reach([("127.0.0.1", OWN)]).keep_off(OWN)


def test_names_are_looked_up() -> None:
    """To all their addresses, once; a name that has none is told."""
    found = look_up([("localhost", OTHER), ("192.0.2.7", OWN)])
    assert ("127.0.0.1", OTHER) in found
    assert ("192.0.2.7", OWN) in found
    with pytest.raises(ValueError, match=r"^--allow-forward: nobody\.invalid:5432 leads to no address: "):
        look_up([("nobody.invalid", OTHER)])


# The whole.

ALLOWED = "192.0.2.7"
"""Of TEST-NET-1; nobody connects to it here."""


@pytest.fixture(scope="module", params=[True, False], ids=["one services port", "a port each"])
def process(request: pytest.FixtureRequest) -> Iterator[Process]:
    """All of a server but its end."""
    settings = Settings(services_port=0 if request.param else None, allow_forward=[(ALLOWED, OTHER)])
    process = Process(settings, None)
    process.open()
    try:
        process.start(lambda topology: {})
        yield process
    finally:
        process.close()


@pytest.fixture
def served(process: Process) -> Served:
    """The same for calls."""
    return Served(process.url.rstrip("/"), process.topology)


def start(served: Served, pki: str, certificate: dict[str, object], **fields: object) -> Any:
    """A TLS server with such a certificate, as it runs."""
    leaf = served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"], **certificate})
    own = served.ask("POST", f"{pki}/tls_servers", {"certificates": [leaf["id"]], **fields})
    return served.topology.find(pki.rpartition("/")[2]).servers.find(own["id"])


def test_forwarding(process: Process, served: Served) -> None:
    """To a server on this machine and to what was allowed; elsewhere, and to its own ports, not."""
    pki = served.make_pki()
    own = [process.services_port, urlsplit(process.url).port]
    refused = [f"{host}:{port}" for host in ("127.0.0.1", "localhost", "[::1]") for port in own if port]
    leaf = served.ask("POST", f"{pki}/certificates", {"identities": ["localhost"]})
    for target in (*refused, f"{ALLOWED}:{OTHER + 1}", "192.0.2.8:80", f"0.0.0.0:{OTHER}"):
        fields = {"certificates": [leaf["id"]], "forward_to": target}
        why = served.refuse("POST", f"{pki}/tls_servers", fields)["detail"]
        assert "leads nowhere that this server may reach: loopback, but not this server itself" in why
        assert "--allow-forward" in why
    assert served.ask("GET", f"{pki}/tls_servers")["tls_servers"] == []
    start(served, pki, {}, forward_to=f"{ALLOWED}:{OTHER}")
    with plain_server(answering(b"HTTP/1.1 204 No Content\r\n\r\n")) as (host, port):
        server = start(served, pki, {}, forward_to=f"{host}:{port}")
        here = process.topology.find(pki.rpartition("/")[2]).pki
        with connected(server, context(here)) as tls:
            tls.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert received(tls).startswith(b"HTTP/1.1 204")
    served.ask("DELETE", pki)


def test_staplers(process: Process, served: Served) -> None:
    """They ask their own PKI, however it is advertised; the server's own ports are not asked."""
    name = "http://elsewhere.invalid:1/a" if process.services_port else "elsewhere.invalid"
    pki, other = served.make_pki(advertise=name), served.make_pki()
    server = start(served, pki, {}, staple={"policy": "caddy"})
    assert Kind.ANSWERED in [event.kind for event in server.stapler.events]
    responder = served.ask("GET", other)["cas"][1]["ocsp_url"]
    urls = {
        f"{process.url}v1/shutdown": False,
        f"{process.url}health".replace("127.0.0.1", "localhost"): False,
        "http://192.0.2.8/ocsp": False,
        # Another PKI's responder does not know the certificate, and says so.
        responder: process.services_port is None,
    }
    for url, may in urls.items():
        server = start(served, pki, {"ocsp_urls": [url]}, staple={"policy": "caddy"})
        said = " ".join(event.detail for event in server.stapler.events)
        assert ("is not among what this PKI may reach" in said) is not may, (url, said)
    assert served.ask("GET", "/health")["status"] == "ok"
    for one in (pki, other):
        served.ask("DELETE", one)
    assert not process.own.over
