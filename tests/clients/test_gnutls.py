"""gnutls-cli: judges staples unasked, and with ``--ocsp`` asks the responder, too.

The manual of GnuTLS says that a staple is considered whenever a certificate is verified, and that one
demanded by the certificate (RFC 7633) and missing fails the verification. It sends for no CRL, but takes one
with ``--x509crlfile``. ``--ocsp`` verifies the server's certificate with its responder where there
is no staple. Give that a time-out: it waits for as long as the responder does.
"""

from dataclasses import replace

from mockpki import scenarios
from mockpki.relying_party import Policy
from mockpki.scenarios import Case
from tests.clients.kit import verdict
from tests.kit.programs import need, run


def gnutls_cli(port: int, ca_file: str, *options: str) -> str:
    """One handshake with ``localhost``, without a request."""
    command = ("--x509cafile", ca_file, "--port", port, *options, "localhost")
    return verdict(run(need("gnutls-cli"), *command, timeout=20))


STAPLES_ALONE = Policy(sources=("staple",), honour_must_staple=True, bad_staple_rejects=True)
STAPLES = {
    "staple-good": "The certificate is trusted",
    "staple-revoked": "The certificate chain is revoked",
    "staple-hold": "The certificate chain is revoked",
    "staple-stale": "OCSP data are old and have been superseded",
    "staple-bad-signature": "OCSP status response is invalid",
    "staple-wrong-signer": "OCSP status response is invalid",
    "staple-wrong-certificate": "OCSP status response is invalid",
    "staple-no-eku": "OCSP status response is invalid",
    "staple-garbage": "OCSP status response is invalid",
    "must-staple-good": "The certificate is trusted",
    "must-staple-missing": "but the OCSP status is missing",
    "must-staple-stale": "OCSP data are old and have been superseded",
    "must-staple-try-later": "but the OCSP status is missing",
    "ocsp-revoked": "The certificate is trusted",
    "crl-revoked": "The certificate is trusted",
    "stale-staple-ocsp-good": "OCSP data are old and have been superseded",
}


@scenarios.parametrize(policy=STAPLES_ALONE, only=STAPLES)
def test_staples(scenario: Case) -> None:
    """A staple that is there is judged, a demanded one has to be there, and nobody else is asked."""
    result = scenario.check(lambda port, ca_file: gnutls_cli(port, ca_file))
    assert result.seen.asked == {"staple"}
    assert result.outcome.accepted or result.seen.alerts == ("bad_certificate",)
    assert STAPLES[scenario.name] in result.outcome.words


WITH_OCSP = replace(STAPLES_ALONE, sources=("staple", "OCSP"), whole_chain=False)
ANSWERS = {
    "ocsp-good": "OCSP server flags certificate not revoked",
    "ocsp-slow": "OCSP server flags certificate not revoked",
    "ocsp-revoked": "Certificate was revoked at",
    "ocsp-hold": "Certificate was revoked at",
    "ocsp-recovers": "OCSP server flags certificate not revoked",
    "staple-missing": "OCSP server flags certificate not revoked",
}


@scenarios.parametrize(policy=WITH_OCSP, only=ANSWERS)
def test_ocsp(scenario: Case) -> None:
    """With ``--ocsp`` and no staple, what the responder says decides."""
    result = scenario.check(lambda port, ca_file: gnutls_cli(port, ca_file, "--ocsp"))
    assert result.seen.asked == {"staple", "OCSP"}
    assert ANSWERS[scenario.name] in result.outcome.words


@scenarios.parametrize(
    policy=WITH_OCSP,
    only=["staple-revoked", "must-staple-missing", "stale-staple-ocsp-revoked", "good-staple-ocsp-revoked"],
)
def test_staple_before_ocsp(scenario: Case) -> None:
    """With ``--ocsp`` the staple, or its lack, still comes first: then the responder is not asked."""
    result = scenario.check(lambda port, ca_file: gnutls_cli(port, ca_file, "--ocsp"))
    assert result.seen.asked == {"staple"}
