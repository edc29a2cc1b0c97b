"""What is published as time goes by, and back, by a whole PKI: rules that are easily broken."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urljoin

import pytest
from cryptography import x509

from mockpki import PKI, Leaf, faults
from mockpki.publishing import VAULT, BySerial, Publishing, Schedule
from tests.kit.asking import send

SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=number) for number in (1, 60, 3600, 86_400))
HOURLY = Publishing(Schedule(HOUR, DAY))


@contextmanager
def opened(publishes: Publishing | str) -> Iterator[PKI]:
    """A PKI whose clock begins 60 days ago, at the moment of its first list, and stands."""
    with PKI(publishes=publishes, ago=60 * DAY) as pki, pki.clock.stop():
        began = pki.crl.files[0].this_update + pki.ca.publishes.full.backdate
        pki.clock.shift(began - pki.clock.now())
        yield pki


def lists(pki: PKI, leaf: Leaf, delta: bool = False) -> bool:
    """Whether the certificate is on its list."""
    return leaf.serial_number in pki.crl.file_for(leaf, delta).serials


def test_nothing_is_signed_that_nobody_asks_for() -> None:
    """Of a hundred issues of each of four shards there is what was asked for, and no other."""
    with opened(Publishing(Schedule(HOUR, DAY), BySerial(4))) as pki:
        leaf = pki.issue_cert("localhost")
        asked = len(pki.crl.issued)
        for _ in range(3):
            pki.clock.shift(100 * HOUR)
            for _ in range(5):
                send(pki.crl.file_for(leaf).url)
        issued = pki.crl.issued[asked:]
        assert len(issued) == 3
        assert {file.path for file in issued} == {pki.crl.file_for(leaf).path}


@pytest.mark.parametrize("numbers", ["count", "ms", "ns"])
def test_time_that_goes_back(numbers: str) -> None:
    """What was signed stays as it was; what was not says what was known then, and no number is used twice."""
    with opened(Publishing(Schedule(HOUR, DAY), numbers=numbers)) as pki:  # type: ignore[arg-type]
        leaf = pki.issue_cert("localhost")
        pki.clock.shift(3 * HOUR)
        third = pki.crl.files[0]
        pki.clock.shift(HOUR / 2)
        pki.revoke(leaf, "superseded")
        pki.clock.shift(HOUR / 2)
        fourth = pki.crl.files[0]
        assert (third.serials, fourth.serials) == ((), (leaf.serial_number,))
        pki.clock.shift(-HOUR / 2)
        assert pki.crl.files[0].der == third.der
        pki.clock.shift(-2 * HOUR)
        first = pki.crl.files[0]
        assert first.serials == ()
        assert first.number < third.number
        pki.crl.publish()
        again = pki.crl.files[0]
        assert again.serials == (leaf.serial_number,)
        assert again.number not in {first.number, third.number, fourth.number}
        pki.clock.shift(5 * HOUR / 2)
        assert pki.crl.files[0].der == fourth.der
        pki.clock.shift(HOUR)
        assert pki.crl.files[0].number > max(first.number, third.number, fourth.number, again.number)


def test_a_delta_tells_of_a_certificate_that_is_over() -> None:
    """Until a complete list had it, and then no list does.

    RFC 5280 section 5.2.4.
    """
    with opened("ad-cs") as pki:
        leaf = pki.issue_cert("localhost", not_after=pki.clock.now() + 2 * DAY + HOUR)
        pki.clock.shift(DAY)
        pki.revoke(leaf, "superseded")
        seen = []
        for _ in range(2, 16):
            pki.clock.shift(DAY)
            seen.append((lists(pki, leaf), lists(pki, leaf, delta=True)))
        only_delta, both, neither = (False, True), (True, True), (False, False)
        assert seen == [only_delta] * 5 + [both] * 7 + [neither] * 2


def test_a_delta_alone_can_be_bent() -> None:
    """It is stale, and the complete list is not, for its times are its own."""
    with opened("ad-cs") as pki:
        leaf = pki.issue_cert("localhost")
        complete, delta = (pki.crl.file_for(leaf, one) for one in (False, True))
        with pki.crl.respond_with(faults.Stale(), to=delta):
            bent, honest = (x509.load_der_x509_crl(send(one.url).body) for one in (delta, complete))
            assert bent.next_update_utc is not None
            assert bent.next_update_utc < pki.clock.now()
            assert honest.next_update_utc == complete.next_update
        assert send(delta.url).body == delta.der


def test_what_is_at_another_path() -> None:
    """Where there is one file it is at every path; where there are two, nothing is."""
    with opened(HOURLY) as pki:
        file = pki.crl.files[0]
        assert send(urljoin(file.url, "/pki/revoked.crl")).body == file.der
    with opened("ad-cs") as pki:
        file = pki.crl.files[0]
        assert send(urljoin(file.url, "/pki/revoked.crl")).status == 404
        assert send(urljoin(file.url, "/pki/ca-delta.crl")).status == 200


def test_what_is_revoked_while_the_signer_is_down() -> None:
    """Where each revocation brings a list, one comes when it is up again, and none before."""
    with opened(VAULT) as pki:
        leaf, other = pki.issue_cert("localhost"), pki.issue_cert("localhost")
        number = pki.crl.files[0].number
        with pki.crl.suspended():
            for one in (leaf, other):
                pki.revoke(one, "superseded")
                pki.clock.shift(HOUR)
                assert pki.crl.files[0].serials == ()
        (file,) = pki.crl.files
        assert set(file.serials) == {leaf.serial_number, other.serial_number}
        assert (file.number, file.this_update) == (number + 1, pki.clock.now())
        with pki.crl.suspended():
            pki.clock.shift(HOUR)
        assert pki.crl.files[0].der == file.der


@pytest.mark.parametrize("name", ["ad-cs", "lets-encrypt", "freeipa"])
def test_no_entry_is_dated_after_its_list(name: str) -> None:
    """Whenever it is revoked before an issue, the last second included; unless a test dates it itself."""
    with opened(name) as pki:
        for before in (SECOND, 5 * MINUTE, 11 * MINUTE):
            leaf = pki.issue_cert("localhost")
            pki.clock.shift(pki.crl.due_in - before)
            pki.revoke(leaf, "superseded")
            pki.clock.shift(before)
            crl = x509.load_der_x509_crl(pki.crl.crl(of=leaf, delta=pki.ca.publishes.deltas is not None))
            entry = crl.get_revoked_certificate_by_serial_number(leaf.serial_number)
            assert entry is not None
            assert entry.revocation_date_utc <= crl.last_update_utc
        late = pki.clock.now() + 30 * DAY
        leaf = pki.issue_cert("localhost")
        pki.revoke(leaf, "superseded", at=late)
        pki.clock.shift(pki.crl.due_in)
        crl = x509.load_der_x509_crl(pki.crl.crl(of=leaf, delta=pki.ca.publishes.deltas is not None))
        entry = crl.get_revoked_certificate_by_serial_number(leaf.serial_number)
        assert entry is not None
        assert entry.revocation_date_utc == late
