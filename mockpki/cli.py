"""The command line. Each command imports what it needs when it is called."""

from __future__ import annotations

from difflib import get_close_matches

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


@main.command()
def faults() -> None:
    """List every fault that a test can give to a service or a staple.

    Each is shown as it is written after `from mockpki import faults`, with its defaults, what it
    does, the clause it is about, and what it can be given to.
    """
    from rich.console import Console

    from ._faults_text import show

    show(Console())
