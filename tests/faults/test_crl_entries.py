"""Faults of what a CRL lists."""

from collections.abc import Iterator

import pytest
from freezegun import freeze_time

from mockpki import PKI, faults
from tests.kit.crls import AN_HOUR_AGO, FIRST, LISTED, NOW, SECOND, reason
from tests.kit.differ import at, crl_fields
from tests.kit.octets import integer


@pytest.fixture
def pki() -> Iterator[PKI]:
    """A PKI whose clock stands, with two revoked certificates."""
    with freeze_time(NOW), PKI(key_type="ed25519") as pki:
        pki.revoke(FIRST, "key_compromise", at=AN_HOUR_AGO)
        pki.revoke(SECOND, at=AN_HOUR_AGO)
        yield pki


# What belongs together.


def test_entry_faults_reach_what_was_added(pki: PKI) -> None:
    """Faults apply in their order: an added entry is there to be bent, a dropped one is not."""
    bent = crl_fields(pki.crl.crl(faults.Entry(9), faults.EntryReason(7, of=9)))
    assert at(bent, f"{LISTED}.2.crl_entry_extensions") == reason(7)
    with pytest.raises(ValueError, match="does not list serial number 0x1000; revoke"):
        pki.crl.crl(faults.NoEntry(FIRST), faults.EntryReason(of=FIRST))


def test_a_certificate_stands_for_its_serial_number(pki: PKI) -> None:
    """``of`` takes a leaf, a CA and cryptography's own certificate."""
    leaf = pki.issue_cert("localhost")
    child = pki.ca.create_child_ca()
    for one in (leaf, child, leaf.certificate):
        bent = crl_fields(pki.crl.crl(faults.Entry(one)))
        assert bent[f"{LISTED}.2.user_certificate"] == integer(one.serial_number)


def test_shards_make_up_the_whole(pki: PKI) -> None:
    """The partitions of a sharded CRL list every certificate, and each of them once."""
    whole = [value for path, value in crl_fields(pki.crl.crl()).items() if path.endswith("user_certificate")]
    parts = [crl_fields(pki.crl.crl(faults.Shard(number, of=3))) for number in range(3)]
    listed = [part[path] for part in parts for path in part if path.endswith("user_certificate")]
    assert sorted(listed) == sorted(whole)
