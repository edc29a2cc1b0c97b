"""The situations of clients that look into CRLite's filters."""

from __future__ import annotations

from ... import faults
from ._filter_offer import FilterOffer
from ._offer import Offer, Says
from ._scenario import Scenario

_GOOD, _REVOKED = Offer(Says.GOOD), Offer(Says.REVOKED)
_ONLY = "The certificate names no responder and no CRL; the filter"

FILTERS: tuple[Scenario, ...] = (
    Scenario("crlite-good", f"{_ONLY} knows it, and says good.", crlite=FilterOffer(Says.GOOD)),
    Scenario(
        "crlite-revoked", f"{_ONLY} knows it, and says revoked.",
        crlite=FilterOffer(Says.REVOKED), status="revoked",
    ),
    Scenario(
        "crlite-delta-revoked", f"{_ONLY} says good, and its delta says revoked.",
        crlite=FilterOffer(Says.REVOKED, made="with a delta"), status="revoked",
    ),
    Scenario(
        "crlite-not-covered", "The certificate is newer than the filter; the responder says revoked.",
        ocsp=_REVOKED, crlite=FilterOffer(Says.NOTHING, made="too early"), status="revoked",
    ),
    Scenario(
        "crlite-not-enrolled",
        "The filter does not speak of the certificate's issuer; the responder says revoked.",
        ocsp=_REVOKED, crlite=FilterOffer(Says.NOTHING, (faults.NotEnrolled(),)), status="revoked",
    ),
    Scenario(
        "crlite-lagging",
        "The filter says good; since it was made the certificate was revoked, and so says the responder.",
        ocsp=_REVOKED, crlite=FilterOffer(Says.GOOD, made="before"), status="revoked",
    ),
    Scenario(
        "crlite-false-positive",
        "The filter was made without the certificate, and takes it for revoked; the responder says good.",
        ocsp=_GOOD, crlite=FilterOffer(Says.REVOKED, made="without it"),
    ),
    Scenario(
        "crlite-corrupt",
        "One bit of the filter is flipped, which its hash in the manifest shows; the responder says revoked.",
        ocsp=_REVOKED, crlite=FilterOffer(Says.UNUSABLE, (faults.FlippedBit(),)), status="revoked",
    ),
)  # fmt: skip
"""Each with a client in view that has the filters of the scenario's PKI, or fetches them."""
