"""Loopback addresses, both families of them, and ports that are taken."""

import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from mockpki import PKI, relying_party
from mockpki._engine.ports import addresses, refuse_invalid
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
