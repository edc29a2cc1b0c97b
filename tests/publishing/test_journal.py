"""What was on a list at any moment."""

import pytest

from mockpki._pkix.status import Reason, Revocation
from mockpki.publishing._journal import Journal
from mockpki.publishing._moments import Moment
from tests.kit.journal_model import EPOCH, at

HOLD = Revocation(EPOCH, Reason.CERTIFICATE_HOLD)
STOLEN = Revocation(EPOCH, Reason.KEY_COMPROMISE)


@pytest.fixture
def journal() -> Journal:
    """On hold, one of them stolen, released, and on hold again."""
    journal = Journal()
    journal.note(at(10), 0, [1, 2], HOLD)
    journal.note(at(20), 1, [2], STOLEN)
    journal.note(at(30), 2, [1], None)
    journal.note(at(40), 3, [1, 3], HOLD)
    return journal


@pytest.mark.parametrize(
    ("second", "listed"),
    [
        (5, {}), (10, {}), (11, {1: HOLD, 2: HOLD}), (20, {1: HOLD, 2: HOLD}), (21, {1: HOLD, 2: STOLEN}),
        (31, {2: STOLEN}), (41, {2: STOLEN, 1: HOLD, 3: HOLD}),
    ],
)  # fmt: skip
def test_by_time(journal: Journal, second: int, listed: dict[int, Revocation]) -> None:
    """What happened before that second; in it, it is too late."""
    assert journal.list_at(Moment(at(second))) == listed


@pytest.mark.parametrize(
    ("seen", "listed"),
    [(0, {}), (1, {1: HOLD, 2: HOLD}), (3, {2: STOLEN}), (4, {2: STOLEN, 1: HOLD, 3: HOLD})],
)
def test_by_number(journal: Journal, seen: int, listed: dict[int, Revocation]) -> None:
    """Or the first so many changes, whatever the time."""
    assert journal.list_at(Moment(at(0), 1, seen=seen)) == listed


def test_changes_between_two(journal: Journal) -> None:
    """Those that the one has seen and the other has not."""
    changes = journal.list_changes(Moment(at(15)), Moment(at(35)))
    assert [list(change.serials) for change in changes] == [[2], [1]]


def test_a_clock_that_was_put_back(journal: Journal) -> None:
    """A change with an earlier time is seen by earlier moments, and later ones are as they were."""
    journal.note(at(15), 4, [7], STOLEN)
    assert journal.list_at(Moment(at(16))) == {1: HOLD, 2: HOLD, 7: STOLEN}
    assert journal.list_at(Moment(at(41))) == {2: STOLEN, 1: HOLD, 3: HOLD, 7: STOLEN}


def test_since_when(journal: Journal) -> None:
    """When it went onto the list; for a moment before its last change, that moment."""
    assert journal.since(2, Moment(at(50))) == at(20)
    assert journal.since(2, Moment(at(15))) == at(15)
    assert journal.since(9, Moment(at(50))) is None


def test_forgetting(journal: Journal) -> None:
    """What a moment has seen can go; the list and later moments stay."""
    journal.forget(Moment(at(25)))
    assert len(journal) == 2
    assert journal.list_at(Moment(at(31))) == {2: STOLEN}
    assert journal.list_at(Moment(at(50), 1, seen=4)) == {2: STOLEN, 1: HOLD, 3: HOLD}
