"""What a CA without a schedule publishes: octet for octet as it is documented, and by no other code."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from mockpki import PKI
from mockpki.publishing import IMMEDIATE
from tests.kit.asking import cert_id, post, question, send

BACK, LIFE = timedelta(minutes=10), timedelta(days=7)
WAYS: list[dict[str, Any]] = [{}, {"publishes": "immediate"}, {"publishes": IMMEDIATE}]
each = pytest.mark.parametrize("options", WAYS, ids=["default", "name", "value"])


def build(pki: PKI, number: int, revoked: dict[int, x509.ReasonFlags]) -> bytes:
    """What is signed of the CRL, by cryptography's builder."""
    made = pki.clock.now() - BACK
    builder = x509.CertificateRevocationListBuilder().issuer_name(pki.ca.certificate.subject)
    builder = builder.last_update(made).next_update(made + LIFE)
    for serial, reason in revoked.items():
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(made)
        builder = builder.add_revoked_certificate(
            entry.add_extension(x509.CRLReason(reason), critical=False).build()
        )
    identifier = pki.ca.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    builder = builder.add_extension(authority, critical=False)
    builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).tbs_certlist_bytes


@each
def test_its_octets(options: dict[str, Any]) -> None:
    """One complete CRL of now, whose number rises with each that is not the same."""
    with PKI(**options) as pki, pki.clock.stop():
        assert pki.ca.publishes == IMMEDIATE

        def fetch() -> bytes:
            reply = send(pki.crl.url)
            assert reply.body == pki.crl.crl()
            crl = x509.load_der_x509_crl(reply.body)
            assert crl.is_signature_valid(pki.ca.certificate.public_key())  # type: ignore[arg-type]
            return crl.tbs_certlist_bytes

        assert fetch() == build(pki, 1, {})
        stolen, held = pki.issue_cert("localhost"), pki.issue_cert("localhost")
        pki.revoke(stolen, "key_compromise")
        revoked = {stolen.serial_number: x509.ReasonFlags.key_compromise}
        assert fetch() == build(pki, 2, revoked)
        pki.revoke(held, "certificate_hold")
        assert fetch() == build(pki, 3, {**revoked, held.serial_number: x509.ReasonFlags.certificate_hold})
        pki.release(held)
        assert fetch() == fetch() == build(pki, 4, revoked)


@each
def test_what_certificates_and_headers_say(options: dict[str, Any]) -> None:
    """One distribution point with one URL, no freshestCRL; half of what is left for caches; OCSP of now."""
    with PKI(**options) as pki, pki.clock.stop():
        leaf = pki.issue_cert("localhost")
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(pki.crl.url)], None, None, None)
        own = leaf.certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints)
        assert own.value.public_bytes() == x509.CRLDistributionPoints([point]).public_bytes()
        assert not own.critical
        assert "2.5.29.46" not in {one.oid.dotted_string for one in leaf.certificate.extensions}
        headers = send(pki.crl.url).headers
        made = pki.clock.now() - BACK
        assert parsedate_to_datetime(headers["last-modified"]) == made
        assert parsedate_to_datetime(headers["expires"]) == made + LIFE
        half = (LIFE - BACK) // timedelta(seconds=2)
        assert headers["cache-control"] == f"max-age={half}, public, no-transform, must-revalidate"
        answer = ocsp.load_der_ocsp_response(post(pki.ocsp.url, question(cert_id(leaf))).body)
        assert (answer.this_update_utc, answer.next_update_utc) == (made, made + LIFE)


@contextmanager
def watched() -> Iterator[set[str]]:
    """The names of the package's modules whose functions are called, by any thread that begins meanwhile."""
    called: set[str] = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            called.add(frame.f_code.co_filename)

    old = sys.getprofile()
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield called
    finally:
        sys.setprofile(old)
        threading.setprofile(None)


SCHEDULE = {"_issues", "_journal", "_moments", "scheduled", "scope", "signed_list", "ledger"}
WITHOUT = {"ledger", "signed_list"}
"""Those of them that it takes without a schedule."""


@pytest.mark.parametrize(
    ("options", "taken"),
    [*((options, WITHOUT) for options in WAYS), ({"publishes": "vault"}, SCHEDULE)],
    ids=["default", "name", "value", "vault"],
)
def test_no_code_of_schedules_is_in_its_way(options: dict[str, Any], taken: set[str]) -> None:
    """From the PKI's beginning on, whatever is issued, revoked or asked for; with a schedule it is."""
    with watched() as called, PKI(**options) as pki:
        leaf, other = pki.issue_cert("localhost"), pki.issue_cert("localhost")
        changes: list[Callable[[], object]] = [
            lambda: pki.revoke(leaf, "certificate_hold"),
            lambda: pki.release(leaf),
            lambda: pki.revoke([leaf, other]),
            lambda: pki.forget(other),
        ]
        for change in changes:
            change()
            send(pki.crl.url)
            post(pki.ocsp.url, question(cert_id(leaf)))
            pki.crl.crl()
        pki.crl.assert_asked()
    names = {Path(path).stem for path in called if Path(path).parent.name in ("_services", "publishing")}
    assert names & SCHEDULE == taken
    assert "publisher" in names
