"""The ledger: what becomes of a serial number, and what its readers see of it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mockpki._pkix.crl import encode_entries
from mockpki._pkix.status import Reason, Revocation, Status, check_serial
from mockpki._services.ledger import Ledger
from tests.kit.authorities import pairs

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
REVOKED = Revocation(NOW, Reason.KEY_COMPROMISE)
HELD = Revocation(NOW, Reason.CERTIFICATE_HOLD)


def test_a_life() -> None:
    """Issued, held, released, revoked, revoked again and forgotten: the status is what was last said."""
    ledger = Ledger()
    assert ledger.status(5) is Status.UNKNOWN
    ledger.issue(5)
    assert ledger.status(5) is Status.GOOD
    ledger.revoke([5], HELD)
    assert ledger.status(5) == HELD
    ledger.release(5)
    assert ledger.status(5) is Status.GOOD
    ledger.revoke([5], REVOKED)
    ledger.revoke([5], HELD)
    assert ledger.status(5) == HELD
    assert 5 in ledger
    ledger.forget(5)
    assert ledger.status(5) is Status.UNKNOWN
    assert 5 not in ledger
    assert len(ledger) == 0


def test_a_serial_never_issued_can_be_revoked() -> None:
    """A certificate of before the test, known by its serial alone, can be revoked."""
    ledger = Ledger()
    ledger.revoke([7], REVOKED)
    assert ledger.status(7) is REVOKED
    assert pairs(ledger) == [(7, REVOKED)]


def test_only_what_is_on_hold_is_released() -> None:
    """A good, revoked or unknown certificate cannot be released; the sentence says what it is."""
    ledger = Ledger()
    ledger.issue(1)
    ledger.issue(2)
    ledger.revoke([2], REVOKED)
    for serial, state in [(1, "good"), (2, r"revoked \(key_compromise\)"), (3, "unknown")]:
        with pytest.raises(LookupError, match=f"serial number 0x{serial} is {state}, not on hold"):
            ledger.release(serial)
    assert ledger.status(2) is REVOKED


def test_what_is_unknown_cannot_be_forgotten() -> None:
    """Forgetting a serial that is not there raises LookupError, the first time and the second."""
    ledger = Ledger()
    ledger.issue(1)
    ledger.forget(1)
    with pytest.raises(LookupError, match="serial number 0x1 is not in this CA's ledger"):
        ledger.forget(1)


def test_a_serial_is_issued_once() -> None:
    """The same serial again raises ValueError, also once it is revoked."""
    ledger = Ledger()
    ledger.issue(1)
    ledger.revoke([1], REVOKED)
    with pytest.raises(ValueError, match="has already issued serial number 0x1; choose another"):
        ledger.issue(1)
    assert ledger.status(1) is REVOKED


@pytest.mark.parametrize(
    ("wrong", "error", "sentence"),
    [
        (0, ValueError, "serial number 0 is not positive"),
        (-1, ValueError, "serial number -1 is not positive"),
        (1 << 159, ValueError, "longer than 20 octets of DER"),
        ("5", TypeError, "a serial number is an int; got '5'"),
        (True, TypeError, "a serial number is an int; got True"),
    ],
)
def test_a_serial_that_no_certificate_may_have(wrong: int, error: type[Exception], sentence: str) -> None:
    """RFC 5280 section 4.1.2.2 wants 1 to 20 octets of a positive number; the ends of that are taken."""
    with pytest.raises(error, match=sentence):
        check_serial(wrong)
    for right in (1, (1 << 159) - 1):
        assert check_serial(right) == right


def test_times_are_kept_in_utc() -> None:
    """A Revocation's times keep their moment in UTC; without a zone they are refused."""
    east = timezone(timedelta(hours=2))
    local = datetime(2026, 1, 1, 2, tzinfo=east)
    revocation = Revocation(local, Reason.SUPERSEDED, local)
    assert (revocation.time.tzinfo, revocation.time) == (timezone.utc, NOW)
    assert revocation.invalidity_date is not None
    assert (revocation.invalidity_date.tzinfo, revocation.invalidity_date) == (timezone.utc, NOW)
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="has no time zone"):
        Revocation(naive)
    with pytest.raises(ValueError, match="has no time zone"):
        Revocation(NOW, Reason.SUPERSEDED, naive)


def test_a_failing_iterable_revokes_nothing() -> None:
    """An error half-way through the serials leaves the ledger as it was, its version included."""

    def serials() -> Iterator[int]:
        yield 1
        raise RuntimeError("half-way")

    ledger = Ledger()
    ledger.issue(1)
    before = ledger.version
    with pytest.raises(RuntimeError, match="half-way"):
        ledger.revoke(serials(), REVOKED)
    assert (ledger.status(1), ledger.version) == (Status.GOOD, before)


