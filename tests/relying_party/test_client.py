"""The reference client's connection: whom it trusts, what it is for, and what ends it."""

import contextlib
import socket
import ssl
import threading
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL

from mockpki import PKI, faults, relying_party
from mockpki.relying_party import HARD_FAIL, SOFT_FAIL, STAPLE_REQUIRED, Policy, named
from tests.kit.plain_server import plain_server
from tests.relying_party.kit import BAD_STAPLE, SHORT, check, looked


class TestUnusable:
    def test_garbage_staple(self, pki: PKI) -> None:
        """A staple that is not DER ends the handshake by OpenSSL 4; an older one leaves it to the policy."""
        leaf, garbage = pki.issue_cert("localhost"), [faults.Garbage()]
        for policy in (SOFT_FAIL, HARD_FAIL):
            verdict, handshake = check(pki, leaf, policy, staple=garbage)
            if SSL.OPENSSL_VERSION_NUMBER < 0x40000000:
                assert looked(verdict) == [("staple", "unreadable"), ("OCSP", "good")]
                assert (verdict.accepted, verdict.staple) == (True, handshake.staple)
            else:
                assert (verdict.accepted, verdict.fetched, verdict.staple) == (False, (), None)
                assert handshake.alert == BAD_STAPLE
                assert "the handshake failed" in verdict.reasons[0]
        # A policy that wants it usable rejects it by whichever.
        for policy in (STAPLE_REQUIRED, replace(SOFT_FAIL, bad_staple_rejects=True)):
            verdict, handshake = check(pki, leaf, policy, staple=garbage)
            assert (verdict.accepted, handshake.alert) == (False, BAD_STAPLE)
        not_asked_for = replace(SOFT_FAIL, sources=("OCSP", "CRL"))
        assert check(pki, leaf, not_asked_for, staple=garbage)[0].accepted


class TestConnection:
    def test_untrusted(self, pki: PKI) -> None:
        """A server of another PKI is rejected before anything is asked, and it is told why."""
        with PKI() as other:
            verdict, handshake = check(pki, pki.issue_cert("localhost"), HARD_FAIL, [], ca=other.ca_file)
        assert (verdict.accepted, verdict.fetched, verdict.chain) == (False, (), ())
        assert "lead to no trusted one" in verdict.reasons[0]
        assert handshake.alert == "unknown_ca"

    def test_expired(self, pki: PKI) -> None:
        """So is an expired certificate."""
        past = datetime.now(timezone.utc) - timedelta(days=1)
        verdict, handshake = check(pki, pki.issue_cert("localhost", not_after=past), HARD_FAIL, [])
        assert "it has expired" in verdict.reasons[0]
        assert handshake.alert == "certificate_expired"

    @pytest.mark.parametrize(
        ("identity", "name", "right"),
        [
            ("a.test", "a.test", True),
            ("a.test", "A.TEST", True),
            ("a.test", "b.test", False),
            ("*.a.test", "b.a.test", True),
            ("*.a.test", "c.b.a.test", False),
            ("*.a.test", "a.test", False),
            ("127.0.0.1", "127.0.0.1", True),
            ("127.0.0.1", "127.0.0.2", False),
            ("bücher.test", "bücher.test", True),
        ],
    )
    def test_names(self, pki: PKI, identity: str, name: str, right: bool) -> None:
        """The name asked for has to be in the certificate, as it is or by a wildcard."""
        verdict, _ = check(pki, pki.issue_cert(identity), HARD_FAIL, [], server_name=name)
        assert verdict.accepted == right
        assert right or verdict.reasons == (f"the certificate is not for {name}",)

    def test_trust(self, pki: PKI) -> None:
        """What is trusted may be PEM bytes, and an authority that is no root; then nobody checks that."""
        leaf = pki.issue_cert("localhost")
        verdict, _ = check(pki, leaf, HARD_FAIL, staple=[], ca=pki.ca.cert_pem)
        assert verdict.accepted
        assert verdict.chain[-1].public_bytes(Encoding.DER) == pki.ca.der
        pki.root.ocsp.assert_not_asked()

    def test_silent_server(self, pki: PKI) -> None:
        """A server that never answers is no verdict, but a time-out."""
        with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TimeoutError):
            relying_party.check("127.0.0.1", silent.getsockname()[1], ca=pki.ca_file, timeout=SHORT)

    def test_closing_server(self, pki: PKI) -> None:
        """A server that closes before its part of the handshake is rejected."""
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def close() -> None:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(4096)

            thread = threading.Thread(target=close)
            thread.start()
            verdict = relying_party.check("127.0.0.1", listener.getsockname()[1], ca=pki.ca_file)
            thread.join()
        assert not verdict.accepted
        assert verdict.reasons[0].startswith("the handshake failed: ")

    def test_no_server(self, pki: PKI) -> None:
        """Where nobody listens, there is no verdict either."""
        port = int(pki.dead_url.rpartition(":")[2].partition("/")[0])
        with pytest.raises(ConnectionRefusedError):
            relying_party.check("127.0.0.1", port, ca=pki.ca_file)

    def test_no_tls(self, pki: PKI) -> None:
        """A server that speaks something else is rejected."""
        port = int(pki.ocsp.url.rpartition(":")[2].partition("/")[0])
        verdict = relying_party.check("127.0.0.1", port, ca=pki.ca_file)
        assert not verdict.accepted
        assert "the handshake failed" in verdict.reasons[0]


