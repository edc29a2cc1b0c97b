"""The command line."""

from __future__ import annotations

import click


@click.group()
@click.version_option(package_name="mockpki")
def main() -> None:
    """Test what a TLS client does about revoked certificates."""
