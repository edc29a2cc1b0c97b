"""How large a CRL and CRLite's filters are, and how often a filter is wrong: measured, and not worked out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from .._clock import monotonic
from .._pki import PKI
from ..crlite import Clubcard, Status
from ..publishing import AD_CS, Deltas

LOOKED_UP = 20_000
"""So many certificates at most are looked up in a filter that it knows, and so many that it does not."""
_ISSUER, _LOG = sha256(b"an issuer").digest(), sha256(b"a log").digest()
_SCTS = ((_LOG, 1),)


@dataclass(frozen=True)
class Weight:
    """What was found of an issuer with so many *known* certificates, some *revoked*, of these some *new*.

    Sizes are in octets; the deltas, of the CRL and of the filter, say what is new. *looked_up* are of those
    that are known, among whom a filter is never *wrong*, and *strangers* are not, of whom it takes
    *false_positives* for revoked. *seconds* is how long it took to build the filter.
    """

    known: int
    revoked: int
    new: int
    crl: int
    delta_crl: int
    filter_v3: int
    filter_v4: int
    delta_v3: int
    delta_v4: int
    looked_up: int
    wrong: int
    strangers: int
    false_positives: int
    seconds: float


def weigh(known: int, revoked: float, new: float) -> Weight:
    """Build and encode all that for so many certificates; *revoked* and *new* are shares, from 0 to 1.

    Where any is revoked, at least one of them is new. The same arguments give the same certificates.
    """
    dice = random.Random(known)
    serials = _draw(dice, known)
    split = round(known * revoked)
    bad, good = serials[:split], serials[split:]
    fresh = bad[: max(1, round(split * new))]
    begin = monotonic()
    card = _build(serials, bad)
    seconds = monotonic() - begin
    delta = _build(serials, fresh)
    crl, delta_crl = _publish(bad[len(fresh) :], fresh)
    # All that are revoked, if there is room: to miss one is worse.
    of_bad = bad[: max(LOOKED_UP // 2, LOOKED_UP - len(good))]
    of_good = good[: LOOKED_UP - len(of_bad)]
    return Weight(
        known=known,
        revoked=len(bad),
        new=len(fresh),
        crl=len(crl),
        delta_crl=len(delta_crl),
        filter_v3=len(card.v3()),
        filter_v4=len(card.v4()),
        delta_v3=len(delta.v3()),
        delta_v4=len(delta.v4()),
        looked_up=len(of_bad) + len(of_good),
        wrong=len(of_bad) - _count_revoked(card, of_bad) + _count_revoked(card, of_good),
        strangers=LOOKED_UP,
        false_positives=_count_revoked(card, _draw(dice, LOOKED_UP)),
        seconds=seconds,
    )


def _draw(dice: random.Random, count: int) -> list[int]:
    """Serial numbers of 16 octets."""
    return [dice.getrandbits(126) | 1 << 126 for _ in range(count)]


def _build(serials: Sequence[int], revoked: Sequence[int]) -> Clubcard:
    return Clubcard.build({_ISSUER: (serials, revoked)}, {_LOG: (0, 2)})


def _count_revoked(card: Clubcard, serials: Sequence[int]) -> int:
    """How many of them the filter says are revoked."""
    return sum(card.status(_ISSUER, serial, _SCTS) is Status.REVOKED for serial in serials)


def _publish(before: Sequence[int], since: Sequence[int]) -> tuple[bytes, bytes]:
    """The CRL that lists all of them, and the delta CRL that lists what was revoked *since*."""
    deltas = Deltas(AD_CS.full)
    with PKI(publishes=replace(AD_CS, deltas=deltas)) as pki:
        pki.revoke(before)
        pki.crl.publish()
        pki.revoke(since)
        pki.crl.publish(delta=True)
        delta = next(file for file in pki.crl.files if file.base is not None)
        pki.crl.publish()
        complete = next(file for file in pki.crl.files if file.base is None)
        return complete.der, delta.der
