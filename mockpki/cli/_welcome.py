"""What `mockpki serve NAME...` shows a person: where everything is, what to paste, and then what happens."""

from __future__ import annotations

import shlex
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ._wish import LEAF_NAME, SERVER_NAME, Wish

if TYPE_CHECKING:
    from .._ca.leaf import Leaf
    from .._serve.folder import Folder
    from .._serve.hosted import Hosted
    from .._serve.process import Process
    from .._serve.topology import Topology
    from .._tls.server import TlsServer


class Welcome:
    """A PKI for these *names*, as *wish* says, with its files in *folder* if there is one."""

    def __init__(self, names: tuple[str, ...], wish: Wish, folder: Path | None, ends: ExitStack) -> None:
        self._names = names
        self._wish = wish
        self._path = folder
        self._ends = ends
        self._folder: Folder | None = None

    def fill(self, topology: Topology) -> dict[str, str]:
        """Make the PKI and its files; its id, by name. Raises UsageError for what cannot be."""
        from .._serve.folder import Folder

        made = self._wish.fill(topology, self._names, "NAME")
        (self._hosted,) = topology.open_pkis()
        if self._path is not None:
            try:
                leaf = self._hosted.certificates.find(LEAF_NAME)
                self._folder = Folder(self._path, self._hosted.pki, leaf)
            except OSError as error:
                raise click.UsageError(f"--dir: {error.strerror or error}: {self._path}.") from error
        return made

    def greet(self, process: Process, line: str) -> None:
        """Say that it is ready, in JSON or for a person; from then on, what happens."""
        from .._serve.life import write_line
        from .._serve.live import Live

        hosted, folder = self._hosted, self._folder
        if process.as_json:
            write_line(line)
        else:
            control = {"API" if process.settings.no_console else "console": process.page}
            write_line("\n".join(_describe(hosted, self._names[0], folder, control)))

        def say(text: str) -> None:
            # What goes by is for people on stdout, and for programs, to which stdout has said all, on stderr.
            if process.as_json:
                click.echo(text, file=sys.stderr)
            else:
                write_line(text)

        live = Live(
            hosted, say, as_json=process.as_json, look=(lambda: None) if folder is None else folder.refresh
        )
        live.start()
        self._ends.callback(live.stop)


def greet_file(process: Process, line: str, ends: ExitStack) -> None:
    """Say that the PKIs of a file are ready: in JSON, or for a person, to whom then is told what happens."""
    from .._serve.life import write_line
    from .._serve.live import Live

    if process.as_json:
        write_line(line)
        return
    found = process.topology.open_pkis()
    lines = [f"mockpki serves at {process.page} until Ctrl-C."]
    for hosted in found:
        lines += ["", f"PKI {hosted.name}", "", *(f"  {one}" for one in _describe_pki(hosted))]
    write_line("\n".join([*lines, ""]))
    for hosted in found:
        # Of several each line says which it is of.
        live = Live(hosted, partial(_write_of, f"{hosted.name}: " if len(found) > 1 else ""), as_json=False)
        live.start()
        ends.callback(live.stop)


def _write_of(named: str, line: str) -> None:
    from .._serve.life import write_line

    write_line(named + line)


def _describe_pki(hosted: Hosted) -> list[str]:
    """Where its services are, its CA and its servers; and what to paste for each server."""
    from .._engine.ports import is_host
    from .._serve.views import find_url

    pki = hosted.pki
    where = [("CA", pki.ca_file)]
    where += [(word, url) for word, one in (("OCSP", pki.ocsp), ("CRL", pki.crl)) if (url := find_url(one))]
    where += [("TLS", server.url) for server in hosted.servers.values()]
    lines = [f"{what:6}{text}" for what, text in where]
    for server in hosted.servers.values():
        # A wildcard is no name that a client goes to, and neither is an e-mail address or a URI.
        named = [(leaf, name) for leaf in server.leaves for name in leaf.names if is_host(name)]
        if named:
            leaf, name = named[0]
            lines += ["", *list_commands(hosted, leaf, server, name, None)]
    return lines


def _describe(hosted: Hosted, name: str, folder: Folder | None, control: dict[str, str]) -> list[str]:
    pki, leaf = hosted.pki, hosted.certificates.find(LEAF_NAME)
    server = hosted.servers.find(SERVER_NAME)
    where = {"OCSP": pki.ocsp.url, "CRL": pki.crl.url, "TLS": server.url, **control}
    if folder is not None:
        where["files"] = f"{folder.path}, which stay; the password of *.p12 is mockpki"
    return [
        f"mockpki serves {', '.join(leaf.names)} until Ctrl-C.",
        "",
        *(f"  {what:8}{text}" for what, text in where.items()),
        "",
        *(f"  {line}" for line in list_commands(hosted, leaf, server, name, folder)),
        "",
    ]


def list_commands(
    hosted: Hosted, leaf: Leaf, server: TlsServer, name: str, folder: Folder | None
) -> list[str]:
    """What to paste into a shell, in which *name* leads to the server."""
    pki = hosted.pki
    if folder is None:
        ca, issuer, own = pki.ca_file, leaf.issuer.cert_file, leaf.cert_file
        chain, crl = leaf.chain_file, pki.crl_file
    else:
        names = ("ca.pem", "issuer.pem", "leaf.pem", "chain.pem", "crl.pem")
        ca, issuer, own, chain, crl = (folder[one] for one in names)
    host = f"[{name}]" if ":" in name else name
    there = f"{host}:{server.port}"
    url = f"https://{there}/"
    # A name that leads elsewhere is led here for once.
    lead = [] if server.url == url else ["--resolve", f"{there}:{server.host}"]
    # Where nothing is stapled there is no status to ask for: then it is fetched by who verifies.
    none = hosted.staples.get(hosted.servers.id_of(server) or "") == "none"
    commands = [
        ["curl", "--cacert", ca, *([] if none else ["--cert-status"]), *lead, url],
        ["openssl", "s_client", "-connect", there if not lead else f"{server.host}:{server.port}",
         "-servername", name, "-CAfile", ca,
         *(["-crl_check", "-crl_download"] if none else ["-status"])],
        ["openssl", "ocsp", "-issuer", issuer, "-cert", own, "-url", pki.ocsp.url, "-CAfile", ca],
        ["openssl", "verify", "-crl_check_all", "-CAfile", ca, "-CRLfile", crl, "-untrusted", chain, own],
    ]  # fmt: skip
    lines = [shlex.join(words) for words in commands]
    # Else it waits for what is typed.
    lines[1] += " </dev/null"
    return lines
