"""What people type: names that are nearly right, and durations."""

from datetime import timedelta

import pytest

from mockpki._typed import find_near, parse_duration, suggest, write_duration

KNOWN = ("hard-fail", "soft-fail", "no-check")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5s", 5), ("10min", 600), ("2h", 7200), ("1d", 86_400), ("1.5d", 129_600), ("0s", 0), ("-2h", -7200)],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    """A number with a unit; a fraction of one, or a negative one, too."""
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "5", "s", "5 s", " 5s", "5s ", "5m", "5S", "1.d", ".5d", "1e3s", "5s5s", "+5s"]
)
def test_what_is_no_duration(text: str) -> None:
    """None, for whoever asked to say what he takes."""
    assert parse_duration(text) is None


def test_near_names_are_found() -> None:
    """The nearest first; nothing where nothing is near."""
    assert find_near("hard_fail", KNOWN)[0] == "hard-fail"
    assert find_near("fail", KNOWN) == ["soft-fail", "hard-fail"]
    assert find_near("xyzzy", KNOWN) == []
    assert find_near("no", KNOWN) == []
    assert find_near("no", KNOWN, cutoff=0.3) == ["no-check"]


def test_a_name_that_is_not_known_is_answered() -> None:
    """With what is near; else with what was given for that, or all there are."""
    assert suggest("hard_fail", KNOWN, cutoff=0.8) == "did you mean hard-fail?"
    assert suggest("fail", KNOWN) == "did you mean soft-fail or hard-fail?"
    assert suggest("xyzzy", KNOWN) == "there are hard-fail, soft-fail, no-check."
    assert suggest("xyzzy", KNOWN, "see --help") == "see --help"
    assert suggest("xyzzy", iter(KNOWN)) == suggest("xyzzy", KNOWN)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"), (1, "1 s"), (0.5, "0.5 s"), (90, "1 min 30 s"), (3600, "1 h"), (86_400, "1 d"),
        (777_599, "8 d 23 h 59 min 59 s"), (90_060, "1 d 1 h 1 min"), (3650 * 86_400, "3650 d"),
        (123_456_789 * 86_400, "123456789 d"),
    ],
)  # fmt: skip
def test_a_duration_is_written(seconds: float, words: str) -> None:
    """In days, hours, minutes and seconds, without those of which there are none."""
    assert write_duration(timedelta(seconds=seconds)) == words
