"""When a server asks again: ahead of the end of an answer, and after a failure."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from mockpki import staplers
from mockpki.staplers import (
    AtFraction,
    BeforeEnd,
    Clamp,
    Exponential,
    Fixed,
    Refresh,
)
from tests.kit.staples import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
)

NOW = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


WRONG_RULES: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "text": (lambda: AtFraction("half"), TypeError, "part= of AtFraction takes a finite number; got 'half'"),  # type: ignore[arg-type]
    "flag": (lambda: AtFraction(True), TypeError, "part= of AtFraction takes a finite number; got True"),
    "whole": (lambda: AtFraction(1), ValueError, "is between 0 and 1; got 1"),
    "floor": (lambda: AtFraction(0.5, "a bit"), TypeError, "floor= .* a finite number; got 'a bit'"),  # type: ignore[arg-type]
    "high floor": (
        lambda: AtFraction(0.5, 1),
        ValueError,
        "floor of AtFraction is 0 or more, and less than 1",
    ),
    "low floor": (lambda: AtFraction(0.5, -0.1), ValueError, "floor of AtFraction is 0 or more"),
    "number": (lambda: BeforeEnd(5), TypeError, "by= .* a timedelta, longer than nothing; got 5"),  # type: ignore[arg-type]
    "nothing": (
        lambda: Fixed(timedelta()),
        ValueError,
        "after= of Fixed takes a timedelta, longer than nothing; got",
    ),
    "crossed": (lambda: Clamp(HOUR, MINUTE, MINUTE), ValueError, "least of Clamp is at most its most"),
    "shrinking": (lambda: Exponential(HOUR, MINUTE), ValueError, "base of Exponential is at most its cap"),
}


@pytest.mark.parametrize("case", WRONG_RULES)
def test_what_no_rule_can_be(case: str) -> None:
    """Each wrong rule is an error that names what is wrong with it."""
    make, kind, sentence = WRONG_RULES[case]
    with pytest.raises(kind, match=sentence):
        make()


REFRESHES: list[tuple[Refresh, timedelta | None, timedelta]] = [
    (AtFraction(0.5), DAY, 12 * HOUR),
    (AtFraction(0.5), SECOND, MINUTE),
    (AtFraction(0.5), None, HOUR),
    (BeforeEnd(10 * MINUTE), HOUR, 50 * MINUTE),
    (BeforeEnd(10 * MINUTE), 5 * MINUTE, MINUTE),
    (BeforeEnd(10 * MINUTE), None, HOUR),
    (Clamp(5 * MINUTE, HOUR, 5 * MINUTE), 30 * MINUTE, 25 * MINUTE),
    (Clamp(5 * MINUTE, HOUR, 5 * MINUTE), DAY, HOUR),
    (Clamp(5 * MINUTE, HOUR, 5 * MINUTE), MINUTE, 5 * MINUTE),
    (Clamp(5 * MINUTE, HOUR, 5 * MINUTE), None, HOUR),
    (Clamp(HOUR, DAY, HOUR, in_time=True), 7 * DAY, DAY),
    (Clamp(HOUR, DAY, HOUR, in_time=True), 20 * HOUR, 19 * HOUR),
    (Clamp(HOUR, DAY, HOUR, in_time=True), 90 * MINUTE, 45 * MINUTE),
    (Clamp(HOUR, DAY, HOUR), 90 * MINUTE, HOUR),
    (Clamp(HOUR, DAY, HOUR, in_time=True), SECOND, MINUTE),
    (Clamp(HOUR, DAY, HOUR, in_time=True), None, DAY),
]


@pytest.mark.parametrize(("rule", "life", "wanted"), REFRESHES, ids=repr)
def test_when_an_answer_is_renewed(rule: Refresh, life: timedelta | None, wanted: timedelta) -> None:
    """The rule's moment, but never at once, and within the hour where an answer has no end."""
    end = None if life is None else NOW + life
    assert rule.at(NOW, NOW, end) == NOW + wanted


def test_when_a_failure_is_tried_again() -> None:
    """After the same time each time, or after twice the time as far as the cap; however often it failed."""
    assert [Fixed(MINUTE).delay(failures) for failures in (1, 5)] == [MINUTE, MINUTE]
    growing = Exponential(MINUTE, HOUR)
    assert [growing.delay(failures) for failures in (1, 2, 3, 7, 10_000)] == [
        MINUTE, 2 * MINUTE, 4 * MINUTE, HOUR, HOUR,
    ]  # fmt: skip
    for retry in (staplers.HAPROXY.retry, staplers.MOD_MD.retry, staplers.IDEAL.retry):
        assert isinstance(retry, Exponential)
        assert [retry.delay(failures) for failures in (40, 50, 10_000)] == [retry.cap] * 3


# A CA that signs on a schedule.


def count_questions(rule: Refresh, life: timedelta, every: timedelta, age: timedelta) -> tuple[int, int]:
    """How often a server asks in ten times *every*, and for how many minutes it has no answer that is good.

    The CA signs *every* so often, for *life*, and dates its answers back by *age*.
    """
    signed, asked, bare = NOW, 0, timedelta()
    moment = NOW
    while moment < NOW + 10 * every:
        signed = NOW + (moment - NOW) // every * every
        end = signed - age + life
        asked += 1
        following = rule.at(moment, signed - age, end)
        bare += max(timedelta(), following - max(end, moment))
        moment = following
    return asked, bare // MINUTE


SCHEDULES = {
    "a week, signed every four days": (7 * DAY, 4 * DAY, timedelta()),
    "a week, signed every six days": (7 * DAY, 6 * DAY, timedelta()),
    "two hours, dated back by one": (2 * HOUR, HOUR, HOUR),
    "a day, dated back by most of it": (DAY, 6 * HOUR, 18 * HOUR),
    "an hour, signed every fifty minutes": (HOUR, 50 * MINUTE, timedelta()),
}


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("name", ["ideal", "squarespace"])
def test_a_ca_that_signs_on_a_schedule_is_not_asked_every_minute(name: str, schedule: str) -> None:
    """However an answer is dated, it is asked about a few dozen times, and renewed before its end."""
    life, every, age = SCHEDULES[schedule]
    rule = staplers.NAMED[name].refresh
    assert rule is not None
    asked, bare = count_questions(rule, life, every, age)
    assert asked <= 10 * 24
    # What ends the moment the next one is signed leaves a minute at the most, each time.
    assert bare <= (10 if age + every >= life else 0)


def test_without_a_floor_it_would_be() -> None:
    """The same week and hours with the rule that has none: hundreds of questions for nothing."""
    for schedule in ("a week, signed every four days", "two hours, dated back by one"):
        life, every, age = SCHEDULES[schedule]
        plain, _ = count_questions(AtFraction(0.5, floor=0), life, every, age)
        floored, _ = count_questions(AtFraction(0.5), life, every, age)
        assert plain > 500
        assert floored < 200


def test_the_floor_never_leads_past_the_end() -> None:
    """Towards the end of an answer it is half of what is left, and a minute at the least."""
    life, rule = 24 * HOUR, AtFraction(0.5)
    asked = [rule.at(NOW + age, NOW, NOW + life) - NOW for age in (12 * HOUR, 23 * HOUR, life - MINUTE, life)]
    assert asked == [13 * HOUR, 23 * HOUR + 30 * MINUTE, life, life + MINUTE]
