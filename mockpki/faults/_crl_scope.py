"""Faults of what a CRL on a schedule says of its scope and its base: give the PKI a way to publish for them.

Without a schedule a CRL has none of these extensions; `IssuingDistributionPoint`, `FreshestCrl` and
`DeltaCrl` put them in there."""

from __future__ import annotations

from dataclasses import dataclass

from .._layers import CRLContent
from .._pkix import der
from .._pkix.crl import TBSCertList
from .._pkix.element import Element
from .._pkix.points import DELTA_CRL_INDICATOR, FRESHEST_CRL, ISSUING_DISTRIBUTION_POINT
from ._parts import drop_extension, find_extension, put_extension

__all__ = [
    "BaseCrlNumber",
    "NoDeltaIndicator",
    "NoFreshestCrl",
    "NoIssuingDistributionPoint",
]


@dataclass(frozen=True)
class NoIssuingDistributionPoint(CRLContent):
    """A CRL of a scope of its own says nothing of that: a shard looks like the whole. RFC 5280 section 5.2.5.

    Nobody can tell then that one shard stands where another belongs.
    """

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        return drop_extension(honest, ISSUING_DISTRIBUTION_POINT, self)


@dataclass(frozen=True)
class NoFreshestCrl(CRLContent):
    """A complete CRL does not say where its deltas are. RFC 5280 section 5.2.6."""

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        return drop_extension(honest, FRESHEST_CRL, self)


@dataclass(frozen=True)
class NoDeltaIndicator(CRLContent):
    """A delta looks like a complete CRL: all that it does not list seems good. RFC 5280 section 5.2.4."""

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        return drop_extension(honest, DELTA_CRL_INDICATOR, self)


@dataclass(frozen=True)
class BaseCrlNumber(CRLContent):
    """A delta starts from another complete CRL: *by* later than it does, or *value*. RFC 5280 section 5.2.4.

    From one that a client does not have yet, or that was never published; with a negative *by*, from an
    earlier one, for which it says too little.
    """

    by: int = 1
    value: int | None = None

    def _check_values(self) -> None:
        if self.by == 0 and self.value is None:
            raise ValueError(f"{self!r} changes nothing; give by= another number than 0, or value=")

    def __call__(self, honest: TBSCertList) -> TBSCertList:
        there = find_extension(honest, DELTA_CRL_INDICATOR, self)
        number = Element.whole(there.value, der.INTEGER).as_integer()
        value = number + self.by if self.value is None else self.value
        return put_extension(honest, there._replace(value=der.integer(value)))
