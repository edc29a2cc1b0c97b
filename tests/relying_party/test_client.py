"""The reference client: its verdict, its reasons, and what the services saw of it."""

import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from mockpki import PKI, Handshake, Leaf, faults, relying_party
from mockpki._pkix.keys import KeyType
from mockpki._pkix.signing import SignatureAlgorithm
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
    Verdict,
)
from tests.kit.authorities import key

BAD_STAPLE = "bad_certificate_status_response"
NOT_OURS = faults.Extension("1.3.6.1.4.1.55555.1", True, b"\x05\x00")
OCSP_ONLY = replace(HARD_FAIL, sources=("staple", "OCSP"))
CRL_ONLY = replace(HARD_FAIL, sources=("staple", "CRL"))
SHORT = timedelta(milliseconds=300)


def check(
    pki: PKI, leaf: Leaf, policy: Policy, staple: Any = None, **options: Any
) -> tuple[Verdict, Handshake]:
    """The verdict on a server that shows *leaf* and *staple*, and the handshake it came from."""
    options = {"server_name": "localhost", "ca": pki.ca_file, **options}
    with pki.tls_server(leaf, staple=staple) as server:
        verdict = relying_party.check(server.host, server.port, policy=policy, **options)
        (handshake,) = server.connections
    # The one rejects by an alert in the handshake, and the other completes it.
    if policy.asks_for_staple:
        assert (handshake.completed, handshake.alert in (None, "close_notify")) == (verdict.accepted,) * 2
    return verdict, handshake


def looked(verdict: Verdict) -> list[tuple[str, str]]:
    """Where the client looked for the leaf's status, and what came of it."""
    return [
        (look.source, look.outcome)
        for look in verdict.fetched
        if look.certificate == verdict.fetched[0].certificate
    ]


@dataclass(frozen=True)
class Drip(faults.Transport):
    """One octet at a time, without an end."""

    def __call__(self, honest: faults.Wire) -> faults.Wire:
        return (faults.Send(b"H"), faults.Wait(0.05)) * 1000


@dataclass(frozen=True)
class Short(faults.HTTP):
    """The body ends before its length."""

    def __call__(self, honest: faults.Answer) -> faults.Answer:
        longer = honest.with_header("Content-Length", str(len(honest.body) + 1))
        return longer.with_header("Connection", "close")


@dataclass(frozen=True)
class Early(faults.Timing):
    """Good from tomorrow on."""

    def __call__(self, honest: faults.Window) -> faults.Window:
        return replace(honest, this_update=honest.now + timedelta(days=1))


@dataclass(frozen=True)
class Endless(faults.Timing):
    """No nextUpdate, and made a while ago."""

    age: timedelta

    def __call__(self, honest: faults.Window) -> faults.Window:
        return replace(honest, this_update=honest.now - self.age, next_update=None)


@dataclass(frozen=True)
class Backwards(faults.Timing):
    """nextUpdate before thisUpdate, and both within any clock's error."""

    def __call__(self, honest: faults.Window) -> faults.Window:
        return replace(honest, next_update=honest.this_update - timedelta(seconds=1))


@dataclass(frozen=True)
class Sha1(faults.Signing):
    """Signed by the right key, with ECDSA and SHA-1 (RFC 3279 section 2.2.3)."""

    def __call__(self, honest: faults.Signer) -> faults.Signer:
        return replace(honest, algorithm=SignatureAlgorithm("1.2.840.10045.4.1", hashes.SHA1()))


@dataclass(frozen=True)
class Again(faults.CRLContent):
    """The first extension stands there so many times."""

    number: int

    def __call__(self, honest: faults.TBSCertList) -> faults.TBSCertList:
        first, *others = honest.extensions or ()
        return replace(honest, extensions=(first,) * self.number + tuple(others))


