"""The times of an honest answer."""

from datetime import timedelta

from mockpki._pkix.window import BACKDATED_BY, LIFE, Window
from tests.kit.authorities import NOW


def test_an_honest_window_opened_ten_minutes_ago_and_lasts_a_week() -> None:
    """It is dated back, as if signed then, for the seven days that everything honest is good for."""
    dated = NOW - timedelta(minutes=10)
    assert Window.honest(NOW) == Window(NOW, dated, dated + timedelta(days=7), dated)
    assert timedelta(minutes=10) == BACKDATED_BY


def test_the_life_is_within_the_baseline_requirements() -> None:
    """At least eight hours and at most ten days (sections 4.9.7 and 4.9.10)."""
    assert timedelta(hours=8) <= LIFE <= timedelta(days=10)
