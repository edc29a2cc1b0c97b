"""Where a PKI listens, what stands in its certificates for that, and whom it may reach."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from mockpki import PKI, SharedPort, faults, staplers
from mockpki._ca.network import Network
from mockpki._programs.ports import free_port
from mockpki.relying_party import crl_urls, responders
from mockpki.staplers import Kind
from tests.kit.asking import cert_id, post, question, send, statuses
from tests.kit.tls_clients import context, shake_hands

CA_ISSUERS = AuthorityInformationAccessOID.CA_ISSUERS


@pytest.fixture
def ports() -> Iterator[list[int]]:
    """Ten ports that are free, one after the other or not."""
    with ExitStack() as held:
        yield [held.enter_context(free_port()) for _ in range(10)]


def pointers(certificate: x509.Certificate) -> list[str]:
    """Every URL in it."""
    access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    issuers = [one.access_location.value for one in access if one.access_method == CA_ISSUERS]
    return [*responders(certificate), *crl_urls(certificate), *issuers]


def test_a_host_is_advertised_with_each_port() -> None:
    """Certificates have it, of leaves and CAs; who listens is we, and our own staplers find the way."""
    with PKI(advertise="mockpki.test") as pki:
        leaf = pki.issue_cert("localhost")
        urls = [*pointers(leaf.certificate), *pointers(pki.ca.certificate)]
        assert len(urls) == 6
        assert {urlsplit(url).hostname for url in urls} == {"mockpki.test"}
        assert urls[0] == pki.ocsp.url
        port = urlsplit(pki.ocsp.url).port
        assert statuses(post(f"http://127.0.0.1:{port}/ocsp", question(cert_id(leaf))).body) == ["good"]
        with pki.tls_server(leaf, staple=staplers.CADDY) as server:
            assert server.stapler.stats.fetches == 1
            assert Kind.ANSWERED in [event.kind for event in server.stapler.events]
        pki.ocsp.assert_asked(leaf, times=2)
    with PKI(advertise="::1") as pki:
        assert pki.ocsp.url.startswith("http://[::1]:")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_base_url_is_advertised_for_a_shared_port(method: Any) -> None:
    """With whatever port and path it is known by elsewhere; a name that this machine does not even know."""
    advertised = "http://mapped.invalid:49153/pki/"
    with SharedPort() as shared, PKI(services=shared, advertise=advertised) as pki:
        leaf = pki.issue_cert("localhost")
        urls = [*pointers(leaf.certificate), *pointers(pki.ca.certificate)]
        assert all(url.startswith("http://mapped.invalid:49153/pki/") for url in urls)
        policy = replace(staplers.CADDY, method=method)
        with pki.tls_server(leaf, staple=policy) as server:
            assert Kind.ANSWERED in [event.kind for event in server.stapler.events]
        (request,) = pki.ocsp.requests
        assert request.method == method


@pytest.mark.parametrize(
    ("given", "error", "why"),
    [
        (
            {"advertise": "http://localhost:49153"},
            ValueError,
            "each service has a port of its own; give a host such",
        ),
        ({"advertise": "a b"}, ValueError, "is no host, such as 'mockpki', and no http URL"),
        ({"advertise": "localhost:80"}, ValueError, "is no host"),
        ({"advertise": ""}, ValueError, "is no host"),
        ({"advertise": "https://a"}, ValueError, "takes a base URL"),
        ({"advertise": "http://"}, ValueError, "takes a base URL"),
        ({"advertise": "http://u@a/"}, ValueError, "takes a base URL"),
        ({"advertise": "http://a/?b"}, ValueError, "takes a base URL"),
        ({"advertise": "http://a:port/"}, ValueError, "is no URL"),
        ({"ports": []}, ValueError, r"ports=\[\] has none"),
        ({"ports": [0]}, ValueError, "ports= of PKI takes a list or range of ports"),
        ({"ports": 8500}, TypeError, "ports= of PKI takes a list or range of ports"),
        ({"services": 8481}, TypeError, "services= of PKI takes None or a SharedPort|a SharedPort or None"),
        ({"may_reach": True}, TypeError, "may_reach= of PKI takes a function of an address and a port"),
    ],
    ids=str,
)
def test_what_makes_no_network_is_told(given: dict[str, Any], error: type[Exception], why: str) -> None:
    """Before anything is bound."""
    with pytest.raises(error, match=why):
        PKI(**given)


def test_a_rule_that_has_to_be_awaited_is_told() -> None:
    """It is asked on the loop, which cannot wait."""

    async def rule(address: str, port: int) -> bool:
        return True

    with pytest.raises(TypeError, match="may_reach="):
        PKI(may_reach=rule)  # type: ignore[arg-type]


def test_ports_are_of_those_that_are_given(ports: list[int]) -> None:
    """Services and TLS servers take the first that is free; where none is left, a sentence."""
    with PKI(ports=ports) as pki:
        leaf = pki.issue_cert("localhost")
        taken = [urlsplit(one.url).port for ca in pki.cas for one in (ca.ocsp, ca.crl, ca.ca_issuers)]
        with pki.tls_server(leaf) as server:
            taken.append(server.port)
            assert taken == ports[: len(taken)]
            shake_hands(server, context(pki))
        # Another PKI shares them, as another process would.
        with PKI(depth=0, ports=ports) as other:
            assert urlsplit(other.ocsp.url).port in ports[6:]
            with pytest.raises(OSError, match=r"all 10 ports from \d+ to \d+ are taken on 127") as raised:
                other.root.create_child_ca()
            assert len(other._realm.network._ways) == len(other._realm.services) == 3
            assert raised.value.__notes__ == ["mockpki: give others, or close what has them"]
            # What it had by then is given back.
            with other.tls_server(other.issue_cert("localhost")) as server:
                assert server.port == ports[9]
        assert send(pki.ca.ca_issuers.url).body == pki.ca.der
        # One that is asked for by number is had all the same.
        with pki.tls_server(leaf) as server:
            assert server.port == ports[6]


def test_what_may_be_reached_is_asked_by_address() -> None:
    """A stapler's fetch that leads elsewhere ends with a sentence; the PKI's own services need no leave."""
    asked: list[tuple[str, int]] = []

    def nowhere(address: str, port: int) -> bool:
        asked.append((address, port))
        return False

    with PKI() as elsewhere, PKI(may_reach=nowhere) as pki:
        own = pki.issue_cert("localhost")
        with pki.tls_server(own, staple=staplers.CADDY) as server:
            assert Kind.ANSWERED in [event.kind for event in server.stapler.events]
        assert asked == []
        port = urlsplit(elsewhere.ocsp.url).port
        assert port is not None
        url = f"http://localhost:{port}/ocsp"
        leaf = pki.issue_cert("localhost", ocsp_urls=[url])
        with pki.tls_server(leaf, staple=staplers.CADDY) as server:
            (event,) = [one for one in server.stapler.events if one.kind is Kind.NO_ANSWER]
            assert event.detail.startswith(f"localhost port {port} is not among what this PKI may reach")
        elsewhere.ocsp.assert_not_asked()
        assert ("127.0.0.1", port) in asked
        with pytest.raises(
            ValueError, match=r"forward_to=\('127.0.0.1', \d+\) leads nowhere that may_reach= of"
        ):
            pki.tls_server(own, forward_to=("127.0.0.1", port))
    # Where it is allowed, and where there is no rule, both go there.
    for rule in (None, lambda address, _: address == "127.0.0.1"):
        with PKI() as elsewhere, PKI(may_reach=rule) as pki:
            port = urlsplit(elsewhere.ocsp.url).port
            leaf = pki.issue_cert("localhost", ocsp_urls=[f"http://localhost:{port}/ocsp"])
            with pki.tls_server(leaf, staple=staplers.CADDY) as server:
                assert server.stapler.stats.fetches == 1
            elsewhere.ocsp.assert_asked(times=1)
            assert port is not None
            with pki.tls_server(leaf, staple=None, forward_to=("127.0.0.1", port)) as server:
                shake_hands(server, context(pki))


def test_a_rule_that_fails_fails_the_test() -> None:
    """And nobody is reached meanwhile."""

    def broken(address: str, port: int) -> bool:
        raise ZeroDivisionError

    pki = PKI(may_reach=broken)
    leaf = pki.issue_cert("localhost", ocsp_urls=[pki.dead_url])
    with pki.tls_server(leaf, staple=replace(staplers.CADDY, trigger="start_async")) as server:
        server.stapler.settle()
    with pytest.raises(ZeroDivisionError):
        pki.close()


def test_the_way_ends_with_its_ca() -> None:
    """A port that was given back may be anybody's: it is no way of ours any more."""
    with PKI(advertise="mockpki.test") as pki:
        ca = pki.root.create_child_ca()
        network, url = pki._realm.network, ca.ocsp.url
        assert network.find_way(url) == url.replace("mockpki.test", "127.0.0.1")
        assert network.find_way(url + "/MFE?x") == url.replace("mockpki.test", "127.0.0.1") + "/MFE?x"
        ca.close()
        assert network.find_way(url) is None
        assert network.find_way(pki.ocsp.url) is not None


