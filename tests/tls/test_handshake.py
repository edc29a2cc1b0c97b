"""The evidence of a handshake: versions, protocols, client certificates."""

import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpki import PKI, Leaf, faults
from mockpki._tls.handshake import Handshake, HandshakeLog
from tests.kit.tls_clients import VERSIONS, connected, context, each_version, shake_hands
from tests.tls.kit import GET, only

# How they are kept.

WORDS = st.none() | st.text(max_size=5)
STAPLES = st.none() | st.binary(max_size=40)
TIMES = st.integers(-(10**9), 10**10).map(
    lambda seconds: datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)
)


@pytest.fixture(scope="module")
def shown() -> Iterator[list[Leaf]]:
    """Some leaves to be presented."""
    with PKI() as pki:
        yield [pki.issue_cert("a.test"), pki.issue_cert("b.test")]


@given(st.data(), st.lists(st.integers(0, 2), min_size=1, max_size=8))
def test_a_handshake_is_made_again_of_octets(
    shown: list[Leaf], data: st.DataObject, leaves: list[int]
) -> None:
    """Once a connection is over nothing but octets is kept, and equal in every field when it is looked at."""
    log = HandshakeLog()
    filled: list[Handshake] = []
    for leaf in leaves:
        shake = Handshake("127.0.0.1:1", time=data.draw(TIMES))
        assert log.open(shake) == len(filled) + 1
        for name in ("server_name", "version", "alpn", "staple_reason", "alert", "error"):
            setattr(shake, name, data.draw(WORDS))
        for name in ("staple_requested", "completed", "resumed"):
            setattr(shake, name, data.draw(st.booleans()))
        shake.staple, shake.staples = data.draw(STAPLES), tuple(data.draw(st.lists(STAPLES, max_size=3)))
        shake.requests, shake.closed = data.draw(st.integers(0, 1 << 40)), True
        shake.leaf = [None, *shown][leaf]
        shake.client_certificate = data.draw(st.sampled_from([None, shown[0].certificate]))
        filled.append(shake)
        log.close(shake)
    made = log.since(0)
    assert made == filled
    assert [shake.number for shake in made] == list(range(1, len(filled) + 1))
    assert not any(one is other for one, other in zip(made, filled, strict=True))
    assert all(one is other for one, other in zip(made, log.since(0), strict=True))


@each_version
def test_a_connection_that_is_looked_at_fills_to_its_end(pki: PKI, version: str) -> None:
    """What was given out while it was open is the same object ever after, and says in the end what it was."""
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        with connected(server, context(pki, version)):
            (held,) = server.connections
            assert not held.closed
        shake_hands(server, context(pki, version))
        first, second = server.connections
        assert first is held
        assert (held.closed, held.completed) == (second.closed, second.completed) == (True, True)
        assert server.since(1) == server.since(-1) == [second]


def test_only_the_newest_connections_are_kept_where_that_is_asked_for() -> None:
    """``evidence=2``: the newest two handshakes, by their numbers, and how many are gone."""
    with PKI(evidence=2) as pki, pki.tls_server(pki.issue_cert("localhost")) as server:
        for _ in range(3):
            shake_hands(server, context(pki))
        assert [shake.number for shake in server.connections] == [2, 3]
        assert (server.dropped, len(server.since(2))) == (1, 1)
        assert repr(server).endswith("3 connections>")


def test_a_handshake_has_the_time_when_it_came() -> None:
    """By the PKI's clock, as requests have theirs: while it is open, and of what is kept of it later."""
    with PKI() as pki, pki.tls_server(pki.issue_cert("localhost")) as server, pki.clock.stop():
        came = pki.clock.now()
        with connected(server, context(pki)):
            (first,) = server.connections
            pki.clock.shift(timedelta(days=3))
        shake_hands(server, context(pki))
        assert [shake.time for shake in (first, *server.connections)] == [
            came,
            came,
            came + timedelta(days=3),
        ]


# Which version, which protocol.


