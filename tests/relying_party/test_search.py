"""The search: which source is asked when, and what its answer leads to."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from mockpki import PKI, faults
from mockpki.relying_party import (
    HARD_FAIL,
    MUST_STAPLE,
    NAMED,
    NO_CHECK,
    SOFT_FAIL,
    STAPLE_REQUIRED,
    Policy,
    Source,
    Status,
)
from tests.relying_party.kit import BAD_STAPLE, CRL_ONLY, OCSP_ONLY, check, looked


@dataclass(frozen=True)
class Again(faults.CRLContent):
    """The first extension stands there so many times."""

    number: int

    def __call__(self, honest: faults.TBSCertList) -> faults.TBSCertList:
        first, *others = honest.extensions or ()
        return replace(honest, extensions=(first,) * self.number + tuple(others))


class TestGood:
    @pytest.mark.parametrize("name", NAMED)
    def test_staple(self, pki: PKI, name: str) -> None:
        """An honest staple satisfies every policy, and the responder is not asked about that leaf."""
        leaf = pki.issue_cert("localhost", must_staple=True)
        verdict, handshake = check(pki, leaf, NAMED[name], staple=[])
        assert verdict.accepted, verdict
        assert handshake.staple_requested == NAMED[name].asks_for_staple
        assert verdict.staple == handshake.staple
        assert [certificate.subject for certificate in verdict.chain] == [
            leaf.certificate.subject,
            pki.ca.certificate.subject,
            pki.root.certificate.subject,
        ]
        pki.ocsp.assert_not_asked()

    def test_chain(self, pki: PKI) -> None:
        """Every certificate but the root is checked: the leaf here by staple, its issuer at the root."""
        leaf = pki.issue_cert("localhost")
        verdict, _ = check(pki, leaf, HARD_FAIL, staple=[])
        assert (verdict.accepted, verdict.status) == (True, Status.GOOD)
        assert [(look.source, look.url, look.outcome) for look in verdict.fetched] == [
            ("staple", None, "good"),
            ("OCSP", pki.root.ocsp.url, "good"),
        ]
        pki.root.ocsp.assert_asked(pki.ca, times=1)

    def test_no_check(self, pki: PKI) -> None:
        """Without a policy nobody is asked, and what is revoked is accepted."""
        leaf = pki.issue_cert("localhost")
        pki.revoke(leaf)
        verdict, handshake = check(pki, leaf, NO_CHECK, staple=[])
        assert (verdict.accepted, verdict.status, verdict.fetched) == (True, Status.UNDETERMINED, ())
        assert not handshake.staple_requested
        assert not [*pki.ocsp.requests, *pki.crl.requests, *pki.root.ocsp.requests]

    def test_later_responder(self, pki: PKI) -> None:
        """Responders are asked in the order of the certificate, until one is usable."""
        urls = [pki.dead_url, pki.ocsp.url, pki.dead_url]
        verdict, _ = check(pki, pki.issue_cert("localhost", ocsp_urls=urls), OCSP_ONLY)
        assert verdict.accepted
        assert looked(verdict) == [("staple", "no staple"), ("OCSP", "refused"), ("OCSP", "good")]


class TestRevoked:
    @pytest.mark.parametrize("policy", [SOFT_FAIL, HARD_FAIL, STAPLE_REQUIRED, MUST_STAPLE])
    def test_staple(self, pki: PKI, policy: Policy) -> None:
        """A staple that says revoked rejects under every policy that asks for one."""
        leaf = pki.issue_cert("localhost")
        pki.revoke(leaf, "key_compromise")
        verdict, handshake = check(pki, leaf, policy, staple=[])
        assert (verdict.accepted, verdict.status, handshake.alert) == (False, Status.REVOKED, BAD_STAPLE)
        assert "staple says revoked at " in verdict.reasons[0]
        assert "(keyCompromise)" in verdict.reasons[0]

    @pytest.mark.parametrize("reason", ["superseded", "unspecified"])
    @pytest.mark.parametrize("source", ["OCSP", "CRL"])
    def test_fetched(self, pki: PKI, source: Source, reason: str) -> None:
        """So does the responder, or the CRL, even where a failure would pass."""
        policy = replace(SOFT_FAIL, sources=(source,))
        leaf = pki.issue_cert("localhost")
        assert check(pki, leaf, policy)[0].accepted
        pki.revoke(leaf, reason)
        verdict, handshake = check(pki, leaf, policy)
        assert (verdict.accepted, verdict.status) == (False, Status.REVOKED)
        assert looked(verdict) == [(source, "revoked")]
        assert ("(superseded)" in verdict.reasons[0]) == (reason == "superseded")
        assert handshake.completed, "with no staple to judge, the verdict comes after the handshake"

    def test_issuer(self, pki: PKI) -> None:
        """A revoked issuing CA rejects, by OCSP or by CRL, whatever the leaf's staple says."""
        leaf = pki.issue_cert("localhost")
        pki.revoke(pki.ca, "ca_compromise")
        for policy, source in ((OCSP_ONLY, "OCSP"), (CRL_ONLY, "CRL")):
            verdict, _ = check(pki, leaf, policy, staple=[])
            assert (verdict.accepted, verdict.status) == (False, Status.REVOKED)
            assert [(look.source, look.outcome) for look in verdict.fetched] == [
                ("staple", "good"),
                (source, "revoked"),
            ]


