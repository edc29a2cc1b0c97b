"""What openssl and GnuTLS make of the OCSP responder: every honest answer is accepted.

``openssl ocsp`` ends with 0 for good, revoked, unknown and stale alike, so its words are read.
"""

from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from mockpki import PKI, Leaf, faults
from tests.kit.programs import need, run
from tests.kit.variants import VARIANTS, each_variant


def trust(pki: PKI, folder: Path) -> list[object]:
    """Options that make ``openssl ocsp`` trust the root, and find the CAs between."""
    others = folder / "others.pem"
    others.write_bytes(b"".join(ca.cert_pem for ca in pki.cas))
    return ["-CAfile", pki.ca_file, "-verify_other", others]


def ask(pki: PKI, leaf: Leaf, folder: Path, *first: str) -> CompletedProcess[str]:
    """``openssl ocsp`` asks the live responder about *leaf*; *first* goes before the certificate."""
    return run(
        need("openssl"), "ocsp", *first, "-issuer", pki.ca.cert_file, "-cert", leaf.cert_file,
        "-url", pki.ocsp.url, "-timeout", 10, *trust(pki, folder),
    )  # fmt: skip


def says(ran: CompletedProcess[str], leaf: Leaf, status: str) -> bool:
    """Whether ``openssl ocsp`` verified the answer, and found *status* in it."""
    verified = ran.returncode == 0 and "Response verify OK" in ran.stderr
    return verified and f"{leaf.cert_file}: {status}\n" in ran.stdout


@each_variant
def test_openssl_ocsp_accepts_the_live_answers(variant: str, tmp_path: Path) -> None:
    """Good, revoked with its reason, on hold, and unknown: each verified, each as the ledger has it."""
    with VARIANTS[variant]() as pki:
        good, revoked, held, forgotten = (pki.issue_cert("localhost") for _ in range(4))
        pki.revoke(revoked, "key_compromise")
        pki.revoke(held, "certificate_hold")
        pki.forget(forgotten)
        ran = ask(pki, good, tmp_path)
        assert says(ran, good, "good"), ran
        ran = ask(pki, revoked, tmp_path)
        assert says(ran, revoked, "revoked"), ran
        assert "Reason: keyCompromise" in ran.stdout
        ran = ask(pki, held, tmp_path)
        assert says(ran, held, "revoked"), ran
        assert "Reason: certificateHold" in ran.stdout
        ran = ask(pki, forgotten, tmp_path)
        assert says(ran, forgotten, "unknown"), ran
        asked = pki.ocsp.requests
        assert [request.serials for request in asked] == [
            (leaf.serial_number,) for leaf in (good, revoked, held, forgotten)
        ]
        assert {request.method for request in asked} == {"POST"}
        pki.root.crl.assert_not_asked()


# With depth 0 the root issues, and nobody is above it.
@pytest.mark.parametrize("variant", [name for name in VARIANTS if name != "depth 0"])
def test_openssl_ocsp_accepts_the_answer_about_a_ca(variant: str, tmp_path: Path) -> None:
    """The responder of the CA above vouches for the issuing CA, until that is revoked."""
    with VARIANTS[variant]() as pki:
        above = pki.ca.issuer
        assert above is not None
        question: list[object] = [
            need("openssl"), "ocsp", "-issuer", above.cert_file, "-cert", pki.ca.cert_file,
            "-url", above.ocsp.url, *trust(pki, tmp_path),
        ]  # fmt: skip
        ran = run(*question)
        assert (ran.returncode, ran.stderr) == (0, "Response verify OK\n")
        assert f"{pki.ca.cert_file}: good\n" in ran.stdout
        pki.revoke(pki.ca, "ca_compromise")
        ran = run(*question)
        assert (ran.returncode, ran.stderr) == (0, "Response verify OK\n")
        assert f"{pki.ca.cert_file}: revoked\n" in ran.stdout
        assert "Reason: cACompromise" in ran.stdout
        above.ocsp.assert_asked(pki.ca, times=2)