@dataclass(frozen=True)
class Critical(faults.OCSPContent):
    """A critical extension that nobody knows."""

    def __call__(self, honest: faults.ResponseData) -> faults.ResponseData:
        return replace(honest, extensions=(NOT_OURS,))


@dataclass(frozen=True)
class Contradiction(faults.OCSPContent):
    """Two answers about the one certificate: good, and then revoked."""

    def __call__(self, honest: faults.ResponseData) -> faults.ResponseData:
        (single,) = honest.responses
        revoked = faults.Revoked()(honest).responses
        return replace(honest, responses=(single, *revoked))


@dataclass(frozen=True)
class CriticalCRL(faults.CRLContent):
    """An extension of the CRL as given."""

    extension: faults.Extension = NOT_OURS

    def __call__(self, honest: faults.TBSCertList) -> faults.TBSCertList:
        return replace(honest, extensions=(*(honest.extensions or ()), self.extension))


ANSWERS: list[tuple[faults.StapleFault, str]] = [
    (faults.Stale(), "stale"),
    (Early(), "too early"),
    (Endless(timedelta(days=1)), "stale"),
    (Backwards(), "absurd times"),
    (Sha1(), "weak signature"),
    (faults.BadSignature(), "bad signature"),
    (faults.Forged(), "bad signature"),
    (faults.WrongSigner(), "wrong signer"),
    (faults.WrongSerial(), "wrong certificate"),
    (Critical(), "unknown extension"),
    (faults.TryLater(), "tryLater"),
    (faults.Unauthorized(), "unauthorized"),
]
"""What can be wrong with an OCSP response, and the client's word for it."""

