"""What a CA is told when it revokes, checked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from cryptography import x509

from .._clock import Clock
from .._pkix.status import Reason, Revocation
from .._pkix.times import check_time
from .._pkix.window import Window
from ..publishing._shards import ByReason
from ..publishing._values import Publishing

T = TypeVar("T")


def list_targets(target: T | Iterable[T]) -> Iterable[T]:
    """One target or many, as many."""
    return target if isinstance(target, Iterable) else (target,)


def make_revocation(
    clock: Clock,
    publishes: Publishing,
    reason: str | x509.ReasonFlags,
    at: datetime | None,
    invalidity_date: datetime | None,
) -> Revocation:
    """The revocation; *at* left out is when answers of now are dated. Raises ValueError for what is none."""
    checked = Reason.of(reason)
    if checked is Reason.REMOVE_FROM_CRL:
        raise ValueError("'remove_from_crl' revokes nothing; to take a certificate off hold, use release()")
    if checked is Reason.UNSPECIFIED and isinstance(publishes.shards, ByReason):
        # RFC 5280 section 5.2.5 has no bit for it: no list would have the certificate.
        raise ValueError("this CA divides its list ByReason, so each revocation needs a reason; give one")
    time = Window.honest(clock.now()).this_update if at is None else check_time(at)
    return Revocation(time, checked, None if invalidity_date is None else check_time(invalidity_date))