class TestUnknown:
    def test_rejects(self, pki: PKI) -> None:
        """With unknown_rejects it ends the search, from a staple or from the responder."""
        leaf = pki.issue_cert("localhost")
        pki.forget(leaf)
        for staple, source in (([], "staple"), (None, "OCSP")):
            verdict, _ = check(pki, leaf, HARD_FAIL, staple=staple)
            assert (verdict.accepted, verdict.status) == (False, Status.UNKNOWN)
            assert looked(verdict)[-1] == (source, "unknown")
        pki.crl.assert_not_asked()

    def test_passes(self, pki: PKI) -> None:
        """Without it, it leads to the next source; with none left, hard_fail decides."""
        leaf, listed = pki.issue_cert("localhost", crl_urls=[]), pki.issue_cert("localhost")
        for one in (leaf, listed):
            pki.forget(one)
        mild = replace(HARD_FAIL, unknown_rejects=False)
        soft, hard, by_crl = (
            check(pki, one, policy, staple=[])[0]
            for one, policy in ((leaf, SOFT_FAIL), (leaf, mild), (listed, mild))
        )
        assert (soft.accepted, hard.accepted, by_crl.accepted) == (True, False, True)
        assert (soft.status, hard.status, by_crl.status) == (Status.UNKNOWN, Status.UNKNOWN, Status.GOOD)
        assert looked(soft) == looked(hard) == [("staple", "unknown"), ("OCSP", "unknown")]
        assert looked(by_crl)[-1] == ("CRL", "good")


class TestUnusable:
    def test_crl_instead(self, pki: PKI) -> None:
        """A responder that is down is made good for by the CRL."""
        leaf = pki.issue_cert("localhost")
        with pki.ocsp.respond_with(faults.Refused()):
            good, _ = check(pki, leaf, HARD_FAIL)
            pki.revoke(leaf)
            revoked, _ = check(pki, leaf, SOFT_FAIL)
        assert (good.accepted, revoked.accepted) == (True, False)
        assert looked(revoked) == [("staple", "no staple"), ("OCSP", "refused"), ("CRL", "revoked")]
        pki.crl.assert_asked(times=2)

    def test_duplicate_extension(self, pki: PKI) -> None:
        """An answer or a CRL with an extension twice cannot be read, and so tells nothing."""
        leaf = pki.issue_cert("localhost")
        twice = faults.ResponseExtension("1.3.6.1.4.1.55555.1", False, b"\x05\x00")
        for again in (1, 2):
            with pki.ocsp.respond_with(*[twice] * again), pki.crl.respond_with(Again(again)):
                for policy in (OCSP_ONLY, CRL_ONLY):
                    verdict, _ = check(pki, leaf, policy)
                    assert verdict.accepted == (again == 1)
                    outcome = "good" if again == 1 else "unreadable"
                    assert looked(verdict)[-1] == (policy.sources[-1], outcome)

    def test_no_source(self, pki: PKI) -> None:
        """A certificate that names nobody to ask passes in hard-fail, unless the policy forbids it."""
        leaf = pki.issue_cert("localhost", ocsp_urls=[], crl_urls=[])
        hard = replace(HARD_FAIL, sources=("OCSP", "CRL"))
        passed, _ = check(pki, leaf, hard)
        assert passed.accepted
        assert "no source could tell (there is none to ask), which the policy lets pass" in passed.reasons[0]
        # A staple that is no use is a source that was there.
        assert not check(pki, leaf, HARD_FAIL, staple=[faults.Stale()])[0].accepted
        verdict, _ = check(pki, leaf, replace(hard, sourceless_passes=False))
        assert not verdict.accepted
        assert "no source could tell (there is none to ask)" in verdict.reasons[0]
        assert check(pki, leaf, SOFT_FAIL)[0].accepted

    @pytest.mark.parametrize(
        ("fault", "accepted"),
        [(faults.Garbage(), False), (faults.Unauthorized(), False), (faults.TryLater(), True),
         (faults.HttpStatus(503), True), (faults.EmptyBody(), True), (faults.Refused(), True)],
        ids=str,
    )  # fmt: skip
    def test_an_answer_without_use(self, pki: PKI, fault: Any, accepted: bool) -> None:
        """Where an answer has to be usable, one that is not rejects, and none at all passes."""
        leaf = pki.issue_cert("localhost", crl_urls=[])
        pki.ocsp.respond_with(fault)
        policy = replace(SOFT_FAIL, sources=("OCSP",), whole_chain=False)
        assert check(pki, leaf, policy)[0].accepted
        assert check(pki, leaf, replace(policy, unusable_rejects=True))[0].accepted is accepted
        # Another source may still tell.
        good = pki.issue_cert("localhost")
        both = replace(policy, sources=("OCSP", "CRL"), unusable_rejects=True)
        assert check(pki, good, both)[0].accepted


