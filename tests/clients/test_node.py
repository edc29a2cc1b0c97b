"""Node.js: looks at nothing by itself; the npm packages ocsp and easy-ocsp each bring a check by OCSP.

The manual of Node.js offers ``requestOCSP`` and the event ``OCSPResponse``, which hands over the staple and
leaves it to the program: by itself, https is "no-check".

The agent of npm ocsp says that it verifies the server's certificate by OCSP, "either stapling or response
from the CA": the staple if there is one, and else the responder, for the leaf alone and hard-fail. The CA has
to have an RSA key. It waits for a responder without end, so the program needs a limit of its own.

easy-ocsp judges one certificate by its responder: ``getCertStatus`` says good, revoked or unknown, hands over
the times of the answer, and throws where there is none that verifies. What that means is up to the program;
here, only good will do, and only in its time. The CA is given, for else it is fetched.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from mockpki import PKI, scenarios
from mockpki.relying_party import Policy
from mockpki.scenarios import Case
from tests.clients.kit import verdict
from tests.kit.node_packages import environment
from tests.kit.programs import need, run


def node(program: str, *arguments: object, env: dict[str, str] | None = None) -> str:
    """Run one of the programs beside this file."""
    return verdict(run(need("node"), Path(__file__).with_name(program), *arguments, env=env, timeout=20))


@scenarios.parametrize(
    policy="no-check", only=["staple-revoked", "ocsp-revoked", "crl-revoked", "must-staple-missing", "*-down"]
)
def test_https(scenario: Case) -> None:
    """By itself Node.js accepts whatever became of the certificate, and asks nobody."""
    seen = scenario.check(lambda url, ca_file: node("plain_https.js", url, ca_file)).seen
    assert not seen.asked
    assert seen.completed


AGENT = Policy(
    sources=("staple", "OCSP"),
    whole_chain=False,
    hard_fail=True,
    unknown_rejects=True,
    bad_staple_rejects=True,
)
BY_STAPLE = {
    "staple-good": "accepts",
    "staple-revoked": "OCSP Status: revoked",
    "staple-unknown": "OCSP Status: unknown",
    "staple-stale": "OCSP Response expired",
    "staple-bad-signature": "Invalid signature",
    "staple-wrong-certificate": "Serial number mismatch",
    "good-staple-ocsp-revoked": "accepts",
    "stale-staple-ocsp-good": "OCSP Response expired",
    "intermediate-ocsp-revoked": "accepts",
}
BY_RESPONDER = {
    "ocsp-good": "accepts",
    "ocsp-slow": "accepts",
    "ocsp-revoked": "OCSP Status: revoked",
    "ocsp-unknown": "OCSP Status: unknown",
    "ocsp-stale": "OCSP Response expired",
    "ocsp-no-eku": "Invalid signature",
    "ocsp-try-later": "Bad OCSP response status: try_later",
    "ocsp-http-500": "Failed to obtain OCSP response: 500",
    "ocsp-silent": "no answer in time",
    "must-staple-missing": "accepts",
    "ocsp-recovers": "accepts",
}


@pytest.mark.pki(key_type="RSA-2048")
@scenarios.parametrize(policy=AGENT, only=[*BY_STAPLE, *BY_RESPONDER])
def test_ocsp_agent(scenario: Case, pki: PKI) -> None:
    """The agent of npm ocsp goes by the staple, by the responder without one, and accepts only good."""
    env = environment()
    result = scenario.check(lambda url, ca_file: node("ocsp_agent.js", url, ca_file, env=env), pki=pki)
    assert result.seen.asked == ({"staple"} if scenario.name in BY_STAPLE else {"staple", "OCSP"})
    assert (BY_STAPLE | BY_RESPONDER)[scenario.name] in result.outcome.words


EASY_OCSP = replace(AGENT, sources=("OCSP",), bad_staple_rejects=False)
ANSWERS = {
    "ocsp-good": "accepts",
    "ocsp-slow": "accepts",
    "ocsp-revoked": "the responder says revoked",
    "ocsp-hold": "the responder says revoked",
    "ocsp-unknown": "the responder says unknown",
    "ocsp-stale": "the answer is good from",
    "ocsp-early": "the answer is good from",
    "ocsp-bad-signature": "OCSP response signature verification failed",
    "ocsp-wrong-certificate": "OCSP response does not match certificate",
    "ocsp-unauthorized": "OCSP server response: unauthorized",
    "ocsp-http-500": "OCSP request failed with http status 500",
    "ocsp-silent": "Operation timed out after 3000ms",
    "good-staple-ocsp-revoked": "the responder says revoked",
    "bad-staple-ocsp-good": "accepts",
    "intermediate-ocsp-revoked": "accepts",
}


@scenarios.parametrize(policy=EASY_OCSP, only=ANSWERS)
def test_easy_ocsp(scenario: Case) -> None:
    """With easy-ocsp only an answer of the responder that says good will do, whatever the staple says."""
    env = environment()
    result = scenario.check(
        lambda host, port, server_name, ca_file: node(
            "easy_ocsp.js", host, port, server_name, ca_file, env=env
        )
    )
    assert ANSWERS[scenario.name] in result.outcome.words
    if scenario.scenario.about == "leaf":
        assert result.seen.asked == {"OCSP"}


@scenarios.parametrize(policy=EASY_OCSP, only=["no-sources", "crl-good", "ocsp-refused"])
def test_easy_ocsp_has_nobody_to_ask(scenario: Case) -> None:
    """Without a responder that can be reached easy-ocsp throws, and no CRL stands in."""
    env = environment()
    seen = scenario.check(
        lambda host, port, server_name, ca_file: node(
            "easy_ocsp.js", host, port, server_name, ca_file, env=env
        )
    ).seen
    assert seen.completed
    assert not seen.asked
