"""Whether a client kept its policy, by what it did and what was seen of it."""

import socket
import ssl

import pytest

from mockpki.relying_party import HARD_FAIL, SOFT_FAIL, STAPLE_REQUIRED
from mockpki.scenarios import Case, Expectation, Expected, Outcome, Seen, judge
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
        with pytest.raises(AssertionError, match=r"without having looked at what told it to \(OCSP\)"):
            case.check(gives_up)
        assert not case.check(gives_up, evidence=False).outcome.accepted
        # Nobody can see who tries a port where nobody listens.
        assert Case(by_name("ocsp-refused"), HARD_FAIL).check(gives_up).ok

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
