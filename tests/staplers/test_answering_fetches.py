"""What becomes of answers and failures, and when to ask again, decided without a loop or a PKI."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from mockpki.staplers import AtFraction, Exponential, Fixed, Kind, StaplePolicy
from mockpki.staplers._answering import (
    Change,
    Note,
    fail,
    find_obstacle,
    plan,
    start,
    take,
)
from mockpki.staplers._cache import Failure, Kept, Known
from mockpki.staplers._policy import ANY, Word
from mockpki.staplers._reading import Usable
from tests.kit.situations import (
    AGING,
    DOWN,
    ENDED,
    GOOD,
    KEPT,
    NEW,
    NOW,
    UNFIT,
    UNTIL,
    WAITING_START,
    asking,
    failed,
    lazy,
    started,
)
from tests.kit.staples import DAY, FILE, HOUR, LAZY, MINUTE, SECOND, START

STARTED, DROPPED = Kind.FETCH_STARTED, Kind.DROPPED

# What becomes of an answer, and of a failure.

UNTIL_TOMORROW = "good until 2026-01-02 12:00:00Z"


def usable(status: Word = "good") -> Usable:
    """An answer that came, for a day."""
    return Usable(b"new", status, NOW, NOW + DAY)


TAKEN: dict[str, tuple[StaplePolicy, Known, Word, tuple[Kind, ...], bytes | None]] = {
    "the first": (LAZY, NEW, "good", (Kind.ANSWERED, Kind.CACHED), b"new"),
    "a later one": (LAZY, GOOD, "good", (Kind.ANSWERED, Kind.REFRESHED), b"new"),
    "after a failure": (LAZY, failed(NEW, DOWN, UNTIL), "good", (Kind.ANSWERED, Kind.CACHED), b"new"),
    "in a file": (FILE, NEW, "good", (Kind.LOADED,), b"new"),
    "revoked, stapled": (lazy(staple=ANY), NEW, "revoked", (Kind.ANSWERED, Kind.CACHED), b"new"),
    "revoked, not kept": (
        lazy(staple=ANY, remember=frozenset({"good"})), GOOD, "revoked", (Kind.ANSWERED,), None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TAKEN)
def test_what_becomes_of_an_answer(case: str) -> None:
    """It is kept as the policy remembers it, those who wait get it, and failures are forgotten."""
    policy, known, status, kinds, kept = TAKEN[case]
    change, result = take(policy, replace(known, expiry_noted=True), usable(status), NOW)
    assert isinstance(result, Kept)
    assert (result.der, result.status) == (b"new", status)
    assert tuple(note.kind for note in change.notes) == kinds
    assert {note.detail for note in change.notes} == {str(result)}
    after = change.known
    assert (after.answer and after.answer.der) == kept
    assert (after.failure, after.failures, after.expiry_noted, change.begins) == (None, 0, False, False)


@pytest.mark.parametrize("status", ["revoked", "unknown"])
def test_an_answer_that_is_not_stapled_is_a_failure(status: Word) -> None:
    """It is refused, with nothing in it that may be passed on; what was good before is another matter."""
    change, result = take(lazy(on_error_resp="relay"), GOOD, usable(status), NOW)
    assert result == Failure(Kind.REFUSED, f"the answer was {status}, which is not stapled", NOW)
    assert change == Change(
        replace(GOOD, failure=result, failures=1),
        (Note(Kind.REFUSED, result.sentence), Note(Kind.KEPT, UNTIL_TOMORROW)),
    )


FORGOTTEN = lazy(error_ttl=HOUR, no_answer_ttl=MINUTE)
FAILED: dict[str, tuple[StaplePolicy, Known, Kind, datetime | None, tuple[Kind, ...], Kept | None]] = {
    "at once": (LAZY, NEW, Kind.NO_ANSWER, NOW, (Kind.NO_ANSWER,), None),
    "error_ttl": (FORGOTTEN, NEW, Kind.REFUSED, NOW + HOUR, (Kind.REFUSED,), None),
    "no_answer_ttl": (FORGOTTEN, NEW, Kind.NO_ANSWER, NOW + MINUTE, (Kind.NO_ANSWER,), None),
    "one ttl for both": (lazy(error_ttl=HOUR), NEW, Kind.NO_ANSWER, NOW + HOUR, (Kind.NO_ANSWER,), None),
    "start": (START, NEW, Kind.NO_ANSWER, None, (Kind.NO_ANSWER,), None),
    "file": (FILE, NEW, Kind.NO_ANSWER, None, (Kind.LOADED,), None),
    "keep": (LAZY, GOOD, Kind.NO_ANSWER, NOW, (Kind.NO_ANSWER, Kind.KEPT), KEPT),
    "drop": (lazy(on_refresh_fail="drop"), GOOD, Kind.REFUSED, NOW, (Kind.REFUSED, DROPPED), None),
}


@pytest.mark.parametrize("case", FAILED)
def test_what_becomes_of_a_failure(case: str) -> None:
    """It is remembered for as long as the policy says, and an answer there was stays, or goes."""
    policy, known, kind, until, kinds, kept = FAILED[case]
    change, failure = fail(policy, replace(known, failures=2), kind, "why", NOW, b"unfit")
    assert failure == Failure(kind, "why", until, b"unfit")
    assert tuple(note.kind for note in change.notes) == kinds
    assert change.known == replace(known, failure=failure, failures=3, answer=kept)


def test_what_is_said_of_an_answer_that_goes_with_a_failure() -> None:
    """Which one it was, and that there is no newer one."""
    change, _ = fail(lazy(on_refresh_fail="drop"), GOOD, Kind.NO_ANSWER, "why", NOW)
    assert change.notes[1] == Note(DROPPED, f"{UNTIL_TOMORROW}: a new answer could not be had")


# When a start trigger asks.

FRESH = replace(NEW, answer=replace(KEPT, refresh_at=NOW + HOUR))
STARTS: dict[str, tuple[StaplePolicy, Known, bool, datetime | None]] = {
    "lazy": (LAZY, NEW, False, None),
    "file": (FILE, NEW, False, None),
    "new": (START, NEW, True, None),
    "new, blocking": (WAITING_START, NEW, True, None),
    "under way": (START, asking(NEW), False, None),
    "on the list": (START, replace(NEW, due=UNTIL), False, UNTIL),
    "fresh": (START, FRESH, False, NOW + HOUR),
    "fresh for good": (START, GOOD, False, None),
    "aging": (START, AGING, True, None),
    "ended": (START, ENDED, True, None),
    "tick": (started(tick=40 * MINUTE), FRESH, False, NOW + 80 * MINUTE),
}


@pytest.mark.parametrize("case", STARTS)
def test_what_begins_with_the_server(case: str) -> None:
    """To ask, or to wait for the date of what is there already."""
    policy, known, begins, due = STARTS[case]
    change = start(policy, known, NOW, NOW)
    assert (change.begins, change.known.due) == (begins, due)
    assert [note.kind for note in change.notes] == [STARTED] * begins


HALF = replace(KEPT, refresh_at=NOW + 12 * HOUR)
ODD = replace(KEPT, refresh_at=NOW + timedelta(seconds=1.5))
PLANS: dict[str, tuple[StaplePolicy, int, Kept | Failure, datetime | None]] = {
    "lazy": (lazy(retry=Fixed(MINUTE), refresh=AtFraction(0.5)), 1, HALF, None),
    "refresh": (started(refresh=AtFraction(0.5)), 0, HALF, NOW + 12 * HOUR),
    "no refresh": (START, 0, KEPT, None),
    "whole seconds": (START, 0, ODD, NOW + 2 * SECOND),
    "retry": (started(retry=Fixed(MINUTE)), 1, DOWN, NOW + MINUTE),
    "retry, with patience": (started(retry=Exponential(MINUTE, HOUR)), 3, UNFIT, NOW + 4 * MINUTE),
    "no retry": (START, 1, DOWN, None),
    "tick": (started(retry=Fixed(MINUTE), tick=HOUR), 1, DOWN, NOW + 30 * MINUTE),
    "on the tick": (started(retry=Fixed(30 * MINUTE), tick=HOUR), 1, DOWN, NOW + 30 * MINUTE),
    "the next tick": (started(retry=Fixed(31 * MINUTE), tick=HOUR), 1, DOWN, NOW + 90 * MINUTE),
}


@pytest.mark.parametrize("case", PLANS)
def test_when_a_server_asks_again(case: str) -> None:
    """By its rules, in whole seconds, and at a tick of a server that started half an hour ago."""
    policy, failures, result, due = PLANS[case]
    known = replace(NEW, failures=failures)
    assert plan(policy, known, result, NOW, NOW - 30 * MINUTE) == Change(replace(known, due=due))


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (GOOD, None),
        (failed(GOOD, DOWN), None),
        (NEW, "it names no responder that can be asked"),
        (failed(NEW, DOWN), "the connection was refused"),
        (failed(ENDED, DOWN), "the connection was refused"),
        (failed(replace(NEW, answer=replace(KEPT, status="revoked")), UNFIT), "it is stale"),
        (
            replace(NEW, answer=replace(KEPT, status="revoked")),
            "the answer was revoked, and ends 2026-01-02 12:00:00Z",
        ),
    ],
)
def test_what_a_strict_server_does_not_start_without(known: Known, why: str | None) -> None:
    """A good answer that is not past its end; else it says what came in the way."""
    obstacle = find_obstacle(known, NOW)
    assert obstacle == (
        why
        and "the server does not start: the certificate for localhost must be stapled, and there is no good "
        f"answer about it ({why})"
    )
