"""End to end: what curl, openssl s_client, gnutls-cli and Python's ssl make of the TLS server.

A verdict is believed only beside the staple that the server has recorded, and with a twin that is
accepted for the same certificate.
"""

import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509 import ocsp

from mockpki import PKI, faults
from mockpki._tls.handshake import Handshake
from mockpki._tls.server import TlsServer
from tests.kit.tls_clients import (
    connected,
    context,
    curl,
    curl_with_openssl,
    each_version,
    gnutls_cli,
    handshake_messages,
    s_client,
    shake_hands,
)


def only(server: TlsServer, version: str) -> Handshake:
    """The one connection there was, with the version that was asked for."""
    (handshake,) = server.connections
    assert handshake.version == version
    assert handshake.staple_requested
    return handshake


def status_of(staple: bytes | None) -> ocsp.OCSPCertStatus:
    """The certStatus in a staple, as cryptography reads it."""
    assert staple is not None
    return ocsp.load_der_ocsp_response(staple).certificate_status


# curl --cert-status: hard-fail on the staple alone.

CURL_REFUSES: dict[str, tuple[Any, str]] = {
    "no staple": (None, "No OCSP response received"),
    "revoked": ([faults.Revoked("key_compromise")], "SSL certificate revocation reason: keyCompromise"),
    "unknown": ([faults.Unknown()], "SSL server certificate status verification FAILED"),
    "stale": ([faults.Stale()], "OCSP response has expired"),
    "try later": ([faults.TryLater()], "Invalid OCSP response status: trylater (3)"),
    "wrong signer": ([faults.WrongSigner()], "OCSP response verification failed"),
    "forged": ([faults.Forged()], "OCSP response verification failed"),
    "bad signature": ([faults.BadSignature()], "OCSP response verification failed"),
    "wrong serial": ([faults.WrongSerial()], "Could not find certificate ID in OCSP response"),
    "garbage": (b"mockpki: no OCSP response", "Invalid OCSP response"),
}


@each_version
def test_curl_accepts_an_honest_staple(pki: PKI, version: str) -> None:
    """curl --cert-status goes on to its request, and what it saw is a staple that says good."""
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        ran = curl(pki, server, version, "--cert-status")
        handshake = only(server, version)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith(f"mockpki: you reached {handshake.leaf!r}")
    assert status_of(handshake.staple) is ocsp.OCSPCertStatus.GOOD
    assert handshake.completed
    assert handshake.requests == 1
    pki.ocsp.assert_not_asked()


@each_version
@pytest.mark.parametrize("case", CURL_REFUSES)
def test_curl_refuses_any_other_staple(pki: PKI, version: str, case: str) -> None:
    """curl --cert-status ends with status 91 and the words for this fault; without it, curl is content."""
    curl_with_openssl()
    staple, words = CURL_REFUSES[case]
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf, staple=staple) as server:
        ran = curl(pki, server, version, "--cert-status")
        handshake = only(server, version)
        twin = curl(pki, server, version)
        assert not server.connections[1].staple_requested
    assert ran.returncode == 91
    assert words in ran.stderr
    assert handshake.requests == 0
    assert (handshake.staple is None) == (staple is None)
    assert (twin.returncode, twin.stderr) == (0, "")


@each_version
def test_curl_reads_the_ledger_in_a_staple(pki: PKI, version: str) -> None:
    """A default staple says good before, and revoked after, the certificate is revoked."""
    curl_with_openssl()
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf) as server:
        before = curl(pki, server, version, "--cert-status")
        pki.revoke(leaf, "superseded")
        after = curl(pki, server, version, "--cert-status")
        first, second = server.connections
    assert before.returncode == 0
    assert status_of(first.staple) is ocsp.OCSPCertStatus.GOOD
    assert after.returncode == 91
    assert "SSL certificate revocation reason: superseded" in after.stderr
    assert status_of(second.staple) is ocsp.OCSPCertStatus.REVOKED


# openssl s_client -status judges no staple; it tells what came.


@each_version
@pytest.mark.parametrize(
    ("staple", "printed"),
    [
        ([], "Cert Status: good"),
        ([faults.Revoked()], "Cert Status: revoked"),
        ([faults.Unknown()], "unknown"),
    ],
    ids=["good", "revoked", "unknown"],
)
def test_s_client_sees_the_staple_that_was_recorded(
    pki: PKI, version: str, staple: list[Any], printed: str
) -> None:
    """The recorded octets are those in the server's messages, and s_client finds this status in them."""
    with pki.tls_server(pki.issue_cert("localhost"), staple=staple) as server:
        ran = s_client(pki, server, version, "-status")
        recorded = only(server, version).staple
    assert ran.returncode == 0, ran.stderr
    assert "Verify return code: 0 (ok)" in ran.stdout
    assert printed in ran.stdout
    assert recorded is not None
    assert handshake_messages(ran.stdout).count(b"\x01" + len(recorded).to_bytes(3) + recorded) == 1


