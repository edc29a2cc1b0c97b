"""A CRL that lists two certificates, FIRST, revoked for key_compromise, and SECOND, and the places in it."""

from datetime import datetime, timedelta, timezone

from tests.kit.octets import extension, tlv

NOW = datetime(2031, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
DATED = NOW - timedelta(minutes=10)
"""What a CRL has for thisUpdate that is made now."""
AN_HOUR_AGO, TOMORROW = DATED - timedelta(hours=1), NOW + timedelta(days=1)
FIRST, SECOND = 0x1000, 0x1001
URL, OTHER_URL = "http://one.invalid/ca.crl", "http://two.invalid/ca.crl"

TBS = "tbs_cert_list"
LISTED = f"{TBS}.revoked_certificates"


def reason(number: int) -> bytes:
    """A reasonCode extension."""
    return extension("2.5.29.21", False, tlv(0x0A, bytes((number,))))
