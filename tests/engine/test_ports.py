"""Addresses to listen on, both families of them, and ports that are taken."""

import socket
import ssl
import sys
from typing import Any
from urllib.parse import urlsplit

import pytest

from mockpki import PKI, SharedPort, faults, relying_party
from mockpki._engine.ports import (
    Exposed,
    address_of,
    addresses,
    bind,
    close_sockets,
    is_host,
    is_loopback,
    refuse_invalid,
    url_host,
)
from tests.kit.staples import BLOCKING, ask
from tests.kit.wire import Wire, get, held


def test_localhost_is_both_families() -> None:
    """With host='localhost', IPv4 and IPv6 clients reach one service on one port."""
    if len(addresses("localhost")) == 1:
        pytest.skip("this machine has no ::1")
    with PKI(host="localhost") as pki:
        assert urlsplit(pki.crl.url).hostname == "localhost"
        for host in ("127.0.0.1", "::1"):
            with Wire(pki.crl.url, host) as wire:
                wire.send(get())
                assert wire.answer().status == 200
        assert [request.client.rpartition(":")[0] for request in pki.crl.requests] == ["127.0.0.1", "::1"]


def test_ipv6_alone() -> None:
    """host='::1' serves there, with brackets in its URLs."""
    if len(addresses("localhost")) == 1:
        pytest.skip("this machine has no ::1")
    with PKI(host="::1") as pki, Wire(pki.crl.url) as wire:
        assert pki.crl.url.startswith("http://[::1]:")
        wire.send(get())
        assert wire.answer().status == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org", ""])
def test_only_loopback(host: str) -> None:
    """Nothing is ever served to the network."""
    before = held()
    with pytest.raises(ValueError, match="is not a loopback address"):
        PKI(host=host)
    assert held() == before


def test_a_port_in_use(pki: PKI) -> None:
    """A port that someone has is an error that says how to get another, and breaks nothing."""
    leaf = pki.issue_cert("localhost")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use") as caught, pki.tls_server(leaf, port=port):
            pass
        assert "leave port= out" in caught.value.__notes__[0]
    with pki.tls_server(leaf, port=port) as server:
        assert server.port == port


@pytest.mark.parametrize("host", ["invalid", "ocsp.invalid", "OCSP.Invalid", "a.b.invalid."])
def test_a_name_that_nobody_is_asked_about(host: str) -> None:
    """RFC 6761 section 6.4: it has no address, as the system would say it."""
    with pytest.raises(socket.gaierror) as caught:
        refuse_invalid(host)
    assert caught.value.errno == socket.EAI_NONAME


@pytest.mark.parametrize("host", ["localhost", "invalid.example", "notinvalid", "127.0.0.1", "", ".", None])
def test_other_names(host: str | None) -> None:
    """It says nothing of any other, whatever that is."""
    refuse_invalid(host)


def test_no_client_of_ours_asks_the_dns(pki: PKI, monkeypatch: pytest.MonkeyPatch) -> None:
    """Staplers and the relying party know by themselves that `unresolvable_url` has no address."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        asked.append(str(host))
        return real(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    leaf = pki.issue_cert("localhost", ocsp_urls=[pki.unresolvable_url], crl_urls=[pki.unresolvable_url])
    with pki.tls_server(leaf, staple=BLOCKING) as server:
        assert ask(pki, server) == "none"
        assert "has no address" in (server.connections[-1].staple_reason or "")
        verdict = relying_party.check(server.host, server.port, ca=pki.ca_file, server_name="localhost")
    assert {look.outcome for look in verdict.fetched} >= {"no address"}
    # They do look up what has to be: this very way.
    assert "127.0.0.1" in asked
    assert not [host for host in asked if "invalid" in host]


def test_a_port_that_was_somebodys_a_moment_ago() -> None:
    """It can be had by number, though connections that its last owner has closed still linger."""
    with SharedPort() as shared, PKI(services=shared) as pki:
        port = shared.port
        # The service closes first, so that it is its end that is in TIME-WAIT.
        with Wire(pki.crl.url) as wire:
            wire.send(get("Connection: close", path=urlsplit(pki.crl.url).path))
            assert wire.answer().status == 200
            assert wire.ended()
    with SharedPort(port) as shared:
        assert shared.port == port


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other rules")
def test_no_port_comes_twice(own_port: int) -> None:
    """Clients remember what they have read by its URL: as long as there are others, each PKI has new ones."""
    ports = set()
    for host in ("127.0.0.1", "localhost") * 600:
        held = bind(host, 0)
        ports.add(held[0].getsockname()[1])
        close_sockets(held)
    assert len(ports) == 1200
    # By number it can be had as often as anyone likes.
    for _ in range(2):
        held = bind("127.0.0.1", own_port)
        assert held[0].getsockname()[1] == own_port
        close_sockets(held)


def test_nobody_else_has_a_port_of_ours(pki: PKI) -> None:
    """Not while it listens, and not while connections are refused, whatever the other does to share it."""
    with pki.crl.respond_with(faults.Refused()):
        refuse_to_share(urlsplit(pki.crl.url).port)
    refuse_to_share(urlsplit(pki.crl.url).port)
    with SharedPort() as one:
        port = one.port
    with SharedPort(port), pytest.raises(OSError, match="in use"):
        SharedPort(port)


def refuse_to_share(port: int | None) -> None:
    """Somebody else tries to have it, as a server does that was started again."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", port))


