"""What each list says, against a model that replays everything."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mockpki._pkix.status import Reason, Revocation
from mockpki.publishing import IMMEDIATE, Deltas, Publishing, Schedule
from mockpki.publishing._issues import Issue, Issues
from mockpki.publishing._moments import Moments
from tests.kit.journal_model import EPOCH, Model, Signing, at

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
HOLD = Revocation(EPOCH, Reason.CERTIFICATE_HOLD)
STOLEN = Revocation(EPOCH, Reason.KEY_COMPROMISE)
STEPS = st.sampled_from([1, 2, 3, 4, 6, 7])


@st.composite
def publishings(draw: st.DrawFn) -> Publishing:
    """Regular lists with or without deltas, whose times meet now and then."""
    full = Schedule(draw(STEPS) * draw(STEPS) * SECOND, 100 * SECOND)
    deltas = None
    if draw(st.booleans()):
        step = draw(st.none() | STEPS)
        after = timedelta() if step is None else draw(st.sampled_from([None, timedelta()]))
        schedule = Schedule(None if step is None else step * SECOND, 50 * SECOND, after_revocation=after)
        deltas = Deltas(schedule, draw(st.sampled_from(["last", "previous"])))
    return Publishing(
        replace(full, after_revocation=draw(st.sampled_from([None, timedelta()]))), deltas=deltas
    )


class Machine(RuleBasedStateMachine):
    """Changes, signings out of turn and outages at random times, under any publishing."""

    now = 0

    @initialize(publishing=publishings())
    def begin(self, publishing: Publishing) -> None:
        """A CA begins."""
        self.model = Model(publishing)
        self.moments = Moments(publishing, EPOCH)
        self.issues = Issues(publishing, self.moments, lambda authority, serial: None)
        self.order = self.changes = 0
        self.down: int | None = None
        self.owed: set[bool] = set()
        if publishing.deltas is not None and publishing.deltas.schedule.every is None:
            self.sign(complete=False, delta=True)

    def sign(self, *, complete: bool, delta: bool) -> None:
        """Tell the model of a signing out of turn."""
        self.order += 1
        known = len(self.model.operations)
        self.model.others.append(Signing(self.now, self.order, complete, delta, known))

    @rule(by=st.integers(0, 30))
    def wait(self, by: int) -> None:
        """Time goes by."""
        self.now += by

    @rule(
        authority=st.integers(0, 1),
        serials=st.lists(st.integers(1, 6), min_size=1, max_size=3, unique=True),
        after=st.sampled_from([HOLD, STOLEN, None]),
    )
    def change(self, authority: int, serials: list[int], after: Revocation | None) -> None:
        """Certificates of one of two CAs, with the same serial numbers, are put on hold, revoked, released or
        forgotten."""
        self.model.operations.append((self.now, tuple((authority, serial) for serial in serials), after))
        # Another list of the same CA may have changes in between: numbers rise, and not one by one.
        self.issues.note_change(at(self.now), self.changes, serials, after, authority)
        self.changes += 2
        self.moments.note_change(at(self.now), self.changes, revoked=after is not None)
        deltas = self.model.publishing.deltas
        for delta, schedule in ((False, self.model.publishing.full), (True, deltas and deltas.schedule)):
            if after is not None and schedule and schedule.after_revocation is not None:
                if self.down is None:
                    self.sign(complete=not delta, delta=delta)
                else:
                    self.owed.add(delta)

    @precondition(lambda self: self.down is None)
    @rule(delta=st.booleans())
    def publish(self, delta: bool) -> None:
        """A list is signed out of turn."""
        if delta and self.model.publishing.deltas is None:
            return
        self.moments.add(at(self.now), delta=delta, seen=self.changes)
        self.sign(complete=not delta, delta=delta)

    @precondition(lambda self: self.down is None)
    @rule()
    def suspend(self) -> None:
        """The signer breaks down."""
        self.moments.suspend(at(self.now))
        self.down = self.now
        self.model.down.append((self.now, 10**9))

    @precondition(lambda self: self.down is not None)
    @rule()
    def resume(self) -> None:
        """It comes back, and makes up for what it has missed."""
        assert self.down is not None
        was_down = self.model.down.pop()
        until = self.model.list_signings(self.now - 1)
        missed = [s for s in until if s.second > self.down and s.known is None]
        self.moments.resume(at(self.now), self.changes)
        self.model.down.append((was_down[0], self.now))
        self.down = None
        complete = False in self.owed or any(s.complete for s in missed)
        delta = True in self.owed or any(s.delta for s in missed)
        self.owed = set()
        if complete or delta:
            self.sign(complete=complete, delta=delta)

    @rule(back=st.integers(0, 20), delta=st.booleans())
    def ask(self, back: int, delta: bool) -> None:
        """What is published now, or was a while ago, is what the model says, however often it is asked
        for."""
        now = max(0, self.now - back)
        issue = self.issues.find_current(at(now), delta)
        assert issue is self.issues.find_current(at(now), delta)
        expected = None if delta and self.model.publishing.deltas is None else self.model.find(now, delta)
        if expected is None or issue is None:
            assert expected is None
            assert issue is None
            return
        number, base, entries = expected
        parts = enumerate(issue.parts)
        assert {(ca, serial): part.listed[serial] for ca, part in parts for serial in part.serials} == entries
        assert all(
            issue.find(serial, ca) == entries.get((ca, serial)) for ca in range(3) for serial in range(7)
        )
        assert (issue.number, issue.base) == (number, base)
        schedule = self.model.publishing.full
        if delta:
            assert self.model.publishing.deltas is not None
            schedule = self.model.publishing.deltas.schedule
        assert issue.next_update - issue.this_update == schedule.life

    @invariant()
    def due(self) -> None:
        """The next moment is the first second at which something is signed."""
        if not hasattr(self, "moments") or self.down is not None:
            return
        found = self.moments.find_next(at(self.now))
        later = [s for s in self.model.list_signings(self.now + 60) if s.second > self.now]
        assert (found and found.time) == (at(later[0].second) if later else None)


Machine.TestCase.settings = settings(max_examples=200, stateful_step_count=30)
TestMachine = Machine.TestCase


def issues_of(
    publishing: Publishing, find_end: Callable[[int, int], datetime | None] = lambda authority, serial: None
) -> tuple[Moments, Issues]:
    """The moments and the issues of a CA."""
    moments = Moments(publishing, EPOCH)
    return moments, Issues(publishing, moments, find_end)


def note(
    moments: Moments,
    issues: Issues,
    second: int,
    serials: list[int],
    after: Revocation | None,
    authority: int = 0,
) -> None:
    """A change, told to both as a publisher does."""
    index = issues.remembered
    issues.note_change(at(second), index, serials, after, authority)
    moments.note_change(at(second), index + 1, revoked=after is not None)


def current(issues: Issues, second: int, delta: bool = False) -> Issue:
    """What is published, which there is."""
    issue = issues.find_current(at(second), delta)
    assert issue is not None
    return issue


HOURLY = Publishing(Schedule(3600 * SECOND, DAY))


@pytest.mark.parametrize(("numbers", "unit"), [("ms", 10**3), ("ns", 10**9)])
def test_numbers_that_are_times(numbers: str, unit: int) -> None:
    """They rise with the time, and by one for what is signed in the same second, or after a clock was put
    back."""
    moments, issues = issues_of(replace(HOURLY, numbers=numbers))  # type: ignore[arg-type]
    first = current(issues, 7200).number
    assert first == int(at(7200).timestamp()) * unit
    for more in (1, 2):
        moments.add(at(7200), delta=False, seen=0)
        assert current(issues, 7200).number == first + more
    assert current(issues, 10800).number == int(at(10800).timestamp()) * unit
    moments.add(at(9000), delta=False, seen=0)
    assert current(issues, 9000).number not in {first, first + 1, first + 2, current(issues, 10800).number}


@pytest.mark.parametrize(
    ("keep", "second", "listed"),
    [
        (None, 100 * 3600, True),
        (timedelta(), 4999, True),
        # The certificate ends at 5000 s; the list of 7200 s is the one that RFC 5280 section 3.3 demands.
        (timedelta(), 7200, True),
        (timedelta(), 10800, False),
        (3600 * SECOND, 10800 - 1, True),
        (3600 * SECOND, 10800, False),
        (DAY, 5000 + 24 * 3600, True),
        (DAY, 3600 * 26, False),
    ],
)
def test_expired_certificates_leave(keep: timedelta | None, second: int, listed: bool) -> None:
    """Not before one regular list after their end had them, and only where the CA lets them go; one of
    another CA with the same serial number has an end of its own."""
    ends = {(0, 1): at(5000)}
    moments, issues = issues_of(
        replace(HOURLY, keep_expired=keep), lambda authority, serial: ends.get((authority, serial))
    )
    note(moments, issues, 100, [1, 2], HOLD)
    note(moments, issues, 100, [1], HOLD, authority=1)
    assert list(current(issues, second).serials) == ([1, 2, 1] if listed else [2, 1])


def test_revoked_after_its_end() -> None:
    """It is on one list all the same."""
    moments, issues = issues_of(replace(HOURLY, keep_expired=timedelta()), lambda authority, serial: at(50))
    note(moments, issues, 8000, [1], STOLEN)
    assert [list(current(issues, hour * 3600).serials) for hour in (2, 3, 4)] == [[], [1], []]


def test_a_long_journal_is_let_go_of() -> None:
    """What nobody can ask about is forgotten, and the list stays what it is."""
    moments, issues = issues_of(HOURLY)
    for serial in range(3 * 4096):
        note(moments, issues, serial * 10, [serial], STOLEN)
    assert issues.remembered < 3 * 4096
    assert list(current(issues, 33 * 3600).serials) == list(range(33 * 360))
    assert len(current(issues, 40 * 3600).serials) == 3 * 4096


def test_what_was_made_is_remembered() -> None:
    """The last 64 issues, oldest first, and not what nobody asked for."""
    _, issues = issues_of(HOURLY)
    for hour in [0, 5, *range(10, 100)]:
        current(issues, hour * 3600)
    assert [issue.number for issue in issues.made] == list(range(37, 101))


def test_nothing_is_published_by_the_default() -> None:
    """IMMEDIATE has no schedule: its lists are made at every request."""
    assert not IMMEDIATE.scheduled
    assert HOURLY.scheduled
