"""A server that checks client certificates: the table for clients with the roles turned."""

import socket
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from mockpki import PKI, scenarios
from mockpki.relying_party import Policy, named
from mockpki.scenarios import TABLE, Offer, Says, Scenario, judge
from mockpki.scenarios.servers import CLIENT_TABLE, NotListening, ServerCommand, find_client_trouble, meet
from mockpki.scenarios.servers._client_certificates import present, turn
from tests.kit.server_scripts import ARGUMENTS, DIES, command

SCRIPT = str(Path(__file__).parents[2] / "servers" / "client_certificates.py")
GOOD = Offer(Says.GOOD)
SHORT = timedelta(milliseconds=300)
PATIENT = timedelta(seconds=30)


def server(*arguments: str) -> ServerCommand:
    """Python's ssl module as a server that trusts these, and goes by these CRLs."""
    command = [sys.executable, SCRIPT, "{host}", "{port}", "{chain_file}", "{key_file}", *arguments]
    return ServerCommand(command, name="ssl")


def test_the_table_is_that_of_clients_without_staples() -> None:
    """What is told by a staple alone falls away, all else is there in its order, and has no staple."""
    names = [scenario.name for scenario in CLIENT_TABLE]
    assert {"ocsp-revoked", "crl-hold", "crl-stale", "intermediate-crl-revoked", "no-sources"} <= {*names}
    assert not [name for name in names if name.startswith(("staple-g", "must-staple", "crlite"))]
    assert "intermediate-not-sent" not in names
    assert [scenario.name for scenario in TABLE if scenario.name in names] == names
    assert all(scenario.staple is None for scenario in CLIENT_TABLE)
    assert len(names) > len(TABLE) // 2
    own = Scenario("own", "A staple and a CRL.", GOOD, crl=GOOD)
    assert turn([own]) == ()
    (turned,) = turn([Scenario("own", "Of the CA above.", GOOD, GOOD, about="intermediate")])
    assert (turned.staple, turned.ocsp) == (None, GOOD)


def answering(octets: bytes) -> Callable[[socket.socket], None]:
    """A handler that reads, says this, and ends."""

    def handle(connection: socket.socket) -> None:
        connection.recv(4096)
        if octets:
            connection.sendall(octets)

    return handle


def waiting(connection: socket.socket) -> None:
    """A handler that says nothing until the client ends."""
    while connection.recv(4096):
        pass