@pytest.mark.parametrize("option", ["-nonce", "-no_nonce"])
def test_openssl_ocsp_compares_the_nonce(pki: PKI, tmp_path: Path, option: str) -> None:
    """A nonce comes back as it was sent, and there is none where none was."""
    leaf = pki.issue_cert("localhost")
    ran = ask(pki, leaf, tmp_path, option)
    assert says(ran, leaf, "good"), ran
    # With a nonce missing it warns "no nonce in response", with another one "Nonce Verify error".
    assert ran.stderr == "Response verify OK\n"
    assert (pki.ocsp.requests[0].nonce is not None) == (option == "-nonce")


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha384", "sha512"])
def test_openssl_ocsp_finds_its_own_hash_in_the_answer(pki: PKI, tmp_path: Path, algorithm: str) -> None:
    """A CertID is answered with the hash that it was asked with."""
    leaf = pki.issue_cert("localhost")
    ran = ask(pki, leaf, tmp_path, f"-{algorithm}")
    assert says(ran, leaf, "good"), ran
    assert pki.ocsp.requests[0].hash_algorithm == algorithm


def test_openssl_ocsp_asks_about_two_at_once(pki: PKI, tmp_path: Path) -> None:
    """Several questions in one request are all answered, each with its own status."""
    good, revoked = pki.issue_cert("localhost"), pki.issue_cert("localhost")
    pki.revoke(revoked)
    ran = run(
        need("openssl"), "ocsp", "-issuer", pki.ca.cert_file, "-cert", good.cert_file,
        "-cert", revoked.cert_file, "-url", pki.ocsp.url, *trust(pki, tmp_path),
    )  # fmt: skip
    assert says(ran, good, "good"), ran
    assert says(ran, revoked, "revoked"), ran
    (request,) = pki.ocsp.requests
    assert request.serials == (good.serial_number, revoked.serial_number)


def test_openssl_ocsp_may_sign_its_request(pki: PKI, tmp_path: Path) -> None:
    """A signed request is answered like any other, and recorded as signed."""
    leaf = pki.issue_cert("localhost")
    ran = ask(pki, leaf, tmp_path, "-signer", leaf.cert_file, "-signkey", leaf.key_file)
    assert says(ran, leaf, "good"), ran
    assert pki.ocsp.requests[0].signed


# What is wrong, and what openssl ocsp says of it. None for a status: it gets no status to print.
OPENSSL_SAYS: dict[str, tuple[Any, int, str]] = {
    "stale": (faults.Stale(), 0, "OCSP_check_validity:status expired"),
    "bad signature": (faults.BadSignature(), 1, "ocsp_verify:signature failure"),
    "forged": (faults.Forged(), 1, "ocsp_verify:signature failure"),
    "wrong signer": (faults.WrongSigner(), 1, "signer certificate not found"),
    "wrong serial": (faults.WrongSerial(), 1, "ERROR: No Status found."),
    "try later": (faults.TryLater(), 1, "Responder Error: trylater (3)"),
    "internal error": (faults.InternalError(), 1, "Responder Error: internalerror (2)"),
    "malformed": (faults.MalformedRequest(), 1, "Responder Error: malformedrequest (1)"),
    "sig required": (faults.SigRequired(), 1, "Responder Error: sigrequired (5)"),
    "unauthorized": (faults.Unauthorized(), 1, "Responder Error: unauthorized (6)"),
    "garbage": (faults.Garbage(), 1, "missing asn1 encoding"),
    "HTTP 503": (faults.HttpStatus(503), 1, "code=503"),
    "closed": (faults.Close(), 1, "Error querying OCSP responder"),
    "reset": (faults.Reset(), 1, "Error querying OCSP responder"),
}


@pytest.mark.parametrize("case", OPENSSL_SAYS)
def test_openssl_ocsp_names_what_is_wrong(pki: PKI, tmp_path: Path, case: str) -> None:
    """Each fault is reported as what it is; without it, the same question has an answer that is good."""
    fault, status, words = OPENSSL_SAYS[case]
    leaf = pki.issue_cert("localhost")
    with pki.ocsp.respond_with(fault):
        ran = ask(pki, leaf, tmp_path)
    assert ran.returncode == status
    assert words in ran.stdout + ran.stderr
    pki.ocsp.assert_asked(leaf, times=1)
    assert pki.ocsp.requests[0].faults == (fault,)
    twin = ask(pki, leaf, tmp_path)
    assert says(twin, leaf, "good"), twin
    assert twin.stderr == "Response verify OK\n"


