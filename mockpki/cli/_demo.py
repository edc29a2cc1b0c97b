"""`mockpki demo`."""

from __future__ import annotations

import click

from ._options import Command
from ._output import end_on_signals, work_apart


@click.command(cls=Command)
def demo() -> None:
    """Show what clients make of good, revoked, unknown, stale and absent answers.

    Starts a PKI on loopback (CA, OCSP responder, stapling TLS servers), sends a hard-fail, a soft-fail
    and a must-staple client through six situations, and curl and openssl too where they are
    installed. Prints what each of them did. Nothing leaves this machine.
    """
    from rich.console import Console

    from .._engine.ports import describe
    from .._probe.demo import run_demo
    from .._programs.processes import Processes
    from .._reports.demo import show_demo

    console, processes = Console(), Processes()
    status = console.status("A PKI, its servers and their clients are at work ...", spinner="line")
    try:
        with end_on_signals(), status:
            report = work_apart(lambda: run_demo(processes), processes.stop)
    except OSError as error:
        raise click.ClickException(f"the demo could not run to its end: {describe(error)}") from error
    show_demo(report, console)
