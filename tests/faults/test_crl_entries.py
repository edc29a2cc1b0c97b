"""Faults of what a CRL lists."""

from collections.abc import Iterator

import pytest
from cryptography import x509
from freezegun import freeze_time

from mockpki import PKI, faults
from mockpki.publishing import IMMEDIATE
from tests.kit.crls import AN_HOUR_AGO, FIRST, LISTED, NOW, SECOND, reason
from tests.kit.differ import at, crl_fields
from tests.kit.indirect_world import SERIAL, IndirectWorld
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


def test_entries_of_an_indirect_list() -> None:
    """``of`` is the certificate that is meant, and not another CA's with its serial number; the entries
    behind one that is dropped stay those of their CA."""
    with freeze_time(NOW), PKI() as pki:
        world = IndirectWorld(pki, IMMEDIATE)
        own = pki.root.create_child_ca(name_of=world.issuer, publishes=world.first.publishes)
        third = own.issue_cert("localhost", serial_number=SERIAL)
        ours, theirs, issuers = (one.certificate.subject for one in (world.first, world.second, world.issuer))
        world.first.revoke([world.one, 5, 6])
        world.second.revoke([world.other, 5])
        own.revoke(third)

        def read(*bent: faults.CRLContent) -> list[tuple[int, x509.Name]]:
            found, issuer = [], issuers
            for entry in x509.load_der_x509_crl(world.issuer.crl.crl(*bent)):
                for item in entry.extensions:
                    if isinstance(item.value, x509.CertificateIssuer):
                        (issuer,) = item.value.get_values_for_type(x509.DirectoryName)
                found.append((entry.serial_number, issuer))
            return found

        whole = [
            *[(SERIAL, issuers), (SERIAL, ours), (5, ours), (6, ours)],
            *[(SERIAL, theirs), (5, theirs)],
        ]
        assert read() == whole
        for number, leaf in ((0, third), (1, world.one), (4, world.other)):
            for of in (leaf, leaf.certificate):
                assert read(faults.NoEntry(of)) == whole[:number] + whole[number + 1 :]
                bent = x509.load_der_x509_crl(world.issuer.crl.crl(faults.EntryReason("superseded", of=of)))
                said = [
                    any(isinstance(one.value, x509.CRLReason) for one in entry.extensions) for entry in bent
                ]
                assert said == [at == number for at in range(len(whole))]
        assert read(faults.NoEntry(SERIAL)) == [one for one in whole if one[0] != SERIAL]
        assert read(faults.NoEntry(world.one), faults.NoEntry(5)) == [whole[0], whole[3], whole[4]]
        assert read(faults.NoEntry(world.one), faults.DuplicateEntry(5)) == [
            *whole[:1], *[whole[2]] * 2, *whole[3:5], *[whole[5]] * 2
        ]  # fmt: skip
        assert read(faults.Shard(0, of=2)) == [whole[3]]
        # Where no entry is of its CA, the serial number says enough.
        named = faults.CertificateIssuer(theirs, of=world.one)
        assert (5, theirs) in read(named, faults.EntryReason("superseded", of=world.one))


def test_shards_make_up_the_whole(pki: PKI) -> None:
    """The partitions of a sharded CRL list every certificate, and each of them once."""
    whole = [value for path, value in crl_fields(pki.crl.crl()).items() if path.endswith("user_certificate")]
    parts = [crl_fields(pki.crl.crl(faults.Shard(number, of=3))) for number in range(3)]
    listed = [part[path] for part in parts for path in part if path.endswith("user_certificate")]
    assert sorted(listed) == sorted(whole)