@each_version
def test_s_client_sees_that_there_is_none(pki: PKI, version: str) -> None:
    """Without a staple s_client says so; and it gets none unless it asks."""
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf, staple=None) as server:
        ran = s_client(pki, server, version, "-status")
        assert only(server, version).staple is None
    assert "OCSP response: no response sent" in ran.stdout
    with pki.tls_server(leaf) as server:
        ran = s_client(pki, server, version)
        (handshake,) = server.connections
    assert not handshake.staple_requested
    assert handshake.staple is None
    assert handshake.completed
    assert "OCSP" not in ran.stdout


@each_version
def test_octets_that_are_no_response_reach_the_client_unchanged(pki: PKI, version: str) -> None:
    """A staple that does not parse is sent as it is: OpenSSL's client sees it, and says with an alert why."""
    junk = b"mockpki: no OCSP response " + bytes(range(256))
    with pki.tls_server(pki.issue_cert("localhost"), staple=junk) as server:
        ran = s_client(pki, server, version, "-status")
        handshake = only(server, version)
    assert handshake.staple == junk
    assert handshake_messages(ran.stdout).count(b"\x01" + len(junk).to_bytes(3) + junk) == 1
    # RFC 6066 section 8: a client that gets an invalid response "MUST abort the handshake with a
    # bad_certificate_status_response(113) alert".
    assert handshake.alert == "bad_certificate_status_response"
    assert not handshake.completed
    assert ran.returncode == 1


@each_version
def test_a_byte_after_the_response_stays_there(pki: PKI, version: str) -> None:
    """A trailing byte, which OpenSSL's own server would cut off, is in the message that goes out."""
    leaf = pki.issue_cert("localhost")
    longer = pki.ocsp.response_for(leaf) + b"\0"
    with pki.tls_server(leaf, staple=longer) as server:
        ran = s_client(pki, server, version, "-status")
        assert only(server, version).staple == longer
    assert handshake_messages(ran.stdout).count(b"\x01" + len(longer).to_bytes(3) + longer) == 1


# gnutls-cli judges staples unasked, and enforces must-staple.

GNUTLS_REFUSES: dict[str, tuple[Any, str]] = {
    "revoked": ([faults.Revoked()], "The certificate chain is revoked"),
    "stale": ([faults.Stale()], "OCSP data are old and have been superseded"),
    "wrong signer": ([faults.WrongSigner()], "OCSP status response is invalid"),
    "bad signature": ([faults.BadSignature()], "OCSP status response is invalid"),
    "wrong serial": ([faults.WrongSerial()], "OCSP status response is invalid"),
    "garbage": (b"mockpki: no OCSP response", "OCSP status response is invalid"),
}


@each_version
@pytest.mark.parametrize("must_staple", [False, True], ids=["plain", "must-staple"])
def test_gnutls_accepts_an_honest_staple(pki: PKI, version: str, must_staple: bool, tmp_path: Path) -> None:
    """gnutls-cli trusts the certificate, and the staple it has saved is the one recorded."""
    saved = tmp_path / "staple.der"
    with pki.tls_server(pki.issue_cert("localhost", must_staple=must_staple)) as server:
        ran = gnutls_cli(pki, server, version, "--save-ocsp", saved)
        handshake = only(server, version)
    assert ran.returncode == 0, ran.stderr
    assert "The certificate is trusted" in ran.stdout
    assert handshake.completed
    assert handshake.alert is None
    assert status_of(handshake.staple) is ocsp.OCSPCertStatus.GOOD
    assert saved.read_bytes() == handshake.staple


@each_version
@pytest.mark.parametrize("case", GNUTLS_REFUSES)
def test_gnutls_refuses_a_bad_staple(pki: PKI, version: str, case: str) -> None:
    """gnutls-cli says what is wrong with the staple, and ends the handshake with bad_certificate."""
    staple, words = GNUTLS_REFUSES[case]
    with pki.tls_server(pki.issue_cert("localhost"), staple=staple) as server:
        ran = gnutls_cli(pki, server, version)
        handshake = only(server, version)
    assert ran.returncode == 1
    assert words in ran.stdout
    assert handshake.staple is not None
    assert handshake.alert == "bad_certificate"
    assert handshake.error == "the client ended the connection with the alert bad_certificate"
    assert not handshake.completed


