"""What happened at a CA before a client comes, and which of its CRLs stands in the place of which.

All of it happens at the present time, one thing after the other: no clock is moved, and every CRL is as new
as any honest one. What tells them apart is their numbers, as RFC 5280 section 5.2.3 has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ..._parameters import check_fields


@dataclass(frozen=True)
class Held:
    """The certificate is put on hold."""


Whose = Literal["its own", "another certificate", "another CA"]


@dataclass(frozen=True)
class Revoked:
    """The certificate is revoked: *whose* is ``"its own"``. ``"another certificate"`` is of the same CA, and
    ``"another CA"`` has given the same serial number, and is on the same list."""

    whose: Whose = "its own"

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True)
class Released:
    """The certificate is taken off hold."""


@dataclass(frozen=True)
class Published:
    """A complete CRL is signed, or a *delta*. The first of each were signed when the CA began."""

    delta: bool = False

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True)
class Visited:
    """The client comes, and finds every service honest; what it does then is not judged."""


Event = Held | Revoked | Released | Published | Visited

Other = Literal["earlier issue", "another shard", "delta", "delta of all", "new key"]


@dataclass(frozen=True)
class Instead:
    """Among the faults of a CRL: another one stands in its place, octet for octet, but for its own *faults*.

    *of* is ``"earlier issue"``, the one before the last that was `Published`; ``"another shard"``;
    ``"delta"``, the delta of this one; ``"delta of all"``, the delta to the complete list beside the shards;
    or ``"new key"``, that of a CA of the same name with another key, whose list has the certificate.
    """

    of: Other
    faults: Sequence[Any] = ()

    def __post_init__(self) -> None:
        if self.of not in get_args(Other):
            raise ValueError(f"of={self.of!r} is no other CRL; there are {', '.join(get_args(Other))}")