class TestMustStaple:
    @pytest.mark.parametrize("must_staple", [True, False])
    def test_missing(self, pki: PKI, must_staple: bool) -> None:
        """No staple rejects a certificate that demands one, and only that, where the policy obeys."""
        leaf = pki.issue_cert("localhost", must_staple=must_staple)
        verdict, handshake = check(pki, leaf, MUST_STAPLE)
        assert verdict.accepted != must_staple
        pki.ocsp.assert_asked(leaf, times=0 if must_staple else 1)
        assert handshake.staple_requested
        assert check(pki, leaf, SOFT_FAIL)[0].accepted

    @pytest.mark.parametrize("policy", [SOFT_FAIL, HARD_FAIL])
    def test_on_top(self, pki: PKI, policy: Policy) -> None:
        """Must-staple goes on top of any policy that asks for staples."""
        leaf = pki.issue_cert("localhost", must_staple=True)
        obeying = replace(policy, honour_must_staple=True)
        rejected, _ = check(pki, leaf, obeying, staple=[faults.Stale()])
        assert looked(rejected) == [("staple", "stale")]
        assert "the certificate requires a usable staple (RFC 7633)" in rejected.reasons[0]
        assert check(pki, leaf, policy, staple=[faults.Stale()])[0].accepted
        assert check(pki, leaf, obeying, staple=[])[0].accepted


class TestVariations:
    """Policies that are none of the named ones."""

    def test_order(self, pki: PKI) -> None:
        """Sources are looked at in the policy's order, and the first good answer ends the search."""
        leaf = pki.issue_cert("localhost")
        for sources in (("CRL", "OCSP"), ("OCSP", "CRL"), ("CRL", "staple")):
            verdict, _ = check(pki, leaf, replace(HARD_FAIL, sources=sources), staple=[])
            assert looked(verdict) == [(sources[0], "good")]
        pki.crl.respond_with(faults.HttpStatus(503))
        verdict, _ = check(pki, leaf, replace(HARD_FAIL, sources=("CRL", "OCSP")))
        assert looked(verdict) == [("CRL", "HTTP 503"), ("OCSP", "good")]

    def test_leaf_alone(self, pki: PKI) -> None:
        """A revoked CA is nothing to a policy that looks at the leaf alone."""
        leaf = pki.issue_cert("localhost")
        pki.revoke(pki.ca)
        leaf_alone = replace(HARD_FAIL, whole_chain=False)
        assert check(pki, leaf, leaf_alone)[0].accepted
        pki.root.ocsp.assert_not_asked()
        assert not check(pki, leaf, HARD_FAIL)[0].accepted
        pki.revoke(leaf)
        assert not check(pki, leaf, leaf_alone)[0].accepted

    def test_bad_staple(self, pki: PKI) -> None:
        """A staple that cannot be used rejects where the policy wants that, and none at all does not."""
        leaf = pki.issue_cert("localhost")
        strict = replace(SOFT_FAIL, bad_staple_rejects=True)
        stale: list[Any] = [faults.Stale()]
        verdict, handshake = check(pki, leaf, strict, staple=stale)
        assert (verdict.accepted, handshake.alert) == (False, BAD_STAPLE)
        assert "the policy wants a staple to be usable (RFC 6066 section 8); it was good" in str(verdict)
        assert check(pki, leaf, SOFT_FAIL, staple=stale)[0].accepted
        assert check(pki, leaf, strict, staple=None)[0].accepted
