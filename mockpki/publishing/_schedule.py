"""When lists are signed, and how long each is good for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

from .._parameters import check_fields
from ._durations import Duration, Length, check_whole_seconds

Base = Literal["last", "previous"]
Pointer = Literal["crl", "certificate"]


@dataclass(frozen=True)
class Schedule:
    """When a CA signs, what nextUpdate it writes, and how far it dates back.

    Raises TypeError or ValueError for values that make no sense.
    """

    every: Length | None
    """The time between two issues, the first of which is the CA's creation; None: there are no regular
    ones."""
    life: Length
    """From thisUpdate to nextUpdate (RFC 5280 section 5.1.2.5: the next CRL may come before, never after)."""
    backdate: Duration = timedelta()
    """How long before its signing thisUpdate lies."""
    after_revocation: Duration | None = None
    """Sign also when this much time has passed since a revocation; zero: at once; None: that brings
    nothing."""

    def __post_init__(self) -> None:
        check_fields(self)
        check_whole_seconds(self, "every", "life", "backdate", "after_revocation")
        if self.backdate >= self.life:
            raise ValueError(
                f"lists that are dated back by {self.backdate} and good for {self.life} are over when they "
                "are signed; give a longer life="
            )


@dataclass(frozen=True)
class Deltas:
    """Delta CRLs beside the complete ones (RFC 5280 section 5.2.4).

    Raises TypeError or ValueError for values that make no sense.
    """

    schedule: Schedule
    base: Base = "last"
    """Which complete CRL BaseCRLNumber names: the last one, or the one before it, so that clients that have
    not got the last one yet can use the delta, too."""
    pointers: frozenset[Pointer] = frozenset(get_args(Pointer))
    """Where freshestCRL stands: in certificates, in complete CRLs, or in both, for there are clients that
    look in one of the two alone."""
    if_changed: bool = False
    """A delta is signed at a regular time only if the list has changed since the last one."""

    def __post_init__(self) -> None:
        check_fields(self)
        if self.schedule.every is None and self.if_changed:
            raise ValueError("deltas with if_changed=True need a schedule with every=: that is when to look")
