"""Which filters there are at any moment, and what they are made of."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from mockpki import PKI, Leaf, crlite, publishing
from mockpki._services.filter_file import Channel, FilterFile
from mockpki._services.filters import CHANNELS
from mockpki.crlite import Status

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOZILLA = publishing.Schedule(every=12 * HOUR, life=10 * DAY)


def revoked(pki: PKI, channel: Channel = "default") -> list[set[int]]:
    """The serial numbers that each current file has as revoked."""
    return [
        {serial for _, bad in file.universe.values() for serial in bad}
        for file in pki.crlite.list_files(channel)
    ]


def test_full_first_and_then_deltas() -> None:
    """A delta has what is new since the one before; full=True begins anew."""
    with PKI(logged=True) as pki:
        a, b, c = (pki.issue_cert("localhost").serial_number for _ in range(3))
        assert pki.crlite.files == ()
        found = []
        for serial, full in ((a, False), (b, False), (c, False), (None, False), (None, True)):
            if serial is not None:
                pki.revoke(serial)
            pki.crlite.publish(full)
            found.append(revoked(pki))
        assert found == [[{a}], [{a}, {b}], [{a}, {b}, {c}], [{a}, {b}, {c}, set()], [{a, b, c}]]


def test_a_release_takes_a_full_filter() -> None:
    """What was on hold stays revoked to a client with the filter that said so, whatever deltas follow."""
    with PKI(logged=True) as pki:
        leaf, _ = pki.issue_cert("localhost"), pki.issue_cert("localhost")
        pki.revoke(leaf, "certificate_hold")
        pki.crlite.publish()
        pki.release(leaf)
        for full, status in ((False, Status.REVOKED), (False, Status.REVOKED), (True, Status.GOOD)):
            pki.crlite.publish(full)
            assert pki.crlite.check(leaf) is status


def test_the_universe() -> None:
    """Logged, not expired, and nothing else; an issuer without any is left out; revoked and known alone."""
    with PKI(logged=True, depth=2) as pki, pki.clock.stop():
        middle = pki.cas[1]
        stays = pki.issue_cert("localhost").serial_number
        ends = pki.issue_cert("localhost", not_after=pki.clock.now() + HOUR)
        unlogged = pki.issue_cert("localhost", logged=False)
        pki.revoke([stays, ends, unlogged, 5])
        pki.root.revoke(middle)
        pki.crlite.publish()
        names = crlite.spki_hash(pki.ca), crlite.spki_hash(middle)
        known = {stays, ends.serial_number}
        assert sets(pki.crlite.files[0]) == {names[0]: (known, known)}
        other = middle.issue_cert("localhost").serial_number
        # To its last second it is in.
        pki.clock.shift(HOUR)
        pki.crlite.publish(full=True)
        assert sets(pki.crlite.files[0]) == {names[0]: (known, known), names[1]: ({other}, set())}
        pki.clock.shift(timedelta(seconds=1))
        assert pki.crlite.check(ends) is Status.EXPIRED
        pki.crlite.publish(full=True)
        assert sets(pki.crlite.files[0]) == {names[0]: ({stays}, {stays}), names[1]: ({other}, set())}


def test_two_channels() -> None:
    """The other one has three reasons alone; each can be published by itself."""
    reasons = ["key_compromise", "cessation_of_operation", "privilege_withdrawn", "superseded", "unspecified"]
    with PKI(logged=True) as pki:
        serials = [pki.issue_cert("localhost").serial_number for _ in reasons]
        for serial, reason in zip(serials, reasons, strict=True):
            pki.revoke(serial, reason)
        pki.crlite.publish(channel="compat")
        assert (revoked(pki), revoked(pki, "compat")) == ([], [set(serials[:3])])
        pki.crlite.publish()
        assert (revoked(pki), revoked(pki, "compat")) == ([set(serials)], [set(serials[:3]), set()])
        # What is revoked for another reason after all is new there.
        pki.revoke(serials[3], "key_compromise")
        pki.crlite.publish()
        assert revoked(pki, "compat")[-1] == {serials[3]}
        assert revoked(pki)[-1] == set()


def test_coverage() -> None:
    """From the first SCT to the last second, or as far as it lags; what comes later it does not know."""
    with PKI(logged=True) as pki, pki.clock.stop():
        now = pki.clock.now()
        old = pki.issue_cert("localhost", logged_at=now - 10 * DAY)
        late = pki.issue_cert("localhost")
        pki.crlite.publish(coverage_ends=now - DAY)
        (file,) = pki.crlite.files
        assert file.coverage == {pki.ct_log.log_id: (stamp(now - 10 * DAY), stamp(now - DAY))}
        assert [pki.crlite.check(leaf) for leaf in (old, late)] == [Status.GOOD, Status.NOT_COVERED]
        assert sets(file) == {crlite.spki_hash(pki.ca): ({old.serial_number}, set())}
        pki.crlite.publish()
        assert pki.crlite.files[1].coverage_ends == now
        assert pki.crlite.coverage_ends == now - DAY
        assert [pki.crlite.check(leaf) for leaf in (old, late)] == [Status.GOOD, Status.GOOD]
        # In the very second of a filter, what is issued after it is not covered.
        new = pki.issue_cert("localhost")
        assert pki.crlite.check(new) is Status.NOT_COVERED
        # One that ends before the first SCT covers nothing.
        pki.crlite.publish(full=True, coverage_ends=now - 11 * DAY)
        assert pki.crlite.files[0].coverage == {}
        assert pki.crlite.check(old) is Status.NOT_COVERED


def sets(file: FilterFile) -> dict[bytes, tuple[set[int], set[int]]]:
    """Its universe, in sets."""
    return {issuer: (set(known), set(bad)) for issuer, (known, bad) in file.universe.items()}


def stamp(time: datetime) -> int:
    """In milliseconds."""
    return int(time.timestamp()) * 1_000


def test_a_service_that_comes_late_knows_what_was_before() -> None:
    """A port is opened when it is first asked for; what was logged, revoked and released counts."""
    with PKI() as pki:
        leaf, held, plain = (pki.issue_cert("localhost", logged=kind) for kind in (True, True, None))
        pki.revoke([leaf, plain])
        pki.revoke(held, "certificate_hold")
        pki.release(held)
        count = len(pki._realm.listeners)
        pki.crlite.publish()
        assert pki.crlite is pki.crlite
        assert len(pki._realm.listeners) == count + 1
        found = [pki.crlite.check(one) for one in (leaf, held, plain)]
        assert found == [Status.REVOKED, Status.GOOD, Status.NOT_COVERED]
        # CAs that come later are enrolled, too.
        later = pki.ca.create_child_ca()
        other = later.issue_cert("localhost", logged=True)
        later.revoke(other)
        pki.crlite.publish()
        assert pki.crlite.check(other) is Status.REVOKED


def test_on_a_schedule() -> None:
    """Filters come at their times, as of then, full ones after each life; time can go back, too."""
    with PKI(logged=True, ago=30 * DAY) as pki, pki.clock.stop():
        start, service = pki.clock.now(), pki.crlite
        a, b = (pki.issue_cert("localhost") for _ in range(2))
        with pytest.raises(LookupError, match="has nothing due: set its schedule"):
            _ = service.next_issue
        service.schedule = MOZILLA
        assert service.schedule == MOZILLA
        assert service.due_in == 12 * HOUR
        assert [file.published for file in service.files] == [start]
        assert service.check(a) is Status.GOOD
        pki.revoke(a)
        pki.clock.shift(11 * HOUR)
        assert service.check(a) is Status.GOOD
        pki.clock.shift(service.due_in)
        assert service.check(a) is Status.REVOKED
        assert revoked(pki) == [set(), {a.serial_number}]
        # What is revoked in the second of an issue is in the next.
        pki.revoke(b)
        pki.clock.shift(3 * DAY)
        assert [file.published - start for file in service.files] == [n * 12 * HOUR for n in range(8)]
        assert revoked(pki) == [set(), {a.serial_number}, {b.serial_number}, *[set()] * 5]
        names = [file.name for file in service.files]
        assert [file.parent for file in service.files] == [None, *names[:-1]]
        # After ten days there is a full one, by itself.
        pki.clock.shift(start + 10 * DAY - pki.clock.now())
        assert revoked(pki) == [{a.serial_number, b.serial_number}]
        # Back in the time before, everything is as it was; even what was not asked for then.
        pki.clock.shift(-7 * DAY)
        assert [file.name for file in service.files] == names[:7]
        pki.clock.shift(start - pki.clock.now())
        assert service.check(a) is Status.GOOD


def test_a_schedule_that_follows_revocations() -> None:
    """At once, or some time after; and one lags by *backdate*."""
    for after, wait in ((timedelta(), timedelta()), (HOUR, HOUR)):
        with PKI(logged=True, ago=DAY) as pki, pki.clock.stop():
            leaf, _ = pki.issue_cert("localhost"), pki.issue_cert("localhost")
            schedule = publishing.Schedule(None, 10 * DAY, backdate=HOUR, after_revocation=after)
            pki.crlite.schedule = schedule
            pki.clock.shift(HOUR)
            pki.revoke(leaf)
            found = pki.crlite.check(leaf)
            assert found is (Status.GOOD if wait else Status.REVOKED)
            pki.clock.shift(wait)
            assert pki.crlite.check(leaf) is Status.REVOKED
            new = pki.issue_cert("localhost")
            pki.revoke(new)
            pki.clock.shift(wait)
            # It covers up to an hour before it is made; and at once, what there is.
            assert pki.crlite.check(new) is (Status.NOT_COVERED if wait else Status.REVOKED)


@pytest.mark.parametrize("seed", range(3))
def test_on_a_schedule_it_is_what_a_naive_record_says(seed: int) -> None:
    """At any time, in any order of times, every file is what a replay of all that had happened gives."""
    dice = random.Random(seed)
    every, life = 6 * HOUR, 2 * DAY
    with PKI(logged=True, ago=40 * DAY) as pki, pki.clock.stop():
        start = pki.clock.now()
        pki.crlite.schedule = publishing.Schedule(every, life)
        events: list[tuple[datetime, str, int]] = []

        def replay(time: datetime) -> tuple[set[int], set[int]]:
            """What was known and what was revoked before *time*."""
            known: set[int] = set()
            bad: set[int] = set()
            for at, what, serial in events:
                if at < time:
                    {"issue": known.add, "revoke": bad.add, "release": bad.discard}[what](serial)
            return known, bad

        def expect(now: datetime) -> list[tuple[set[int], set[int]]]:
            """The known and the revoked of each file that is current *now*."""
            full = start + (now - start) // life * life
            found = [replay(full)]
            for tick in range(1, (now - full) // every + 1):
                known, bad = replay(full + tick * every)
                found.append((known, bad - replay(full + (tick - 1) * every)[1]))
            return found

        for _ in range(40):
            now = pki.clock.now()
            known, bad = replay(now + HOUR)
            what = dice.choice(["issue", "revoke", "release", "wait", "wait"])
            if what == "issue":
                events.append((now, what, pki.issue_cert("localhost").serial_number))
            elif what == "revoke" and known - bad:
                events.append((now, what, dice.choice(sorted(known - bad))))
                pki.revoke(events[-1][2], "certificate_hold")
            elif what == "release" and bad:
                events.append((now, what, dice.choice(sorted(bad))))
                pki.release(events[-1][2])
            elif what == "wait":
                pki.clock.shift(timedelta(seconds=dice.choice([1, 3 * 3_600, 6 * 3_600, 20 * 3_600])))
        # Forward, and back again: what is asked about first does not matter.
        end = pki.clock.now()
        times = [start + number * timedelta(hours=5) for number in range(1, (end - start) // (5 * HOUR))]
        dice.shuffle(times)
        for time in [*times, end]:
            pki.clock.shift(time - pki.clock.now())
            found = [next(iter(sets(file).values()), (set(), set())) for file in pki.crlite.files]
            assert found == [parts if parts[0] else (set(), set()) for parts in expect(time)]


def test_from_several_threads() -> None:
    """Whoever issues, revokes, publishes and asks at once: nobody waits for ever, and nothing is lost."""
    with PKI(logged=True) as pki:
        pki.crlite.publish()

        def work(number: int) -> list[Leaf]:
            made = []
            for _ in range(8):
                leaf = pki.issue_cert("localhost")
                if number % 2:
                    pki.revoke(leaf)
                    made.append(leaf)
                pki.crlite.publish()
                pki.crlite.check(leaf)
            return made

        with ThreadPoolExecutor(6) as pool:
            revoked = [leaf for made in pool.map(work, range(6)) for leaf in made]
        pki.crlite.publish(full=True)
        assert len(revoked) == 24
        assert {pki.crlite.check(leaf) for leaf in revoked} == {Status.REVOKED}
        ((known, bad),) = sets(pki.crlite.files[0]).values()
        assert (len(known), bad) == (48, {leaf.serial_number for leaf in revoked})


def test_names() -> None:
    """No two files have one, whatever the second and the channel; none is longer than clients take."""
    with PKI(logged=True, ago=20 * DAY) as pki, pki.clock.stop():
        pki.issue_cert("localhost")
        for _ in range(3):
            pki.crlite.publish()
        before = [file.name for channel in CHANNELS for file in pki.crlite.list_files(channel)]
        pki.crlite.schedule = MOZILLA
        pki.clock.shift(DAY)
        pki.crlite.publish()
        after = [file.name for channel in CHANNELS for file in pki.crlite.list_files(channel)]
        assert len(before) == 6
        assert len(after) == 8
        assert len({*before, *after}) == 14
        assert max(map(len, [*before, *after])) <= 32
        assert {name.rpartition(".")[2] for name in after} == {"filter", "delta"}


def test_files_are_kept() -> None:
    """Whatever is listed, however many there are, and the last of what was listed before."""
    with PKI(logged=True) as pki:
        pki.issue_cert("localhost")
        for _ in range(100):
            pki.crlite.publish()
        listed = pki.crlite.files
        assert len({file.name for file in listed}) == 100
        assert pki.crlite.files == listed
        find = pki.crlite._filters.find_named
        assert [find(file.name) for file in listed] == [*listed]
        pki.crlite.publish(full=True)
        (full,) = pki.crlite.files
        assert [find(file.name) for file in (listed[35], *listed[36:], full)] == [None, *listed[36:], full]
        pki.crlite.publish(full=True)
        assert len(pki.crlite.files) == 1
        assert [find(file.name) for file in (listed[36], *listed[37:], full)] == [None, *listed[37:], full]


def test_a_delta_of_ones_own() -> None:
    """For whoever has what was published at a time, in one file."""
    with PKI(logged=True, ago=DAY) as pki, pki.clock.stop():
        leaves = [pki.issue_cert("localhost") for _ in range(9)]
        times = []
        for leaf in leaves[:3]:
            pki.revoke(leaf)
            pki.crlite.publish()
            times.append(pki.clock.now())
            pki.clock.shift(HOUR)
        pki.crlite.publish(full=True)
        issuer = crlite.spki_hash(pki.ca)
        for since, new in ((times[0], leaves[1:3]), (times[1], leaves[2:3]), (pki.clock.now(), [])):
            card = crlite.Clubcard.parse(pki.crlite.delta(since, "v4"))
            assert card == crlite.Clubcard.parse(pki.crlite.delta(since))
            scts = [(pki.ct_log.log_id, stamp(times[0]))]
            found = [
                leaf for leaf in leaves if card.status(issuer, leaf.serial_number, scts) is Status.REVOKED
            ]
            assert found == new
        with pytest.raises(LookupError, match=r"since=.*: no filter of the channel 'default' was published"):
            pki.crlite.delta(times[0] - HOUR)


@pytest.mark.parametrize("seed", range(4))
def test_it_is_what_a_naive_record_says(seed: int) -> None:
    """Whatever happens in whatever order, every current file is what a list of all events gives."""
    dice = random.Random(seed)
    with PKI(logged=True, ago=20 * DAY) as pki, pki.clock.stop():
        known: set[int] = set()
        bad: set[int] = set()
        expected: list[tuple[set[int], set[int]]] = []
        published: set[int] = set()

        def issue() -> None:
            known.add(pki.issue_cert("localhost").serial_number)

        def revoke() -> None:
            if known - bad:
                serial = dice.choice(sorted(known - bad))
                bad.add(serial)
                pki.revoke(serial, "certificate_hold")

        def release() -> None:
            if bad:
                serial = dice.choice(sorted(bad))
                bad.remove(serial)
                pki.release(serial)

        def publish() -> None:
            full = dice.random() < 0.3
            pki.crlite.publish(full)
            if full or not expected:
                expected.clear()
                expected.append((set(known), set(bad)))
            else:
                expected.append((set(known), bad - published))
            published.clear()
            published.update(bad)

        def wait() -> None:
            pki.clock.shift(timedelta(seconds=dice.choice([1, 3_600])))

        steps: list[Callable[[], None]] = [issue, issue, revoke, revoke, release, publish, wait]
        issue()
        for _ in range(60):
            dice.choice(steps)()
            found = [sets(file) for file in pki.crlite.files]
            assert found == [{crlite.spki_hash(pki.ca): parts} for parts in expected]
