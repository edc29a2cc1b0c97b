"""What people type: names that are nearly right, and durations."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpki._typed import (
    find_near,
    parse_duration,
    spell_duration,
    suggest,
    write_duration,
    write_typed_duration,
)  # fmt: skip

KNOWN = ("hard-fail", "soft-fail", "no-check")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(
            ("5s", 5),
            ("10min", 600),
            ("2h", 7200),
            ("1d", 86_400),
            ("1.5d", 129_600),
            ("0s", 0),
            ("-2h", -7200),
        ),
        # As Go writes a time.Duration.
        *(("48h0m0s", 172_800), ("250ms", 0.25), ("1m30.5s", 90.5), ("-1.5ms", -0.0015), ("5m", 300)),
        *(("7\u00b5s", 7e-6), ("7\u03bcs", 7e-6), ("7us", 7e-6), ("2000ns", 2e-6), ("1d12h", 129_600)),
        # ISO 8601, as Java, .NET and others write it.
        *(
            ("P2D", 172_800),
            ("PT0.25S", 0.25),
            ("-P1DT1H", -90_000),
            ("PT-48H", -172_800),
            ("PT48H1M", 172_860),
        ),
        *(("P2W", 1_209_600), ("PT0S", 0), ("+PT1S", 1)),
    ],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    """A number with a unit, or several; a fraction of one, or a negative one, too; and ISO 8601's form."""
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "5",
            "s",
            "5 s",
            " 5s",
            "5s ",
            "5S",
            "1.d",
            ".5d",
            "1e3s",
            "5s5s",
            "+5s",
            "5m1h",
            "1h 5m",
            "0x5s",
        ),
        *("-", "P", "PT", "P1DT", "P1Y", "P2M", "PT5", "p2d", f"{'9' * 400}d", f"P{'9' * 20}D"),
    ],
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
def test_a_duration_is_spelled_out(seconds: float, words: str) -> None:
    """In days, hours, minutes and seconds, without those of which there are none."""
    assert spell_duration(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("duration", "by_iso", "typed"),
    [
        (timedelta(), "PT0S", "0s"),
        (timedelta(days=2), "P2D", "2d"),
        (timedelta(seconds=0.25), "PT0.25S", "0.25s"),
        (-timedelta(days=1, hours=1, minutes=2, seconds=3), "-P1DT1H2M3S", "-1d3723s"),
        (timedelta(days=999_999, microseconds=1), "P999999DT0.000001S", "999999d0.000001s"),
    ],
)
def test_a_duration_is_written(duration: timedelta, by_iso: str, typed: str) -> None:
    """For programs and for people, without a loss: both are read back."""
    assert (write_duration(duration), write_typed_duration(duration)) == (by_iso, typed)
    assert parse_duration(by_iso) == parse_duration(typed) == duration


@given(st.timedeltas())
def test_every_duration_comes_back(duration: timedelta) -> None:
    """Whatever a timedelta holds, to the microsecond."""
    assert parse_duration(write_duration(duration)) == duration
    assert parse_duration(write_typed_duration(duration)) == duration
