"""The options that several commands have, and what is made of what was typed."""

from __future__ import annotations

import dataclasses
import functools
import math
import os
import pkgutil
import socket
import sys
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .._typed import parse_duration, split_address, suggest
from ._output import Output

if TYPE_CHECKING:
    from .._reports.baseline import Baseline
    from ..relying_party import Policy
    from ..scenarios import Scenario

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class Command(click.Command):
    """A command in which no option is overridden without a word: what can stand once may be given once."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        *_, given = self.make_parser(ctx).parse_args(args=list(args))
        counts = Counter(one for one in given if isinstance(one, click.Option))
        for option, count in counts.items():
            if count > 1 and not (option.multiple or option.is_flag or option.count):
                raise click.UsageError(
                    f"{option.opts[0]} is given {count} times, and can be given once.", ctx
                )
        return super().parse_args(ctx, args)


class Amount(click.FloatRange):
    """A number between two others that is one, and not NaN."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        amount = super().convert(value, param, ctx)
        if math.isnan(amount):
            self.fail(f"{value!r} is no number.", param, ctx)
        return amount


def duration(text: str) -> timedelta:
    """The type of options that are times: a number with its unit, in whole seconds."""
    found = parse_duration(text)
    if found is None or found < timedelta() or found % timedelta(seconds=1):
        raise click.BadParameter(f"{text!r} is no time in whole seconds, such as 90s, 15min, 1h or 7d.")
    return found


def gather(kind: type, name: str, *options: Decorator, **fixed: object) -> Decorator:
    """Have *options* reach a command as one value of *kind*, a dataclass, under *name*: a field for each.

    Fields that are *fixed* have no option. A ValueError of *kind* is about what was typed.
    """
    fields = [field.name for field in dataclasses.fields(kind) if field.init and field.name not in fixed]

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def call(**typed: Any) -> Any:
            try:
                value = kind(**{field: typed.pop(field) for field in fields}, **fixed)
            except ValueError as error:
                raise click.UsageError(str(error)) from error
            return command(**typed, **{name: value})

        decorated: Callable[..., Any] = call
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


def output_options(*forms: str) -> Decorator:
    """``--format`` and ``--output``: an `Output`, as ``output``."""
    return gather(
        Output,
        "output",
        click.option(
            "--format", "form", type=click.Choice(forms),
            help="How it is written. (Else: as FILE ends, or as text.)",
        ),
        click.option(
            "--output", "path", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
            help="Write the report to FILE, and print it as text.",
        ),
        forms=forms,
    )  # fmt: skip


@dataclass(frozen=True)
class Runs:
    """Which scenarios a probe goes through, and how."""

    only: tuple[str, ...]
    skip: tuple[str, ...]
    jobs: int | None
    timeout: float
    """In seconds."""
    key_type: str

    @property
    def at_once(self) -> int:
        """How many scenarios run at a time."""
        return self.jobs or 2 * (os.cpu_count() or 1)


def runs_options(timeout: str) -> Decorator:
    """What both probes have: `Runs`, as ``runs``. *timeout* is the help of that option."""
    return gather(
        Runs,
        "runs",
        click.option(
            "--only", multiple=True, metavar="PATTERN", help="These scenarios only; may be repeated."
        ),
        click.option(
            "--skip", multiple=True, metavar="PATTERN", help="Not these scenarios; may be repeated."
        ),
        click.option(
            "--jobs", type=click.IntRange(1, 1000), metavar="N",
            help="So many at once (else: twice the number of cores).",
        ),
        click.option(
            "--timeout", type=Amount(0, 1_000_000, min_open=True), default=10, show_default=True,
            metavar="S", help=timeout,
        ),
        click.option("--key-type", default="P-256", show_default=True, help="Of all keys, such as RSA-2048."),
    )  # fmt: skip


policy_option = click.option(
    "--policy", metavar="POLICY", help="A policy's name, or that and variations, as explained above."
)


baseline_option = click.option(
    "--baseline", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
    help="Exceptions that are known, as JSON, such as a report by --format json: only new ones fail.",
)  # fmt: skip


