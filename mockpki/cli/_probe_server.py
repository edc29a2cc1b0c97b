"""`mockpki probe-server`: a server in every scenario of stapling."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ._client_certificates import run_client_certificates
from ._options import (
    Command,
    Runs,
    baseline_option,
    load_baseline,
    output_options,
    policy_option,
    runs_options,
)
from ._output import Output, end_on_signals, work_apart

if TYPE_CHECKING:
    from .._probe.servers import ServerReport
    from ..scenarios.servers import Outcome, ServerCommand


class _NoServer(click.ClickException):
    """The server's command cannot be started, never listened, or cannot be stopped."""

    exit_code = 3


@click.command(cls=Command, context_settings={"allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND...")
@click.option(
    "--template", metavar="PATH", type=click.Path(path_type=Path),
    help="Its configuration, a file or a folder of them, with placeholders; {config} in COMMAND is what is "
    "made of it.",
)  # fmt: skip
@click.option(
    "--server-name", metavar="NAME", default="localhost", show_default=True,
    help="What clients ask for, as its configuration has it.",
)  # fmt: skip
@click.option(
    "--port", type=click.IntRange(1, 65535), metavar="N",
    help="Where it listens, as its configuration has it: one scenario at a time. (Else: {port}.)",
)  # fmt: skip
@click.option(
    "--virtual-time/--no-virtual-time", default=True,
    help="Have its clock go with ours, so that hours can pass, where libfaketime can do that. (Else: they do "
    "not, and demands about them are not seen.)",
)  # fmt: skip
@click.option(
    "--client-certificates",
    is_flag=True,
    help="Present clients' certificates to it, in the scenarios of `mockpki probe`: which does it accept?",
)
@policy_option
@runs_options("Seconds within which the server has to listen, or to answer a client.")
@baseline_option
@output_options("text", "json", "junit", "html")
def probe_server(
    command: tuple[str, ...],
    template: Path | None,
    server_name: str,
    port: int | None,
    virtual_time: bool,
    client_certificates: bool,
    policy: str | None,
    runs: Runs,
    output: Output,
    baseline: Path | None,
) -> None:
    """Run any server in every scenario of stapling, and hold it against what a good one does.

    COMMAND starts a TLS server in the foreground, which has to listen on {host} and {port} with
    {cert_file} or {chain_file}, and {key_file} (or {pem_file}, or {p12_file} with the password mockpki),
    and to fetch its staples from the responder that the certificate names; {issuer_file}, {ca_file},
    {server_name}, {ocsp_url} and {directory}, a folder of its own, may help. Programs and files are looked
    for where you are, though it runs in that folder. All other braces are the server's own, and stay as they
    are; only one of these names is doubled where it is: {{host}}.

    A configuration may be a folder, such as a copy of /etc/nginx: placeholders are filled in in all its
    files, and its own path in them leads to what was filled in.

    It goes through the scenarios of stapling, several at once, such as a responder that is down and an
    answer that ends. Where libfaketime is installed, its clock is moved when hours have to pass. The report
    says of each demand whether it was kept, broken, or not seen since nothing happened that could have broken
    it, and which well-known server it behaves like; `mockpki staplers` shows what these do there.

    With --client-certificates, it is a server that checks those of its clients, by {ca_file} (or
    {client_ca_file}, which has the CAs below it, too), asking responders or reading {crl_file}. It is started
    in each of the scenarios of `mockpki probe` that have no staple, and a client presents a certificate that
    is good, revoked, on hold, ... An alert refuses it, and so do HTTP status 400, 401, 403, 495 and 496, and
    an end without an answer. The report says which policy it behaves like; with --policy, it has to keep that
    one, such as hard-fail,sources=OCSP. First of all it has to accept a client of which all say good, and to
    refuse one of an unknown CA.

    \b
    Ends with:
      0  the server keeps every demand that was seen, or the policy (without --policy: it was probed)
      1  it does not
      2  a mistake in what was typed
      3  the command cannot be started, or the server never listens
      4  no demand was seen: nothing happened by which to judge it; it refuses good clients, or takes any
    """
    place = Place(template, server_name, port)
    if client_certificates:
        raise SystemExit(_present_certificates(command, place, policy, runs, output, baseline))
    if policy is not None:
        raise click.UsageError(
            "--policy goes with --client-certificates: what a server staples is held against demands, and no "
            "policy."
        )
    raise SystemExit(run_server_probe(command, place, runs, output, baseline, virtual_time))


_PARAMETER = re.compile(r"\b(template|only|skip|jobs|timeout|key_type|server_name|port)=")


@dataclass(frozen=True)
class Place:
    """Where the server is to be found, and by what name."""

    template: Path | None
    server_name: str = "localhost"
    port: int | None = None


def _present_certificates(
    command: tuple[str, ...],
    place: Place,
    policy: str | None,
    runs: Runs,
    output: Output,
    baseline: Path | None,
) -> int:
    from ..scenarios.servers import NotListening, ServerCommand

    wait = timedelta(seconds=runs.timeout)
    try:
        server = ServerCommand(
            command, place.template, server_name=place.server_name, port=place.port, start_timeout=wait,
            key_type=runs.key_type,
        )  # fmt: skip
        server.pki().close()
    except (LookupError, ValueError, TypeError) as error:
        said = _PARAMETER.sub(lambda match: f"--{match[1].replace('_', '-')}", str(error))
        raise click.UsageError(said) from error
    try:
        return run_client_certificates(server, policy, runs, output, baseline)
    except (NotListening, ChildProcessError) as error:
        raise _NoServer(str(error)) from error


class _Ending:
    """Ends what has begun, also if it begins only afterwards."""

    def __init__(self) -> None:
        self._stopped = False
        self._worlds: list[ServerCommand] = []

    def begin(self, world: ServerCommand) -> None:
        self._worlds.append(world)
        if self._stopped:
            world.end()

    def stop(self) -> None:
        self._stopped = True
        for world in self._worlds:
            world.end()


def run_server_probe(
    command: tuple[str, ...],
    place: Place,
    runs: Runs,
    output: Output,
    baseline: Path | None = None,
    virtual_time: bool = True,
) -> int:
    """Send the server of *command* through all scenarios, write the report, and return the exit status."""
    from rich.console import Console

    from .._engine.ports import EXHAUSTED, describe
    from .._probe.servers import NOT_SEEN
    from .._probe.servers import probe_server as run_probe
    from .._reports.baseline import name_exception
    from .._reports.servers import describe_server
    from ..scenarios.servers import SCENARIOS, NotListening, choose_scenarios

    broken = [name_exception(one.name, demand.name) for one in SCENARIOS for demand in one.demands]
    known = load_baseline(baseline, broken)
    console, ending = Console(stderr=True), _Ending()
    with end_on_signals(), console.status("The server is at work ...", spinner="line") as status:

        def show_progress(outcome: Outcome) -> None:
            status.update(f"The server has been in {outcome.scenario} ...")

        def run_all() -> ServerReport:
            return run_probe(
                command,
                place.template,
                server_name=place.server_name,
                port=place.port,
                only=runs.only,
                skip=runs.skip,
                jobs=runs.at_once,
                timeout=timedelta(seconds=runs.timeout),
                key_type=runs.key_type,
                timelines=output.form == "html",
                virtual_time=virtual_time,
                progress=show_progress,
                begin=ending.begin,
            )

        try:
            report = work_apart(run_all, ending.stop)
        except (LookupError, ValueError, TypeError) as error:
            # What is a parameter in Python is an option here.
            said = _PARAMETER.sub(lambda match: f"--{match[1].replace('_', '-')}", str(error))
            raise click.UsageError(said) from error
        except (NotListening, ChildProcessError) as error:
            raise _NoServer(str(error)) from error
        except OSError as error:
            if error.errno not in EXHAUSTED:
                raise
            raise _NoServer(describe(error)) from error
    judged = {outcome.scenario for outcome in report.outcomes}
    skipped = [one.name for one in choose_scenarios(runs.only) if one.name not in judged]
    described = describe_server(report, skipped)
    ends_with = output.write_or_compare(described, known, report.exit_status)
    # What is known excuses what a server does, and not that it does nothing.
    return ends_with or (NOT_SEEN if known is not None and report.inert else 0)
