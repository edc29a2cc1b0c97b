"""Which OCSP responses can be believed: RFC 6960 section 3.2."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from mockpki import PKI, Leaf, faults
from mockpki._pkix.keys import KeyType
from mockpki._pkix.ocsp_request import OCSPRequest
from mockpki._pkix.ocsp_response import OCSPResponse, ResponseStatus
from mockpki._validation.finding import Finding, Tolerance, Unusable
from mockpki._validation.ocsp import read_response, write_request
from mockpki.relying_party import HARD_FAIL, SOFT_FAIL, STAPLE_REQUIRED, Status
from tests.kit.authorities import key
from tests.relying_party.kit import ANSWERS, CRL_ONLY, OCSP_ONLY, check, looked


@dataclass(frozen=True)
class Contradiction(faults.OCSPContent):
    """Two answers about the one certificate: good, and then revoked."""

    def __call__(self, honest: faults.ResponseData) -> faults.ResponseData:
        (single,) = honest.responses
        revoked = faults.Revoked()(honest).responses
        return replace(honest, responses=(single, *revoked))


class TestGood:
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


class TestRevoked:
    def test_contradiction(self, pki: PKI) -> None:
        """A response that says good and revoked of the same certificate is taken at its worst."""
        verdict, _ = check(pki, pki.issue_cert("localhost"), SOFT_FAIL, staple=[Contradiction()])
        assert (verdict.accepted, verdict.status) == (False, Status.REVOKED)


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


class TestQuestion:
    @pytest.mark.parametrize("nonce", [None, b"n" * 32])
    def test_question(self, pki: PKI, nonce: bytes | None) -> None:
        """About one certificate, by SHA-1, and without extensions but for a nonce."""
        leaf = pki.issue_cert("localhost")
        asked = OCSPRequest.read(write_request(leaf.certificate, pki.ca.certificate, nonce))
        [cert_id] = asked.cert_ids
        assert (cert_id.serial_number, cert_id.hash_name) == (leaf.serial_number, "sha1")
        assert asked.nonce == nonce
        assert len(asked.extensions) == (nonce is not None)
        assert not asked.signed


class TestSentences:
    """What is said of a response, without a client."""

    def test_findings(self, pki: PKI) -> None:
        """Good, unknown, and revoked with its time and reason."""
        leaf = pki.issue_cert("localhost")
        pki.clock.stop()
        now = pki.clock.now()

        def find() -> Finding:
            der = pki.ocsp.response_for(leaf)
            return read_response(der, leaf.certificate, pki.ca.certificate, now, Tolerance())

        assert find() == Finding(Status.GOOD, "good")
        pki.revoke(leaf, "key_compromise")
        time = now - timedelta(minutes=10)
        assert find() == Finding(Status.REVOKED, f"revoked at {time:%Y-%m-%d %H:%M:%S}Z (keyCompromise)")
        pki.forget(leaf)
        assert find() == Finding(Status.UNKNOWN, "unknown")

    @pytest.mark.parametrize("status", [status for status in ResponseStatus if status])
    def test_error_statuses(self, pki: PKI, status: ResponseStatus) -> None:
        """An error is called as RFC 6960 calls it."""
        leaf, der = pki.issue_cert("localhost"), OCSPResponse(status).encode()
        names = ["malformedRequest", "internalError", "tryLater", "sigRequired", "unauthorized"]
        with pytest.raises(Unusable) as caught:
            read_response(der, leaf.certificate, pki.ca.certificate, pki.clock.now(), Tolerance())
        assert caught.value.word in names
        assert caught.value.sentence == f"the responder answered {caught.value.word}"
        assert caught.value.word == status.rfc_name
