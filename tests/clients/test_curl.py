"""curl: looks at nothing by itself, and with ``--cert-status`` at the staple alone.

Its manual says that ``--cert-status`` verifies the status of the server's certificate by OCSP stapling,
and fails when the response is invalid (expired, for one), says revoked, or is missing: exit status 91.
That is the policy "staple-required". Without the option there is no check, "no-check"; a CRL file can be
given with ``--crlfile``. Neither way does curl ask a responder, or fetch a CRL.
"""

import pytest

from mockpki import scenarios
from mockpki.scenarios import Case
from tests.clients.kit import RejectedError, verdict
from tests.kit.programs import need, run
from tests.kit.tls_clients import curl_with_openssl


def curl(url: str, ca_file: str, *options: str) -> str:
    """One request."""
    command = ("-sS", "--noproxy", "*", "--cacert", ca_file, *options, url)
    return verdict(run(need("curl"), *command, timeout=20))


@scenarios.parametrize(
    policy="no-check",
    only=["staple-revoked", "ocsp-revoked", "crl-revoked", "must-staple-missing", "all-down"],
)
def test_no_check(scenario: Case) -> None:
    """By itself curl accepts whatever became of the certificate, and asks nobody."""
    seen = scenario.check(lambda url, ca_file: curl(url, ca_file)).seen
    assert not seen.asked
    assert seen.completed


CERT_STATUS = {
    "staple-good": "mockpki: you reached",
    "staple-revoked": "SSL certificate revocation reason: keyCompromise",
    "staple-unknown": "SSL server certificate status verification FAILED",
    "staple-stale": "OCSP response has expired",
    "staple-bad-signature": "OCSP response verification failed",
    "staple-wrong-certificate": "Could not find certificate ID in OCSP response",
    "staple-try-later": "Invalid OCSP response status: trylater (3)",
    "staple-garbage": "Invalid OCSP response",
    "staple-missing": "No OCSP response received",
    "must-staple-missing": "No OCSP response received",
    "good-staple-ocsp-revoked": "mockpki: you reached",
    "stale-staple-ocsp-good": "OCSP response has expired",
}
"""What curl says when it is built with OpenSSL."""


@scenarios.parametrize(policy="staple-required", only=CERT_STATUS)
def test_cert_status(scenario: Case) -> None:
    """With ``--cert-status`` only a staple that says good will do, and nobody else is asked."""
    curl_with_openssl()
    result = scenario.check(lambda url, ca_file: curl(url, ca_file, "--cert-status"))
    assert result.seen.asked == {"staple"}
    assert CERT_STATUS[scenario.name] in result.outcome.words
    assert result.outcome.accepted or "exit status 91" in result.outcome.words


@pytest.mark.parametrize("options", [(), ("--cert-status",)], ids=["plain", "cert-status"])
def test_another_root(options: tuple[str, ...]) -> None:
    """With a root that did not issue the certificate curl ends with status 60, before any staple counts."""
    (case,) = scenarios.cases("no-check", only="staple-good")
    with case.staged() as mine, case.staged() as other:
        (here,), (there,) = mine.visits(), other.visits()
        with pytest.raises(RejectedError, match="exit status 60"):
            curl(here.url, there.ca_file, *options)
        assert mine.seen.alerts == ("unknown_ca",)
