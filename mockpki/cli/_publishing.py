"""`mockpki publishing`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from ._options import Command, duration, gather, output_options
from ._output import Output, end_on_signals

if TYPE_CHECKING:
    from ..publishing import Deltas, Publishing, Schedule

_OWN = "own"
"""What is called so that is made of options alone."""


@dataclass(frozen=True)
class _Own:
    """What is different from a preset, or all there is."""

    every: timedelta | None
    life: timedelta | None
    backdate: timedelta | None
    after_revocation: timedelta | None
    delta_every: timedelta | None
    delta_life: timedelta | None

    def name(self, preset: str) -> str:
        """What to call *preset* with these."""
        from .._typed import spell_duration

        given = (f"{field.replace('_', '-')} {spell_duration(value)}" for field, value in self._given.items())
        changes = ", ".join(given)
        return f"{preset} with {changes}" if changes else preset

    @property
    def _given(self) -> dict[str, timedelta]:
        return {field: value for field, value in vars(self).items() if value is not None}

    def __bool__(self) -> bool:
        return bool(self._given)

    def vary(self, preset: Publishing) -> Publishing:
        """*preset* with these. ValueError for what makes no sense together."""
        return replace(preset, full=self._vary_full(preset.full), deltas=self._vary_deltas(preset.deltas))

    def _vary_full(self, full: Schedule) -> Schedule:
        names = ("every", "life", "backdate", "after_revocation")
        return replace(full, **{name: value for name, value in self._given.items() if name in names})

    def _vary_deltas(self, deltas: Deltas | None) -> Deltas | None:
        from ..publishing import Deltas, Schedule

        every, life = self.delta_every, self.delta_life
        if every is None and life is None:
            return deltas
        if deltas is not None:
            old = deltas.schedule
            every, life = old.every if every is None else every, old.life if life is None else life
            return replace(deltas, schedule=replace(old, every=every, life=life))
        if every is None or life is None:
            raise click.UsageError(
                "There are no deltas; give both --delta-every and --delta-life, or neither."
            )
        return Deltas(Schedule(every, life))

    def make(self) -> Publishing:
        """A way to publish that is made of these alone."""
        from ..publishing import Publishing, Schedule

        if self.life is None or (self.every is None and self.after_revocation is None):
            raise click.UsageError(
                "Name a preset to vary, such as lets-encrypt, or say it all: --life, and --every or "
                "--after-revocation."
            )
        return self.vary(Publishing(self._vary_full(Schedule(self.every, self.life))))


_own_options = gather(
    _Own,
    "own",
    click.option("--every", type=duration, help="The time between two complete CRLs."),
    click.option("--life", type=duration, help="From thisUpdate to nextUpdate of a complete CRL."),
    click.option("--backdate", type=duration, help="How long before its signing thisUpdate lies."),
    click.option(
        "--after-revocation", type=duration, help="Sign also so long after a revocation; 0s: at once."
    ),
    click.option("--delta-every", type=duration, help="The time between two deltas."),
    click.option("--delta-life", type=duration, help="From thisUpdate to nextUpdate of a delta."),
)


@click.command(cls=Command)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@_own_options
@click.option(
    "--revoked-after",
    type=duration,
    help="When the certificate is revoked, from the CA's creation on (else: 29.5h, of one day 5.5h).",
)
@click.option(
    "--days", type=click.IntRange(1, 3650), default=7, show_default=True, help="How much of it to show."
)
@output_options("text", "json", "html")
def publishing(
    names: tuple[str, ...], own: _Own, revoked_after: timedelta | None, days: int, output: Output
) -> None:
    """Show how CAs publish CRLs, and when clients learn from them of a revocation.

    With NAMEs, such as lets-encrypt or ad-cs, only these. Each is a CA that signs, on a clock that is moved
    ahead, and clients that fetch what there is: those that ask each time, and those that keep what they have
    until it ends. As HTML, the week is drawn.

    Durations are written as 30min, 1h or 7d. With them a preset can be varied, or one made of your own:

    \b
      mockpki publishing freeipa --life 5h
      mockpki publishing --every 1h --life 7d
    """
    from rich.console import Console

    from .._reports.weeks import describe_weeks
    from ..scenarios.publishers import choose, live_weeks

    try:
        chosen = choose(names)
        if own:
            chosen = (
                {own.name(name): own.vary(one) for name, one in chosen.items()}
                if names
                else {own.name(_OWN): own.make()}
            )
        status = Console(stderr=True).status("The CAs are at work ...", spinner="line")
        with end_on_signals(), status:
            weeks = live_weeks(chosen, timedelta(days=days), revoked_after)
    except (LookupError, ValueError) as error:
        raise click.UsageError(str(error)) from error
    output.write(describe_weeks(weeks))