def test_serials_may_be_chosen_by_asking_the_ledger() -> None:
    """A generator that looks into the ledger can say what to revoke."""
    ledger = Ledger()
    for serial in range(1, 7):
        ledger.issue(serial)
    ledger.revoke((serial for serial in range(1, 9) if serial % 2 and serial in ledger), REVOKED)
    assert [serial for serial, _ in pairs(ledger)] == [1, 3, 5]


class Appending(RuleBasedStateMachine):
    """A reader that appends what is new, and starts over only when told that something was rewritten."""

    @initialize()
    def start(self) -> None:
        """An empty ledger and its reader."""
        self.ledger = Ledger()
        self.model: dict[int, Revocation | Status] = {}
        self.seen: list[tuple[int, Revocation]] = []
        self.rewritten = 0
        self.version = 0

    serials = st.integers(1, 6)

    @rule(serial=serials)
    def issue(self, serial: int) -> None:
        """Issue, or be refused."""
        if serial in self.model:
            with pytest.raises(ValueError, match="already issued"):
                self.ledger.issue(serial)
        else:
            self.ledger.issue(serial)
            self.model[serial] = Status.GOOD

    @rule(serials=st.lists(serials, max_size=3), revocation=st.sampled_from([REVOKED, HELD]))
    def revoke(self, serials: list[int], revocation: Revocation) -> None:
        """Revoke some, known or not, perhaps twice."""
        self.ledger.revoke(serials, revocation)
        self.model.update(dict.fromkeys(serials, revocation))

    @rule(serial=serials)
    def release(self, serial: int) -> None:
        """Release, or be refused."""
        if self.model.get(serial) == HELD:
            self.ledger.release(serial)
            self.model[serial] = Status.GOOD
        else:
            with pytest.raises(LookupError, match="not on hold"):
                self.ledger.release(serial)

    @rule(serial=serials)
    def forget(self, serial: int) -> None:
        """Forget, or be refused."""
        if serial in self.model:
            self.ledger.forget(serial)
            del self.model[serial]
        else:
            with pytest.raises(LookupError, match="cannot be forgotten"):
                self.ledger.forget(serial)

    @rule()
    def read(self) -> None:
        """Append, or start over; either way it is what a reader from the start gets."""
        version, rewritten, *_ = self.ledger.list_revoked(len(self.seen))
        if rewritten != self.rewritten:
            self.seen = []
        added = pairs(self.ledger, len(self.seen))
        if self.seen != pairs(self.ledger):
            assert version > self.version
        self.seen += added
        self.version, self.rewritten = version, rewritten
        assert self.seen == pairs(self.ledger)

    @invariant()
    def agrees(self) -> None:
        """Statuses and the list of the revoked are the model's."""
        for serial in range(1, 7):
            assert self.ledger.status(serial) == self.model.get(serial, Status.UNKNOWN)
        revoked = {serial: said for serial, said in self.model.items() if isinstance(said, Revocation)}
        assert dict(pairs(self.ledger)) == revoked


TestAppending = Appending.TestCase


def test_threads_lose_nothing() -> None:
    """Eight threads at once issue, hold, release, revoke and forget: every change counts, once."""
    ledger = Ledger()
    each, threads = 300, 8

    def work(thread: int) -> None:
        for serial in range(1 + thread * each, 1 + (thread + 1) * each):
            ledger.issue(serial)
            ledger.revoke([serial], HELD)
            ledger.release(serial)
            ledger.revoke([serial], REVOKED)
            if serial % 3 == 0:
                ledger.forget(serial)

    def read() -> None:
        for _ in range(100):
            version, _, serials, revocations = ledger.list_revoked()
            assert version <= ledger.version
            assert len(encode_entries(serials, revocations)) >= len(serials)

    with ThreadPoolExecutor(threads + 1) as pool:
        tasks = [pool.submit(work, thread) for thread in range(threads)]
        tasks.append(pool.submit(read))
        for task in tasks:
            task.result()
    total, forgotten = each * threads, each * threads // 3
    assert len(ledger) == total - forgotten
    assert ledger.version == 4 * total + forgotten
    assert ledger.rewritten == total + forgotten
    assert {serial for serial, _ in pairs(ledger)} == {n for n in range(1, total + 1) if n % 3}


def test_one_serial_is_issued_to_one_thread() -> None:
    """Of threads that want the same serial, one gets it and the others are told."""
    ledger = Ledger()

    def issue(serial: int) -> bool:
        try:
            ledger.issue(serial)
        except ValueError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(issue, [serial for serial in range(1, 201) for _ in range(8)]))
    assert got.count(True) == 200
