"""Which certificates the log of a PKI has, of which issuers, and how far it was read."""

from datetime import datetime, timedelta, timezone

from mockpki import PKI, crlite
from mockpki._clock import Clock
from mockpki._pkix.status import Reason, Revocation
from mockpki._services.enrolment import Enrolment, Entry, Extent
from mockpki._services.ledger import Ledger

AT = datetime(2026, 11, 26, tzinfo=timezone.utc)
REVOKED = Revocation(AT, Reason.SUPERSEDED)


def entry(enrolment: Enrolment, serial: int) -> Entry:
    """A certificate that is logged now."""
    made = Entry(b"issuer", serial, None, enrolment.find_timestamp(), AT)
    enrolment.add(made)
    return made


def test_what_is_logged_later_is_later() -> None:
    """Also in the second in which the log was read; in the next second time is what it was."""
    clock = Clock()
    with clock.stop():
        enrolment = Enrolment(clock)
        first = entry(enrolment, 1)
        assert enrolment.read() == Extent(1, first.timestamp)
        second = entry(enrolment, 2)
        assert enrolment.read() == Extent(2, second.timestamp)
        assert second.timestamp == first.timestamp + 1
        assert enrolment.read(high=5) == Extent(2, 5)
        clock.shift(timedelta(seconds=1))
        assert entry(enrolment, 3).timestamp == first.timestamp + 1_000
        # A clock that is put back is believed.
        clock.shift(-timedelta(days=1))
        assert enrolment.read() == Extent(3, first.timestamp + 1_000 - 24 * 3_600_000)


def test_a_watcher_is_told_of_all_issuers(pki: PKI) -> None:
    """Of those that are there and of those to come, of what was revoked before and what is then."""
    enrolment, told = Enrolment(Clock()), []
    before, after = Ledger(), Ledger()
    enrolment.add_issuer(pki.ca.der, before)
    before.revoke([1, 2], REVOKED)
    enrolment.watch(lambda name, serials, revocation: told.append((name, [*serials], revocation)))
    enrolment.add_issuer(pki.root.der, after)
    after.revoke([3], REVOKED)
    before.forget(1)
    own, root = crlite.spki_hash(pki.ca), crlite.spki_hash(pki.root)
    assert told == [(own, [1, 2], REVOKED), (root, [3], REVOKED), (own, [1], None)]


def test_a_pki_enters_what_it_has_logged() -> None:
    """By the issuer's key, with its end and its time; nothing of what is not logged, or was not issued."""
    with PKI(logged=True) as pki, pki.clock.stop():
        end = pki.clock.now() + timedelta(days=5)
        leaf = pki.issue_cert("localhost", not_after=end, logged_at=AT)
        pki.issue_cert("localhost", logged=False)
        pki.root.issue_cert("localhost")
        found = pki._realm.enrolment.entries
        at = int(AT.timestamp()) * 1_000
        assert found[0] == Entry(crlite.spki_hash(pki.ca), leaf.serial_number, end, at, pki.clock.now())
        assert [one.issuer for one in found[1:]] == [crlite.spki_hash(pki.root)]
