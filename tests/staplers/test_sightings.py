"""Servers with many names, most of which hardly anybody visits, and the filter that spares them a fetch."""

import random
import ssl
import threading
import urllib.request
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from mockpki import PKI, Leaf, faults
from mockpki._tls.server import TlsServer
from mockpki.staplers import IDEAL, SQUARESPACE, Kind, StaplePolicy
from mockpki.staplers._sightings import Sightings
from tests.kit.staples import browse, in_order, kinds, word
from tests.kit.tls_clients import connected, context

NAMES = [f"{number}.example" for number in range(200)]
WEIGHTS = [1 / rank for rank in range(1, len(NAMES) + 1)]
UNFILTERED = replace(SQUARESPACE, sightings=1)


def tail(pki: PKI, policy: StaplePolicy, **options: Any) -> TlsServer:
    """A server for any name."""
    return pki.tls_server(lambda name: pki.issue_cert(name or "localhost"), staple=policy, **options)


def visits(seed: int, count: int) -> list[str]:
    """Names as a Zipf distribution has them: the second half as often as the first, the third a third."""
    return random.Random(seed).choices(NAMES, WEIGHTS, k=count)


# The filter.


def test_a_zipf_load_fetches_for_what_is_visited_again(pki: PKI) -> None:
    """The first visit to a name fetches nothing, the second does and is bare, every later one is stapled."""
    load, seen = visits(1, 400), Counter[str]()
    with tail(pki, SQUARESPACE) as server:
        stapler = server.stapler
        for name in load:
            seen[name] += 1
            fetches = stapler.stats.fetches
            staple = word(browse(pki, server, name).staple)
            stapler.settle()
            assert stapler.stats.fetches - fetches == (seen[name] == 2)
            assert staple == ("good" if seen[name] > 2 else "none")
        stats = stapler.stats
        once = [name for name, count in seen.items() if count == 1]
        assert "first sighting of " in next(
            made.staple_reason or "" for made in server.connections if made.server_name == once[0]
        )
        for name in once:
            assert kinds(stapler, name) == [Kind.SIGHTED, Kind.OMITTED]
        often = seen.most_common(1)[0][0]
        assert kinds(stapler, often)[:7] == [
            Kind.SIGHTED, Kind.OMITTED, Kind.SIGHTED, Kind.FETCH_STARTED, Kind.OMITTED, Kind.ANSWERED,
            Kind.CACHED,
        ]  # fmt: skip
    assert len(once) > 20
    assert (stats.handshakes, stats.sightings, stats.fetches_saved) == (400, len(seen), len(once))
    assert stats.fetches == stats.answered == len(seen) - len(once)
    assert stats.stapled == stats.cache_hits == 400 - stats.omitted
    assert stats.omitted == stats.sightings + stats.fetches
    assert stats.share_stapled == stats.stapled / 400
    assert len({serial for request in pki.ocsp.requests for serial in request.serials}) == stats.fetches


def test_without_the_filter_every_name_costs_a_fetch(pki: PKI) -> None:
    """The same load, fetched for at first sight: nothing is saved, and more handshakes are stapled."""
    load = visits(2, 150)
    found = {}
    for policy in (SQUARESPACE, UNFILTERED):
        with tail(pki, policy) as server:
            for name in load:
                browse(pki, server, name)
                server.stapler.settle()
            found[policy] = server.stapler.stats
    counted = Counter(load)
    names, again = len(counted), sum(count > 1 for count in counted.values())
    filtered, plain = found[SQUARESPACE], found[UNFILTERED]
    assert (plain.fetches, plain.fetches_saved, plain.sightings) == (names, 0, 0)
    assert (filtered.fetches, filtered.fetches_saved) == (again, names - again)
    assert plain.stapled == filtered.stapled + again


def test_more_sightings_take_more_visits(pki: PKI) -> None:
    """With three, the third visit fetches; the reasons count along."""
    with tail(pki, replace(SQUARESPACE, sightings=3)) as server:
        seen = []
        for _ in range(4):
            seen.append(word(browse(pki, server, "a.example").staple))
            server.stapler.settle()
        reasons = [(made.staple_reason or "").partition(":")[0] for made in server.connections]
    assert seen == ["none", "none", "none", "good"]
    assert reasons[:2] == ["first sighting of a.example", "second sighting of a.example"]
    pki.ocsp.assert_asked(times=1)


