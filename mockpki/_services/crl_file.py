"""One CRL, as it is published."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from .._pkix.pem import write_pem


@dataclass(frozen=True)
class CrlFile:
    """A CRL and where it is. *base* is the number of the complete CRL that a delta starts from, else None."""

    path: str
    url: str
    number: int
    base: int | None
    this_update: datetime
    next_update: datetime
    serials: tuple[int, ...] = field(repr=False)
    """The serial numbers on it."""
    der: bytes = field(repr=False)

    @property
    def pem(self) -> bytes:
        """The same as PEM."""
        return write_pem("X509 CRL", self.der)
