"""openssl s_client and openssl ocsp: what came over the wire, and what a responder says.

``s_client -status`` asks for a staple and prints it; its manual promises no judgement, and there is none
("no-check"): it is a witness to what a server sends. ``-crl_check -crl_download`` fetches the CRL that
the leaf names and fails without a valid one: hard-fail, for the leaf alone. Give it a time-out, for it has
none of its own for a server that does not answer. ``-use_deltas`` has it read delta CRLs, ``-extended_crl``
indirect ones and those by another key: the two switches of the policy "rfc5280".

``ocsp`` asks one responder, and prints what it said. Its exit status is that of the exchange: the status of
the certificate, and a warning where the times are not right, are in what it prints.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from mockpki import PKI, scenarios
from mockpki.relying_party import Policy
from mockpki.scenarios import Case
from tests.clients.kit import RejectedError, verdict
from tests.kit.programs import need, run


def s_client(host: str, port: int, ca_file: str, *options: object) -> str:
    """One handshake, without a request."""
    where = ("-connect", f"{host}:{port}", "-servername", "localhost")
    trust = ("-CAfile", ca_file, "-verify_return_error")
    return verdict(run(need("openssl"), "s_client", *where, *trust, *options, timeout=20))


STAPLES = {
    "staple-good": "Cert Status: good",
    "staple-revoked": "Revocation Reason: keyCompromise",
    "staple-unknown": "Cert Status: unknown",
    "staple-try-later": "OCSP Response Status: trylater (0x3)",
    "staple-missing": "OCSP response: no response sent",
    "all-revoked": "Cert Status: revoked",
}


@scenarios.parametrize(policy="no-check", only=STAPLES)
def test_status(scenario: Case) -> None:
    """``-status`` prints the staple, whatever it says."""
    result = scenario.check(lambda host, port, ca_file: s_client(host, port, ca_file, "-status"))
    assert result.seen.asked == {"staple"}
    assert STAPLES[scenario.name] in result.outcome.words


CRL_CHECK = Policy(sources=("CRL",), hard_fail=True, whole_chain=False)
CRLS = {
    "crl-good": "Verify return code: 0 (ok)",
    "crl-slow": "Verify return code: 0 (ok)",
    "crl-revoked": "certificate revoked",
    "crl-hold": "certificate revoked",
    "crl-stale": "CRL has expired",
    "crl-early": "CRL is not yet valid",
    "crl-bad-signature": "CRL signature failure",
    "crl-garbage": "unable to get certificate CRL",
    "crl-http-500": "unable to get certificate CRL",
    "intermediate-crl-revoked": "Verify return code: 0 (ok)",
    "ocsp-unknown-crl-good": "Verify return code: 0 (ok)",
    "crl-shard-good": "Verify return code: 0 (ok)",
    "crl-shard-revoked": "certificate revoked",
    "crl-shard-mismatch": "different CRL scope",
    "crl-for-cas-only": "different CRL scope",
    "crl-not-yet-published": "Verify return code: 0 (ok)",
    "crl-next-one-early": "CRL is not yet valid",
    "crl-delta-revoked": "Verify return code: 0 (ok)",
    "crl-delta-released": "certificate revoked",
    "crl-delta-alone": "unable to get certificate CRL",
    "crl-indirect-revoked": "unable to get certificate CRL",
    "crl-reasons-good": "unable to get certificate CRL",
    "crl-key-rolled": "unable to get certificate CRL",
}


@scenarios.parametrize(policy=CRL_CHECK, only=CRLS)
def test_crl_download(scenario: Case) -> None:
    """``-crl_check -crl_download`` accepts only with a valid CRL that does not list the leaf."""
    result = scenario.check(
        lambda host, port, ca_file: s_client(host, port, ca_file, "-crl_check", "-crl_download")
    )
    assert CRLS[scenario.name] in result.outcome.words


EXTENDED = replace(CRL_CHECK, use_deltas=True, extended_crls=True)
WHOLE_LISTS = {
    "crl-shard-mismatch": "different CRL scope",
    "crl-delta-revoked": "certificate revoked",
    "crl-delta-released": "Verify return code: 0 (ok)",
    "crl-delta-base-too-new": "Verify return code: 0 (ok)",
    "crl-delta-obsolete": "Verify return code: 0 (ok)",
    "crl-delta-missing": "Verify return code: 0 (ok)",
    "crl-delta-other-shard": "Verify return code: 0 (ok)",
    "crl-delta-alone": "unable to get certificate CRL",
    "crl-indirect-revoked": "certificate revoked",
    "crl-indirect-other-issuer": "Verify return code: 0 (ok)",
    "crl-indirect-inherited": "certificate revoked",
    "crl-key-rolled": "certificate revoked",
}


@scenarios.parametrize(policy=EXTENDED, only=WHOLE_LISTS)
def test_extended(scenario: Case) -> None:
    """With ``-extended_crl`` and ``-use_deltas`` it reads indirect CRLs, those by another key, and deltas."""
    options = ("-crl_check", "-crl_download", "-extended_crl", "-use_deltas")
    result = scenario.check(lambda host, port, ca_file: s_client(host, port, ca_file, *options))
    assert WHOLE_LISTS[scenario.name] in result.outcome.words


@scenarios.parametrize(policy=CRL_CHECK, only="no-sources")
def test_crl_that_is_not_there(scenario: Case) -> None:
    """Without a CRL it says unknown_ca, as for want of trust: unless it was seen to fetch one, who knows?"""
    with pytest.raises(AssertionError, match=r"alert unknown_ca, which is about trust .*: it is not judged"):
        scenario.check(
            lambda host, port, ca_file: s_client(host, port, ca_file, "-crl_check", "-crl_download")
        )


def test_crl_file(pki: PKI, tmp_path: Path) -> None:
    """``-CRL`` reads one from a file: yesterday's accepts what today's rejects, and nothing is fetched."""
    leaf, crl = pki.issue_cert("localhost"), tmp_path / "ca.crl"
    with pki.tls_server(leaf) as server:

        def connect() -> str:
            crl.write_bytes(pki.crl.pem())
            return s_client(server.host, server.port, pki.ca_file, "-crl_check", "-CRL", crl)

        assert "Verify return code: 0 (ok)" in connect()
        pki.revoke(leaf)
        with pytest.raises(RejectedError, match="certificate revoked"):
            connect()
        assert [shake.alert for shake in server.connections][1:] == ["certificate_revoked"]
    pki.crl.assert_not_asked()


OCSP = Policy(sources=("OCSP",), hard_fail=True, unknown_rejects=True, whole_chain=False)
ANSWERS = {
    "ocsp-good": "Response verify OK",
    "ocsp-slow": "Response verify OK",
    "ocsp-revoked": ": revoked",
    "ocsp-hold": "Reason: certificateHold",
    "ocsp-unknown": ": unknown",
    "ocsp-stale": "Status times invalid",
    "ocsp-early": "Status times invalid",
    "ocsp-bad-signature": "Response Verify Failure",
    "ocsp-wrong-certificate": "No Status found",
    "ocsp-no-eku": "Response Verify Failure",
    "ocsp-try-later": "Responder Error: trylater (3)",
    "ocsp-http-500": "Error querying OCSP responder",
    "ocsp-silent": "Error querying OCSP responder",
    "ocsp-recovers": "Response verify OK",
}


@scenarios.parametrize(policy=OCSP, only=ANSWERS)
def test_ocsp(scenario: Case) -> None:
    """``openssl ocsp``, with its words read, accepts only an answer of now that says good."""

    def ask(cert_file: str, issuer_file: str, ca_file: str, ocsp_url: str) -> str:
        about = ("-issuer", issuer_file, "-cert", cert_file, "-url", ocsp_url, "-timeout", "2")
        trust = ("-CAfile", ca_file, "-verify_other", issuer_file)
        said = verdict(run(need("openssl"), "ocsp", *about, *trust, timeout=20))
        if f"{cert_file}: good" not in said or "Status times invalid" in said:
            raise RejectedError(said)
        return said

    result = scenario.check(ask)
    assert result.seen.asked == {"OCSP"}
    assert ANSWERS[scenario.name] in result.outcome.words
