"""Whether a client kept its policy, by what it did and what was seen of it."""

import socket
import ssl
from dataclasses import replace

import pytest

from mockpki._tls.handshake import Handshake
from mockpki.relying_party import HARD_FAIL, SOFT_FAIL, STAPLE_REQUIRED
from mockpki.scenarios import (
    POLICIES,
    TABLE,
    Case,
    Expectation,
    Expected,
    Outcome,
    Seen,
    find_other_alert,
    judge,
)
from mockpki.scenarios.clients._judging import OTHER_ALERTS
from tests.kit.reference_client import by_name, careless, gives_up, reference


class TestJudge:
    def test_no_verdict(self) -> None:
        """A client that came to no verdict has a problem, whatever was expected."""
        either = Expectation(Expected.EITHER, "a clause")
        result = judge(by_name("no-sources"), either, Outcome(None, "it hung", 3.0), Seen((), (), ()))
        assert result.problems == ("the client came to no verdict",)
        assert not result.ok
        assert "happened: the client came to no verdict after 3.00 s: it hung" in str(result)

    def test_without_evidence(self) -> None:
        """The verdict alone is held against what was expected."""
        expectation = Expectation(Expected.REJECT, "OCSP says revoked", frozenset({"OCSP"}))
        scenario, nothing = by_name("ocsp-revoked"), Seen((), (), ())
        result = judge(scenario, expectation, Outcome(False), nothing, evidence=False)
        assert result.ok
        assert str(result).startswith("ocsp-revoked: as expected")
        wrong = judge(scenario, expectation, Outcome(True), nothing, evidence=False)
        assert wrong.problems == ("the policy demands reject, and the client did accept",)

    def test_either(self) -> None:
        """Where a client may do either, both verdicts are right."""
        either = Expectation(Expected.EITHER, "a clause")
        for accepted in (True, False):
            outcome = Outcome(accepted)
            assert judge(by_name("no-sources"), either, outcome, Seen((), (), ()), evidence=False).ok


class TestOtherAlerts:
    """Alerts about trust, names and the protocol are no verdicts, in any scenario."""

    @pytest.mark.parametrize("alert", OTHER_ALERTS)
    def test_in_every_scenario(self, alert: str) -> None:
        """A client that rejected by such an alert has kept no policy, but where either end is right."""
        seen = Seen((Handshake("client", alert=alert, staple_requested=True),), (), ())
        for policy in POLICIES.values():
            for scenario in TABLE:
                expected = scenario.expected(policy)
                result = judge(scenario, expected, Outcome(False), seen)
                if expected.verdict is Expected.EITHER:
                    assert result.ok
                    continue
                assert result.problems == (
                    f"the client rejected with the alert {alert}, which is about {OTHER_ALERTS[alert]} "
                    "and not about revocation: it is not judged",
                )
                assert find_other_alert(Outcome(False), seen) == alert

    @pytest.mark.parametrize("alert", ["certificate_revoked", "bad_certificate"])
    def test_those_that_may_be(self, alert: str) -> None:
        """One that is about revocation, or may be, is a verdict for who has looked."""
        asked = Seen((Handshake("client", alert=alert, staple_requested=True),), (), ())
        blind = Seen((Handshake("client", alert=alert),), (), ())
        scenario = by_name("staple-revoked")
        assert judge(scenario, scenario.expected(STAPLE_REQUIRED), Outcome(False), asked).ok
        assert not judge(scenario, scenario.expected(STAPLE_REQUIRED), Outcome(False), blind).ok

    def test_who_has_fetched(self) -> None:
        """OpenSSL says unknown_ca for want of a CRL: of one that it fetched, it is a verdict."""
        scenario = by_name("crl-garbage")
        policy = replace(HARD_FAIL, sources=("CRL",))
        with Case(scenario, policy).staged() as stage:
            *_, target = stage.visits()
            reference(policy)(target.host, target.port, target.ca_file, target.server_name)
            fetched = replace(stage.seen, handshakes=(Handshake("client", alert="unknown_ca"),))
        assert judge(scenario, scenario.expected(policy), Outcome(False), fetched).ok
        assert not judge(scenario, scenario.expected(policy), Outcome(False), replace(fetched, crl=())).ok

    def test_who_accepts(self) -> None:
        """A client may fail, come again, and accept."""
        shakes = (Handshake("client", alert="protocol_version"), Handshake("client", completed=True))
        scenario = by_name("no-sources")
        assert judge(scenario, scenario.expected(SOFT_FAIL), Outcome(True), Seen(shakes, (), ())).ok