DELIVERY: list[tuple[faults.FileFault, str]] = [
    (faults.Garbage(), "unreadable"),
    (faults.HttpStatus(503), "HTTP 503"),
    (Short(), "broken off"),
    (faults.Close(), "broken off"),
    (faults.Reset(), "broken off"),
    (faults.Refused(), "refused"),
    (faults.Hang(), "timed out"),
    (Drip(), "timed out"),
]
"""What can go wrong on the way, of OCSP responses and CRLs alike."""


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

    @pytest.mark.parametrize("key_type", ["RSA-2048", "P-384", "Ed25519", "ML-DSA-44"])
    def test_keys(self, key_type: str) -> None:
        """Signatures of every kind of key are verified, on OCSP responses and CRLs; forged ones fail."""
        key(KeyType.of(key_type))  # skips where the installed cryptography makes none
        with PKI(key_type=key_type) as pki:
            leaf = pki.issue_cert("localhost", key_type="P-256")
            for policy, service in ((OCSP_ONLY, pki.ocsp), (CRL_ONLY, pki.crl)):
                good, _ = check(pki, leaf, policy)
                assert good.accepted, good
                with service.respond_with(faults.BadSignature()):
                    bad, _ = check(pki, leaf, policy)
                assert looked(bad)[-1][1] == "bad signature"

    def test_question(self, pki: PKI) -> None:
        """A question goes by GET where it is short enough for caches, and by POST beyond 255 octets."""
        for more, method in (("", "GET"), ("/" + "x" * 200, "POST")):
            leaf = pki.issue_cert("localhost", ocsp_urls=[pki.ocsp.url + more])
            verdict, _ = check(pki, leaf, OCSP_ONLY)
            request = pki.ocsp.requests[-1]
            assert (verdict.accepted, request.method, request.serials) == (
                True,
                method,
                (leaf.serial_number,),
            )
            assert (request.nonce, request.headers["connection"]) == (None, "close")

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

    def test_contradiction(self, pki: PKI) -> None:
        """A response that says good and revoked of the same certificate is taken at its worst."""
        verdict, _ = check(pki, pki.issue_cert("localhost"), SOFT_FAIL, staple=[Contradiction()])
        assert (verdict.accepted, verdict.status) == (False, Status.REVOKED)


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
    @pytest.mark.parametrize(("fault", "word"), ANSWERS)
    def test_staple(self, pki: PKI, fault: faults.StapleFault, word: str) -> None:
        """A staple that cannot be believed is none: it rejects where one is required, with its reason."""
        leaf = pki.issue_cert("localhost")
        verdict, handshake = check(pki, leaf, STAPLE_REQUIRED, staple=[fault])
        assert (verdict.accepted, verdict.status, looked(verdict)) == (
            False,
            Status.UNDETERMINED,
            [("staple", word)],
        )
        assert handshake.staple == verdict.staple
        assert "the policy requires a usable staple" in verdict.reasons[0]
        pki.ocsp.assert_not_asked()
        # And it is asked about instead, where that is allowed.
        assert looked(check(pki, leaf, HARD_FAIL, staple=[fault])[0]) == [("staple", word), ("OCSP", "good")]
        pki.ocsp.assert_asked(leaf, times=1)

    @pytest.mark.parametrize(("fault", "word"), [*ANSWERS, *DELIVERY])
    def test_ocsp(self, pki: PKI, fault: Any, word: str) -> None:
        """A failure of the only responder rejects in hard-fail and passes in soft-fail."""
        leaf = pki.issue_cert("localhost", crl_urls=[])
        for policy in (HARD_FAIL, SOFT_FAIL):
            with pki.ocsp.respond_with(fault):
                hurried = replace(policy, timeout=SHORT) if word == "timed out" else policy
                verdict, _ = check(pki, leaf, hurried)
            assert verdict.accepted == (policy is SOFT_FAIL), verdict
            assert looked(verdict) == [("staple", "no staple"), ("OCSP", word)]
            assert f"no source could tell (staple: no staple; OCSP: {word})" in verdict.reasons[0]
        pki.ocsp.assert_asked(times=0 if word == "refused" else 2)

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

    def test_garbage_staple(self, pki: PKI) -> None:
        """A staple that is not DER ends the handshake by OpenSSL itself, for all who asked for one."""
        leaf = pki.issue_cert("localhost")
        for policy in (SOFT_FAIL, HARD_FAIL):
            verdict, handshake = check(pki, leaf, policy, staple=[faults.Garbage()])
            assert (verdict.accepted, verdict.fetched) == (False, ())
            assert handshake.alert == BAD_STAPLE
            assert "the handshake failed" in verdict.reasons[0]
        not_asked_for = replace(SOFT_FAIL, sources=("OCSP", "CRL"))
        assert check(pki, leaf, not_asked_for, staple=[faults.Garbage()])[0].accepted

    @pytest.mark.parametrize("urls", [["ldap://127.0.0.1/x"], ["http:///x"], ["http://127.0.0.1:99999/"]])
    def test_urls(self, pki: PKI, urls: Sequence[str]) -> None:
        """URLs that are not for HTTP are no source."""
        leaf = pki.issue_cert("localhost", ocsp_urls=urls, crl_urls=[])
        verdict, _ = check(pki, leaf, HARD_FAIL)
        assert looked(verdict)[-1] == ("OCSP", "no http URL")

    def test_unresolvable(self, pki: PKI) -> None:
        """A host without an address is no source."""
        leaf = pki.issue_cert("localhost", ocsp_urls=[pki.unresolvable_url], crl_urls=[])
        verdict, _ = check(pki, leaf, HARD_FAIL)
        assert looked(verdict)[-1] == ("OCSP", "no address")

    def test_no_source(self, pki: PKI) -> None:
        """A certificate that names nobody to ask passes in hard-fail, unless the policy forbids it."""
        leaf = pki.issue_cert("localhost", ocsp_urls=[], crl_urls=[])
        hard = replace(HARD_FAIL, sources=("OCSP", "CRL"))
        passed, _ = check(pki, leaf, hard)
        assert passed.accepted
        assert "no source could tell (there is none to ask), which the policy lets pass" in passed.reasons[0]
        verdict, _ = check(pki, leaf, replace(hard, sourceless_passes=False))
        assert not verdict.accepted
        assert "no source could tell (there is none to ask)" in verdict.reasons[0]
        assert check(pki, leaf, SOFT_FAIL)[0].accepted


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