def test_openssl_ocsp_is_refused(pki: PKI, tmp_path: Path) -> None:
    """A responder that is down refuses the connection, and is back on the same port afterwards."""
    leaf = pki.issue_cert("localhost")
    with pki.ocsp.respond_with(faults.Refused()):
        ran = ask(pki, leaf, tmp_path)
    assert ran.returncode == 1
    assert "Error querying OCSP responder" in ran.stderr
    pki.ocsp.assert_not_asked()
    twin = ask(pki, leaf, tmp_path)
    assert says(twin, leaf, "good"), twin


@each_variant
def test_openssl_ocsp_accepts_the_bytes(variant: str, tmp_path: Path) -> None:
    """`response_for` makes what the responder would send: read from a file, it verifies too."""
    with VARIANTS[variant]() as pki:
        leaf = pki.issue_cert("localhost")
        answer = tmp_path / "answer.der"
        for algorithm in ("sha1", "sha256"):
            answer.write_bytes(pki.ocsp.response_for(leaf, hash_algorithm=algorithm))
            ran = run(
                need("openssl"), "ocsp", f"-{algorithm}", "-issuer", pki.ca.cert_file, "-no_nonce",
                "-cert", leaf.cert_file, "-respin", answer, *trust(pki, tmp_path),
            )  # fmt: skip
            assert says(ran, leaf, "good"), ran
        pki.ocsp.assert_not_asked()


# GnuTLS: ocsptool ends with 0 if the answer verified, whatever status it has.


def gnutls_trust(pki: PKI) -> list[object]:
    """Who may have signed: the CA itself, or whoever the CA has sent."""
    return ["--load-trust" if pki._realm.options.delegated else "--load-signer", pki.ca.cert_file]


@each_variant
def test_ocsptool_verifies_the_bytes(variant: str, tmp_path: Path) -> None:
    """``ocsptool --verify-response`` verifies good, revoked and unknown; a flipped bit it does not."""
    with VARIANTS[variant]() as pki:
        leaf = pki.issue_cert("localhost")
        answer = tmp_path / "answer.der"
        verify = [need("ocsptool"), "--verify-response", "--load-response", answer, *gnutls_trust(pki)]
        states: list[tuple[list[Any], str]] = [
            ([], "good"),
            ([faults.Revoked("key_compromise")], "revoked"),
            ([faults.Unknown()], "unknown"),
        ]
        for bent, status in states:
            answer.write_bytes(pki.ocsp.response_for(leaf, *bent))
            ran = run(*verify)
            assert ran.returncode == 0, ran
            assert "Verifying OCSP Response: Success." in ran.stdout
            printed = run(need("ocsptool"), "--response-info", "--infile", answer).stdout
            assert f"Certificate Status: {status}" in printed
        answer.write_bytes(pki.ocsp.response_for(leaf, faults.BadSignature()))
        ran = run(*verify)
        assert ran.returncode == 1
        assert "Verifying OCSP Response: Failure, Signature failure." in ran.stdout


# ocsptool reads the host of a URL up to its first colon, and so asks no http://[::1].
@pytest.mark.parametrize("variant", [name for name in VARIANTS if name != "::1"])
def test_ocsptool_asks_the_live_responder(variant: str, tmp_path: Path) -> None:
    """``ocsptool --ask`` gets its nonce back and verifies the answer; a stranger's it does not."""
    with VARIANTS[variant]() as pki:
        leaf = pki.issue_cert("localhost")
        question: list[object] = [
            need("ocsptool"), f"--ask={pki.ocsp.url}", "--nonce", "--load-cert", leaf.cert_file,
            "--load-issuer", pki.ca.cert_file, *gnutls_trust(pki),
        ]  # fmt: skip
        ran = run(*question)
        assert ran.returncode == 0, ran
        assert "Certificate Status: good" in ran.stdout
        assert "Verifying OCSP Response: Success." in ran.stdout
        pki.revoke(leaf, "key_compromise")
        ran = run(*question)
        assert ran.returncode == 0, ran
        assert "Certificate Status: revoked" in ran.stdout
        with pki.ocsp.respond_with(faults.WrongSigner()):
            ran = run(*question)
        assert ran.returncode == 1
        # Told who has signed, it tries that key; told whom to trust, it looks for the signer's certificate.
        why = "Signer cert not found" if pki._realm.options.delegated else "Signature failure"
        assert f"Verifying OCSP Response: Failure, {why}." in ran.stdout
        pki.ocsp.assert_asked(leaf, times=3)
        assert all(request.nonce for request in pki.ocsp.requests)
