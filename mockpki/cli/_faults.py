"""`mockpki faults`."""

from __future__ import annotations

from pathlib import Path

import click

from ._options import Command


class _NoSuchFault(click.ClickException):
    """Not to be taken for a fault that was shown, or for a command that was mistyped."""

    exit_code = 3


@click.command(cls=Command)
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
    if layer and recipes:
        raise click.UsageError("--layer chooses among faults, and --recipes lists recipes: give one of them.")
    if target is not None and name is None:
        raise click.UsageError("--for goes with a NAME: it shows what that one does elsewhere.")
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

    from .._catalogue.entries import list_faults
    from .._catalogue.lookup import RECIPES
    from .._catalogue.readme import list_markdown, refresh_list
    from .._reports.faults import (
        list_json,
        recipes_markdown,
        show_recipes,
    )
    from .._reports.faults import show as faults_show

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

    from .._catalogue.difference import show_fault
    from .._reports.faults import (
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