class TestDelegate:
    @pytest.mark.pki(delegated=True)
    def test_delegate(self, pki: PKI) -> None:
        """A delegate that the issuer has certified may answer, by staple and over HTTP."""
        leaf = pki.issue_cert("localhost")
        stapled, fetched = check(pki, leaf, OCSP_ONLY, staple=[])[0], check(pki, leaf, OCSP_ONLY)[0]
        assert (looked(stapled)[-1], looked(fetched)[-1]) == (("staple", "good"), ("OCSP", "good"))
        assert stapled.accepted
        assert fetched.accepted

    @pytest.mark.parametrize(
        ("kind", "why"),
        [
            ("proper", None),
            ("by name", None),
            ("not for OCSP", "is not certified for id-kp-OCSPSigning"),
            ("expired", "is not valid now"),
            ("by another CA", "was not certified by the issuer"),
            ("not embedded", "is neither the issuer nor a certificate that it brings"),
        ],
    )
    def test_authority(self, pki: PKI, kind: str, why: str | None) -> None:
        """RFC 6960 section 4.2.2.2: certified by the same issuer, for OCSP, valid, and brought along."""
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
        past = datetime.now(timezone.utc) - timedelta(days=1)
        delegate = (pki.root if kind == "by another CA" else pki.ca).issue_cert(
            common_name="a delegate",
            extensions=[] if kind == "not for OCSP" else [usage],
            not_after=past if kind == "expired" else None,
        )
        fault = SignedBy(delegate, by_name=kind == "by name", embedded=kind != "not embedded")
        verdict, _ = check(pki, pki.issue_cert("localhost"), STAPLE_REQUIRED, staple=[fault])
        assert verdict.accepted == (why is None), verdict
        assert looked(verdict) == [("staple", "wrong signer" if why else "good")]
        assert (why or "good") in verdict.fetched[0].sentence


@dataclass(frozen=True)
class SignedBy(faults.Signing):
    """Signed by the holder of a leaf."""

    leaf: Leaf
    by_name: bool
    embedded: bool

    def __call__(self, honest: faults.Signer) -> faults.Signer:
        name = self.leaf.certificate.subject.public_bytes()
        certs = (self.leaf.der,) if self.embedded else ()
        signer = faults.Signer.named(name, self.leaf.key)
        return replace(signer, certs=certs, by_name=self.by_name)


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


class TestTime:
    def test_skew(self, pki: PKI) -> None:
        """Answers are good from thisUpdate to nextUpdate, give or take the skew of the policy."""
        leaf = pki.issue_cert("localhost")
        staple = pki.ocsp.response_for(leaf)
        begin, week = pki.clock.now(), timedelta(days=7)
        skew = STAPLE_REQUIRED.clock_skew
        second = timedelta(seconds=5)
        for now, word in (
            (begin - skew - second, "too early"),
            (begin - skew + second, "good"),
            (begin + week + skew - second, "good"),
            (begin + week + skew + second, "stale"),
        ):
            verdict, _ = check(pki, leaf, STAPLE_REQUIRED, staple=staple, now=now)
            assert looked(verdict) == [("staple", word)]

    def test_without_next_update(self, pki: PKI) -> None:
        """Where newer information is always to be had, only a new answer is recent enough."""
        leaf = pki.issue_cert("localhost")
        for age, word in ((timedelta(minutes=1), "good"), (timedelta(minutes=6), "stale")):
            verdict, _ = check(pki, leaf, STAPLE_REQUIRED, staple=[Endless(age)])
            assert looked(verdict) == [("staple", word)]

    def test_max_age(self, pki: PKI) -> None:
        """A policy may find an answer too old that is still good by its own words."""
        leaf = pki.issue_cert("localhost")
        staple, now = pki.ocsp.response_for(leaf), pki.clock.now() + timedelta(days=2)
        strict = replace(STAPLE_REQUIRED, max_age=timedelta(days=1))
        found = [check(pki, leaf, policy, staple, now=now)[0] for policy in (STAPLE_REQUIRED, strict)]
        assert [looked(verdict) for verdict in found] == [[("staple", "good")], [("staple", "too old")]]


