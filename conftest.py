"""Every suite-wide fixture. The plugin itself comes by its entry point, as it does for users."""

from hypothesis import settings

pytest_plugins = ["pytester"]

# No test is judged by the time that it takes: the machine may be busy with others.
settings.register_profile("mockpki", deadline=None)
settings.load_profile("mockpki")
