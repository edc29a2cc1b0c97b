"""One certificate is revoked: what CRL, OCSP, stapling, must-staple and filters make of it.

And of a server whose owner would rather not have it known: who has the key can go on stapling the good
answer of the day before, for as long as that is good.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from mockpki import PKI, Leaf, faults, relying_party
from mockpki.relying_party import HARD_FAIL, MUST_STAPLE, SOFT_FAIL, Policy, Verdict


class World:
    """A PKI with a certificate that was stapled good, and was revoked since."""

    def __init__(self, pki: PKI, *, must_staple: bool = False) -> None:
        self.pki = pki
        self.leaf: Leaf = pki.issue_cert("localhost", must_staple=must_staple)
        self.good_answer = pki.ocsp.response_for(self.leaf)
        pki.crlite.publish()
        pki.revoke(self.leaf, "key_compromise")

    def connect(self, staple: bytes | None, policy: Policy) -> Verdict:
        """A client of that *policy*, whose server staples *staple*."""
        filters = self.pki.crlite if "CRLite" in policy.sources else None
        with self.pki.tls_server(self.leaf, staple=staple) as server:
            return relying_party.check(
                server.host, server.port, ca=self.pki.ca_file, server_name="localhost",
                policy=policy, timeout=timedelta(seconds=1), crlite=filters,
            )  # fmt: skip


@pytest.fixture
def world() -> Iterator[World]:
    """One whose certificate is in a log, so that filters speak of it."""
    with PKI(logged=True) as pki:
        yield World(pki)


@pytest.mark.parametrize("source", ["CRL", "OCSP"])
def test_whoever_asks_is_told(world: World, source: relying_party.Source) -> None:
    """CRL and OCSP say so at once, to a client that asks there; and to nobody else."""
    assert not world.connect(None, replace(SOFT_FAIL, sources=(source,))).accepted
    assert world.connect(None, replace(SOFT_FAIL, sources=())).accepted


def test_whoever_is_in_the_way_can_keep_it_from_being_told(world: World) -> None:
    """With responder and CRL cut off, a soft client goes on; that is what must-staple is for."""
    with world.pki.ocsp.respond_with(faults.Refused()), world.pki.crl.respond_with(faults.Refused()):
        assert world.connect(None, SOFT_FAIL).accepted
        assert not world.connect(None, HARD_FAIL).accepted


def test_must_staple_closes_that_door() -> None:
    """A certificate that demands a staple is refused without one by whoever obeys it."""
    with PKI(logged=True) as pki:
        world = World(pki, must_staple=True)
        with pki.ocsp.respond_with(faults.Refused()), pki.crl.respond_with(faults.Refused()):
            assert not world.connect(None, MUST_STAPLE).accepted
            assert world.connect(None, SOFT_FAIL).accepted


def test_an_old_good_answer_is_good_until_it_ends(world: World) -> None:
    """A staple of before the revocation convinces whoever takes staples, until its nextUpdate."""
    verdict = world.connect(world.good_answer, SOFT_FAIL)
    assert verdict.accepted
    assert verdict.staple == world.good_answer
    world.pki.ocsp.assert_not_asked()
    # Who wants fresh ones, or does not take a server's word, is not convinced.
    assert not world.connect(world.good_answer, replace(SOFT_FAIL, sources=("OCSP",))).accepted
    over = world.pki.ocsp.response_for(world.pki.issue_cert("localhost"), faults.Stale())
    assert not world.connect(over, HARD_FAIL).accepted


def test_a_filter_knows_by_itself(world: World) -> None:
    """Filters know from the next one on, whatever is stapled and whoever is down."""
    filters = replace(SOFT_FAIL, sources=("CRLite", "staple"))
    assert world.connect(world.good_answer, filters).accepted
    world.pki.crlite.publish()
    with world.pki.ocsp.respond_with(faults.Refused()), world.pki.crl.respond_with(faults.Refused()):
        assert not world.connect(world.good_answer, filters).accepted