@each_version
def test_versions_are_kept_to(pki: PKI, version: str) -> None:
    """A server for one version completes with it, and tells a client of the other: protocol_version."""
    other = next(name for name in VERSIONS if name != version)
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf, minimum_version=version, maximum_version=version) as server:
        with connected(server, context(pki)) as tls:
            assert tls.version() == version
        with pytest.raises(ssl.SSLError, match=r"(?i)alert protocol version"):
            shake_hands(server, context(pki, other))
        met, missed = server.connections
    assert (met.version, met.completed) == (version, True)
    assert not missed.completed
    assert missed.error is not None
    assert "protocol_version" in missed.error


def test_alpn_is_the_servers_first_that_the_client_knows(pki: PKI) -> None:
    """ALPN is negotiated in the server's order, refused where nothing matches, and recorded."""
    alpn, handler = ["h2", "http/1.1"], lambda sock: sock.recv(1)
    with pki.tls_server(pki.issue_cert("localhost"), alpn=alpn, handler=handler) as server:
        for offered, agreed in (
            (["http/1.1", "h2"], "h2"),
            (["http/1.1"], "http/1.1"),
            (None, None),
        ):
            with connected(server, context(pki, alpn=offered)) as tls:
                assert tls.selected_alpn_protocol() == agreed
            assert server.connections[-1].alpn == agreed
        with pytest.raises(ssl.SSLError, match="no application protocol"):
            shake_hands(server, context(pki, alpn=["other"]))
        assert server.connections[-1].alpn is None


# Client certificates.


@each_version
def test_client_certificate(pki: PKI, version: str) -> None:
    """An optional one is recorded where it comes, and may be missing."""
    leaf, client = pki.issue_cert("localhost"), pki.issue_cert("user@example.com", client=True)
    with pki.tls_server(leaf, client_ca=pki.ca) as server:
        with connected(server, context(pki, version, own=client)) as tls:
            tls.sendall(GET)
            assert tls.recv(15) == b"HTTP/1.1 200 OK"
        with connected(server, context(pki, version)) as tls:
            tls.sendall(GET)
            assert tls.recv(15) == b"HTTP/1.1 200 OK"
        shown, none = server.connections
    assert shown.client_certificate == client.certificate
    assert none.client_certificate is None
    assert shown.completed
    assert none.completed


@each_version
def test_a_required_client_certificate(pki: PKI, version: str) -> None:
    """None at all and another CA's are refused, each with its alert; the right one is accepted."""
    leaf, client = pki.issue_cert("localhost"), pki.issue_cert("user@example.com", client=True)
    with (
        PKI() as other,
        pki.tls_server(leaf, client_ca=pki.ca, client_certificate_required=True) as server,
    ):
        stranger = other.issue_cert("user@example.com", client=True)
        for own, alert in ((None, "required|handshake failure"), (stranger, "unknown ca")):
            with (
                pytest.raises(ssl.SSLError, match=rf"(?i)alert.*({alert})"),
                connected(server, context(pki, version, own=own)) as tls,
            ):
                # In TLS 1.3 the client is done before the server has judged.
                tls.recv(1)
        with connected(server, context(pki, version, own=client)) as tls:
            tls.sendall(GET)
            assert tls.recv(15) == b"HTTP/1.1 200 OK"
        missing, wrong, right = server.connections
    assert not missing.completed
    assert "peer did not return a certificate" in str(missing.error)
    assert not wrong.completed
    assert "unknown_ca" in str(wrong.error)
    assert right.completed
    assert right.client_certificate == client.certificate


def test_clients_of_another_pki(pki: PKI) -> None:
    """client_ca= is a trust anchor, and may be anybody's; several may be given."""
    with PKI() as other, pki.tls_server(pki.issue_cert("localhost"), client_ca=[pki.ca, other.ca]) as server:
        stranger = other.issue_cert("user@example.com", client=True)
        shake_hands(server, context(pki, own=stranger))
        assert only(server).client_certificate == stranger.certificate


def test_a_client_with_an_odd_certificate(pki: PKI) -> None:
    """A serial number that is not positive is recorded like any other."""
    client = pki.issue_cert("user@example.com", client=True, faults=[faults.SerialNumber(-1)])
    with pki.tls_server(pki.issue_cert("localhost"), client_ca=pki.ca) as server:
        shake_hands(server, context(pki, own=client))
        assert only(server).client_certificate == client.certificate