class TestNoSourceCouldTell:
    @pytest.mark.parametrize(
        ("name", "looked"), [("ocsp-http-500", False), ("crl-garbage", False), ("ocsp-refused", True)]
    )
    def test_somebody_was_asked(self, name: str, looked: bool) -> None:
        """Who rejects because no source could tell has asked one, if that leaves a trace."""
        scenario, shake = by_name(name), Handshake("client", completed=True, staple_requested=True)
        result = judge(scenario, scenario.expected(HARD_FAIL), Outcome(False), Seen((shake,), (), ()))
        assert result.ok is looked


class TestCheck:
    def test_accepts_what_it_should_reject(self) -> None:
        """The failure says what was staged, expected and seen."""
        case = Case(by_name("ocsp-revoked"), HARD_FAIL)
        with pytest.raises(AssertionError) as caught:
            case.check(careless)
        text = str(caught.value)
        for part in (
            "ocsp-revoked: the policy demands reject, and the client did accept",
            "staged:   There is no staple and no CRL; the responder says revoked.",
            "expected: reject: OCSP says revoked",
            "happened: the client accepted after 0.",
            "TLSv1.3 for localhost: no staple asked for, none sent; completed",
            "OCSP: not asked",
            "CRL: not asked",
        ):
            assert part in text

    def test_rejects_what_it_should_accept(self) -> None:
        """The failure has the client's own words, and what it was sent."""
        case = Case(by_name("staple-stale"), SOFT_FAIL)
        with pytest.raises(AssertionError) as caught:
            case.check(reference(STAPLE_REQUIRED))
        text = str(caught.value)
        assert "the policy demands accept, and the client did reject" in text
        assert "the policy requires a usable staple" in text
        assert "not completed (" in text
        assert "alert bad_certificate_status_response" in text
        assert "octets sent" in text

    def test_rejects_for_another_reason(self) -> None:
        """A rejection counts only if the client has looked at what told it to."""
        case = Case(by_name("ocsp-revoked"), HARD_FAIL)
        by_staple = reference(STAPLE_REQUIRED)
        with pytest.raises(AssertionError, match=r"without having looked at what told it to \(OCSP\)"):
            case.check(by_staple)
        assert not case.check(gives_up, evidence=False).outcome.accepted
        # Nobody can see who tries a port where nobody listens.
        assert Case(by_name("ocsp-refused"), HARD_FAIL).check(by_staple).ok

    def test_never_came(self) -> None:
        """A client that does not come has no verdict."""
        case = Case(by_name("staple-good"), SOFT_FAIL)
        with pytest.raises(AssertionError, match="the client never came"):
            case.check(lambda: None)
        assert case.check(lambda: None, evidence=False).ok

    def test_no_handshake(self) -> None:
        """A client that accepts without a handshake has not accepted the server."""

        def distrusts(host: str, port: int) -> None:
            context = ssl.create_default_context()
            with pytest.raises(ssl.SSLError), socket.create_connection((host, port), timeout=5) as sock:
                context.wrap_socket(sock, server_hostname="localhost")

        with pytest.raises(AssertionError, match="it completed no TLS handshake"):
            Case(by_name("staple-good"), SOFT_FAIL).check(distrusts)
