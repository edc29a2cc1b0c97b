"""The command line, one file a command: each imports what it needs when it is called.

- `_crlite`, `_decode`, `_demo`, `_faults`, `_scenarios`, `_probe`, `_probe_server`, `_staplers`,
  `_publishing`: the commands; `_client_certificates` is the other half of `_probe_server`.
- `_serve`: the same PKI for other languages.
- `_options`: the options that several commands have.
- `_output`: where a report goes, and who ends a run.
"""

from __future__ import annotations

import signal

import click

from .._typed import suggest
from ._crlite import crlite
from ._decode import decode
from ._demo import demo
from ._faults import faults
from ._probe import probe
from ._probe_server import probe_server
from ._publishing import publishing
from ._scenarios import scenarios
from ._serve import serve
from ._staplers import staplers

__all__ = ["main"]


class _Group(click.Group):
    """A group that suggests commands for one it does not have, and has a word and a status for Ctrl-C."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            # click's own would be that of a client that fails.
            click.echo("Interrupted: nothing was judged.", err=True)
            raise SystemExit(128 + signal.SIGINT) from None
        except click.ClickException as error:
            from .._reports.safe import clean

            # It may have what a program under test has printed.
            vars(error)["message"] = clean(error.message)
            raise

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
      mockpki probe-server --template nginx.conf -- nginx -p {directory} -c {config}
    \b
    See how CAs publish CRLs, and when clients learn of a revocation:
      mockpki publishing lets-encrypt ad-cs
    \b
    See how large a CRL is, and how large the filter that browsers get in its place:
      mockpki crlite 1000 10000 100000
    \b
    See what is in an OCSP response, a CRL or a certificate of anybody's, bent ones too:
      mockpki decode response.der chain.pem
    \b
    Read any of it at leisure, without colour:
      NO_COLOR=1 mockpki demo | less
    """


for _command in (crlite, decode, demo, faults, probe, probe_server, publishing, scenarios, serve, staplers):
    main.add_command(_command)