class TestConnection:
    def test_untrusted(self, pki: PKI) -> None:
        """A server of another PKI is rejected before anything is asked, and it is told why."""
        with PKI() as other:
            verdict, handshake = check(pki, pki.issue_cert("localhost"), HARD_FAIL, [], ca=other.ca_file)
        assert (verdict.accepted, verdict.fetched, verdict.chain) == (False, (), ())
        assert "lead to no trusted one" in verdict.reasons[0]
        assert handshake.alert == "unknown_ca"

    def test_expired(self, pki: PKI) -> None:
        """So is an expired certificate."""
        past = datetime.now(timezone.utc) - timedelta(days=1)
        verdict, handshake = check(pki, pki.issue_cert("localhost", not_after=past), HARD_FAIL, [])
        assert "it has expired" in verdict.reasons[0]
        assert handshake.alert == "certificate_expired"

    @pytest.mark.parametrize(
        ("identity", "name", "right"),
        [
            ("a.test", "a.test", True),
            ("a.test", "A.TEST", True),
            ("a.test", "b.test", False),
            ("*.a.test", "b.a.test", True),
            ("*.a.test", "c.b.a.test", False),
            ("*.a.test", "a.test", False),
            ("127.0.0.1", "127.0.0.1", True),
            ("127.0.0.1", "127.0.0.2", False),
            ("bücher.test", "bücher.test", True),
        ],
    )
    def test_names(self, pki: PKI, identity: str, name: str, right: bool) -> None:
        """The name asked for has to be in the certificate, as it is or by a wildcard."""
        verdict, _ = check(pki, pki.issue_cert(identity), HARD_FAIL, [], server_name=name)
        assert verdict.accepted == right
        assert right or verdict.reasons == (f"the certificate is not for {name}",)

    def test_trust(self, pki: PKI) -> None:
        """What is trusted may be PEM bytes, and an authority that is no root; then nobody checks that."""
        leaf = pki.issue_cert("localhost")
        verdict, _ = check(pki, leaf, HARD_FAIL, staple=[], ca=pki.ca.cert_pem)
        assert verdict.accepted
        assert verdict.chain[-1].public_bytes(Encoding.DER) == pki.ca.der
        pki.root.ocsp.assert_not_asked()

    def test_silent_server(self, pki: PKI) -> None:
        """A server that never answers is no verdict, but a time-out."""
        with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TimeoutError):
            relying_party.check("127.0.0.1", silent.getsockname()[1], ca=pki.ca_file, timeout=SHORT)

    def test_closing_server(self, pki: PKI) -> None:
        """A server that closes before its part of the handshake is rejected."""
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def close() -> None:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(4096)

            thread = threading.Thread(target=close)
            thread.start()
            verdict = relying_party.check("127.0.0.1", listener.getsockname()[1], ca=pki.ca_file)
            thread.join()
        assert not verdict.accepted
        assert verdict.reasons[0].startswith("the handshake failed: ")

    def test_no_server(self, pki: PKI) -> None:
        """Where nobody listens, there is no verdict either."""
        port = int(pki.dead_url.rpartition(":")[2].partition("/")[0])
        with pytest.raises(ConnectionRefusedError):
            relying_party.check("127.0.0.1", port, ca=pki.ca_file)

    def test_no_tls(self, pki: PKI) -> None:
        """A server that speaks something else is rejected."""
        port = int(pki.ocsp.url.rpartition(":")[2].partition("/")[0])
        verdict = relying_party.check("127.0.0.1", port, ca=pki.ca_file)
        assert not verdict.accepted
        assert "the handshake failed" in verdict.reasons[0]


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

    def test_by_name(self, pki: PKI) -> None:
        """A policy goes by its name, too."""
        leaf = pki.issue_cert("localhost")
        with pki.tls_server(leaf, staple=None) as server:
            for name, accepted in (("hard-fail", True), ("STAPLE_REQUIRED", False)):
                where: dict[str, Any] = {"server_name": "localhost", "ca": pki.ca_file}
                verdict = relying_party.check(server.host, server.port, policy=name, **where)
                assert verdict.accepted == accepted


