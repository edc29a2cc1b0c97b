"""`mockpki staplers`."""

from __future__ import annotations

import click

from ._options import Command, output_options
from ._output import Output, end_on_signals


@click.command(cls=Command)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@output_options("text", "json", "html")
def staplers(names: tuple[str, ...], output: Output) -> None:
    """Show how servers get their staples, and what their clients are given when something goes wrong.

    With NAMEs, such as nginx or apache, only these. Each goes through every stapling scenario, and through
    an outage of the responder that is longer than an answer's life, on a clock that is moved ahead:
    it takes seconds. As HTML, the outage is drawn.
    """
    from rich.console import Console

    from .._probe.servers import probe_presets
    from .._reports.servers import describe_presets
    from ..staplers import named

    try:
        for name in names:
            named(name)
    except (LookupError, ValueError) as error:
        raise click.UsageError(str(error)) from error
    status = Console(stderr=True).status("The presets are at work ...", spinner="line")
    with end_on_signals(), status:
        reports = probe_presets(names)
    output.write(describe_presets(reports))
