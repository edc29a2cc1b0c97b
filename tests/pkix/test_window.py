"""The times of an honest answer."""

from datetime import timedelta

from mockpki._pkix.window import LIFE, Window
from tests.kit.authorities import NOW


def test_an_honest_window_opens_now_and_lasts_a_week() -> None:
    """Made now and good from now on, for the seven days that everything honest is good for."""
    assert Window.honest(NOW) == Window(NOW, NOW, NOW + timedelta(days=7), NOW)


def test_the_life_is_within_the_baseline_requirements() -> None:
    """At least eight hours and at most ten days (sections 4.9.7 and 4.9.10)."""
    assert timedelta(hours=8) <= LIFE <= timedelta(days=10)
