"""`mockpki probe`: a client in every scenario."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ._options import (
    Command,
    Runs,
    baseline_option,
    choose_scenarios,
    gather,
    list_skipped,
    load_baseline,
    output_options,
    policy_option,
    read_address,
    read_function,
    read_policy,
    runs_options,
)
from ._output import Output, end_on_signals, work_apart
from ._probe_server import Place, run_server_probe

if TYPE_CHECKING:
    from .._probe import ClientReport, Probe, Run
    from .._reports.baseline import Baseline
    from ..relying_party import Policy
    from ..scenarios import Scenario


class _NotStarted(click.ClickException):
    """The client's command cannot be started."""

    exit_code = 3


class _NotJudged(click.ClickException):
    """The client cannot be judged: where nothing is wrong it did not accept, or it trusts anybody."""

    exit_code = 4


@dataclass(frozen=True)
class _About:
    """The options that are about clients, and mean nothing to a server."""

    policy: str | None
    accept_when: re.Pattern[str] | None
    reject_when: re.Pattern[str] | None
    delegated: bool
    forward_to: tuple[str, int] | None
    handler: Callable[[socket.socket], object] | None
    before_tls: Callable[[socket.socket], object] | None


def _read_pattern(ctx: click.Context, param: click.Parameter, value: str | None) -> re.Pattern[str] | None:
    """A regular expression, which may span lines."""
    if value is None:
        return None
    try:
        return re.compile(value, re.MULTILINE)
    except re.error as error:
        raise click.BadParameter(f"{value!r} is no regular expression: {error}", ctx, param) from error


