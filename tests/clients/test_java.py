"""Java: PKIXRevocationChecker behind a TLS client, hard, soft, and with CRLs preferred.

Its documentation says that it checks the whole path by OCSP, falls back to CRLs, and fails where neither
can tell. A staple that the server sent stands in for the responder's answer; JSSE asks for one by default.
``PREFER_CRLS`` swaps the two, ``NO_FALLBACK`` leaves the second out, ``ONLY_END_ENTITY`` looks at the leaf
alone. ``SOFT_FAIL`` lets pass what could not be had because of a network error, or because the responder
said internalError or tryLater, and nothing else.

The time-outs are properties of the virtual machine, and it remembers CRLs by URL for a while: so one machine
answers all cases, and they are staged in one PKI, where no URL comes twice.
"""

import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from mockpki import PKI, scenarios
from mockpki.relying_party import Policy
from mockpki.scenarios import Case, Result
from tests.clients.kit import RejectedError
from tests.kit.programs import need

TIME_OUTS = [
    f"-Dcom.sun.security.{source}.{what}=2"
    for source in ("ocsp", "crl")
    for what in ("timeout", "readtimeout")
]
QUICK_START = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
PATIENCE = 60
"""Seconds that a case may take: the first waits for the compiler."""


class Java:
    """The program beside this file in a virtual machine of its own: a line for each case, both ways."""

    def __init__(self, process: subprocess.Popen[str], printed: Path) -> None:
        self._process = process
        self._printed = printed

    def connect(self, *fields: object) -> str:
        """What it says of one case. Raises RejectedError, in its words, if it rejects."""
        assert self._process.poll() is None, f"it has ended: {self._printed.read_text()}"
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(*fields, sep="\t", file=self._process.stdin, flush=True)
        limit = threading.Timer(PATIENCE, self._process.kill)
        limit.start()
        try:
            answer = self._process.stdout.readline().strip()
        finally:
            limit.cancel()
        if answer != "accepts":
            assert answer.startswith("rejects: "), f"no verdict: {answer} {self._printed.read_text()}"
            raise RejectedError(answer)
        return answer


