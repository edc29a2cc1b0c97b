"""`mockpki decode`."""

from __future__ import annotations

import contextlib
import json
import sys
from typing import TYPE_CHECKING, Any

import click

from ._options import Command

if TYPE_CHECKING:
    from .._catalogue.documents import Document

_LARGEST = 16 << 20
"""Octets of a file that are read."""
_PATIENCE = 10.0
"""Seconds for a URL."""


class _Unreadable(click.ClickException):
    """There is nothing that could be shown; how it is called was right."""

    exit_code = 2


@click.command(cls=Command)
@click.argument("sources", nargs=-1, required=True, metavar="FILE|URL|-...")
@click.option(
    "--as", "kind", metavar="KIND",
    help="What it is meant to be: certificate, crl, csr, ocsp-request, ocsp-response, staple, der, or "
    "request-url. (Else: told by its structure.)",
)  # fmt: skip
@click.option(
    "--password", metavar="PASSWORD", help="Of PKCS #12. (Else: mockpki, as the files of mockpki have it.)"
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def decode(sources: tuple[str, ...], kind: str | None, password: str | None, form: str) -> None:
    """Show what is in OCSP requests and responses, CRLs, certificates and their requests, and staples.

    They may be PEM (several in a file), DER, base64, an HTTP answer with its head, or certificates in
    PKCS #12; and bent, or cut off: what there is of them is shown, line by line, as `mockpki faults` does.
    Where the signer is among the certificates given, the signature says so. A FILE of - is what is piped in.

    A URL is fetched by one plain GET, of http only, without proxies and redirects, within 10 seconds, and up
    to 1 MiB of it; a file up to 16 MiB. With --as request-url nothing is fetched: the OCSP request in
    the path is shown, and the path alone, as a log has it, will do.

    \b
      mockpki decode response.der
      mockpki decode staple.der chain.pem
      mockpki decode leaf.p12
      mockpki decode http://127.0.0.1:41234/crl
      mockpki decode --as request-url /MFEwTzBNMEswSTAJBgUrDgMCGgUABBQ...
      openssl s_client -connect localhost:8443 -showcerts </dev/null | mockpki decode -

    Ends with 2 for what cannot be read at all, and says why.
    """
    from datetime import datetime, timezone

    from .._catalogue.decoded import Decoder
    from .._reports.safe import clean

    found = [(source, one) for source in sources for one in _read(source, kind, password)]
    if password is not None and not any(one.encoding.startswith("PKCS #12") for _, one in found):
        raise click.UsageError("--password opens PKCS #12, and nothing here is that.")
    decoder = Decoder(datetime.now(timezone.utc), _list_keys(found))
    if form == "json":
        click.echo(_write_json(found, decoder))
        return
    for number, (source, one) in enumerate(found):
        blank = "\n" if number else ""
        click.echo(clean(f"{blank}{source}: {one.kind.words} ({one.encoding}, {len(one.data)} octets)"))
        if one.missing:
            click.echo(f"cut off: {one.missing} octets are missing at the end")
        for line in one.lines(decoder):
            click.echo(clean(line))


def _read(source: str, kind: str | None, password: str | None) -> list[Document]:
    """What is in *source*. Ends the command where nothing can be read."""
    from .._catalogue.documents import REQUEST_URL, read_documents

    try:
        data = source.encode() if kind == REQUEST_URL and source != "-" else _load(source)
        return read_documents(data, kind) if password is None else read_documents(data, kind, password)
    except LookupError as error:
        raise click.UsageError(f"--as: {error}.") from error
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise _Unreadable(f"{source[:200]} cannot be decoded: {said}.") from error


def _load(source: str) -> bytes:
    if source == "-":
        data = sys.stdin.buffer.read(_LARGEST + 1)
    elif source.lower().startswith("http://"):
        return _fetch(source)
    elif source.lower().startswith("https://"):
        raise ValueError(f"only http is spoken here; let curl fetch it: curl -s {source} | mockpki decode -")
    else:
        with open(source, "rb") as file:
            data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ValueError(f"it is larger than {_LARGEST >> 20} MiB")
    return data


def _fetch(url: str) -> bytes:
    import asyncio

    from .._engine.fetch import NoAnswer, get

    try:
        return asyncio.run(asyncio.wait_for(get(url), _PATIENCE))
    except NoAnswer as error:
        raise ValueError(str(error)) from error
    except TimeoutError as error:
        raise ValueError(f"no answer came within {_PATIENCE:g} s") from error


def _list_keys(found: list[tuple[str, Document]]) -> dict[str, Any]:
    """The keys of the certificates that are there, by whose they are."""
    from .._catalogue.decoded import load_certificates

    keys = {}
    for certificate in load_certificates(one.data for _, one in found if one.kind.name == "certificate"):
        # One that a fault has bent may have a subject that cannot be read.
        with contextlib.suppress(ValueError):
            name = certificate.subject.rfc4514_string()
            keys[f"the key of {name or 'a certificate without a subject'}"] = certificate.public_key()
    return keys


def _write_json(found: list[tuple[str, Document]], decoder: Any) -> str:
    return json.dumps(
        [
            {
                "source": source,
                "kind": one.kind.name,
                "encoding": one.encoding,
                "octets": len(one.data),
                "missing": one.missing,
                "lines": one.lines(decoder),
            }
            for source, one in found
        ],
        indent=2,
    )