def read_address(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, int] | None:
    """The same of an option, which has to lead somewhere."""
    if value is None:
        return None
    address = split_address(value)
    if address is None:
        raise click.BadParameter(f"{value!r} is no host and port, such as 127.0.0.1:6379.", ctx, param)
    try:
        socket.getaddrinfo(*address, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise click.BadParameter(f"{value!r} leads to no address: {error}.", ctx, param) from error
    return address


def read_function(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> Callable[[socket.socket], object] | None:
    """MODULE:FUNCTION, found as Python finds modules, and in the folder where this is typed."""
    if value is None:
        return None
    if ":" not in value:
        raise click.BadParameter(f"{value!r} is no module and function, such as my_tests:speak.", ctx, param)
    module, _, function = value.partition(":")
    if module.endswith(".py"):
        name = f"{Path(module).stem}:{function}"
        raise click.BadParameter(f"{value!r} has a file's name; a module has none: {name}.", ctx, param)
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        found: Callable[[socket.socket], object] = pkgutil.resolve_name(value)
    except (ImportError, AttributeError, ValueError) as error:
        raise click.BadParameter(f"{value!r} is not found: {error}.", ctx, param) from error
    return found


def load_baseline(path: Path | None, known: Collection[str]) -> Baseline | None:
    """The baseline in *path*, whose exceptions have to be among *known*."""
    from .._reports.baseline import read_baseline

    if path is None:
        return None
    try:
        baseline = read_baseline(path)
    except OSError as error:
        raise click.UsageError(f"--baseline: {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise click.UsageError(f"--baseline: {error}") from error
    for name in sorted(baseline.exceptions - set(known)):
        hint = suggest(name, known, "no scenario has that name.")
        raise click.UsageError(f"--baseline: {path} has an exception {name!r}; {hint}")
    return baseline


def read_policy(text: str | None) -> dict[str, Policy]:
    """The policy that is typed, by what to call it; without one, all that scenarios tell apart."""
    from ..relying_party import named
    from ..relying_party._words import list_fields
    from ..scenarios import POLICIES

    if text is None:
        return dict(POLICIES)
    try:
        policy = named(text)
    except (LookupError, ValueError, TypeError) as error:
        raise click.UsageError(f"--policy: {error}") from error
    if policy.hard_fail and not policy.sources:
        raise click.UsageError(
            f"--policy: {text} asks no source, and so would reject every certificate; give it the sources "
            "that it asks, such as sources=staple+OCSP+CRL, or leave hard_fail=yes out."
        )
    matter, known = list_fields(policy.sources), list_fields(("staple", "OCSP", "CRL"))
    for variation in text.split(",")[1:]:
        name = variation.partition("=")[0].strip().replace("-", "_")
        if name in known and name not in matter:
            sources = "+".join(policy.sources)
            asks = f"has the sources {sources}" if sources else "asks no source, and so accepts everything"
            raise click.UsageError(
                f"--policy: {variation.strip()} makes no difference, for {text.split(',')[0]} here {asks}; "
                "leave it out, or give the policy the sources that it takes, such as sources=staple+OCSP+CRL."
            )
    return {text: policy}


def list_skipped(
    only: Sequence[str], skip: Sequence[str], table: Sequence[Scenario] | None = None
) -> list[Scenario]:
    """Those that *skip* leaves out of the others."""
    from .. import scenarios

    left_out = scenarios.matching(skip, table)
    return [one for one in scenarios.matching(only or "*", table) if one in left_out]


def choose_scenarios(
    only: Sequence[str],
    skip: Sequence[str] = (),
    *,
    filters: bool = True,
    table: Sequence[Scenario] | None = None,
) -> list[Scenario]:
    """The scenarios of these patterns, all of *table* if there are none, without those to skip.

    Without *filters*, those of CRLite are there only if a pattern has them.
    """
    from .. import scenarios

    try:
        left_out = scenarios.matching(skip, table)
        found = [one for one in scenarios.matching(only or "*", table) if one not in left_out]
    except (LookupError, ValueError) as error:
        raise click.UsageError(str(error)) from error
    if not (only or filters):
        found = [one for one in found if one.crlite is None]
    if not found:
        raise click.UsageError("--skip leaves out every scenario that --only has chosen.")
    return found