@pytest.fixture(scope="module")
def java(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Java]:
    """A virtual machine for all cases."""
    printed = tmp_path_factory.mktemp("java") / "stderr"
    program = Path(__file__).with_name("Client.java")
    with (
        printed.open("w") as stderr,
        subprocess.Popen(
            [need("java"), *QUICK_START, *TIME_OUTS, program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as process,
    ):
        try:
            yield Java(process, printed)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def pki() -> Iterator[PKI]:
    """One PKI for all cases."""
    with PKI() as made:
        yield made


Said = Mapping[str, tuple[str, str]]
"""By scenario: whom Java asks besides the server, and what it says then."""


def check(scenario: Case, java: Java, pki: PKI, options: str, said: Said) -> Result:
    """Let Java meet the scenario with these options; it asks for a staple, and whom else it has to."""
    result = scenario.check(
        lambda host, port, server_name, ca_file: java.connect(options, host, port, server_name, ca_file),
        pki=pki,
    )
    asked, words = said[scenario.name]
    assert result.seen.asked == {"staple", *asked.split()}
    assert words in result.outcome.words
    assert result.outcome.accepted or result.seen.alerts
    return result


HARD = Policy(sources=("staple", "OCSP", "CRL"), hard_fail=True, bad_staple_rejects=True)
BY_DEFAULT = {
    "staple-good": ("", "accepts"),
    "staple-revoked": ("", "reason: KEY_COMPROMISE"),
    "staple-stale": ("", "its validity interval is out-of-date"),
    "staple-bad-signature": ("", "Error verifying OCSP Response's signature"),
    "good-staple-ocsp-revoked": ("", "accepts"),
    "stale-staple-ocsp-good": ("", "its validity interval is out-of-date"),
    "staple-missing": ("OCSP", "accepts"),
    "ocsp-slow": ("OCSP", "accepts"),
    "ocsp-revoked": ("OCSP", "reason: KEY_COMPROMISE"),
    "ocsp-hold": ("OCSP", "reason: CERTIFICATE_HOLD"),
    "ocsp-unknown": ("OCSP", "revocation status is unknown"),
    "ocsp-stale": ("OCSP", "its validity interval is out-of-date"),
    "ocsp-no-eku": ("OCSP", "Responder's certificate not valid for signing OCSP responses"),
    "ocsp-try-later": ("OCSP", "OCSP response error: TRY_LATER"),
    "ocsp-silent": ("OCSP", "Unable to determine revocation status due to network error"),
    "crl-good": ("CRL", "accepts"),
    "crl-revoked": ("CRL", "reason: KEY_COMPROMISE"),
    "crl-stale": ("CRL", "Certificate does not specify OCSP responder"),
    "ocsp-refused-crl-good": ("CRL", "accepts"),
    "ocsp-unknown-crl-good": ("OCSP CRL", "accepts"),
    "ocsp-stale-crl-revoked": ("OCSP CRL", "reason: KEY_COMPROMISE"),
    "intermediate-good": ("OCSP", "accepts"),
    "intermediate-ocsp-revoked": ("OCSP", "reason: KEY_COMPROMISE"),
    "intermediate-crl-revoked": ("CRL", "reason: KEY_COMPROMISE"),
    "no-sources": ("", "Certificate does not specify OCSP responder"),
}


@scenarios.parametrize(policy=HARD, only=BY_DEFAULT)
def test_by_default(scenario: Case, java: Java, pki: PKI) -> None:
    """Without options the staple comes first, then the responder, then CRLs; without a good word it fails."""
    check(scenario, java, pki, "", BY_DEFAULT)


SOFTLY = {
    "ocsp-good": ("OCSP", "accepts"),
    "ocsp-refused": ("", "accepts"),
    "ocsp-silent": ("OCSP", "accepts"),
    "ocsp-http-500": ("OCSP", "accepts"),
    "ocsp-internal-error": ("OCSP", "accepts"),
    "ocsp-try-later": ("OCSP", "accepts"),
    "all-down": ("", "accepts"),
    "intermediate-ocsp-refused": ("", "accepts"),
    "ocsp-revoked": ("OCSP", "reason: KEY_COMPROMISE"),
    "ocsp-refused-crl-revoked": ("CRL", "reason: KEY_COMPROMISE"),
    "intermediate-ocsp-revoked": ("OCSP", "reason: KEY_COMPROMISE"),
}


@scenarios.parametrize(policy=replace(HARD, hard_fail=False), only=SOFTLY)
def test_soft_fail(scenario: Case, java: Java, pki: PKI) -> None:
    """With SOFT_FAIL an outage passes, and what is revoked does not."""
    check(scenario, java, pki, "SOFT_FAIL", SOFTLY)


NO_OUTAGE = {
    "ocsp-stale": ("OCSP", "its validity interval is out-of-date"),
    "ocsp-bad-signature": ("OCSP", "Error verifying OCSP Response's signature"),
    "ocsp-unauthorized": ("OCSP", "OCSP response error: UNAUTHORIZED"),
    "crl-stale": ("CRL", "Certificate does not specify OCSP responder"),
    "no-sources": ("", "Certificate does not specify OCSP responder"),
}


@scenarios.parametrize(policy=HARD, only=NO_OUTAGE)
def test_soft_fail_knows_no_other_excuse(scenario: Case, java: Java, pki: PKI) -> None:
    """With SOFT_FAIL an answer that is there and of no use fails, as does a certificate without sources."""
    check(scenario, java, pki, "SOFT_FAIL", NO_OUTAGE)


CRLS_FIRST = {
    "staple-missing": ("CRL", "accepts"),
    "crl-good": ("CRL", "accepts"),
    "crl-revoked": ("CRL", "reason: KEY_COMPROMISE"),
    "ocsp-unknown-crl-good": ("CRL", "accepts"),
    "ocsp-silent-crl-revoked": ("CRL", "reason: KEY_COMPROMISE"),
    "ocsp-revoked": ("OCSP", "reason: KEY_COMPROMISE"),
    "ocsp-good": ("OCSP", "accepts"),
    "all-down": ("", "Unable to determine revocation status due to network error"),
    "intermediate-good": ("CRL", "accepts"),
    "intermediate-crl-revoked": ("CRL", "reason: KEY_COMPROMISE"),
}


@scenarios.parametrize(policy=Policy(sources=("CRL", "OCSP"), hard_fail=True), only=CRLS_FIRST)
def test_prefer_crls(scenario: Case, java: Java, pki: PKI) -> None:
    """With PREFER_CRLS the CRL comes first, and the responder is asked where there is none."""
    check(scenario, java, pki, "PREFER_CRLS", CRLS_FIRST)


CRLS_ALONE = {
    "staple-good": ("", "Could not determine revocation status"),
    "ocsp-good": ("", "Could not determine revocation status"),
    "crl-good": ("CRL", "accepts"),
    "crl-stale": ("CRL", "Could not determine revocation status"),
    "all-revoked": ("CRL", "reason: KEY_COMPROMISE"),
    "crl-shard-good": ("CRL", "accepts"),
    "crl-shard-revoked": ("CRL", "reason: KEY_COMPROMISE"),
    "crl-shard-mismatch": ("CRL", "Could not determine revocation status"),
    "crl-second-url": ("CRL", "reason: KEY_COMPROMISE"),
    "crl-for-cas-only": ("CRL", "Could not determine revocation status"),
    "crl-not-yet-published": ("CRL", "accepts"),
    "crl-next-one-early": ("CRL", "Could not determine revocation status"),
    "crl-delta-alone": ("CRL", "Could not determine revocation status"),
    "intermediate-no-crl": ("", "Could not determine revocation status"),
}


@scenarios.parametrize(policy=Policy(sources=("CRL",), hard_fail=True), only=CRLS_ALONE)
def test_crls_alone(scenario: Case, java: Java, pki: PKI) -> None:
    """With PREFER_CRLS and NO_FALLBACK only a CRL will do."""
    check(scenario, java, pki, "PREFER_CRLS,NO_FALLBACK", CRLS_ALONE)


OCSP_ALONE = {
    "staple-good": ("", "accepts"),
    "ocsp-good": ("OCSP", "accepts"),
    "crl-good": ("", "Certificate does not specify OCSP responder"),
    "ocsp-refused-crl-good": ("", "Unable to determine revocation status due to network error"),
    "ocsp-unknown-crl-good": ("OCSP", "revocation status is unknown"),
}


@scenarios.parametrize(policy=replace(HARD, sources=("staple", "OCSP")), only=OCSP_ALONE)
def test_no_fallback(scenario: Case, java: Java, pki: PKI) -> None:
    """With NO_FALLBACK no CRL stands in for OCSP."""
    check(scenario, java, pki, "NO_FALLBACK", OCSP_ALONE)


LEAF_ALONE = {
    "ocsp-revoked": ("OCSP", "reason: KEY_COMPROMISE"),
    "intermediate-good": ("", "accepts"),
    "intermediate-ocsp-revoked": ("", "accepts"),
    "intermediate-crl-refused": ("", "accepts"),
}


@scenarios.parametrize(policy=replace(HARD, whole_chain=False), only=LEAF_ALONE)
def test_only_end_entity(scenario: Case, java: Java, pki: PKI) -> None:
    """With ONLY_END_ENTITY nobody is asked about the CA of the leaf."""
    check(scenario, java, pki, "ONLY_END_ENTITY", LEAF_ALONE)
