"""`mockpki scenarios`."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ._options import Command, choose_scenarios, policy_option, read_policy

if TYPE_CHECKING:
    from ..scenarios import Scenario
    from ..scenarios.servers import StapleScenario


@click.command(cls=Command)
@click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
@policy_option
@click.option("--servers", is_flag=True, help="The scenarios of stapling, which servers are put in.")
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text")
def scenarios(patterns: tuple[str, ...], policy: str | None, servers: bool, form: str) -> None:
    """List the situations that `mockpki probe` and tests put clients in.

    Each is shown with what it is, and what each policy demands: accept, reject, or either, with the
    clause that leaves it open. A PATTERN is a name, such as ocsp-stale, or matches several, such as
    "ocsp-*".

    With --servers, those that `mockpki probe-server` puts servers in, with what a good one does there;
    they are also found by their names, such as must-staple-good.

    With --policy, what that one demands, and why: no-check, soft-fail, hard-fail, staple-required,
    must-staple or rfc5280; or what a client does by its own documentation, with the sentences that say so:
    curl-schannel, go, jdk, openssl-crl-check or firefox-ocsp-1, and their options behind that, such as
    jdk-soft-fail-no-fallback. A policy can be varied:

    \b
      --policy hard-fail,sources=OCSP+CRL,whole_chain=no,unknown_rejects=no
      --policy soft-fail,sources=CRLite+staple+OCSP,filter_confirms=yes "crlite-*"
    """
    from rich.console import Console

    from .._reports import scenarios as reports

    policies = read_policy(policy)
    found, stapling = ([], _choose_stapling(patterns)) if servers else _choose(patterns)
    if policy is not None and not found:
        raise click.UsageError("--policy is about clients, and no scenario of theirs was chosen.")
    if form == "json":
        click.echo(reports.write_scenarios_json(found, policies, stapling))
    elif form == "markdown":
        tables = (
            found and reports.write_scenarios_markdown(found, policies),
            stapling and reports.write_stapling_markdown(stapling),
        )
        click.echo("\n\n".join(table for table in tables if table))
    else:
        reports.show_scenarios(Console(), found, policies)
        reports.show_stapling(Console(), stapling)
        reports.show_quotations(Console(), {} if policy is None else policies)
        if not patterns and not servers:
            click.echo("\nThose for servers that staple are listed by: mockpki scenarios --servers")


def _choose(patterns: tuple[str, ...]) -> tuple[list[Scenario], list[StapleScenario]]:
    """The scenarios of these patterns, those for clients and those for servers."""
    theirs = [pattern for pattern in patterns if _is_of_servers(pattern)]
    ours = [pattern for pattern in patterns if pattern not in theirs]
    found = choose_scenarios(ours) if ours or not theirs else []
    return found, _choose_stapling(theirs) if theirs else []


def _is_of_servers(pattern: str) -> bool:
    """Whether a scenario for servers is meant, and none for clients."""
    from ..scenarios import TABLE
    from ..scenarios.servers import SCENARIOS

    clients, servers = ([one.name for one in table] for table in (TABLE, SCENARIOS))
    return bool(fnmatch.filter(servers, pattern) and not fnmatch.filter(clients, pattern))


def _choose_stapling(patterns: Sequence[str]) -> list[StapleScenario]:
    from ..scenarios.servers import choose_scenarios as choose

    try:
        return list(choose(patterns))
    except (LookupError, ValueError) as error:
        raise click.UsageError(str(error)) from error
