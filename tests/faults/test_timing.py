"""Faults of the times."""

from datetime import timedelta

from cryptography.x509 import ocsp

from mockpki import PKI, faults
from tests.kit.standing_clock import NOW, ask


def test_a_stale_answer_is_told_as_stale(still: PKI) -> None:
    """nextUpdate passed by so much, the window as long as ever, and HTTP caches are told the same."""
    leaf = still.issue_cert("localhost")
    with still.ocsp.respond_with(faults.Stale(by=timedelta(minutes=90))):
        reply = ask(still, leaf)
    stale, honest = (ocsp.load_der_ocsp_response(der) for der in (reply.body, ask(still, leaf).body))
    assert stale.next_update_utc == NOW - timedelta(minutes=90)
    assert honest.next_update_utc is not None
    assert stale.next_update_utc - stale.this_update_utc == honest.next_update_utc - honest.this_update_utc
    assert stale.produced_at_utc == stale.this_update_utc
    assert reply.headers["expires"] == "Mon, 03 Feb 2031 02:35:06 GMT"
    assert reply.headers["cache-control"].startswith("max-age=0,")
