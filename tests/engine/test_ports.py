"""Loopback addresses, both families of them, and ports that are taken."""

import socket
from urllib.parse import urlsplit

import pytest

from mockpki import PKI
from mockpki._engine.ports import addresses
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
