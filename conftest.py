"""Every suite-wide fixture. The plugin itself comes by its entry point, as it does for users."""

pytest_plugins = ["pytester"]
