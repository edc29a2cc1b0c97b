"""Faults of what a CRLite filter says. Call one with the filter: ``faults.NotEnrolled(pki.ca)(card).v3()``.

Whatever they leave unsaid, a right client goes on to its next source; it takes nothing for good.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cryptography import x509

from .._crlite.clubcard import Clubcard
from .._crlite.contents import LAST_TIMESTAMP, count_milliseconds, spki_hash
from .._layers import FilterContent
from .._pkix.issued import IssuedCertificate

__all__ = [
    "Coverage",
    "FilterVersion",
    "MissingLog",
    "NotEnrolled",
    "StaleFilter",
]

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class NotEnrolled(FilterContent):
    """The filter does not speak of *issuer*, or of any, if that is left out.

    *issuer* is a CA, its certificate, or their `crlite.spki_hash`. What it issued is not enrolled.
    """

    issuer: IssuedCertificate | x509.Certificate | bytes | None = None

    def __call__(self, honest: Clubcard) -> Clubcard:
        if self.issuer is None:
            return replace(honest, blocks=())
        issuer = self.issuer
        name = issuer if isinstance(issuer, bytes) else spki_hash(issuer)
        left = tuple(block for block in honest.blocks if block.issuer != name)
        if left == honest.blocks:
            raise ValueError(f"{self!r} needs a filter that speaks of this issuer; it has {len(left)} others")
        return replace(honest, blocks=left)


@dataclass(frozen=True)
class Coverage(FilterContent):
    """Every log is covered from *low* to *high*, aware datetimes; what is left out has no end.

    So by default the filter claims all that was ever logged. With a *high* before the SCTs of a
    certificate, a client finds it not covered.
    """

    low: datetime | None = None
    high: datetime | None = None

    def _check_values(self) -> None:
        for time in (self.low, self.high):
            if time is not None and count_milliseconds(time) < 0:
                raise ValueError(f"{self!r} needs times since 1970")

    def __call__(self, honest: Clubcard) -> Clubcard:
        low = 0 if self.low is None else count_milliseconds(self.low)
        high = LAST_TIMESTAMP if self.high is None else count_milliseconds(self.high)
        return replace(honest, coverage=tuple(replace(one, low=low, high=high) for one in honest.coverage))


@dataclass(frozen=True)
class MissingLog(FilterContent):
    """The log *log_id* is not covered, or none is, if that is left out.

    A client finds certificates not covered that have SCTs of no other log.
    """

    log_id: bytes | None = None

    def __call__(self, honest: Clubcard) -> Clubcard:
        if self.log_id is None:
            return replace(honest, coverage=())
        left = tuple(one for one in honest.coverage if one.log_id != self.log_id)
        if left == honest.coverage:
            raise ValueError(f"{self!r} needs a filter that covers this log; it has {len(left)} others")
        return replace(honest, coverage=left)


@dataclass(frozen=True)
class StaleFilter(FilterContent):
    """Coverage ends *by* earlier, as that of a filter that was made then.

    Newer certificates are not covered. By default it is older than the ten days that browsers put up with.
    """

    by: timedelta = timedelta(days=11)

    def _check_values(self) -> None:
        if self.by < _MILLISECOND:
            raise ValueError(f"{self!r} changes nothing; give a millisecond or more")

    def __call__(self, honest: Clubcard) -> Clubcard:
        by = self.by // _MILLISECOND
        ended = (replace(one, high=max(0, one.high - by)) for one in honest.coverage)
        return replace(honest, coverage=tuple(ended))


@dataclass(frozen=True)
class FilterVersion(FilterContent):
    """The filter says to be of version *number*, whichever its octets are: 2 is a cascade's, 9 nobody's.

    A client that does not know the version cannot use the filter.
    """

    number: int = 2

    def _check_values(self) -> None:
        if not 0 <= self.number < 1 << 16:
            raise ValueError(f"{self!r}: a version has two octets; give a number from 0 to 65535")

    def __call__(self, honest: Clubcard) -> Clubcard:
        return replace(honest, version=self.number)
