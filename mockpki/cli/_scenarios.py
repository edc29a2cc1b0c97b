"""`mockpki scenarios`."""

from __future__ import annotations

import click

from ._options import choose_scenarios, policy_option, read_policy


@click.command()
@click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
@policy_option
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

    from .._reports.scenarios import show_scenarios, write_scenarios_json, write_scenarios_markdown

    policies, found = read_policy(policy), choose_scenarios(patterns)
    if form == "json":
        click.echo(write_scenarios_json(found, policies))
    elif form == "markdown":
        click.echo(write_scenarios_markdown(found, policies))
    else:
        show_scenarios(Console(), found, policies)
