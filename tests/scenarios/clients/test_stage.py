"""A scenario on a live PKI: where the client is sent, and what is seen of it."""

from dataclasses import replace
from typing import Any

import pytest

from mockpki import PKI, relying_party
from mockpki.relying_party import HARD_FAIL
from mockpki.scenarios import Case, Seen
from tests.kit.reference_client import by_name, reference


class TestSeen:
    def test_nothing(self) -> None:
        """Nobody who came is nothing, and is told so."""
        seen = Seen((), (), ())
        assert not seen
        assert not seen.completed
        assert (seen.asked, seen.alerts) == (frozenset(), ())
        assert str(seen) == "  no TLS connection came\n  OCSP: not asked\n  CRL: not asked"

    def test_where_the_certificate_leads(self, pki: PKI) -> None:
        """A target has the URLs of the scenario's certificate: one that is dead, and then the live one."""
        with Case(by_name("ocsp-first-url-dead"), HARD_FAIL).staged(pki) as stage:
            (target,) = stage.visits()
            assert target.ocsp_url == pki.dead_url
            assert relying_party.responders(stage.leaf.certificate) == (pki.dead_url, stage.issuer.ocsp.url)
            assert target.crl_url == ""

    def test_about_the_intermediate(self, pki: PKI) -> None:
        """The certificate that an intermediate scenario is about is the leaf's issuer."""
        with Case(by_name("intermediate-ocsp-revoked"), HARD_FAIL).staged(pki) as stage:
            assert stage.subject is stage.leaf.issuer
            assert stage.issuer is not stage.subject
        with Case(by_name("ocsp-revoked"), HARD_FAIL).staged(pki) as stage:
            assert stage.subject is stage.leaf
            assert stage.issuer is stage.leaf.issuer


class TestStage:
    def test_by_hand(self, pki: PKI) -> None:
        """A client can be driven by hand, visit by visit."""
        case = Case(by_name("ocsp-recovers"), replace(HARD_FAIL, sources=("OCSP",)))
        with case.staged(pki) as stage:
            verdicts = []
            for target in stage.visits():
                where = target.host, target.port, target.ca_file, target.server_name
                verdicts.append(reference(case.policy)(*where).accepted)
            assert verdicts == [False, True]
            assert stage.seen.asked == {"OCSP"}
            assert len(stage.seen.handshakes) == len(stage.seen.ocsp) == 1
            assert len(stage.server.connections) == 2

    def test_intermediate(self, pki: PKI) -> None:
        """A CA's certificate can be issued with URLs of one's own, and with none."""
        child = pki.root.create_child_ca(ocsp_urls=[], crl_urls=["http://127.0.0.1:9/x.crl"])
        text = child.certificate.extensions
        assert "http://127.0.0.1:9/x.crl" in str(text)
        assert pki.root.ocsp.url not in str(text)
        wrong: Any = "http://127.0.0.1:9/"
        with pytest.raises(TypeError, match="ocsp_urls takes a list of URLs"):
            pki.root.create_child_ca(ocsp_urls=wrong)
