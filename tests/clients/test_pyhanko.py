"""pyhanko-certvalidator in its three modes: soft-fail, hard-fail and require.

It judges certificates, not connections: here, the one that the server showed, with the chain that is
known. Its documentation says that it checks the whole path by OCSP and CRLs, which it fetches with
``allow_fetching=True``. In "soft-fail" mode, any sort of error in fetching or locating them is ignored. In
"hard-fail" mode it is a failure if a certificate has a known CRL or OCSP responder that cannot be checked.
In "require" mode every certificate of the path must have a CRL or an OCSP answer. It knows no staples.

Nothing may be newer than the moment at which its context was made, but for ``time_tolerance``: give it the
skew of the policy, or an answer that took long to come is from the future.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from asn1crypto import pem
from asn1crypto.x509 import Certificate
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.fetchers.requests_fetchers import RequestsFetcherBackend

from mockpki import scenarios
from mockpki.relying_party import Policy
from mockpki.scenarios import Case


def certificates(path: str) -> list[Certificate]:
    """Those of a file in PEM."""
    return [Certificate.load(der) for _, _, der in pem.unarmor(Path(path).read_bytes(), multiple=True)]


def shown(host: str, port: int, server_name: str, ca_file: str) -> Certificate:
    """The certificate that the server shows."""
    context = ssl.create_default_context(cafile=ca_file)
    with (
        socket.create_connection((host, port), timeout=10) as sock,
        context.wrap_socket(sock, server_hostname=server_name) as tls,
    ):
        return Certificate.load(tls.getpeercert(binary_form=True))


def judging(mode: str) -> Callable[[str, int, str, str, str], None]:
    """A client of this mode."""

    def connect(host: str, port: int, server_name: str, ca_file: str, chain_file: str) -> None:
        context = ValidationContext(
            trust_roots=certificates(ca_file),
            other_certs=certificates(chain_file),
            allow_fetching=True,
            revocation_mode=mode,
            time_tolerance=timedelta(minutes=5),
            fetcher_backend=RequestsFetcherBackend(per_request_timeout=2),
        )
        leaf = shown(host, port, server_name, ca_file)
        validator = CertificateValidator(leaf, validation_context=context)
        asyncio.run(validator.async_validate_usage({"digital_signature"}, {"server_auth"}))

    return connect


SOFT = Policy(sources=("OCSP", "CRL"))
HARD = Policy(sources=("OCSP", "CRL"), hard_fail=True)

SOFTLY: Mapping[str, set[str]] = {
    "ocsp-good": {"OCSP"},
    "ocsp-refused": set(),
    "ocsp-silent": {"OCSP"},
    "ocsp-http-500": {"OCSP"},
    "crl-http-500": {"CRL"},
    "all-down": set(),
    "no-sources": set(),
    "intermediate-ocsp-refused": {"OCSP"},
    "ocsp-revoked": {"OCSP"},
    "crl-revoked": {"CRL"},
    "ocsp-refused-crl-revoked": {"CRL"},
    "ocsp-silent-crl-revoked": {"OCSP", "CRL"},
    "intermediate-ocsp-revoked": {"OCSP"},
    "intermediate-crl-revoked": {"CRL"},
}


@scenarios.parametrize(policy=SOFT, only=SOFTLY)
def test_soft_fail(scenario: Case) -> None:
    """In soft-fail mode what cannot be fetched passes, and what is revoked does not."""
    result = scenario.check(judging("soft-fail"))
    assert result.seen.asked == SOFTLY[scenario.name]
    assert result.outcome.accepted or "raised RevokedError" in result.outcome.words


FETCHED = {
    "ocsp-stale": "OCSP response is not recent enough",
    "ocsp-bad-signature": "Unable to verify OCSP response signature",
    "crl-stale": "CRL is not recent enough",
    "crl-bad-signature": "CRL signature could not be verified",
}


@scenarios.parametrize(policy=HARD, only=FETCHED)
def test_soft_fail_has_fetched(scenario: Case) -> None:
    """In soft-fail mode, too, an answer that was fetched and is of no use fails."""
    assert FETCHED[scenario.name] in scenario.check(judging("soft-fail")).outcome.words


HARDLY: Mapping[str, set[str]] = {
    "ocsp-good": {"OCSP"},
    "ocsp-slow": {"OCSP"},
    "crl-good": {"CRL"},
    "staple-missing": {"OCSP"},
    "ocsp-refused-crl-good": {"CRL"},
    "ocsp-unknown-crl-good": {"OCSP", "CRL"},
    "intermediate-good": {"OCSP"},
    "ocsp-revoked": {"OCSP"},
    "ocsp-unknown": {"OCSP"},
    "ocsp-stale": {"OCSP"},
    "ocsp-no-eku": {"OCSP"},
    "ocsp-refused": set(),
    "ocsp-silent": {"OCSP"},
    "crl-revoked": {"CRL"},
    "crl-half": {"CRL"},
    "all-down": set(),
    "intermediate-crl-revoked": {"CRL"},
    "intermediate-ocsp-refused": set(),
}


@scenarios.parametrize(policy=HARD, only=HARDLY)
def test_hard_fail(scenario: Case) -> None:
    """In hard-fail mode one of the sources that the certificate names has to say good."""
    assert scenario.check(judging("hard-fail")).seen.asked == HARDLY[scenario.name]


WHOLE_LISTS = {
    "crl-shard-good": "returned None",
    "crl-shard-revoked": "raised RevokedError",
    "crl-shard-mismatch": "no revocation information could be found",
    "crl-second-point": "raised RevokedError",
    "crl-second-url": "raised RevokedError",
    "crl-for-cas-only": "CRL only contains CA certificates",
    "crl-not-yet-published": "returned None",
    "crl-next-one-early": "CRL is too recent",
    "crl-delta-revoked": "raised RevokedError",
    "crl-delta-released": "returned None",
    "crl-delta-stale": "raised RevokedError",
    "crl-delta-missing": "Delta CRL matching Freshest CRL extension not available",
    "crl-delta-alone": "no revocation information could be found",
    "crl-indirect-revoked": "raised RevokedError",
    "crl-indirect-other-issuer": "returned None",
    "crl-indirect-inherited": "raised RevokedError",
    "crl-reasons-good": "returned None",
    "crl-reasons-half": "do not cover all revocation reasons",
    "crl-key-rolled": "raised RevokedError",
}


@scenarios.parametrize(policy=replace(HARD, use_deltas=True, extended_crls=True), only=WHOLE_LISTS)
def test_whole_lists(scenario: Case) -> None:
    """It completes CRLs with their deltas, and reads indirect ones, those for some reasons and by another
    key."""
    result = scenario.check(judging("hard-fail"))
    assert result.seen.asked == {"CRL"}
    assert WHOLE_LISTS[scenario.name] in result.outcome.words


@scenarios.parametrize(policy=HARD, only=[name for name in HARDLY if "silent" not in name])
def test_require(scenario: Case) -> None:
    """So it is in require mode."""
    assert scenario.check(judging("require")).seen.asked == HARDLY[scenario.name]


@scenarios.parametrize(policy=SOFT, only=["no-sources", "staple-good", "staple-revoked"])
def test_hard_fail_without_sources(scenario: Case) -> None:
    """In hard-fail mode nothing is wanted of a certificate that names neither responder nor CRL."""
    assert not scenario.check(judging("hard-fail")).seen.asked


@scenarios.parametrize(policy=HARD, only=["no-sources", "staple-good", "staple-revoked"])
def test_require_without_sources(scenario: Case) -> None:
    """In require mode such a certificate is rejected."""
    result = scenario.check(judging("require"))
    assert not result.seen.asked
    assert "no revocation information could be found" in result.outcome.words
