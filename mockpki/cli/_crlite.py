"""`mockpki crlite`."""

from __future__ import annotations

import click

from ._options import Amount, Command, output_options
from ._output import Output, end_on_signals

_PERCENT = Amount(0, 100)


@click.command(cls=Command)
@click.argument("counts", nargs=-1, metavar="[COUNT]...", type=click.IntRange(1, 100_000_000))
@click.option(
    "--revoked",
    type=_PERCENT,
    default=1.2,
    show_default=True,
    metavar="PERCENT",
    help="So many of the certificates are revoked.",
)
@click.option(
    "--new",
    type=_PERCENT,
    default=1,
    show_default=True,
    metavar="PERCENT",
    help="So many of these have been revoked since the last publication, and are in the deltas.",
)
@output_options("text", "json", "html")
def crlite(counts: tuple[int, ...], revoked: float, new: float, output: Output) -> None:
    """Show how large a CRL is, and how large the CRLite filter that browsers get in its place.

    For each COUNT of certificates (left out: 1000, 10000 and 100000) a CRL, its filter, and the deltas of
    both are built and encoded, and the filter is asked about 20000 certificates that it knows and as many
    that it does not: of these it takes some for revoked. That takes seconds, for a million half a minute and
    a gigabyte of memory. As HTML, the sizes are drawn.
    """
    from rich.console import Console

    from .._probe.filters import weigh
    from .._reports.filters import describe_weights

    status = Console(stderr=True).status("Filters are built ...", spinner="line")
    with end_on_signals(), status:
        found = [weigh(count, revoked / 100, new / 100) for count in counts or (1_000, 10_000, 100_000)]
    output.write(describe_weights(found))
