"""`mockpki run`."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from ._options import Command
from ._wish import LEAF_NAME, SERVER_NAME, Wish, wish_options

if TYPE_CHECKING:
    from .._serve.hosted import Hosted

_NOT_FOUND, _NOT_STARTED = 127, 126
"""As shells have it."""


@click.command(cls=Command, context_settings={"allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND...")
@click.option(
    "--name", "names", multiple=True, metavar="NAME", help="Whom the certificate is for; may be repeated."
)
@click.option("--tls", is_flag=True, help="A certificate for localhost, and a TLS server with it.")
@wish_options
def run(command: tuple[str, ...], names: tuple[str, ...], tls: bool, wish: Wish) -> None:
    """Run COMMAND beside a PKI of its own, which it and all that it starts trust.

    With --tls, --name, or any option of a certificate, there is a certificate, too (for localhost, unless
    --name says otherwise), and a TLS server that presents it. COMMAND finds in its environment:

    \b
      MOCKPKI_CA_FILE                     the root, PEM
      MOCKPKI_OCSP_URL, MOCKPKI_CRL_URL   the services of the issuing CA
      MOCKPKI_CERT_FILE, _CHAIN_FILE, _KEY_FILE   the certificate, PEM
      MOCKPKI_TLS_URL, _TLS_HOST, _TLS_PORT       the TLS server
      MOCKPKI_URL                         the control API of `mockpki serve`, with a slash at its end;
                                          the PKI is called default, the rest leaf and tls
      SSL_CERT_FILE, CURL_CA_BUNDLE, NODE_EXTRA_CA_CERTS, JAVA_TOOL_OPTIONS, ...
                                          what makes usual programs trust the root
    \b
      mockpki run --tls -- sh -c 'curl -sS --cert-status "$MOCKPKI_TLS_URL"'
      mockpki run --name localhost --staple none --ocsp Hang --revoke -- go test ./...

    Terminal, stdin, stdout and stderr are COMMAND's, and so are signals. Whatever it leaves behind in its
    process group is ended with it; what has left that group goes its own way.

    Ends as COMMAND does: 128 + n if signal n has ended it, 127 if there is none, 126 if it cannot be started.
    Ends with 3 if a port cannot be had.
    If a script of answers was not used up, or something failed in the background, stderr says so, and where
    COMMAND ended with 0, this ends with 1.
    """
    from .._programs.foreground import Foreground
    from .._serve.life import CANNOT_LISTEN
    from .._serve.process import CannotListen

    if not hasattr(os, "killpg"):  # pragma: no cover - Windows
        raise click.UsageError("mockpki run needs process groups, which this system does not have.")
    wanted = names or (("localhost",) if tls or wish.needs_certificate else ())
    said: list[str] = []
    with Foreground() as foreground:
        with ExitStack() as ends:
            try:
                environment = _make_environment(ends, wish, wanted, said)
            except CannotListen as error:
                click.echo(f"mockpki run: {error}", err=True)
                raise SystemExit(CANNOT_LISTEN) from error
            try:
                status = foreground.run(command, {**os.environ, **environment})
            except OSError as error:
                missing = isinstance(error, FileNotFoundError)
                status = _NOT_FOUND if missing else _NOT_STARTED
                why = "there is no such program" if missing else f"it cannot be started: {error.strerror}"
                click.echo(f"mockpki run: {command[0]}: {why}", err=True)
        for sentence in said:
            click.echo(f"mockpki run: {sentence}", err=True)
    raise SystemExit(status or int(bool(said)))


def _make_environment(ends: ExitStack, wish: Wish, names: tuple[str, ...], said: list[str]) -> dict[str, str]:
    """Start everything, until *ends* are; the variables for it. What there is to say then goes to *said*."""
    from .._serve.process import Process
    from .._serve.settings import Settings

    process = Process(Settings(), None)
    ends.callback(process.close)
    process.open()
    topology = process.topology
    ends.callback(lambda: said.extend(one for some in topology.close_all().values() for one in some))
    process.start(lambda topology: wish.fill(topology, names, "--name"))
    (hosted,) = topology.open_pkis()
    return {**_list_variables(hosted), "MOCKPKI_URL": process.url}


def _list_variables(hosted: Hosted) -> dict[str, str]:
    pki = hosted.pki
    found = {
        **pki.environ(),
        "MOCKPKI_CA_FILE": pki.ca_file,
        "MOCKPKI_OCSP_URL": pki.ocsp.url,
        "MOCKPKI_CRL_URL": pki.crl.url,
    }
    if hosted.servers:
        leaf, server = hosted.certificates.find(LEAF_NAME), hosted.servers.find(SERVER_NAME)
        found |= {
            "MOCKPKI_CERT_FILE": leaf.cert_file,
            "MOCKPKI_CHAIN_FILE": leaf.chain_file,
            "MOCKPKI_KEY_FILE": leaf.key_file,
            "MOCKPKI_TLS_URL": server.url,
            "MOCKPKI_TLS_HOST": server.host,
            "MOCKPKI_TLS_PORT": str(server.port),
        }
    return found