class TestArguments:
    def test_policy(self) -> None:
        """A policy that cannot be meant is refused with a sentence."""
        wrong: Any = "yes"
        with pytest.raises(TypeError, match="hard_fail of a policy is a bool; got 'yes'"):
            Policy(hard_fail=wrong)
        with pytest.raises(TypeError, match="timeout of a policy is a timedelta"):
            Policy(timeout=wrong)
        with pytest.raises(ValueError, match="timeout of a policy cannot be as short as"):
            Policy(timeout=timedelta())
        with pytest.raises(ValueError, match="clock_skew of a policy cannot be as short as"):
            Policy(clock_skew=timedelta(seconds=-1))
        with pytest.raises(TypeError, match="sources of a policy is a tuple, such as"):
            Policy(sources=wrong)
        with pytest.raises(ValueError, match="'yes' is no source of a policy; there are staple, OCSP, CRL"):
            Policy(sources=(wrong,))
        with pytest.raises(ValueError, match="each source stands once"):
            Policy(sources=("CRL", "CRL"))
        with pytest.raises(ValueError, match="bad_staple_rejects needs 'staple' first in sources"):
            Policy(sources=("CRL", "staple"), bad_staple_rejects=True)
        with pytest.raises(ValueError, match="require_staple needs 'staple' first in sources"):
            replace(NO_CHECK, require_staple=True)
        with pytest.raises(ValueError, match="honour_must_staple needs 'staple' first in sources"):
            replace(NO_CHECK, honour_must_staple=True)

    def test_check(self, pki: PKI) -> None:
        """So are arguments, before there is any connection."""
        wrong: Any = 3
        with pytest.raises(TypeError, match="a policy is a Policy, or the name of one"):
            relying_party.check("127.0.0.1", 1, ca=pki.ca_file, policy=wrong)
        with pytest.raises(LookupError, match="no policy 'hart-fail'; did you mean hard-fail"):
            relying_party.check("127.0.0.1", 1, ca=pki.ca_file, policy="hart-fail")
        with pytest.raises(LookupError, match="no policy 'x'; there are no-check, soft-fail, hard-fail"):
            relying_party.named("x")
        with pytest.raises(ValueError, match="has no time zone"):
            relying_party.check("127.0.0.1", 1, ca=pki.ca_file, now=datetime(2020, 1, 1))  # noqa: DTZ001
        with pytest.raises(ValueError, match="ca= holds no certificate in PEM"):
            relying_party.check("127.0.0.1", 1, ca=b"")
        nothing: Any = None
        with pytest.raises(TypeError, match="ca= takes the path of a PEM file"):
            relying_party.check("127.0.0.1", 1, ca=nothing)

    def test_words(self, pki: PKI) -> None:
        """A verdict reads as a sentence, with everything that was looked at below."""
        verdict, _ = check(pki, pki.issue_cert("localhost"), HARD_FAIL, [faults.Stale()])
        first, *rest = str(verdict).splitlines()
        assert first.startswith("accepted (good): mockpki leaf ")
        assert [line.split()[0] for line in rest] == ["staple", "OCSP", "OCSP"]
        assert f"from {pki.ocsp.url}: good" in rest[1]
