"""The command line. Each command imports what it needs when it is called."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import click


class _Group(click.Group):
    """A group that suggests commands for one it does not have."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            near = get_close_matches(name, self.list_commands(ctx), cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {self._all(ctx)}."
            raise click.UsageError(f"There is no command {name!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def _all(self, ctx: click.Context) -> str:
        return ", ".join(self.list_commands(ctx))


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
    Read either at leisure, without colour:
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

    from ._demo import run
    from ._demo_text import show

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
@click.option("--aliases", is_flag=True, help="List what other test suites call answers, in our own words.")
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
    aliases: bool,
    target: str | None,
    form: str,
    write: Path | None,
) -> None:
    """List every fault that a test can give to a service, a staple or a certificate.

    Each is shown as it is written after `from mockpki import faults`, with its defaults, what it
    does, and the clause it is about. With a NAME (of a fault, or an alias), that one, and where the
    bent answer differs from the honest one, decoded. PARAMETERS are typed as at a call, with durations
    in s, min, h and d: `mockpki faults Stale by=2d`.

    Ends with 3 if there is no fault of that name.
    """
    if write is not None and (form != "markdown" or name or layer or aliases):
        raise click.UsageError("--write goes with --format markdown, and takes the whole list.")
    if name is None:
        _list_faults(layer, aliases, form, write)
    elif layer or aliases:
        raise click.UsageError("--layer and --aliases list several; leave them out beside a name.")
    else:
        _show_fault(name, parameters, target, form)


def _list_faults(layer: str, aliases: bool, form: str, write: Path | None) -> None:
    from rich.console import Console

    from . import _catalogue, _faults_text

    try:
        entries = list(_catalogue.entries(layer))
    except LookupError as error:
        raise click.UsageError(str(error)) from error
    if write is not None:
        try:
            write.write_text(_catalogue.refreshed(write.read_text(encoding="utf-8")), encoding="utf-8")
        except (OSError, ValueError) as error:
            raise click.ClickException(f"{write} cannot be refreshed: {error}") from error
    elif form == "json":
        click.echo(_faults_text.listed_json(_catalogue.ALIASES if aliases else entries))
    elif form == "markdown":
        click.echo(_faults_text.aliases_markdown() if aliases else _catalogue.markdown(layer), nl=False)
    elif aliases:
        _faults_text.show_aliases(Console())
    else:
        _faults_text.show(Console(), layer)


def _show_fault(name: str, parameters: tuple[str, ...], target: str | None, form: str) -> None:
    from rich.console import Console

    from . import _difference, _faults_text

    try:
        shown = _difference.shown(name, parameters, target)
    except LookupError as error:
        raise _NoSuchFault(str(error)) from error
    except (ValueError, TypeError) as error:
        raise click.UsageError(str(error)) from error
    if form == "json":
        click.echo(_faults_text.shown_json(shown))
    elif form == "markdown":
        click.echo(_faults_text.shown_markdown(shown))
    else:
        _faults_text.show_one(Console(), shown)
