"""A second that turns in the middle of every test, for tests that take two looks at the clock for one.

``python -m pytest -p tests.kit.turning_second --turn-at 4`` has the second turn after the fourth look that
the package takes at the clock in a test. What compares a time from before with one from after fails then,
each time.
"""

import datetime as dt

import pytest

from mockpki import _clock

_ONE = dt.timedelta(seconds=1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """When it turns."""
    parser.addoption("--turn-at", type=int, default=1, metavar="LOOKS", help="the second turns after so many")


@pytest.fixture(autouse=True)
def turning_second(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of this test."""
    if request.path.name == "test_clock.py":
        # It is the clock itself that is looked at there.
        return
    look, real, left = _clock._read_clock, _clock._real_time, request.config.getoption("turn_at")
    # A second behind others, so that nothing is of the future for them.
    before = dt.datetime.fromtimestamp(int(real()) - 1, tz=dt.timezone.utc)

    def turn() -> dt.datetime:
        nonlocal left
        seen = look()
        if abs(seen.timestamp() - real()) > 1 or seen - before > 3 * _ONE:
            # It is frozen, or the test is a long one.
            return seen
        left -= 1
        return before if left >= 0 else before + _ONE

    monkeypatch.setattr(_clock, "_read_clock", turn)
