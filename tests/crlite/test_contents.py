"""What a filter holds."""

from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mockpki import PKI
from mockpki._crlite.contents import Contents, check_hash, count_milliseconds, spki_hash


def test_hashes() -> None:
    """A hash has 32 octets; of another length, or no octets at all, it is none."""
    assert check_hash(bytes(32), "a log") == bytes(32)
    with pytest.raises(ValueError, match=r"a log is named by a SHA-256 hash, 32 octets; .* has 31"):
        check_hash(bytes(31), "a log")
    with pytest.raises(TypeError, match="a log is named by a SHA-256 hash, 32 octets; got None"):
        check_hash(None, "a log")  # type: ignore[arg-type]


def test_its_repr_is_short() -> None:
    """Megabytes of columns are not in it."""
    contents = Contents((), (), (b"\1" * 800,), b"\2" * 800)
    assert repr(contents) == "Contents(coverage=(), blocks=(), version=None)"


def test_times_are_milliseconds() -> None:
    """An aware datetime of any zone, cut to the millisecond; one before 1970 is negative."""
    at = datetime(1970, 1, 2, 3, tzinfo=timezone(timedelta(hours=3)))
    assert count_milliseconds(at + timedelta(microseconds=1_999)) == 86_400_001
    assert count_milliseconds(at - timedelta(days=2)) == -86_400_000
    with pytest.raises(ValueError, match="has no time zone"):
        count_milliseconds(datetime(1970, 1, 2))  # noqa: DTZ001


def test_an_issuer_is_named_by_its_key(pki: PKI) -> None:
    """A CA, its certificate and the DER of that have the same hash, which is that of no other key."""
    key = pki.ca.certificate.public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    forms: tuple[Any, ...] = (pki.ca, pki.ca.certificate, pki.ca.der, pki.root.certify(pki.ca))
    assert {spki_hash(form) for form in forms} == {sha256(spki).digest()}
    assert spki_hash(pki.root) != spki_hash(pki.ca)


@pytest.mark.parametrize("issuer", [None, "ca", 5])
def test_what_is_no_issuer_is_refused(issuer: Any) -> None:
    """Whatever has no certificate is a TypeError, and octets that are none a ValueError."""
    with pytest.raises(TypeError, match="an issuer is a CA, or its certificate; got"):
        spki_hash(issuer)
    for octets in (b"", bytes(32), b"\x30\x00", bytes.fromhex("30023000")):
        with pytest.raises(ValueError, match=r"an issuer is a CA, .* these octets are none: "):
            spki_hash(octets)