@each_version
@pytest.mark.parametrize("staple", [None, [faults.TryLater()]], ids=["none", "try later"])
def test_gnutls_enforces_must_staple(pki: PKI, version: str, staple: Any) -> None:
    """Without a response in it the staple is missing: fatal with the TLS feature, and only with it."""
    must, may = pki.issue_cert("localhost", must_staple=True), pki.issue_cert("localhost")
    with pki.tls_server(must, staple=staple) as server:
        ran = gnutls_cli(pki, server, version)
        handshake = only(server, version)
    # RFC 7633 section 3: a client "MAY" refuse a server that does not offer what the certificate promises.
    assert ran.returncode == 1
    assert "but the OCSP status is missing" in ran.stdout
    assert handshake.alert == "bad_certificate"
    with pki.tls_server(may, staple=staple) as server:
        twin = gnutls_cli(pki, server, version)
        assert only(server, version).completed
    assert twin.returncode == 0
    assert "The certificate is trusted" in twin.stdout


# Python's ssl: no staples; CRLs from a file.


@each_version
def test_python_trusts_the_root_and_nothing_else(pki: PKI, version: str) -> None:
    """With the root trusted the handshake completes; with another root the alert is unknown_ca."""
    with PKI() as other, pki.tls_server(pki.issue_cert("localhost")) as server:
        with connected(server, context(pki, version)) as tls:
            assert tls.version() == version
        with pytest.raises(ssl.SSLCertVerificationError, match="certificate verify failed"):
            shake_hands(server, context(other, version))
        trusted, refused = server.connections
    assert trusted.completed
    assert trusted.alert is None
    assert not trusted.staple_requested
    assert not refused.completed
    assert refused.alert == "unknown_ca"


@each_version
def test_python_refuses_another_name(pki: PKI, version: str) -> None:
    """A name that the certificate does not have is refused, and that name was in the SNI."""
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            shake_hands(server, context(pki, version), "other.example")
        (refused,) = server.connections
    assert refused.server_name == "other.example"
    assert not refused.completed
    assert refused.alert == "bad_certificate"


@each_version
def test_python_checks_the_leaf_against_the_crl(pki: PKI, version: str, tmp_path: Path) -> None:
    """With the CA's CRL loaded, a good leaf is accepted and a revoked one refused, for that reason."""
    good, revoked = pki.issue_cert("localhost"), pki.issue_cert("localhost")
    pki.revoke(revoked)
    crls = tmp_path / "crls.pem"
    crls.write_bytes(pki.crl.pem())
    checking = context(pki, version)
    checking.load_verify_locations(crls)
    checking.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    with pki.tls_server(good) as server, connected(server, checking) as tls:
        assert tls.version() == version
    with pki.tls_server(revoked) as server:
        with pytest.raises(ssl.SSLCertVerificationError, match="certificate revoked"):
            shake_hands(server, checking)
        assert server.connections[0].alert == "certificate_revoked"
        # Without the check, the same certificate is accepted: nothing else is wrong with it.
        with connected(server, context(pki, version)) as tls:
            assert tls.version() == version
        assert server.connections[1].completed


@each_version
def test_python_checks_the_chain_against_the_crls(pki: PKI, version: str, tmp_path: Path) -> None:
    """With the root's CRL beside the CA's, a revoked issuing CA takes its leaves down with it."""
    leaf = pki.issue_cert("localhost")
    crls = tmp_path / "crls.pem"

    def checking() -> ssl.SSLContext:
        crls.write_bytes(pki.crl.pem() + pki.root.crl.pem())
        made = context(pki, version)
        made.load_verify_locations(crls)
        made.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
        return made

    with pki.tls_server(leaf) as server:
        with connected(server, checking()) as tls:
            assert tls.version() == version
        pki.revoke(pki.ca, "ca_compromise")
        with pytest.raises(ssl.SSLCertVerificationError, match="certificate revoked"):
            shake_hands(server, checking())
        accepted, refused = server.connections
    assert accepted.completed
    assert refused.alert == "certificate_revoked"


@each_version
def test_python_refuses_a_stale_crl(pki: PKI, version: str, tmp_path: Path) -> None:
    """A CRL past its nextUpdate is refused as expired, and the one made now is not."""
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf) as server:
        for pem, accepted in ((pki.crl.pem(), True), (pki.crl.pem(faults.Stale()), False)):
            (tmp_path / "crl.pem").write_bytes(pem)
            checking = context(pki, version)
            checking.load_verify_locations(tmp_path / "crl.pem")
            checking.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
            if accepted:
                with connected(server, checking) as tls:
                    assert tls.version() == version
            else:
                with pytest.raises(ssl.SSLCertVerificationError, match="CRL has expired"):
                    shake_hands(server, checking)
        assert [handshake.completed for handshake in server.connections] == [True, False]