def test_a_filter_that_is_too_small_forgets_and_lets_no_newcomer_through(pki: PKI) -> None:
    """It is never overfull: whoever came last is remembered, and those before are newcomers again."""
    policy = replace(SQUARESPACE, filter_size=10, filter_false_positives=1e-6)
    with tail(pki, policy) as server:
        fills = []
        for name in NAMES[:45]:
            browse(pki, server, name)
            fills.append(server.stapler.stats.filter_fill)
        server.stapler.settle()
        assert server.stapler.stats.fetches == 0
        for name in (NAMES[0], NAMES[44]):
            browse(pki, server, name)
        server.stapler.settle()
        stats = server.stapler.stats
        assert kinds(server.stapler, NAMES[0]) == [Kind.SIGHTED, Kind.OMITTED] * 2
        assert Kind.ANSWERED in kinds(server.stapler, NAMES[44])
    assert (stats.sightings, stats.fetches) == (46, 1)
    assert fills[:2] == [0.05, 0.1]
    # Full, half of it is forgotten, and so on.
    assert (fills[19], fills[20]) == (1.0, 0.55)
    assert (max(fills), fills[40]) == (1.0, 0.55)


@pytest.mark.parametrize(("size", "rate"), [(1_000, 0.01), (5_000, 0.001), (50, 0.1)])
def test_a_filter_stays_as_good_as_it_says_however_many_come(size: int, rate: float) -> None:
    """Of ten times as many newcomers as it is laid out for, no more pass as known than it says; then, too."""
    filter_ = Sightings(replace(SQUARESPACE, filter_size=size, filter_false_positives=rate))
    passed = sum(filter_.count(f"{number}.example") == 2 for number in range(10 * size))
    # Chance may double what is expected, of many as of few.
    assert passed <= 2 * rate * 10 * size + 5
    assert 0.5 <= filter_.fill <= 1.0
    # Whoever came last is known, as many as it says.
    last = [f"{number}.example" for number in range(9 * size + size // 10, 10 * size)]
    assert all(filter_.count(name) == 2 for name in last)
    assert Sightings(SQUARESPACE).fill == 0.0


def test_a_restart_forgets_who_was_sighted(pki: PKI) -> None:
    """The filter is in memory: after a restart the next visit is the first again."""
    with tail(pki, SQUARESPACE) as server:
        for _ in range(2):
            browse(pki, server, "a.example")
            server.stapler.restart()
        assert server.stapler.stats.sightings == 2
    pki.ocsp.assert_not_asked()


def test_a_responder_that_hangs_for_one_name_delays_no_other(pki: PKI) -> None:
    """While one name's fetch hangs, its handshakes and those of others are over at once."""
    leaf = pki.issue_cert("slow.example")
    leaves = {"slow.example": leaf, "fast.example": pki.issue_cert("fast.example")}
    policy = replace(SQUARESPACE, timeout=timedelta(seconds=60))
    with (
        pki.ocsp.respond_with(faults.Hang(), to=leaf),
        pki.tls_server(lambda name: leaves[name or ""], staple=policy) as server,
    ):
        stapler = server.stapler
        for name in leaves:
            for _ in range(2):
                browse(pki, server, name)
        for _ in range(2):
            pki.ocsp.wait_for_request(20)
        while word(browse(pki, server, "fast.example").staple) != "good":
            pass
        assert word(browse(pki, server, "slow.example").staple) == "none"
        assert Kind.FETCH_STARTED in kinds(stapler, "slow.example")
        assert not {Kind.ANSWERED, Kind.NO_ANSWER, Kind.WAITING} & set(kinds(stapler, "slow.example"))
        with pytest.raises(TimeoutError, match=r"for: slow\.example; "):
            stapler.settle(0.01)


# Names as they come.


def test_a_leaf_is_issued_once_for_each_name(pki: PKI) -> None:
    """However a name is spelt and however often it is visited, the function is asked for it once."""
    asked: list[str | None] = []

    def issue(name: str | None) -> Leaf:
        asked.append(name)
        return pki.issue_cert(name or "127.0.0.1")

    ctx = context(pki)
    with pki.tls_server(issue) as server:
        for name in ("a.example", "A.example", "b.example", "a.example", "127.0.0.1", "127.0.0.1"):
            with connected(server, ctx, name) as tls:
                certificate = x509.load_der_x509_certificate(tls.getpeercert(binary_form=True) or b"")
                names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
                assert len(list(names)) == 1
        leaves = [made.leaf for made in server.connections]
        assert server.leaves == []
    assert asked == ["a.example", "b.example", None]
    assert len(set(leaves)) == 3
    assert leaves[0] is leaves[1] is leaves[3]


def test_the_url_of_a_server_for_any_name(pki: PKI) -> None:
    """It is one with localhost in it, which a client sends as SNI, and for which there will be a leaf."""
    with tail(pki, IDEAL) as server:
        assert server.url == f"https://localhost:{server.port}/"
        handler = urllib.request.HTTPSHandler(context=context(pki))
        with urllib.request.build_opener(urllib.request.ProxyHandler({}), handler).open(
            server.url, timeout=10
        ):
            pass
        server.stapler.settle()
        assert word(browse(pki, server, "localhost").staple) == "good"
        # It began when there was a leaf, though the first client asked for no staple.
        assert in_order(kinds(server.stapler), Kind.FETCH_STARTED, Kind.CACHED, Kind.SERVED)
        assert server.stapler.stats.handshakes == 1


def test_what_the_function_raises_fails_the_test(pki: PKI) -> None:
    """The connection ends, the error is the test's, and the next visit asks the function again."""
    ready: list[str] = []

    def issue(name: str | None) -> Leaf:
        if not ready:
            raise RuntimeError("not yet")
        return pki.issue_cert(name or "localhost")

    with pki.tls_server(issue, staple=SQUARESPACE) as server:
        with pytest.raises((OSError, ssl.SSLError)), connected(server, context(pki), "a.example"):
            pytest.fail("there was a handshake")
        with pytest.raises(RuntimeError, match="not yet") as caught:
            pki.check()
        assert "mockpki: raised by the function that issues leaves, for the name 'a.example'" in (
            caught.value.__notes__
        )
        ready.append("now")
        with connected(server, context(pki), "a.example"):
            pass


def _without_key(pki: PKI) -> Leaf:
    """A leaf whose key is with somebody else."""
    name = x509.Name([])
    request = x509.CertificateSigningRequestBuilder().subject_name(name)
    return pki.issue_cert(
        "a.example", csr=request.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )


def test_what_the_function_cannot_return(pki: PKI) -> None:
    """Something else than a leaf, another PKI's leaf, or one without a key: the test is told which."""
    with PKI() as other:
        returned: list[tuple[Any, type[Exception], str]] = [
            (None, TypeError, "a function that issues leaves returns a Leaf; .* returned None"),
            (other.issue_cert("a.example"), ValueError, "belongs to another PKI"),
            (_without_key(pki), ValueError, "no TLS server can present it without"),
        ]
        for value, kind, sentence in returned:
            values: dict[str | None, Any] = {"a.example": value}
            with pki.tls_server(values.__getitem__) as server:
                with pytest.raises((OSError, ssl.SSLError)), connected(server, context(pki), "a.example"):
                    pytest.fail("there was a handshake")
                with pytest.raises(kind, match=sentence):
                    pki.check()


def test_what_cannot_stand_for_leaves(pki: PKI) -> None:
    """A function stands alone, and a class or a name is none."""
    leaf = pki.issue_cert("localhost")

    def issue(name: str | None) -> Leaf:
        return leaf

    with pytest.raises(TypeError, match="or one function that issues them and nothing beside it"):
        pki.tls_server(leaf, issue)
    with pytest.raises(TypeError, match="or one function that issues them and nothing beside it"):
        pki.tls_server(issue, issue)
    for wrong in (Leaf, "localhost"):
        with pytest.raises(
            TypeError, match=r"tls_server\(\) takes leaves, as issue_cert\(\) returns them; got"
        ):
            pki.tls_server(wrong)  # type: ignore[arg-type]


def test_many_clients_at_once(pki: PKI) -> None:
    """Names that come from several clients at a time are each issued, sighted and fetched for once."""
    policy = replace(SQUARESPACE, timeout=timedelta(seconds=60))
    with tail(pki, policy) as server:
        clients = [
            threading.Thread(target=lambda: [browse(pki, server, name) for name in NAMES[:10] * 3])
            for _ in range(3)
        ]
        for client in clients:
            client.start()
        for client in clients:
            client.join(60)
        server.stapler.settle()
        stats = server.stapler.stats
        assert len({made.leaf for made in server.connections}) == 10
    assert (stats.handshakes, stats.sightings, stats.fetches) == (90, 10, 10)
    assert stats.stapled + stats.omitted == 90
