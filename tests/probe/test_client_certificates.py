"""Real servers that check client certificates, told which policy they keep."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from mockpki import scenarios
from mockpki._probe import ClientReport
from mockpki._probe.client_certificates import probe_client_certificates
from mockpki.relying_party import named
from mockpki.scenarios.servers import CLIENT_TABLE, ServerCommand
from tests.scenarios.servers.test_client_certificates import server
from tests.servers.commands import apache_clients, go_clients, java_clients, nginx_clients, stunnel_clients

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="this system has no process groups")

SOME = (
    *(
        "ocsp-good",
        "ocsp-revoked",
        "ocsp-hold",
        "ocsp-unknown",
        "ocsp-stale",
        "ocsp-refused",
        "ocsp-wrong-signer",
    ),
    *("crl-good", "crl-revoked", "crl-hold", "crl-stale", "crl-wrong-signer", "intermediate-crl-revoked"),
    *("intermediate-good", "intermediate-ocsp-revoked", "no-sources", "ocsp-refused-crl-revoked"),
)
"""Enough to tell the policies below apart, in a second or two."""

BY_OCSP = "hard-fail,sources=OCSP,sourceless_passes=no"
BY_CRLS = "hard-fail,sources=CRL,sourceless_passes=no"
OF_LEAVES = tuple(row for row in SOME if not row.startswith("intermediate-"))
"""For a server whose documentation does not say of which certificates it wants CRLs."""
WITH_RESPONDERS = tuple(row for row in SOME if "ocsp" in row or row == "intermediate-good")
"""For one whose documentation speaks of certificates that name a responder, and of no others."""
FEWER = (
    *("ocsp-good", "ocsp-revoked", "ocsp-stale", "ocsp-refused", "ocsp-refused-crl-revoked"),
    "no-sources",
)
"""For a server that takes its time to start."""


@dataclass(frozen=True)
class Real:
    """A server as *make* configures it in a folder, the *policy* that it keeps there by its documentation, or
    as its author wants it, and what it *says* to a client that is revoked."""

    make: Callable[[Path], ServerCommand]
    policy: str
    says: str
    rows: tuple[str, ...] = SOME


SERVERS = {
    # nginx completes the handshake, and says by HTTP that the certificate will not do.
    "nginx, ssl_ocsp": Real(nginx_clients, BY_OCSP, "HTTP 400"),
    "nginx, ssl_crl": Real(lambda folder: nginx_clients(folder, crl=True), BY_CRLS, "HTTP 400"),
    "Apache, SSLOCSPEnable": Real(apache_clients, BY_OCSP, "certificate_revoked"),
    "Apache, SSLCARevocationCheck": Real(
        lambda folder: apache_clients(folder, crl=True), BY_CRLS, "certificate_revoked"
    ),
    "stunnel, OCSPaia": Real(
        stunnel_clients, "hard-fail,sources=OCSP", "certificate_revoked", WITH_RESPONDERS
    ),
    "stunnel, CRLfile": Real(
        lambda folder: stunnel_clients(folder, crl=True), BY_CRLS, "certificate_revoked", OF_LEAVES
    ),
    "Go, VerifyPeerCertificate": Real(go_clients, BY_CRLS, "bad_certificate"),
    "Java, PKIXRevocationChecker": Real(lambda folder: java_clients(), "jdk", "certificate_unknown", FEWER),
    "Java, SOFT_FAIL": Real(
        lambda folder: java_clients("SOFT_FAIL"),
        "jdk-soft-fail",
        "certificate_unknown",
        FEWER[:5],
    ),
}


def probe(command: ServerCommand, *names: str, policy: str = "") -> ClientReport:
    """The report on a server in the scenarios of these names."""
    table = scenarios.matching(names, CLIENT_TABLE)
    demanded = (policy, named(policy)) if policy else None
    return probe_client_certificates(command, table, demanded=demanded, timeout=timedelta(seconds=30))


@pytest.mark.parametrize("name", SERVERS)
def test_real_servers_keep_their_policy(name: str, tmp_path: Path) -> None:
    """Each keeps what its configuration says, seen at responders and by its refusals, and no other policy."""
    real = SERVERS[name]
    found = probe(real.make(tmp_path), *real.rows, policy=real.policy)
    assert not found.failures, [str(row.result) for row in found.failures]
    refused = {row.name: row.alerts for row in found.rows}
    policy = named(real.policy)
    sources = {"OCSP", "CRL"} & {*policy.sources}
    own = "ocsp" if "OCSP" in sources else "crl"
    good = {f"{own}-good", "intermediate-good"} & {*refused}
    revoked = {f"{own}-revoked", f"{own}-hold", f"intermediate-{own}-revoked"} & {*refused}
    assert {refused[row] for row in good} == {""}
    assert {refused[row] for row in revoked} == {real.says}
    if len(sources) == 1 and not policy.sourceless_passes:
        other = {"ocsp": "crl", "crl": "ocsp"}[own]
        assert all(refused[f"{other}-{status}"] for status in ("good", "revoked"))
    assert {source for row in found.rows for source in row.run.seen.asked} == sources
    assert found.asked.startswith("It asked for OCSP answers in ")
    # The same runs held against another policy: the verdicts were the server's.
    soft = named("soft-fail")
    odd = {row.name for row in found.rows if not scenarios.judge(
        row.run.scenario, row.run.scenario.expected(soft), row.run.outcome, row.run.seen).ok}  # fmt: skip
    assert f"{own}-stale" in odd
    assert f"{own}-revoked" not in odd
    if len(sources) == 1:
        only = {"ocsp": "asks OCSP only", "crl": "asks for the CRL only"}[own]
        assert any(only in sentence for sentence in found.inference.sentences)


def test_a_report_without_a_policy() -> None:
    """It is named after what the server did; progress is told of each scenario, whichever came first."""
    told: list[str] = []
    table = scenarios.matching(("crl-good", "crl-revoked", "crl-stale"), CLIENT_TABLE)
    found = probe_client_certificates(
        server("{ca_file}"), table, jobs=2, progress=lambda run: told.append(run.scenario.name)
    )
    assert sorted(told) == ["crl-good", "crl-revoked", "crl-stale"]
    assert [row.name for row in found.rows] == ["crl-good", "crl-revoked", "crl-stale"]
    assert (found.label, found.demanded, found.kept) == ("no-check", False, True)
    assert str(found.command).startswith(f"{sys.executable} ")
    assert found.asked == "It asked for OCSP answers in 0, CRLs in 0 of them."


def test_what_ends_a_probe() -> None:
    """A server that takes any client is not judged; what fails in between ends the servers, and comes out."""
    with pytest.raises(
        ConnectionError, match="The server is not judged: it accepts the client certificate of"
    ):
        probe(server("-"), "crl-good")

    def fail(run: object) -> None:
        raise KeyboardInterrupt

    command = server("{ca_file}")
    with pytest.raises(KeyboardInterrupt):
        probe_client_certificates(command, progress=fail, jobs=1)
    with pytest.raises(InterruptedError):
        probe(command, "crl-good")