@pytest.mark.parametrize(
    ("host", "stands", "reached"),
    [
        ("0.0.0.0", "127.0.0.1", "127.0.0.1"),
        ("::", "[::1]", "::1"),
        ("::0", "[::1]", "::1"),
        ("0:0:0:0:0:0:0:0", "[::1]", "::1"),
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("::1", "[::1]", "::1"),
        ("localhost", "localhost", "localhost"),
    ],
)
def test_every_address_is_none_to_connect_to(host: str, stands: str, reached: str) -> None:
    """In a URL stands one that leads there from this machine."""
    assert url_host(host) == url_host(Exposed(host)) == stands
    assert address_of(host) == reached


@pytest.mark.parametrize(
    ("host", "bound"),
    [
        ("::", ("0.0.0.0", "::")),
        ("::0", ("0.0.0.0", "::")),
        ("0:0:0:0:0:0:0:0", ("0.0.0.0", "::")),
        ("0.0.0.0", ("0.0.0.0",)),
        ("::1", ("::1",)),
        ("192.0.2.7", ("192.0.2.7",)),
    ],
)
def test_every_address_is_one_of_both_families(host: str, bound: tuple[str, ...]) -> None:
    """Of IPv6 it is those of IPv4, too; one address is that one."""
    assert addresses(Exposed(host)) == bound


@pytest.mark.parametrize("host", ["::", "::0"])
def test_both_families_reach_every_address(host: str) -> None:
    """A service, and a TLS server, on one port each."""
    if len(addresses("localhost")) == 1:
        pytest.skip("this machine has no ::1")
    with PKI(host=Exposed(host)) as pki, pki.tls_server(pki.issue_cert("localhost")) as server:
        assert urlsplit(pki.crl.url).hostname == "::1"
        for client in ("127.0.0.1", "::1"):
            with Wire(pki.crl.url, client) as wire:
                wire.send(get(path=urlsplit(pki.crl.url).path))
                assert wire.answer().status == 200
            context = ssl.create_default_context(cafile=pki.ca_file)
            with (
                socket.create_connection((client, server.port)) as sock,
                context.wrap_socket(sock, server_hostname="localhost") as secured,
            ):
                assert secured.version()
        assert [request.client.rpartition(":")[0] for request in pki.crl.requests] == ["127.0.0.1", "::1"]


@pytest.mark.parametrize(
    ("host", "loopback", "is_name"),
    [
        ("localhost", True, True),
        ("127.0.0.1", True, True),
        ("127.255.0.1", True, True),
        ("::1", True, True),
        ("0.0.0.0", False, True),
        ("::", False, True),
        ("192.0.2.7", False, True),
        ("mockpki.test", None, True),
        ("a b", None, False),
        ("-a", None, False),
        ("a/b", None, False),
        ("[::1]", None, False),
        ("", None, False),
    ],
)
def test_what_is_a_host(host: str, loopback: bool | None, is_name: bool) -> None:
    """And whether others reach it."""
    assert is_loopback(host) is loopback
    assert is_host(host) is is_name


def test_an_exposed_host_is_where_it_is_advertised() -> None:
    """Clients of TLS servers are told so; an address that is not exposed stays the one to connect to."""
    for host, expected in ((Exposed("127.0.0.1"), "mockpki.test"), ("127.0.0.1", "127.0.0.1")):
        with PKI(host=host, advertise="mockpki.test") as pki:
            own, other = pki.issue_cert("mockpki.test", "localhost"), pki.issue_cert("another.test")
            for leaf in (own, other):
                with pki.tls_server(leaf) as server:
                    named = expected if leaf is other or expected == "mockpki.test" else "localhost"
                    assert (server.host, server.url) == (expected, f"https://{named}:{server.port}/")
    with PKI(host=Exposed("127.0.0.1")) as pki, pki.tls_server(pki.issue_cert("localhost")) as server:
        assert (server.host, server.url) == ("127.0.0.1", f"https://localhost:{server.port}/")
