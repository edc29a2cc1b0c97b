"""Every suite-wide fixture. The plugin itself comes by its entry point, as it does for users."""

import os

import pytest
from hypothesis import settings

pytest_plugins = ["pytester"]

# No test is judged by the time that it takes: the machine may be busy with others.
settings.register_profile("mockpki", deadline=None)
settings.load_profile("mockpki")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two for each core: tests wait for others, too, or for what must not come."""
    return (os.cpu_count() or 1) * 2