class TestCRLIssuer:
    """A CRL that a CA has signed with another of its keys."""

    @pytest.mark.parametrize("sent", [True, False])
    def test_it_comes_with_the_chain(self, pki: PKI, sent: bool) -> None:
        """The certificate of that key is among what the server sends; without it nobody can tell."""
        rolled = pki.root.create_child_ca(name_of=pki.ca)
        leaf = pki.issue_cert("localhost", ocsp_urls=[], crl_urls=[rolled.crl.url])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        chain = Path(leaf.chain_file).with_name("rolled.crt")
        chain.write_bytes(leaf.chain_pem + (rolled.cert_pem if sent else b""))
        context.load_cert_chain(chain, leaf.key_file)

        def serve(sock: socket.socket) -> None:
            with contextlib.suppress(OSError), context.wrap_socket(sock, server_side=True) as tls:
                tls.recv(1)

        with plain_server(serve) as (host, port):

            def judge(policy: Policy) -> tuple[bool, str]:
                verdict = relying_party.check(
                    host, port, server_name="localhost", ca=pki.ca_file, policy=policy
                )
                return verdict.accepted, verdict.status

            whole, plain = "rfc5280,sources=CRL", "hard-fail,sources=CRL"
            assert judge(named(whole)) == ((True, "good") if sent else (False, "undetermined"))
            assert judge(named(plain)) == (False, "undetermined")
            rolled.revoke(leaf.serial_number)
            assert judge(named(whole)) == ((False, "revoked") if sent else (False, "undetermined"))
            assert judge(named(plain)) == (False, "undetermined")


class TestVariations:
    """Policies that are none of the named ones."""

    def test_by_name(self, pki: PKI) -> None:
        """A policy goes by its name, too."""
        leaf = pki.issue_cert("localhost")
        with pki.tls_server(leaf, staple=None) as server:
            for name, accepted in (("hard-fail", True), ("STAPLE_REQUIRED", False)):
                where: dict[str, Any] = {"server_name": "localhost", "ca": pki.ca_file}
                verdict = relying_party.check(server.host, server.port, policy=name, **where)
                assert verdict.accepted == accepted


class TestArguments:
    def test_check(self, pki: PKI) -> None:
        """Arguments that make no sense are refused before there is any connection."""
        wrong: Any = 3
        with pytest.raises(TypeError, match=r"policy= of check.. takes a Policy, or the name of one"):
            relying_party.check("127.0.0.1", 1, ca=pki.ca_file, policy=wrong)
        with pytest.raises(LookupError, match="no policy 'hart-fail'; did you mean hard-fail"):
            relying_party.check("127.0.0.1", 1, ca=pki.ca_file, policy="hart-fail")
        with pytest.raises(LookupError, match="no policy 'x'; there are no-check, soft-fail, hard-fail"):
            relying_party.named("x")
        with pytest.raises(ValueError, match="has no time zone"):
            relying_party.check("127.0.0.1", 1, ca=pki.ca_file, now=datetime(2020, 1, 1))  # noqa: DTZ001
        with pytest.raises(ValueError, match="ca= holds no certificate in PEM"):
            relying_party.check("127.0.0.1", 1, ca=b"")
        nothing: Any = None
        with pytest.raises(TypeError, match=r"ca= of .* takes the path of a PEM file"):
            relying_party.check("127.0.0.1", 1, ca=nothing)
