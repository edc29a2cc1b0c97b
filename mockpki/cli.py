"""The command line. Each command imports what it needs when it is called."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ._typed import suggest

if TYPE_CHECKING:
    from ._probe import Probe, Report, Run
    from .relying_party import Policy
    from .scenarios import Scenario


class _Group(click.Group):
    """A group that suggests commands for one it does not have."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            known = self.list_commands(ctx)
            hint = suggest(name, known, f"there are: {', '.join(known)}.")
            raise click.UsageError(f"There is no command {name!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="mockpki")
def main() -> None:
    """Test what TLS clients and servers do about revoked certificates.

    \b
    Watch hard-fail, soft-fail and must-staple clients at work, in a few seconds:
      mockpki demo
    \b
    List every way in which an answer can be made wrong, as a test writes it:
      mockpki faults
    \b
    See what one of them does to an answer:
      mockpki faults Stale by=2d
    \b
    Find out what a client does about revocation, and hold it to a policy:
      mockpki probe -- curl -sS --cert-status --cacert {ca_file} {url}
      mockpki probe --policy hard-fail --jobs 8 -- ./my-client {host} {port} {ca_file}
    \b
    The same for CI, as JUnit XML, or to be read on a phone:
      mockpki probe --policy hard-fail --format junit --output probe.xml -- ./my-client {url}
      mockpki probe --format html --output probe.html -- ./my-client {url}
    \b
    List the situations that a client is put in, and what a policy demands in them:
      mockpki scenarios --policy soft-fail "ocsp-*"
    \b
    See how servers get their staples, and hold one of your own against that:
      mockpki staplers nginx apache ideal
      mockpki probe --server --template nginx.conf -- nginx -p {directory} -c {config}
    \b
    Read any of it at leisure, without colour:
      NO_COLOR=1 mockpki demo | less
    """


@main.command()
def demo() -> None:
    """Show what clients make of good, revoked, unknown, stale and absent answers.

    Starts a PKI on loopback (CA, OCSP responder, stapling TLS servers), sends a hard-fail, a soft-fail
    and a must-staple client through six situations, and curl and openssl too where they are
    installed. Prints what each of them did. Nothing leaves this machine.
    """
    from rich.console import Console

    from ._probe.demo import run
    from ._reports.demo import show

    console = Console()
    try:
        with console.status("A PKI, its servers and their clients are at work ...", spinner="line"):
            report = run()
    except OSError as error:
        raise click.ClickException(f"the demo could not run to its end: {error}") from error
    show(report, console)


class _NoSuchFault(click.ClickException):
    """Not to be taken for a fault that was shown, or for a command that was mistyped."""

    exit_code = 3


@main.command()
@click.argument("name", required=False)
@click.argument("parameters", nargs=-1)
@click.option("--layer", default="", metavar="LAYER", help="Only the faults of one layer, such as timing.")
@click.option("--recipes", is_flag=True, help="List how to write the cases that other suites test.")
@click.option("--aliases", is_flag=True, hidden=True)
@click.option(
    "--for", "target", metavar="TARGET", help="Show what happens to the OCSP, staple, CRL, ... only."
)
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text")
@click.option(
    "--write", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
    help="Put the Markdown list between its two marks in FILE, such as README.md.",
)  # fmt: skip
def faults(
    name: str | None,
    parameters: tuple[str, ...],
    layer: str,
    recipes: bool,
    aliases: bool,
    target: str | None,
    form: str,
    write: Path | None,
) -> None:
    """List every fault that a test can give to a service, a staple or a certificate.

    Each is shown as it is written after `from mockpki import faults`, with its defaults, what it
    does, and the clause it is about. With a NAME (of a fault, or a recipe), that one, and where the
    bent answer differs from the honest one, decoded. PARAMETERS are typed as at a call, with durations
    in s, min, h and d: `mockpki faults Stale by=2d`.

    Ends with 3 if there is no fault of that name.
    """
    recipes = recipes or aliases
    if write is not None and (form != "markdown" or name or layer or recipes):
        raise click.UsageError("--write goes with --format markdown, and takes the whole list.")
    if name is None:
        _list_faults(layer, recipes, form, write)
    elif layer or recipes:
        raise click.UsageError("--layer and --recipes list several; leave them out beside a name.")
    else:
        _show_fault(name, parameters, target, form)


def _list_faults(layer: str, recipes: bool, form: str, write: Path | None) -> None:
    from rich.console import Console

    from ._catalogue.entries import list_faults
    from ._catalogue.lookup import RECIPES
    from ._catalogue.readme import list_markdown, refresh_list
    from ._reports.faults import (
        list_json,
        recipes_markdown,
        show_recipes,
    )
    from ._reports.faults import show as faults_show

    try:
        entries = list(list_faults(layer))
    except LookupError as error:
        raise click.UsageError(str(error)) from error
    if write is not None:
        try:
            write.write_text(refresh_list(write.read_text(encoding="utf-8")), encoding="utf-8")
        except (OSError, ValueError) as error:
            raise click.ClickException(f"{write} cannot be refreshed: {error}") from error
    elif form == "json":
        click.echo(list_json(RECIPES if recipes else entries))
    elif form == "markdown":
        click.echo(recipes_markdown() if recipes else list_markdown(layer), nl=False)
    elif recipes:
        show_recipes(Console())
    else:
        faults_show(Console(), layer)


def _show_fault(name: str, parameters: tuple[str, ...], target: str | None, form: str) -> None:
    from rich.console import Console

    from ._catalogue.difference import show_fault
    from ._reports.faults import (
        one_json,
        one_markdown,
        show_one,
    )

    try:
        shown = show_fault(name, parameters, target)
    except LookupError as error:
        raise _NoSuchFault(str(error)) from error
    except (ValueError, TypeError) as error:
        raise click.UsageError(str(error)) from error
    if form == "json":
        click.echo(one_json(shown))
    elif form == "markdown":
        click.echo(one_markdown(shown))
    else:
        show_one(Console(), shown)


# Scenarios and clients.


def _typed(text: str | None) -> dict[str, Policy]:
    """The policy that is typed, by what to call it; without one, all that have names."""
    from . import relying_party
    from .relying_party._words import parsed

    if text is None:
        return dict(relying_party.NAMED)
    try:
        return {text: parsed(text)}
    except (LookupError, ValueError, TypeError) as error:
        raise click.UsageError(f"--policy: {error}") from error


def _chosen(only: tuple[str, ...], skip: tuple[str, ...] = ()) -> list[Scenario]:
    from . import scenarios

    try:
        left_out = scenarios.matching(skip)
        found = [one for one in scenarios.matching(only or "*") if one not in left_out]
    except LookupError as error:
        raise click.UsageError(str(error)) from error
    if not found:
        raise click.UsageError("--skip leaves out every scenario that --only has chosen.")
    return found


_POLICY = click.option(
    "--policy", metavar="POLICY", help="A policy's name, or that and variations, as explained above."
)


@main.command()
@click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
@_POLICY
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text")
def scenarios(patterns: tuple[str, ...], policy: str | None, form: str) -> None:
    """List the situations that `mockpki probe` and tests put clients in.

    Each is shown with what it is, and what each policy demands: accept, reject, or either, with the
    clause that leaves it open. A PATTERN is a name, such as ocsp-stale, or matches several, such as
    "ocsp-*".

    With --policy, what that one demands, and why: no-check, soft-fail, hard-fail, staple-required or
    must-staple. A policy can be varied:

    \b
      --policy hard-fail,sources=OCSP+CRL,whole_chain=no,unknown_rejects=no
    """
    from rich.console import Console

    from ._reports.scenarios import as_json, as_markdown
    from ._reports.scenarios import show as scenarios_show

    policies, found = _typed(policy), _chosen(patterns)
    if form == "json":
        click.echo(as_json(found, policies))
    elif form == "markdown":
        click.echo(as_markdown(found, policies))
    else:
        scenarios_show(Console(), found, policies)


class _NotStarted(click.ClickException):
    """The client's command cannot be started."""

    exit_code = 3


class _NotJudged(click.ClickException):
    """The client cannot be judged: it never came, or never ended."""

    exit_code = 4


def _pattern(ctx: click.Context, param: click.Parameter, value: str | None) -> re.Pattern[str] | None:
    """A regular expression, which may span lines."""
    if value is None:
        return None
    try:
        return re.compile(value, re.MULTILINE)
    except re.error as error:
        raise click.BadParameter(f"{value!r} is no regular expression: {error}", ctx, param) from error


@main.command(context_settings={"allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND...")
@_POLICY
@click.option("--only", multiple=True, metavar="PATTERN", help="These scenarios only; may be repeated.")
@click.option("--skip", multiple=True, metavar="PATTERN", help="Not these scenarios; may be repeated.")
@click.option(
    "--jobs", type=click.IntRange(1), metavar="N", help="So many at once (else: twice the number of cores)."
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=10,
    show_default=True,
    metavar="S",
    help="Seconds after which the client is killed, with its process group.",
)
@click.option("--server", is_flag=True, help="COMMAND starts a TLS server: test how it staples, see above.")
@click.option(
    "--template",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="With --server: its configuration, with placeholders; {config} in COMMAND is the file made of it.",
)
@click.option(
    "--accept-when",
    callback=_pattern,
    metavar="REGEX",
    help="It accepts if it prints this, and else rejects.",
)
@click.option(
    "--reject-when", callback=_pattern, metavar="REGEX", help="It rejects if it prints this, whatever else."
)
@click.option("--key-type", default="P-256", show_default=True, help="Of all keys, such as RSA-2048.")
@click.option("--delegated", is_flag=True, help="OCSP answers are signed by a delegate of the CA.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "junit", "html"]),
    default="text",
    show_default=True,
)
@click.option(
    "--output", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
    help="Write the report to FILE, and print it as text.",
)  # fmt: skip
def probe(
    command: tuple[str, ...],
    policy: str | None,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    jobs: int | None,
    timeout: float,
    server: bool,
    template: Path | None,
    accept_when: re.Pattern[str] | None,
    reject_when: re.Pattern[str] | None,
    key_type: str,
    delegated: bool,
    form: str,
    output: Path | None,
) -> None:
    """Run any client in every scenario, and name the policy that it behaves like.

    COMMAND is run once for each, several at once, and has to connect and end by itself. In it,
    {url}, {host} and {port} tell it where to go, {ca_file} whom to trust, {server_name} whom to
    expect; {cert_file}, {chain_file}, {issuer_file}, {ocsp_url} and {crl_url} are for clients that judge
    a certificate without connecting. Braces of the command's own are doubled: {{word}}.

    Its exit status is its verdict: 0 accepts, any other rejects. --accept-when and --reject-when
    (regular expressions) are for clients that say it only in what they print. A client that hangs or
    crashes came to no verdict. What the servers saw is shown beside it: a client that rejects without
    having looked at what told it to has not kept its policy.

    With --policy, it has to keep that one: no-check, soft-fail, hard-fail, staple-required or
    must-staple. A policy can be varied:

    \b
      --policy hard-fail,sources=OCSP+CRL,whole_chain=no,unknown_rejects=no

    With --server, COMMAND starts a TLS server in the foreground, which has to listen on {host} and {port}
    with {cert_file} or {chain_file}, and {key_file} (or {pem_file}, or {p12_file} with the password
    mockpki), and to fetch its staples from the responder that the certificate names; {issuer_file},
    {ca_file}, {server_name}, {ocsp_url} and {directory}, a folder of its own, may help. It goes through
    the scenarios of stapling, such as a responder that is down and an answer that ends (`mockpki
    staplers` shows what well-known servers do there), and is held against what a good server does.
    --timeout is then its time to start.

    \b
    Ends with:
      0  the client keeps the policy (without --policy: it was probed); the server keeps every demand
      1  it does not
      2  a mistake in what was typed
      3  the command cannot be started, or the server never listens
      4  the client cannot be judged: it never came, or never ended
    """
    if output is not None and not output.absolute().parent.is_dir():
        raise click.UsageError(f"--output: there is no folder {output.parent} to write {output.name} to.")
    if server:
        _clients_only(policy=policy, accept_when=accept_when, reject_when=reject_when, delegated=delegated)
        from ._cli_servers import ServerProbe

        typed = ServerProbe(command, template, only, skip, jobs, timeout, key_type, form, output)
        raise SystemExit(typed.run())
    if template is not None:
        raise click.UsageError("--template is the configuration of a server: it goes with --server.")
    from . import _probe

    demanded = None if policy is None else next(iter(_typed(policy).items()))
    found = _chosen(only, skip)
    try:
        client = _probe.Client(_probe.Command(command), timeout, accept_when, reject_when)
        prober = _probe.Probe(client, key_type, delegated)
    except (LookupError, ValueError) as error:
        raise click.UsageError(str(error)) from error
    try:
        report = _run_all(prober, found, jobs or 2 * (os.cpu_count() or 1), demanded)
    except ChildProcessError as error:
        raise _NotStarted(str(error)) from error
    except OSError as error:
        raise _NotJudged(str(error)) from error
    _write(report, form, output)
    if demanded is not None and not report.kept:
        raise SystemExit(1)


def _run_all(prober: Probe, found: list[Scenario], jobs: int, demanded: tuple[str, Policy] | None) -> Report:
    """Send the client through all of them, with a progress bar where there is a terminal to show it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from . import _probe
    from ._clock import monotonic

    began = monotonic()
    prober.first()
    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=len(found))

        def done(run: Run) -> None:
            progress.update(task, advance=1, description=run.scenario.name)

        runs = prober.all(found, jobs, done)
    return _probe.report(prober.client.command, runs, monotonic() - began, demanded)


def _clients_only(**options: object) -> None:
    """Refuse options that are about clients."""
    for name, value in options.items():
        if value:
            raise click.UsageError(
                f"--{name.replace('_', '-')} is about clients, and does not go with --server."
            )


def _write(report: Report, form: str, output: Path | None) -> None:

    from . import _cli_servers, _reports

    _cli_servers.write(
        lambda: _reports.FORMATS[form](report), form, output, lambda console: _reports.show(report, console)
    )


# Servers that staple.


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "html"]), default="text", show_default=True
)
@click.option(
    "--output", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
    help="Write the report to FILE, and print it as text.",
)  # fmt: skip
def staplers(names: tuple[str, ...], form: str, output: Path | None) -> None:
    """Show how servers get their staples, and what their clients are given when something goes wrong.

    With NAMEs, such as nginx or apache, only these. Each goes through every stapling scenario, and through
    an outage of the responder that is longer than an answer's life, on a clock that is moved ahead:
    it takes seconds. As HTML, the outage is drawn.
    """
    from ._cli_servers import show_presets

    show_presets(names, form, output)
