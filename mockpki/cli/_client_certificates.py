"""`mockpki probe-server --client-certificates`: a server in every scenario of clients' certificates."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ._options import Runs, choose_scenarios, list_skipped, load_baseline, read_policy
from ._output import Output, end_on_signals, work_apart

if TYPE_CHECKING:
    from .._probe import ClientReport, Run
    from ..scenarios.servers import ServerCommand


class _NotJudged(click.ClickException):
    """The server cannot be judged: it refuses good clients, or takes any."""

    exit_code = 4


def run_client_certificates(
    server: ServerCommand, policy: str | None, runs: Runs, output: Output, baseline: Path | None
) -> int:
    """Present client certificates to *server*, write the report, and return the exit status.

    Raises `NotListening` where it does not start.
    """
    from rich.console import Console

    from .._probe.client_certificates import probe_client_certificates
    from .._reports.clients import describe_client
    from ..scenarios.servers import CLIENT_TABLE

    if baseline is not None and policy is None:
        raise click.UsageError("--baseline goes with --policy: what is an exception depends on it.")
    demanded = None if policy is None else next(iter(read_policy(policy).items()))
    known = load_baseline(baseline, [one.name for one in CLIENT_TABLE])
    found = choose_scenarios(runs.only, runs.skip, table=CLIENT_TABLE)
    skipped = [one.name for one in list_skipped(runs.only, runs.skip, CLIENT_TABLE)]
    console = Console(stderr=True)
    with end_on_signals(), console.status("The server is at work ...", spinner="line") as status:

        def show_progress(run: Run) -> None:
            status.update(f"The server has been in {run.scenario.name} ...")

        def run_all() -> ClientReport:
            return probe_client_certificates(
                server,
                found,
                demanded=demanded,
                jobs=runs.at_once,
                timeout=timedelta(seconds=runs.timeout),
                progress=show_progress,
            )

        try:
            report = work_apart(run_all, server.end)
        except ConnectionError as error:
            raise _NotJudged(str(error)) from error
    described = describe_client(report, skipped, "mockpki probe-server")
    return output.write_or_compare(described, known, int(demanded is not None and not report.kept))
