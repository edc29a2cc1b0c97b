"""What openssl and GnuTLS make of the CRLs: every honest one is accepted, and obeyed."""

from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from urllib.request import ProxyHandler, build_opener

import pytest

from mockpki import PKI, Leaf, faults
from tests.kit.programs import need, run
from tests.kit.variants import VARIANTS, each_variant


def published(pki: PKI) -> bytes:
    """The issuing CA's CRL as DER, fetched where its certificates point."""
    with build_opener(ProxyHandler({})).open(pki.crl.url, timeout=10) as answer:
        assert answer.headers["Content-Type"] == "application/pkix-crl"
        body: bytes = answer.read()
    return body


def printed_serial(leaf: Leaf) -> str:
    """A serial number as openssl prints it: whole octets, in capitals."""
    serial = leaf.serial_number
    return serial.to_bytes((serial.bit_length() + 7) // 8).hex().upper()


def verify(pki: PKI, leaf: Leaf, folder: Path, crls: bytes | None = None) -> CompletedProcess[str]:
    """``openssl verify -crl_check_all`` of *leaf*, with the CRLs of every CA unless *crls* are others."""
    if crls is None:
        crls = b"".join(ca.crl.pem() for ca in pki.cas)
    (folder / "crls.pem").write_bytes(crls)
    (folder / "between.pem").write_bytes(b"".join(ca.cert_pem for ca in pki.cas))
    return run(
        need("openssl"), "verify", "-crl_check_all", "-x509_strict", "-CAfile", pki.ca_file,
        "-untrusted", folder / "between.pem", "-CRLfile", folder / "crls.pem", leaf.cert_file,
    )  # fmt: skip


@each_variant
def test_openssl_crl_verifies(variant: str, tmp_path: Path) -> None:
    """``openssl crl`` verifies what is published, empty and not, and prints what the ledger has."""
    with VARIANTS[variant]() as pki:
        leaf, held = pki.issue_cert("localhost"), pki.issue_cert("localhost")
        crl = tmp_path / "crl.der"
        show: list[object] = [
            need("openssl"), "crl", "-inform", "DER", "-in", crl, "-CAfile", pki.ca.cert_file,
            "-noout", "-verify", "-text",
        ]  # fmt: skip
        crl.write_bytes(published(pki))
        ran = run(*show)
        assert (ran.returncode, ran.stderr) == (0, "verify OK\n")
        assert "No Revoked Certificates." in ran.stdout
        assert "X509v3 CRL Number: \n                1\n" in ran.stdout
        pki.revoke(leaf, "key_compromise")
        pki.revoke(held, "certificate_hold")
        crl.write_bytes(published(pki))
        ran = run(*show)
        assert (ran.returncode, ran.stderr) == (0, "verify OK\n")
        assert "X509v3 CRL Number: \n                2\n" in ran.stdout
        assert "Version 2 (0x1)" in ran.stdout
        assert "X509v3 Authority Key Identifier" in ran.stdout
        for one, reason in ((leaf, "Key Compromise"), (held, "Certificate Hold")):
            _, _, entry = ran.stdout.partition(f"Serial Number: {printed_serial(one)}\n")
            assert reason in entry.partition("Serial Number: ")[0]
        assert len(pki.crl.requests) == 2


@each_variant
def test_openssl_verify_checks_the_whole_chain(variant: str, tmp_path: Path) -> None:
    """With every CA's CRL a good chain is accepted, and a revoked leaf or CA refused with error 23."""
    with VARIANTS[variant]() as pki:
        good, revoked = pki.issue_cert("localhost"), pki.issue_cert("localhost")
        pki.revoke(revoked)
        ran = verify(pki, good, tmp_path)
        assert (ran.returncode, ran.stdout) == (0, f"{good.cert_file}: OK\n"), ran
        ran = verify(pki, revoked, tmp_path)
        assert ran.returncode == 2
        assert "error 23 at 0 depth lookup: certificate revoked" in ran.stderr
        if pki.ca.issuer is not None:
            pki.revoke(pki.ca)
            ran = verify(pki, good, tmp_path)
            assert ran.returncode == 2
            assert "error 23 at 1 depth lookup: certificate revoked" in ran.stderr


def test_openssl_verify_forgives_a_released_leaf(pki: PKI, tmp_path: Path) -> None:
    """On hold a leaf is refused; released it is off the CRL, and accepted."""
    leaf = pki.issue_cert("localhost")
    pki.revoke(leaf, "certificate_hold")
    ran = verify(pki, leaf, tmp_path)
    assert "error 23 at 0 depth lookup: certificate revoked" in ran.stderr
    pki.release(leaf)
    ran = verify(pki, leaf, tmp_path)
    assert ran.returncode == 0, ran


CRL_FAULTS: dict[str, tuple[Any, str, str]] = {
    "stale": (faults.Stale(), "error 12 at 0 depth lookup: CRL has expired", "old and have been superseded"),
    "bad signature": (
        faults.BadSignature(),
        "error 8 at 0 depth lookup: CRL signature failure",
        "The signature in the certificate is invalid",
    ),
    "forged": (
        faults.Forged(),
        "error 8 at 0 depth lookup: CRL signature failure",
        "The signature in the certificate is invalid",
    ),
    "wrong signer": (
        faults.WrongSigner(),
        "error 3 at 0 depth lookup: unable to get certificate CRL",
        "The certificate issuer is unknown",
    ),
}


@pytest.mark.parametrize("case", CRL_FAULTS)
def test_openssl_verify_names_what_is_wrong(pki: PKI, tmp_path: Path, case: str) -> None:
    """Each fault has an error number of its own; with the honest CRL the same leaf is accepted."""
    fault, words, _ = CRL_FAULTS[case]
    leaf, root = pki.issue_cert("localhost"), pki.root.crl.pem()
    ran = verify(pki, leaf, tmp_path, pki.crl.pem(fault) + root)
    assert ran.returncode == 2
    assert words in ran.stderr
    twin = verify(pki, leaf, tmp_path, pki.crl.pem() + root)
    assert twin.returncode == 0, twin


def test_openssl_verify_needs_every_crl(pki: PKI, tmp_path: Path) -> None:
    """Without the root's CRL the issuing CA cannot be checked, which is error 3 one step up."""
    leaf = pki.issue_cert("localhost")
    ran = verify(pki, leaf, tmp_path, pki.crl.pem())
    assert ran.returncode == 2
    assert "error 3 at 1 depth lookup: unable to get certificate CRL" in ran.stderr
    assert verify(pki, leaf, tmp_path).returncode == 0


@each_variant
def test_certtool_verifies(variant: str, tmp_path: Path) -> None:
    """``certtool`` verifies each CA's CRL, and prints the serial numbers and reasons in it."""
    with VARIANTS[variant]() as pki:
        leaf = pki.issue_cert("localhost")
        pki.revoke(leaf, "superseded")
        for ca in pki.cas:
            crl = tmp_path / "crl.pem"
            crl.write_bytes(ca.crl.pem())
            ran = run(
                need("certtool"), "--verify-crl", "--load-ca-certificate", ca.cert_file, "--infile", crl
            )
            assert ran.returncode == 0, ran
            assert "Verification output: Verified. The certificate is trusted." in ran.stdout
        der = tmp_path / "crl.der"
        der.write_bytes(published(pki))
        printed = run(need("certtool"), "--crl-info", "--inder", "--infile", der)
        assert printed.returncode == 0, printed
        assert "Revoked certificates (1)" in printed.stdout
        assert f"{leaf.serial_number:x}" in printed.stdout


@pytest.mark.parametrize("case", CRL_FAULTS)
def test_certtool_names_what_is_wrong(pki: PKI, tmp_path: Path, case: str) -> None:
    """``certtool`` does not verify a bent CRL, and says why."""
    fault, _, words = CRL_FAULTS[case]
    crl = tmp_path / "crl.pem"
    check = [need("certtool"), "--verify-crl", "--load-ca-certificate", pki.ca.cert_file, "--infile", crl]
    crl.write_bytes(pki.crl.pem(fault))
    ran = run(*check)
    assert ran.returncode == 1
    assert words in ran.stdout
    crl.write_bytes(pki.crl.pem())
    assert run(*check).returncode == 0
