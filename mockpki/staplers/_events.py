"""Evidence of a stapler: what it did when, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What can happen to a stapler."""

    SIGHTED = "sighted"
    """A handshake asked for the staple of a certificate that the cache does not have."""
    FETCH_STARTED = "fetch started"
    ANSWERED = "answered"
    """An answer came that can be used."""
    REFUSED = "refused"
    """An answer came that cannot be used."""
    NO_ANSWER = "no answer"
    """None came: no connection, a time-out, another HTTP status, no OCSP response."""
    NO_RESPONDER = "no responder"
    """The certificate names no http responder to ask."""
    LOADED = "loaded"
    """The file with the staple was read, or looked for."""
    CACHED = "cached"
    REFRESHED = "refreshed"
    """Cached in the place of an earlier one that said something else, or for another time."""
    KEPT = "kept"
    """An earlier answer stays: a new one could not be had, or what came says the same."""
    DROPPED = "dropped"
    """An answer left the cache."""
    EXPIRED = "expired"
    """A handshake found an answer that is past its end."""
    WAITING = "waiting"
    """A handshake waits for a fetch."""
    SERVED = "served"
    FAKED = "faked"
    """A tryLater of the server's own was stapled."""
    RELAYED = "relayed"
    """An answer that cannot be used was stapled as it is."""
    OMITTED = "omitted"
    """A handshake went on without a staple."""
    ABORTED = "aborted"
    """A handshake was ended for want of a staple."""
    RESTARTED = "restarted"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. *time* is the PKI's clock, aware UTC; *name* the certificate's first name."""

    time: datetime
    name: str
    kind: Kind
    detail: str

    def __str__(self) -> str:
        about = f" {self.name}" if self.name else ""
        return f"{self.time:%Y-%m-%d %H:%M:%S}Z{about}: {self.kind}{': ' if self.detail else ''}{self.detail}"


@dataclass(slots=True)
class Counts:
    """The numbers behind `Stats`, as they grow."""

    handshakes: int = 0
    sightings: int = 0
    waited: int = 0
    fetches: int = 0
    answered: int = 0
    refused: int = 0
    unanswered: int = 0
    cache_hits: int = 0
    stapled: int = 0
    faked: int = 0
    relayed: int = 0
    omitted: int = 0
    aborted: int = 0
    filter_fill: float = 0.0


@dataclass(frozen=True)
class Stats:
    """How often what happened, so far.

    *handshakes* are those whose clients asked for a staple: *stapled*, *faked*, *relayed*, *omitted* and
    *aborted* add up to them, once none waits. *cache_hits* had their staple at once, *waited* for a fetch.
    *sightings* began no fetch because they came too early, and *fetches_saved* counts the certificates that
    were sighted and never fetched for. *fetches* became *answered*, *refused* or *unanswered*. *filter_fill*
    is the part, from 0 to 1, of the room for earlier sightings that is taken: at 1 the older half is
    forgotten.
    """

    handshakes: int
    sightings: int
    waited: int
    fetches: int
    answered: int
    refused: int
    unanswered: int
    cache_hits: int
    stapled: int
    faked: int
    relayed: int
    omitted: int
    aborted: int
    fetches_saved: int
    filter_fill: float = 0.0

    @property
    def share_stapled(self) -> float:
        """The part of the handshakes, from 0 to 1, that were given an answer about the certificate."""
        return self.stapled / self.handshakes if self.handshakes else 0.0
