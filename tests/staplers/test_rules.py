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
    "text": (lambda: AtFraction("half"), TypeError, "is a number; got 'half'"),  # type: ignore[arg-type]
    "flag": (lambda: AtFraction(True), TypeError, "is a number; got True"),
    "whole": (lambda: AtFraction(1), ValueError, "is between 0 and 1; got 1"),
    "number": (lambda: BeforeEnd(5), TypeError, "by of BeforeEnd is a timedelta; got 5"),  # type: ignore[arg-type]
    "nothing": (lambda: Fixed(timedelta()), ValueError, "after of Fixed is longer than nothing"),
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