ANSWERS: dict[str, tuple[Callable[[socket.socket], None], bool | None, str]] = {
    "page": (answering(b"HTTP/1.1 200 OK\r\n\r\n"), True, "HTTP/1.1 200 OK"),
    "no page": (answering(b"HTTP/1.0 404 Not Found\r\n\r\n"), True, "HTTP/1.0 404 Not Found"),
    "program down": (answering(b"HTTP/1.1 502 Bad Gateway\r\n\r\n"), True, "HTTP/1.1 502 Bad Gateway"),
    "bad request": (answering(b"HTTP/1.1 400 Bad Request\r\n\r\n"), False, "HTTP/1.1 400 Bad Request"),
    "forbidden": (answering(b"HTTP/1.1 403 Forbidden\r\n\r\n"), False, "HTTP/1.1 403 Forbidden"),
    "other protocol": (answering(b"-ERR unknown command\r\n"), True, "it answered"),
    "nothing": (answering(b""), False, "it closed the connection without an answer"),
    "silence": (waiting, None, "no answer within 0.3 s"),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_what_an_answer_means(pki: PKI, case: str) -> None:
    """An answer accepts, unless its status refuses; an end refuses, and silence is no verdict."""
    handler, accepted, words = ANSWERS[case]
    client = pki.issue_cert("joe@a.example", client=True)
    with pki.tls_server(pki.issue_cert("localhost"), client_ca=pki.ca, handler=handler) as tls:
        outcome, seen = present(tls, client, pki.ca_file, SHORT if accepted is None else PATIENT)
        assert (outcome.accepted, outcome.words) == (accepted, words)
        assert tls.connections[0].client_certificate == client.certificate
        assert seen.completed is (accepted is True or "HTTP" in words)


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_alerts_are_seen_by_name(pki: PKI, version: str) -> None:
    """The alert that the server sent is the alert that the client saw, and its text has it."""
    client, leaf = pki.issue_cert("joe@a.example", client=True), pki.issue_cert("localhost")
    for alert in ("certificate_revoked", "unknown_ca", "access_denied", "handshake_failure"):
        with pki.tls_server(leaf, client_ca=pki.ca, refuse_clients=alert, maximum_version=version) as tls:
            outcome, seen = present(tls, client, pki.ca_file, PATIENT)
            assert (outcome.accepted, outcome.words) == (False, f"alert {alert}")
            assert (seen.alert, tls.connections[0].alert_sent) == (alert, alert)
            assert str(seen).endswith(f"with a client certificate: refused with the alert {alert}")


def test_a_server_that_cannot_be_judged() -> None:
    """One that trusts another CA refuses good clients, one that asks for no certificate takes any."""
    assert find_client_trouble(server("{ca_file}")) == ""
    assert find_client_trouble(server("{client_ca_file}", "{crl_file}")) == ""
    refuses = find_client_trouble(server("{cert_file}"))
    assert refuses.startswith(
        "it does not accept a client of which responder and CRL say good: alert unknown_ca"
    )
    assert "It printed:" in refuses
    assert find_client_trouble(server("-")).startswith(
        "it accepts the client certificate of a CA that nobody"
    )
    dies = command(DIES, *ARGUMENTS, "{ca_file}")
    gone = find_client_trouble(dies)
    assert gone.startswith(
        "it does not stay: script ended with 3 after it had listened; it printed:\nat your"
    )
    (scenario,) = scenarios.matching("crl-revoked", CLIENT_TABLE)
    met = meet(scenario, dies)
    assert (met.outcome.accepted, met.status) == (None, 3)
    assert met.outcome.words.endswith(
        "ended with 3 after it had listened; at last it printed: fatal: I cannot"
    )
    with pytest.raises(NotListening, match="No such file"):
        find_client_trouble(server("{ca_file}", "nowhere.pem"))


VERDICTS = {
    "crl-good": (True, ""),
    "crl-revoked": (False, "certificate_revoked"),
    "crl-hold": (False, "certificate_revoked"),
    "crl-stale": (False, "certificate_expired"),
    "crl-wrong-signer": (False, ""),
    "crl-garbage": (False, ""),
    "ocsp-revoked": (False, ""),
    "intermediate-crl-revoked": (False, "certificate_revoked"),
    "intermediate-good": (True, ""),
}


def test_a_server_with_crls_keeps_a_policy() -> None:
    """By each scenario's CRLs, in a file, it is hard-fail; by another policy it is not, in the same words."""
    hard = Policy(sources=("CRL",), hard_fail=True, sourceless_passes=False)
    for name, (accepted, alert) in VERDICTS.items():
        (scenario,) = scenarios.matching(name, CLIENT_TABLE)
        met = meet(scenario, server("{ca_file}", "{crl_file}"))
        assert met.outcome.accepted is accepted, name
        assert not alert or met.seen.alerts == (alert,), name
        assert "CRL: handed out as a file" in str(met.seen)
        assert judge(scenario, scenario.expected(hard), met.outcome, met.seen).ok, name
        if name == "crl-garbage":
            assert met.outcome.words.startswith("it does not start with this CRL: ")
        if name == "crl-stale":
            (problem,) = judge(
                scenario, scenario.expected(named("soft-fail")), met.outcome, met.seen
            ).problems
            assert problem == "the policy demands accept, and the server did reject"


def test_a_server_without_crls_sees_none() -> None:
    """It takes the revoked, too: what is told of the others is told by what they do, and not by the table."""
    (scenario,) = scenarios.matching("crl-revoked", CLIENT_TABLE)
    met = meet(scenario, server("{ca_file}"))
    assert met.outcome.accepted
    assert not met.seen.crl_file
    assert judge(scenario, scenario.expected(named("no-check")), met.outcome, met.seen).ok
    said = str(judge(scenario, scenario.expected(named("hard-fail")), met.outcome, met.seen))
    assert "the policy demands reject, and the server did accept" in said
    assert "happened: the server accepted after" in said


def test_a_server_is_visited_twice() -> None:
    """Where a client has come before, the same server is there again; one with a file is started anew."""
    (scenario,) = scenarios.matching("ocsp-revoked-since", CLIENT_TABLE)
    code = f"print('started', flush=True); exec(open({SCRIPT!r}).read())"
    words = [sys.executable, "-c", code, "{host}", "{port}", "{chain_file}", "{key_file}", "{ca_file}"]
    for crl, starts in ((), 1), (("{crl_file}",), 2):
        met = meet(scenario, ServerCommand([*words, *crl], name="ssl"))
        assert met.printed.count("started") == starts
