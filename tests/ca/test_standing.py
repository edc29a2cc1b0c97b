"""What becomes of the certificates that a CA has issued, and of the CA itself."""

import socket
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

import pytest

from mockpki import CA, PKI, Leaf, faults, staplers
from mockpki._ca.standing import CertificateStatus
from tests.kit.asking import cert_id, connect, post, question, send, statuses

AT = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)


def test_a_status_says_what_is_known() -> None:
    """Good, revoked, on hold or unknown, with reason and times; of leaves, CAs and serial numbers."""
    with PKI() as pki:
        ca, leaf = pki.ca, pki.issue_cert("localhost")
        assert ca.status(leaf) == CertificateStatus("good")
        assert ca.status(leaf.serial_number).status == "good"
        assert pki.root.status(ca) == ("good", None, None, None)
        assert ca.status(4711).status == "unknown"
        pki.revoke(leaf, "certificate_hold", at=AT)
        assert ca.status(leaf) == CertificateStatus("on_hold", "certificate_hold", AT)
        pki.release(leaf)
        assert ca.status(leaf).status == "good"
        pki.revoke(leaf, "keyCompromise", at=AT, invalidity_date=AT - timedelta(days=1))
        assert ca.status(leaf) == ("revoked", "key_compromise", AT, AT - timedelta(days=1))
        # Faults bend what is said, and not what is known.
        with pki.ocsp.respond_with(faults.Good()):
            assert statuses(post(pki.ocsp.url, question(cert_id(leaf))).body) == ["good"]
            assert ca.status(leaf).status == "revoked"
        pki.forget(leaf)
        assert ca.status(leaf) == CertificateStatus("unknown")
        with pytest.raises(ValueError, match=r"was issued by mockpki CA 1 .*, not by mockpki root"):
            pki.root.status(leaf)
        with pytest.raises(TypeError, match="takes a leaf, a CA or a serial number"):
            ca.status([leaf])  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="takes a leaf, a CA or a serial number; got True"):
            ca.status(True)


USES: list[Callable[[PKI, CA, Leaf], Any]] = [
    lambda pki, ca, leaf: ca.issue_cert("a.test"),
    lambda pki, ca, leaf: ca.certify(pki.root),
    lambda pki, ca, leaf: ca.create_child_ca(),
    lambda pki, ca, leaf: ca.status(leaf),
    lambda pki, ca, leaf: ca.revoke(leaf),
    lambda pki, ca, leaf: ca.release(leaf),
    lambda pki, ca, leaf: ca.forget(leaf),
    lambda pki, ca, leaf: pki.revoke(leaf),
    lambda pki, ca, leaf: pki.tls_server(leaf),
    lambda pki, ca, leaf: ca.ocsp.respond_with(faults.Good()),
    lambda pki, ca, leaf: ca.crl.script([]),
]


def test_a_ca_can_be_closed_before_its_pki() -> None:
    """Its ports are given back and its clients dropped; what it was asked can be read; all else is told."""
    with PKI() as pki:
        ca = pki.root.create_child_ca()
        leaf = ca.issue_cert("localhost")
        services = (ca.ocsp, ca.crl, ca.ca_issuers)
        assert send(ca.ca_issuers.url).body == ca.der
        with ca.crl.respond_with(faults.Hang()), connect(ca.crl.url) as hanging:
            hanging.sendall(b"GET /ca.crl HTTP/1.1\r\nHost: a\r\n\r\n")
            ca.crl.wait_for_request()
            ca.close()
            with pytest.raises(ConnectionResetError):
                hanging.recv(1)
        ca.close()
        assert ca not in pki.cas
        for service in services:
            with socket.socket() as free:
                free.bind(("127.0.0.1", urlsplit(service.url).port))
        ca.ca_issuers.assert_asked(times=1)
        assert len(ca.crl.requests) == 1
        assert leaf.cert_pem
        assert ca.certificate.issuer == pki.root.certificate.subject
        for use in USES:
            with pytest.raises(ValueError, match="closed"):
                use(pki, ca, leaf)
        with pytest.raises(ValueError, match=r"<CA .*> is closed; use another CA of its PKI"):
            ca.status(leaf)
        # The rest goes on: others keep their names and numbers to themselves.
        other = pki.root.create_child_ca()
        assert other.common_name != ca.common_name
        assert pki.root.status(ca).status == "good"
        assert statuses(post(pki.root.ocsp.url, question(cert_id(ca))).body) == ["good"]
        for use in USES:
            if use not in (USES[5], USES[8], USES[10]):  # what has to be used, or was not on hold
                use(pki, other, other.issue_cert("b.test"))
    ca.close()
    pki.ca.close()


def test_what_a_closed_ca_left_over_is_told() -> None:
    """A script that was not used up fails the test, though its CA was closed; and a fault closes none."""
    pki = PKI()
    ca, leaf = pki.root.create_child_ca(), pki.issue_cert("localhost")
    ca.ocsp.script(faults.Good())
    ca.close()
    with pytest.raises(AssertionError, match="was not used up"):
        pki.check()
    pki.check()

    def close(incoming: object) -> list[Any]:
        pki.ca.close()
        return []

    pki.ocsp.respond_by(close)
    post(pki.ocsp.url, question(cert_id(leaf)))
    with pytest.raises(RuntimeError, match="cannot be closed by one of its own services"):
        pki.close()


def test_a_stapler_of_a_closed_ca_is_refused() -> None:
    """Its server goes on, and has no answer any more."""
    with PKI() as pki:
        ca = pki.root.create_child_ca()
        leaf = ca.issue_cert("localhost")
        with pki.tls_server(leaf, staple=staplers.NGINX) as server:
            ca.close()
            pki.clock.shift(timedelta(days=1))
            server.stapler.settle()
            assert server.stapler.stats.handshakes == 0
