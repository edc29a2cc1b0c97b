"""What openssl and GnuTLS make of faults of a CRL, where RFC 5280 leaves one answer."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

from mockpki import CA, PKI, Leaf, faults
from tests.kit.crls import AN_HOUR_AGO, FIRST, NOW, OTHER_URL, SECOND
from tests.kit.programs import need, run


@pytest.fixture
def pki() -> Iterator[PKI]:
    """A PKI whose clock stands, with two revoked certificates."""
    with freeze_time(NOW), PKI(key_type="ed25519") as pki:
        pki.revoke(FIRST, "key_compromise", at=AN_HOUR_AGO)
        pki.revoke(SECOND, at=AN_HOUR_AGO)
        yield pki


# What verifiers make of it, where RFC 5280 leaves one answer.


def openssl(leaf: Leaf, folder: Path, crl: bytes) -> int:
    """The error of ``openssl verify -crl_check`` for the leaf, given *crl* in PEM; 0 for "OK"."""
    (folder / "crl.pem").write_bytes(crl)
    (folder / "ca.pem").write_bytes(leaf.issuer.cert_pem)
    root = leaf.issuer.issuer
    assert root is not None
    ran = run(
        need("openssl"), "verify", "-crl_check", "-CAfile", root.cert_file, "-untrusted", folder / "ca.pem",
        "-CRLfile", folder / "crl.pem", leaf.cert_file,
    )  # fmt: skip
    errors = re.findall(r"^error (\d+) at 0 depth lookup: ", ran.stderr, re.MULTILINE)
    assert ran.returncode == (2 if errors else 0), ran
    return int(errors[0]) if errors else 0


def certtool(issuer: CA, folder: Path, crl: bytes) -> str:
    """Why ``certtool --verify-crl`` of GnuTLS does not take the CRL, in its words; none if it does."""
    (folder / "crl.pem").write_bytes(crl)
    ran = run(
        need("certtool"), "--verify-crl", "--load-ca-certificate", issuer.cert_file,
        "--infile", folder / "crl.pem",
    )  # fmt: skip
    found = re.search(
        r"^Verification output: (Verified|Not verified)\. .*? trusted\.(.*?)\.? *$", ran.stdout, re.M
    )
    assert found is not None, ran
    assert (found[1] == "Verified") == (ran.returncode == 0)
    return found[2].strip()


REVOKED, EXPIRED, UNHANDLED, WRONG_SCOPE, NO_CRL, BAD_SIGNATURE, TOO_EARLY, NO_CRL_SIGN = (
    23,
    12,
    36,
    44,
    3,
    8,
    11,
    35,
)

NOT_USED: list[tuple[Any, Any, int]] = [
    # A fault that leaves a certificate's status unknown, a harmless one beside it, and openssl's error.
    # RFC 5280 section 5.2: "If a CRL contains a critical extension that the application cannot process,
    # then the application MUST NOT use that CRL to determine the status of certificates."
    (lambda url: faults.CrlExtension(critical=True), lambda url: faults.CrlExtension(), UNHANDLED),
    # Section 5.3, of entries: "MUST NOT use that CRL to determine the status of any certificates".
    (
        lambda url: faults.EntryExtension(critical=True, of=FIRST),
        lambda url: faults.EntryExtension(critical=False, of=FIRST),
        UNHANDLED,
    ),
    # Section 6.3.3 (b)(2)(i): "verify that one of the names in the IDP matches one of the names in the DP".
    (
        lambda url: faults.IssuingDistributionPoint(OTHER_URL),
        lambda url: faults.IssuingDistributionPoint((OTHER_URL, url)),
        WRONG_SCOPE,
    ),
    # (iii): "verify that the certificate includes the basic constraints extension with the cA boolean
    # asserted"; (ii) is its opposite.
    (
        lambda url: faults.IssuingDistributionPoint(only_ca=True),
        lambda url: faults.IssuingDistributionPoint(only_user=True),
        WRONG_SCOPE,
    ),
    # (iv): "Verify that the onlyContainsAttributeCerts boolean is not asserted."
    (
        lambda url: faults.IssuingDistributionPoint(only_attr=True),
        lambda url: faults.IssuingDistributionPoint(url),
        WRONG_SCOPE,
    ),
]


@pytest.mark.parametrize(
    ("bad", "harmless", "error"), NOT_USED, ids=[repr(bad("")) for bad, _, _ in NOT_USED]
)
def test_openssl_does_not_go_by_such_a_crl(tmp_path: Path, bad: Any, harmless: Any, error: int) -> None:
    """It refuses a good certificate, for this reason; with the harmless fault it takes the good one alone."""
    with PKI() as pki:
        good, revoked = pki.issue_cert("localhost"), pki.issue_cert("localhost")
        pki.revoke([FIRST, revoked])
        assert openssl(good, tmp_path, pki.crl.pem(bad(pki.crl.url))) == error
        twin = pki.crl.pem(harmless(pki.crl.url))
        assert (openssl(good, tmp_path, twin), openssl(revoked, tmp_path, twin)) == (0, REVOKED)


INVALID: list[tuple[Any, int, str]] = [
    # A fault, openssl's error, and certtool's words.
    # Section 6.3.3 (g): "Validate the signature on the complete CRL using the public key validated in (f)."
    (faults.Forged(), BAD_SIGNATURE, "The signature in the certificate is invalid"),
    (faults.BadSignature(), BAD_SIGNATURE, "The signature in the certificate is invalid"),
    # (b)(1): "verify that the CRL issuer matches the certificate issuer".
    (faults.WrongIssuerName(), NO_CRL, "The certificate issuer is unknown"),
    # (a)(1)(ii): "verify that the current time is before the next update value in the new CRL".
    (faults.Stale(), EXPIRED, "The revocation or OCSP data are old and have been superseded"),
    # Section 5.1.2.4: thisUpdate "indicates the issue date of this CRL".
    (faults.Early(), TOO_EARLY, "The revocation or OCSP data are issued with a future date"),
]


@pytest.mark.parametrize(("bad", "error", "words"), INVALID, ids=[repr(bad) for bad, _, _ in INVALID])
def test_openssl_and_gnutls_refuse_such_a_crl(tmp_path: Path, bad: Any, error: int, words: str) -> None:
    """Both say why, and both take the honest one."""
    with PKI() as pki:
        leaf = pki.issue_cert("localhost")
        assert (openssl(leaf, tmp_path, pki.crl.pem()), certtool(pki.ca, tmp_path, pki.crl.pem())) == (0, "")
        assert openssl(leaf, tmp_path, pki.crl.pem(bad)) == error
        assert certtool(pki.ca, tmp_path, pki.crl.pem(bad)) == words


def test_only_a_key_for_crls_signs_crls(tmp_path: Path) -> None:
    """A CA whose key usage lacks cRLSign has no valid CRL; one without any key usage does.

    RFC 5280 section 6.3.3 (f): "If a key usage extension is present in the CRL issuer's certificate,
    verify that the cRLSign bit is set."
    """
    with PKI() as pki:
        verdicts = []
        for fault in (faults.KeyUsage(), faults.NoKeyUsage()):
            ca = pki.root.create_child_ca(faults=[fault])
            leaf = ca.issue_cert("localhost")
            verdicts.append((openssl(leaf, tmp_path, ca.crl.pem()), certtool(ca, tmp_path, ca.crl.pem())))
        violates = "The certificate chain violates the signer's constraints"
        assert verdicts == [(NO_CRL_SIGN, violates), (0, "")]


def test_the_crl_of_a_key_is_not_that_of_the_next(tmp_path: Path) -> None:
    """After a key roll-over the name is the same; each key's CRL holds for its own certificates only.

    RFC 5280 section 6.3.3 (f) and (g): the CRL is validated with the key of its issuer's certification
    path, which is not found by the name alone.
    """
    with PKI() as pki:
        new = pki.root.create_child_ca(name_of=pki.ca)
        assert new.certificate.subject == pki.ca.certificate.subject
        for ca, other in ((pki.ca, new), (new, pki.ca)):
            leaf = ca.issue_cert("localhost")
            assert openssl(leaf, tmp_path, ca.crl.pem()) == 0
            # The authority key identifier tells; without it, the signature does.
            assert openssl(leaf, tmp_path, other.crl.pem()) == NO_CRL
            assert openssl(leaf, tmp_path, other.crl.pem(faults.NoAki())) == BAD_SIGNATURE
            ca.revoke(leaf)
            assert openssl(leaf, tmp_path, ca.crl.pem()) == REVOKED
