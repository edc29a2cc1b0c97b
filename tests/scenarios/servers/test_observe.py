"""`staplers.observe`: what a server staples, told in a word, whatever it is."""

import socket
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from mockpki import PKI, faults, staplers
from mockpki.scenarios.servers import WORDS
from mockpki.staplers import Observation

SECOND = timedelta(seconds=1)


def observed(pki: PKI, staple: Any, **options: Any) -> Observation:
    """What one client sees of a server with this staple."""
    leaf = pki.issue_cert("localhost", "127.0.0.1")
    with pki.tls_server(leaf, staple=staple) as server:
        (seen,) = staplers.observe(
            server.host, server.port, ca=pki.ca_file, server_name="localhost", now=pki.clock.now, **options
        )
        (handshake,) = server.connections
    assert handshake.staple_requested
    return seen


class TestWords:
    @pytest.mark.parametrize(
        ("staple", "says", "usable"),
        [
            ([], "good", True),
            ([faults.Revoked()], "revoked", True),
            ([faults.Unknown()], "unknown", True),
            ([faults.TryLater()], "try-later", False),
            ([faults.MalformedRequest()], "malformed-request", False),
            ([faults.InternalError()], "internal-error", False),
            ([faults.SigRequired()], "sig-required", False),
            ([faults.Unauthorized()], "unauthorized", False),
            ([faults.Stale(by=SECOND)], "expired", False),
            ([faults.Early()], "too-early", False),
            ([faults.BadSignature()], "bad-signature", False),
            ([faults.WrongSigner()], "wrong-signer", False),
            ([faults.WrongSerial()], "wrong-certificate", False),
            (b"no OCSP response", "unreadable", False),
            (None, "none", False),
        ],
    )
    def test_each_staple_has_its_word(self, pki: PKI, staple: Any, says: str, usable: bool) -> None:
        """Whatever is stapled, the observation says what it is, and whether a client can go by it."""
        seen = observed(pki, staple)
        assert (seen.says, seen.usable) == (says, usable)
        assert says in WORDS
        assert says in str(seen)

    def test_the_staple_itself(self, pki: PKI) -> None:
        """The octets are those that the server sent, and the times are theirs."""
        der = pki.ocsp.response_for(leaf := pki.issue_cert("localhost", "127.0.0.1"))
        with pki.tls_server(leaf, staple=der) as server:
            (seen,) = staplers.observe(server.host, server.port, ca=pki.ca_file, server_name="localhost")
            assert server.connections[0].staple == der
        assert seen.staple == der
        assert seen.this_update is not None
        assert seen.next_update == seen.this_update + timedelta(days=7)
        assert f"good until {seen.next_update:%Y-%m-%d %H:%M:%S}Z" in str(seen)

    def test_an_answer_about_nothing(self, pki: PKI) -> None:
        """A response without a single answer has no times, and is about no certificate of ours."""
        seen = observed(pki, [faults.NoSingleResponses()])
        assert (seen.says, seen.this_update, seen.next_update) == ("wrong-certificate", None, None)

    def test_clocks_may_be_off_if_asked_to(self, pki: PKI) -> None:
        """What has just expired is good for a client that allows for clocks, and for no other."""
        staple = [faults.Stale(by=timedelta(minutes=1))]
        assert observed(pki, staple).says == "expired"
        assert observed(pki, staple, clock_skew=timedelta(minutes=2)).says == "good"


class TestFailures:
    def test_nobody_listens(self, pki: PKI) -> None:
        """A refused connection is an observation, with the words of the system."""
        port = int(pki.dead_url.split(":")[2].split("/")[0])
        (seen,) = staplers.observe("127.0.0.1", port, ca=pki.ca_file)
        assert seen.says == "failed"
        assert "refused" in seen.reason

    def test_a_server_that_says_nothing(self, pki: PKI) -> None:
        """A handshake that does not end is over when the client's patience is."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            (seen,) = staplers.observe(
                *silent.getsockname(), ca=pki.ca_file, timeout=timedelta(milliseconds=100)
            )
        assert seen.says == "timeout"
        assert seen.took >= timedelta(milliseconds=100)

    def test_a_stranger(self, pki: PKI) -> None:
        """A certificate that leads to no trusted one fails, with the reason, and is no staple's fault."""
        with PKI() as other:
            leaf = other.issue_cert("localhost", "127.0.0.1")
            with other.tls_server(leaf) as server:
                (seen,) = staplers.observe(server.host, server.port, ca=pki.ca_file, server_name="localhost")
        assert seen.says == "failed"
        assert "lead to no trusted one" in seen.reason

    def test_trust_in_the_certificate_itself(self) -> None:
        """A staple is judged by the issuer's certificate; without it there is nothing to say."""
        with PKI(depth=0) as pki:
            leaf = pki.issue_cert("localhost", "127.0.0.1")
            with pki.tls_server(leaf) as server:
                with pytest.raises(ValueError, match="the server's own certificate"):
                    staplers.observe(server.host, server.port, ca=leaf.cert_pem, server_name="localhost")
                (seen,) = staplers.observe(server.host, server.port, ca=pki.ca_file, server_name="localhost")
        assert seen.says == "good"


class TestOverTime:
    def test_several(self, pki: PKI) -> None:
        """So many handshakes as were asked for, with no less than the time asked for between them."""
        leaf = pki.issue_cert("localhost", "127.0.0.1")
        every = timedelta(milliseconds=50)
        began = datetime.now(timezone.utc)
        with pki.tls_server(leaf) as server:
            seen = staplers.observe(
                server.host, server.port, ca=pki.ca_file, server_name="localhost", times=3, every=every
            )
            assert len(server.connections) == 3
        assert [one.says for one in seen] == ["good"] * 3
        assert datetime.now(timezone.utc) - began >= 2 * every

    def test_another_time(self, pki: PKI) -> None:
        """A given time is the one that staples are judged by."""
        leaf = pki.issue_cert("localhost", "127.0.0.1")
        later = pki.clock.now() + timedelta(days=8)
        with pki.tls_server(leaf) as server:
            (seen,) = staplers.observe(
                server.host, server.port, ca=pki.ca_file, server_name="localhost", now=later
            )
        assert (seen.says, seen.time) == ("expired", later)

    @pytest.mark.parametrize(
        ("options", "error", "words"),
        [
            ({"times": 0}, ValueError, "1 or more"),
            ({"every": -SECOND}, ValueError, "every= of observe"),
            ({"now": "noon"}, TypeError, "an aware datetime, or a function"),
            ({"now": datetime(2030, 1, 1)}, ValueError, "no time zone"),  # noqa: DTZ001
        ],
    )
    def test_what_makes_no_sense(
        self, pki: PKI, options: dict[str, Any], error: type[Exception], words: str
    ) -> None:
        """Arguments that make no sense are an error that names them."""
        leaf = pki.issue_cert("localhost", "127.0.0.1")
        with pki.tls_server(leaf) as server, pytest.raises(error, match=words):
            staplers.observe(server.host, server.port, ca=pki.ca_file, server_name="localhost", **options)
