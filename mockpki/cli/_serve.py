"""``mockpki serve``."""

from __future__ import annotations

import os
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from .._serve.settings import Settings
from .._typed import parse_duration, split_address
from ._options import Command, Decorator, gather
from ._serve_file import FILE, print_schema, read_words
from ._welcome import Welcome, greet_file
from ._wish import Wish, wish_options

if TYPE_CHECKING:
    from .._serve.file import File


def read_period(text: str) -> timedelta:
    """The type of options that are times above none."""
    found = parse_duration(text)
    if found is None or found <= timedelta():
        raise click.BadParameter(f"{text!r} is no time, such as 90s, 15min or 1h.")
    return found


def read_ports(text: str) -> range:
    """``8443``, or ``8500-8531``: the ports from the first to the last."""
    first, dash, last = text.partition("-")
    numbers = [int(one) for one in (first, last if dash else first) if one.isascii() and one.isdecimal()]
    if len(numbers) != 2 or not 0 < numbers[0] <= numbers[1] < 65536:
        raise click.BadParameter(f"{text!r} is no port, such as 8443, and no range, such as 8500-8531.")
    return range(numbers[0], numbers[1] + 1)


def read_target(text: str) -> tuple[str, int]:
    """HOST:PORT, looked up when the server starts."""
    found = split_address(text)
    if found is None:
        raise click.BadParameter(f"{text!r} is no host and port, such as backend:6379.")
    return found


def settings_options() -> Decorator:
    """Every option that makes a `Settings`, as ``settings``."""
    port = click.IntRange(0, 65535)
    return gather(
        Settings,
        "settings",
        click.option("--port", default=0, type=port, metavar="N", help="Control port. (Else: a free one.)"),
        click.option(
            "--host", default="127.0.0.1", show_default=True,
            help="Where everything listens; beyond loopback only with --allow-remote, where :: is IPv4, too.",
        ),
        click.option(
            "--services-port", type=port, metavar="N",
            help="One port for OCSP, CRLs, caIssuers, filters of all PKIs; 0: a free one. (Else: one each.)",
        ),
        click.option(
            "--tls-ports", type=read_ports, metavar="A-B",
            help="Ports that TLS servers take, a range or one. (Else: any.)",
        ),
        click.option(
            "--advertise-host", metavar="H",
            help="The host in the URLs of certificates. (Else: --host; for 0.0.0.0 and :: that of the call.)",
        ),
        click.option(
            "--allow-host", multiple=True, metavar="H",
            help="A further name by which the control port may be called; may be repeated.",
        ),
        click.option(
            "--allow-forward", multiple=True, type=read_target, metavar="HOST:PORT",
            help="Where forward_to and staplers may go beyond loopback, looked up once; may be repeated.",
        ),
        click.option("--allow-remote", is_flag=True, help="Other machines may reach it, at --host."),
        click.option(
            "--token-file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
            help="What callers have to show. (Else: MOCKPKI_TOKEN, or a new one with --allow-remote.)",
        ),
        click.option("--no-token", is_flag=True, help="Callers show nothing, other machines included."),
        click.option("--exit-with-stdin", is_flag=True, help="End when stdin ends, and so with the parent."),
        click.option(
            "--idle-timeout", type=read_period, metavar="D",
            help="End after so long without a call, such as 10min.",
        ),
        click.option(
            "--ready-file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
            help="The ready line, there while the server is.",
        ),
        click.option(
            "--max-pkis", default=200, show_default=True, type=click.IntRange(1), metavar="N",
            help="So many PKIs may be open.",
        ),
        click.option(
            "--pki-ttl", type=read_period, metavar="D", help="A PKI ends after so long, such as 1h."
        ),
        click.option(
            "--journal", default=10_000, show_default=True, type=click.IntRange(1), metavar="N",
            help="So many requests and handshakes are kept, of each service and server.",
        ),
        click.option("--strict", is_flag=True, help="End with 1 if an open PKI had something to say."),
        click.option("--open", is_flag=True, help="Open the console in a browser."),
        click.option("--no-console", is_flag=True, help="Calls only."),
        click.option(
            "--format", type=click.Choice(["text", "json"]),
            help="How it says that it is ready, and the rest. (Else: json, or text in a terminal.)",
        ),
    )  # fmt: skip