@pytest.mark.parametrize(
    ("url", "way"),
    [
        ("http://a:1/x", "http://b:2/x"),
        ("http://a:1", "http://b:2"),
        ("http://a:1?q", "http://b:2?q"),
        ("http://a:1/c-1/ocsp/Mx//y", "http://b:3/c-1/ocsp/Mx//y"),
        ("http://a:11/x", None),
        ("http://a:1@evil/x", None),
        ("http://evil/http://a:1/x", None),
        ("", None),
    ],
)
def test_a_way_is_by_whole_parts(url: str, way: str | None) -> None:
    """A URL that only begins with the same letters leads elsewhere."""
    network = Network(advertise=None)
    network._ways.update({"http://a:1": "http://b:2", "http://a:1/c-1": "http://b:3/c-1"})
    found = network.find_way(url)
    if way is not None and way.startswith("http://b:3"):
        assert found in (way, way.replace("b:3", "b:2"))
    else:
        assert found == way


def test_a_network_is_nothing_unless_asked() -> None:
    """By default there is no rule, no shared port, any port, and our own address in certificates."""
    with PKI() as pki:
        assert pki._realm.network.ports == ()
        assert pki.ocsp.url.startswith("http://127.0.0.1:")
        with pki.ocsp.respond_with(faults.Refused()), pytest.raises(ConnectionRefusedError):
            send(pki.ocsp.url)
