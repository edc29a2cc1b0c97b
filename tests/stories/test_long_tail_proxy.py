"""A proxy with a certificate for each of a great many names, most of which are seen once.

Asking the responder for every name that anybody tries would flood it, and the cache with it. So the proxy
remembers names in a Bloom filter: the first handshake of a name goes without a staple and asks nobody, the
second begins a fetch in the background, and who comes then is given what came. Nobody ever waits.
"""

import random
from dataclasses import replace

from mockpki import PKI, relying_party, staplers
from mockpki.relying_party import Verdict

NAMES = [f"site-{number}.example" for number in range(60)]


def visit(pki: PKI, port: int, name: str) -> Verdict:
    """A browser of today: it takes a staple if there is one, and goes on without."""
    policy = replace(relying_party.SOFT_FAIL, sources=("staple",))
    return relying_party.check("127.0.0.1", port, ca=pki.ca_file, server_name=name, policy=policy)


def test_the_third_visitor_is_given_a_staple() -> None:
    """One visitor asks nobody, two cause one fetch, and the third has the answer."""
    with (
        PKI() as pki,
        pki.tls_server(
            lambda name: pki.issue_cert(name or "localhost"), staple=staplers.SQUARESPACE
        ) as proxy,
    ):
        staples = []
        for _ in range(3):
            verdict = visit(pki, proxy.port, "shop.example")
            assert verdict.accepted
            staples.append(verdict.staple)
            proxy.stapler.settle()
        assert [staple is not None for staple in staples] == [False, False, True]
        pki.ocsp.assert_asked(times=1)


def test_the_operator_of_the_responder_gains() -> None:
    """A long tail of names costs a proxy with the filter few requests, and one without it all of them."""
    dice = random.Random(7)
    # Few names have many visitors, and many have one: Zipf's law.
    visits = dice.choices(NAMES, [1 / rank for rank in range(1, len(NAMES) + 1)], k=120)
    seen_twice = {name for name in visits if visits.count(name) > 1}
    asked = {}
    for name, policy in (
        ("filter", staplers.SQUARESPACE),
        ("none", replace(staplers.SQUARESPACE, sightings=1)),
    ):
        with (
            PKI() as pki,
            pki.tls_server(lambda name: pki.issue_cert(name or "localhost"), staple=policy) as proxy,
        ):
            assert all(visit(pki, proxy.port, one).accepted for one in visits)
            proxy.stapler.settle()
            asked[name] = {serial for request in pki.ocsp.requests for serial in request.serials}
            assert proxy.stapler.stats.fetches == len(pki.ocsp.requests)
    assert len(asked["none"]) == len(set(visits))
    # A Bloom filter may take a name for one that it has seen, which costs a fetch.
    assert len(seen_twice) <= len(asked["filter"]) < len(asked["none"])