def look_at(url: str, ctx: click.Context) -> int:
    """Look at another server; the exit status."""
    from .._serve.healthcheck import check_health

    # What a container has in its environment is for the server that is looked at.
    words = [*ctx.params["names"]]
    typed = [
        one.opts[0]
        for one in ctx.command.params
        if isinstance(one, click.Option)
        and one.name not in (None, "check")
        and ctx.get_parameter_source(one.name) is ParameterSource.COMMANDLINE
    ]
    if others := words + typed:
        raise click.UsageError(f"--check looks at a server that runs; {others[0]} is for one that starts.")
    try:
        check_health(url)
    except ValueError as error:
        click.echo(f"mockpki serve: {error}.", err=True)
        return 1
    return 0


@click.command(cls=Command, context_settings={"auto_envvar_prefix": "MOCKPKI_SERVE"})
@click.argument("names", nargs=-1, metavar="[FILE.toml | NAME...]", is_eager=True, callback=read_words)
@settings_options()
@wish_options
@click.option(
    "--dir",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="With NAMEs: their files under names that stay, such as leaf.pem. They are kept at the end.",
)
@click.option(
    "--print-schema",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=print_schema,
    allow_from_autoenv=False,
    help="Print the JSON Schema of a FILE.toml, for editors, and end.",
)
@click.option(
    "--check", metavar="URL", allow_from_autoenv=False,
    help="End with 0 if a server is at URL and well, else with 1.",
)  # fmt: skip
@click.pass_context
def serve(
    ctx: click.Context,
    names: tuple[str, ...],
    settings: Settings,
    wish: Wish,
    folder: Path | None,
    check: str | None,
) -> None:
    """Serve PKIs to programs in any language, by HTTP and JSON, and to a person with a browser.

    \b
    The first line on stdout says where it is:
      {"mockpki": "0.2.0", "api": "v1", "url": "http://127.0.0.1:41234/", ...}
    \b
    Make a PKI, and a certificate in it:
      curl --json '{}' http://127.0.0.1:41234/v1/pkis
      curl --json '{"identities": ["localhost"]}' http://127.0.0.1:41234/v1/pkis/ID/certificates
    \b
    For a person: a PKI called default with a certificate for NAMEs and a TLS server, the lines to paste, and
    then a line for each request and handshake:
      mockpki serve localhost --tls-ports 8443 --services-port 8080 --ocsp Hang --revoke --dir ./pki
    \b
    PKIs of a file: [serve] has any long option, [pki.NAME] is the body of POST /v1/pkis:
      mockpki serve pkis.toml
    \b
    For other machines, as in a container:
      mockpki serve --host=0.0.0.0 --allow-remote --port=8480 --services-port=8481 --tls-ports=8500-8531

    Each option can be an environment variable, too: MOCKPKI_SERVE_MAX_PKIS=500.

    It ends with SIGTERM, Ctrl-C and POST /v1/shutdown. Its exit status is 0 when it was ended, 1 with
    --strict if a PKI that nobody closed had something to say, 2 for a mistake in what was typed, 3 if a
    port cannot be had.
    """
    if check is not None:
        raise SystemExit(look_at(check, ctx))
    from .._serve.life import CANNOT_LISTEN
    from .._serve.process import CannotListen, run

    file: File | None = ctx.meta.get(FILE)
    given = [*wish.given, *(["--dir"] if folder else [])]
    if given and not names:
        raise click.UsageError(f"{given[0]} goes with a NAME, such as localhost, whose certificate is made.")
    ends = ExitStack()
    welcome = Welcome(names, wish, folder, ends) if names else None
    try:
        with ends:
            token = settings.choose_token(os.environ)
            if welcome is not None:
                status = run(settings, token, welcome.fill, welcome.greet)
            elif file is not None:
                status = run(
                    settings, token, file.fill, lambda process, line: greet_file(process, line, ends)
                )
            else:
                status = run(settings, token)
    except CannotListen as error:
        click.echo(f"mockpki serve: {error}", err=True)
        status = CANNOT_LISTEN
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    raise SystemExit(status)