@click.command(cls=Command, context_settings={"allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND...")
@gather(
    _About,
    "about",
    policy_option,
    click.option(
        "--accept-when", callback=_read_pattern, metavar="REGEX",
        help="It accepts if it prints this, and else rejects.",
    ),
    click.option(
        "--reject-when", callback=_read_pattern, metavar="REGEX",
        help="It rejects if it prints this, whatever else.",
    ),
    click.option("--delegated", is_flag=True, help="OCSP answers are signed by a delegate of the CA."),
    click.option(
        "--forward-to", callback=read_address, metavar="HOST:PORT",
        help="Where what the client says is sent on to, decrypted, if it does not speak HTTP.",
    ),
    click.option(
        "--handler", callback=read_function, metavar="MODULE:FUNCTION",
        help="Or a Python function of a socket that speaks with it.",
    ),
    click.option(
        "--before-tls", callback=read_function, metavar="MODULE:FUNCTION",
        help="A function that speaks with it in the clear before TLS, as STARTTLS has it.",
    ),
)  # fmt: skip
@runs_options("Seconds after which the client is killed, with its process group.")
@baseline_option
@output_options("text", "json", "junit", "html")
# As `mockpki probe-server` was called before it had a name of its own.
@click.option("--server", is_flag=True, hidden=True)
@click.option("--template", hidden=True, type=click.Path(path_type=Path))
def probe(
    command: tuple[str, ...],
    about: _About,
    runs: Runs,
    output: Output,
    baseline: Path | None,
    server: bool,
    template: Path | None,
) -> None:
    """Run any client in every scenario, and name the policy that it behaves like.

    First it is run where nothing is wrong: a client that does not accept there, because it does not trust the
    CA or speaks another protocol, is not judged. Nor is one that accepts a server whose certificate is by
    another CA than that of {ca_file}: it verifies nothing. Then COMMAND is run once for each scenario,
    several at once, and has to connect and end by itself. In it, {url}, {host} and {port} tell it where to
    go, {ca_file} whom to trust, {server_name} whom to expect; {cert_file}, {chain_file}, {issuer_file},
    {p12_file}, {ocsp_url} and {crl_url} are for clients that judge a certificate without connecting,
    {truststore} is the root for Java, and {crl_file} has the CRLs for a client that fetches none; the
    password of both PKCS #12, {truststore} and {p12_file}, is mockpki. Who is given files alone is judged by
    its end, and need not be seen anywhere. {crlite_url} is for clients that look into CRLite's filters, which
    are below it with their manifest.json: they are run in scenarios of filters, too. Braces of the command's
    own are doubled: {{word}}.

    Its exit status is its verdict: 0 accepts, any other rejects. --accept-when and --reject-when
    (regular expressions) are for clients that say it only in what they print. A client that hangs or
    crashes came to no verdict. What the servers saw is shown beside it: a client that rejects without
    having looked at what told it to has not kept its policy, and one whose alert is about trust, names or
    the protocol came to no verdict on revocation.

    A client that speaks another protocol than HTTP needs somebody to speak with: a server without TLS, by
    --forward-to 127.0.0.1:6379, or functions of your own, in modules that Python finds, also in this folder.

    With --policy, it has to keep that one: no-check, soft-fail, hard-fail, staple-required,
    must-staple or rfc5280; or what a client does by its own documentation, such as curl-schannel,
    jdk-soft-fail, go, openssl-crl-check-all or firefox-ocsp-1 (`mockpki scenarios --policy jdk` quotes it). A
    policy can be varied:

    \b
      --policy hard-fail,sources=OCSP+CRL,whole_chain=no,unknown_rejects=no

    With --baseline, known exceptions pass, new ones fail, and those that were mended are told:

    \b
      mockpki probe --policy hard-fail --output known.json -- ./my-client {url}
      mockpki probe --policy hard-fail --baseline known.json -- ./my-client {url}

    For servers there is `mockpki probe-server`.

    \b
    Ends with:
      0  the client keeps the policy (without --policy: it was probed)
      1  it does not
      2  a mistake in what was typed
      3  the command cannot be started
      4  the client cannot be judged: where nothing is wrong, it did not accept, come, or end; or it
         accepted a CA that it was not given to trust
    """
    if server:
        for name, value in vars(about).items():
            if value:
                raise click.UsageError(
                    f"--{name.replace('_', '-')} is about clients, and does not go with --server."
                )
        raise SystemExit(run_server_probe(command, Place(template), runs, output, baseline))
    if template is not None:
        raise click.UsageError(
            "--template is the configuration of a server: it goes with --server, which is now "
            "`mockpki probe-server`."
        )
    raise SystemExit(_probe_client(command, about, runs, output, baseline))


def _probe_client(
    command: tuple[str, ...], about: _About, runs: Runs, output: Output, baseline: Path | None
) -> int:
    """Send the client through all scenarios, write the report, and return the exit status."""
    from .. import _probe
    from .._engine.ports import describe
    from .._reports.clients import describe_client
    from .._tls.spoken import Spoken

    demanded = None if about.policy is None else next(iter(read_policy(about.policy).items()))
    known = _load_baseline(baseline, about.policy)
    try:
        client = _probe.Client(_probe.Command(command), runs.timeout, about.accept_when, about.reject_when)
        spoken = Spoken(about.handler, about.forward_to, about.before_tls)
        prober = _probe.Probe(client, runs.key_type, about.delegated, spoken)
    except (LookupError, TypeError, ValueError) as error:
        raise click.UsageError(str(error)) from error
    filters = client.command.knows_filters or (demanded is not None and "CRLite" in demanded[1].sources)
    found = choose_scenarios(runs.only, runs.skip, filters=filters)
    try:
        with end_on_signals():
            report = work_apart(lambda: _run_all(prober, found, runs.at_once, demanded), prober.end)
    except ChildProcessError as error:
        raise _NotStarted(str(error)) from error
    except OSError as error:
        raise _NotJudged(describe(error)) from error
    finally:
        prober.end()
    skipped = [one.name for one in list_skipped(runs.only, runs.skip)]
    described = describe_client(report, skipped)
    return output.write_or_compare(described, known, int(demanded is not None and not report.kept))


def _load_baseline(path: Path | None, policy: str | None) -> Baseline | None:
    if path is None:
        return None
    if policy is None:
        raise click.UsageError("--baseline goes with --policy: what is an exception depends on it.")
    baseline = load_baseline(path, [one.name for one in choose_scenarios(())])
    if baseline is not None and baseline.policy not in (None, policy):
        raise click.UsageError(f"--baseline: {path} is about {baseline.policy}, and not about {policy}.")
    return baseline


def _run_all(
    prober: Probe, found: list[Scenario], jobs: int, demanded: tuple[str, Policy] | None
) -> ClientReport:
    """Send the client through all of them, with a progress bar where there is a terminal to show it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from .. import _probe
    from .._clock import monotonic

    began = monotonic()
    prober.send_first()
    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    # A bar that is not shown may end with an empty line all the same: older releases of rich.
    with progress if console.is_terminal else nullcontext():
        task = progress.add_task("", total=len(found))

        def show_progress(run: Run) -> None:
            progress.update(task, advance=1, description=run.scenario.name)

        runs = prober.run_all(found, jobs, show_progress)
    return _probe.make_report(prober.client.command, runs, monotonic() - began, demanded)
