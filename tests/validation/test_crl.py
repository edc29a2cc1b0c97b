"""Which CRLs can be believed: RFC 5280 section 6.3."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from cryptography import x509

from mockpki import PKI, faults
from mockpki.relying_party import HARD_FAIL, SOFT_FAIL, Status
from tests.relying_party.kit import (
    CRL_ONLY,
    DELIVERY,
    SHORT,
    Backwards,
    CriticalCRL,
    Early,
    Endless,
    Sha1,
    check,
    looked,
)


class TestUnusable:
    CRLS: ClassVar[list[tuple[faults.CRLFault, str]]] = [
        (faults.Stale(), "stale"),
        (Early(), "too early"),
        (Endless(timedelta()), "stale"),
        (Backwards(), "absurd times"),
        (Sha1(), "weak signature"),
        (faults.BadSignature(), "bad signature"),
        (faults.Forged(), "bad signature"),
        (faults.WrongSigner(), "wrong signer"),
        (CriticalCRL(), "unknown extension"),
        (faults.EntryExtension(critical=True), "unknown extension"),
        (faults.WrongIssuerName(), "wrong signer"),
    ]

    @pytest.mark.parametrize(("fault", "word"), [*CRLS, *DELIVERY])
    def test_crl(self, pki: PKI, fault: Any, word: str) -> None:
        """The same for the only CRL: it says nothing, even though it lists the certificate."""
        leaf = pki.issue_cert("localhost", ocsp_urls=[])
        pki.revoke(leaf)
        for policy in (HARD_FAIL, SOFT_FAIL):
            with pki.crl.respond_with(fault):
                hurried = replace(policy, timeout=SHORT) if word == "timed out" else policy
                verdict, _ = check(pki, leaf, hurried)
            assert verdict.accepted == (policy is SOFT_FAIL), verdict
            assert looked(verdict) == [("staple", "no staple"), ("CRL", word)]
        pki.crl.assert_asked(times=0 if word == "refused" else 2)
        assert check(pki, leaf, SOFT_FAIL)[0].status is Status.REVOKED


class TestScope:
    """Issuing distribution points, RFC 5280 section 5.2.5."""

    @pytest.mark.parametrize(
        ("fields", "usable"),
        [
            ({"only_contains_user_certs": True}, True),
            ({"only_contains_ca_certs": True}, False),
            ({"only_contains_attribute_certs": True}, False),
            ({"indirect_crl": True}, False),
            ({"only_some_reasons": frozenset([x509.ReasonFlags.key_compromise])}, False),
            ({"full_name": [x509.UniformResourceIdentifier("http://other.test/ca.crl")]}, False),
        ],
    )
    def test_scope(self, pki: PKI, fields: dict[str, Any], usable: bool) -> None:
        """A CRL for another kind of certificates, or another place, tells nothing about this one."""
        nothing: dict[str, Any] = dict.fromkeys(
            ("full_name", "relative_name", "only_some_reasons")
        ) | dict.fromkeys(
            (
                "only_contains_user_certs",
                "only_contains_ca_certs",
                "indirect_crl",
                "only_contains_attribute_certs",
            ),
            False,
        )
        scope = x509.IssuingDistributionPoint(**{**nothing, **fields})
        fault = CriticalCRL(faults.Extension("2.5.29.28", True, scope.public_bytes()))
        with pki.crl.respond_with(fault):
            verdict, _ = check(pki, pki.issue_cert("localhost"), CRL_ONLY)
        assert verdict.accepted == usable
        assert looked(verdict)[-1] == ("CRL", "good" if usable else "wrong scope")

    def test_own_place(self, pki: PKI) -> None:
        """A CRL that names the place it was fetched from is for this certificate."""
        here = [x509.UniformResourceIdentifier(pki.crl.url)]
        scope = x509.IssuingDistributionPoint(here, None, False, False, None, False, False)
        fault = CriticalCRL(faults.Extension("2.5.29.28", True, scope.public_bytes()))
        with pki.crl.respond_with(fault):
            assert check(pki, pki.issue_cert("localhost"), CRL_ONLY)[0].accepted

    @pytest.mark.parametrize(
        ("fault", "found"),
        [
            (faults.NoKeyUsage(), "good"),
            (faults.KeyUsage(("key_cert_sign", "crl_sign")), "good"),
            (faults.KeyUsage("key_cert_sign"), "wrong signer"),
        ],
        ids=repr,
    )
    def test_crl_sign(self, pki: PKI, fault: Any, found: str) -> None:
        """RFC 5280 section 6.3.3 (f): a key usage, where the issuer has one, must have the cRLSign bit."""
        leaf = pki.root.create_child_ca(faults=[fault]).issue_cert("localhost")
        verdict, _ = check(pki, leaf, CRL_ONLY)
        assert (looked(verdict)[-1], verdict.accepted) == (("CRL", found), found == "good")
