"""What an OCSP answer says of a certificate."""

from datetime import timedelta

from cryptography import x509
from cryptography.x509 import ocsp

from mockpki import PKI, faults
from tests.kit.standing_clock import NOW

AN_HOUR_BEFORE = NOW - timedelta(minutes=10, hours=1)
"""An hour before the answer's producedAt."""


def test_what_the_status_faults_say(still: PKI) -> None:
    """Good, revoked with reason and time, unknown, another serial number."""
    leaf = still.issue_cert("localhost")

    def read(*given: faults.OCSPBytesFault) -> ocsp.OCSPResponse:
        return ocsp.load_der_ocsp_response(still.ocsp.response_for(leaf, *given))

    plain = read(faults.Revoked())
    assert (plain.revocation_time_utc, plain.revocation_reason) == (AN_HOUR_BEFORE, None)
    told = read(faults.Revoked("caCompromise", at=NOW))
    assert (told.revocation_time_utc, told.revocation_reason) == (NOW, x509.ReasonFlags.ca_compromise)
    assert read(faults.Unknown()).certificate_status is ocsp.OCSPCertStatus.UNKNOWN
    assert read(faults.WrongSerial(by=-3)).serial_number == leaf.serial_number - 3
    still.revoke(leaf)
    assert read().certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert read(faults.Good()).certificate_status is ocsp.OCSPCertStatus.GOOD


def test_faults_together_go_in_their_order(still: PKI) -> None:
    """The last status wins; a stale revocation is an hour older than the old answer."""
    leaf = still.issue_cert("localhost")
    der = still.ocsp.response_for(leaf, faults.Unknown(), faults.Revoked(), faults.Stale(timedelta(hours=2)))
    response = ocsp.load_der_ocsp_response(der)
    assert response.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert response.next_update_utc == NOW - timedelta(hours=2)
    assert response.revocation_time_utc == response.produced_at_utc - timedelta(hours=1)
