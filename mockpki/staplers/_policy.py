"""How a server comes by its staples: a value, to be varied with `dataclasses.replace`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

from .._parameters import Pause, check_fields
from ._rules import Refresh, Retry

Trigger = Literal["file", "start_blocking", "start_async", "lazy_blocking", "lazy_async"]
Word = Literal["good", "revoked", "unknown"]
ANY: frozenset[Word] = frozenset(get_args(Word))
GOOD: frozenset[Word] = frozenset({"good"})

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class StaplePolicy:
    """When a server asks the responder, what it staples, what it keeps, and what it does without an answer.

    Raises TypeError or ValueError for values that make no sense.
    """

    trigger: Trigger = "lazy_async"
    """What begins a fetch. ``"file"``: nothing, the staple is what the administrator put there.
    ``"start_blocking"``, ``"start_async"``: the start of the server, whose port opens after the fetch or
    before, and then a timer. ``"lazy_blocking"``, ``"lazy_async"``: the first handshake that asks for a
    staple, which waits for the answer or does without."""
    sightings: int = 1
    """The handshake for a certificate, counted from 1, at which a lazy trigger begins to fetch."""
    filter_size: int = 100_000
    """How many certificates the Bloom filter remembers the earlier sightings of, at least. It remembers up to
    twice as many, and then forgets the older half."""
    filter_false_positives: float = 0.001
    """How often that filter takes a certificate for sighted that was not, at most."""
    wait: Pause | None = timedelta()
    """How long a handshake may wait for the answer to its fetch; None: as long as the fetch may take."""
    staple: frozenset[Word] = GOOD
    """Which statuses are stapled; an answer with another is as good as a refused one."""
    remember: frozenset[Word] = ANY
    """Which of these are kept for later handshakes."""
    on_no_answer: Literal["omit", "fake_trylater", "abort"] = "omit"
    """Without an answer (no connection, another HTTP status than 200, a time-out, no OCSPResponse): send no
    staple, send a tryLater of the server's own making, or end the handshake."""
    on_error_resp: Literal["omit", "relay"] = "omit"
    """With an answer that cannot be used (tryLater and its like, or refused by *verify* and *check_times*):
    send no staple, or pass it on as it is."""
    abort_with: Literal["close", "handshake_failure"] = "close"
    """How a handshake ends that is to end: the connection is closed, or there is an alert before."""
    verify: bool = True
    """Check certificate, signer and signature of an answer before it is used."""
    check_times: bool = True
    """Check that an answer's time has come and is not over before it is used, five minutes off allowed;
    *verify* does that, too."""
    ttl: timedelta | None = None
    """How long an answer is kept at most, whatever its nextUpdate says."""
    error_ttl: timedelta = timedelta()
    """How long lazy triggers remember a failure; zero: they ask at the next handshake."""
    no_answer_ttl: timedelta | None = None
    """The same where there was no answer at all; None: as *error_ttl*."""
    refresh: Refresh | None = None
    """When to ask again ahead of the end. Lazy triggers look at it when a handshake comes."""
    retry: Retry | None = None
    """When start triggers try again after a failure; None: not before the next start."""
    tick: timedelta | None = None
    """Start triggers look at *refresh* and *retry* once in so long; None: at the very moment."""
    on_refresh_fail: Literal["keep", "drop"] = "keep"
    """What becomes of an answer that is still good when a new one cannot be had. With ``"drop"`` it
    goes when its *ttl* is over, too, before a new one is asked for."""
    on_expired: Literal["omit", "serve", "refetch_blocking", "abort"] = "omit"
    """What a handshake gets when the kept answer is past its end."""
    skew: timedelta = timedelta()
    """Added to nextUpdate, and may be negative: that is when the server takes an answer to end."""
    assumed_life: timedelta | None = None
    """How long an answer without nextUpdate is good for: None, without end; zero: it is refused."""
    must_staple: Literal["ignore", "fail", "fail_at_start"] = "ignore"
    """For certificates with the TLS feature extension (RFC 7633): nothing more; or no handshake that asks for
    a staple and has no answer for it that is not over; or no start without a good one."""
    scope: Literal["worker", "process", "shared"] = "process"
    """Whose the cache is. It says what *workers* and `Stapler.restart` mean, and is there to be read."""
    workers: int = 1
    """How many workers share the connections, one after the other, each with a cache of its own."""
    persist: bool = False
    """Answers survive a restart."""
    lock: bool = False
    """One fetch at a time in the whole server: the others wait for it."""
    timeout: Pause = 10 * _SECOND
    """For one fetch, from the connection to the last octet; real time, whatever the PKI's clock says."""
    method: Literal["GET", "POST"] = "POST"
    """How the responder is asked (RFC 6960 appendix A.1)."""
    nonce: bool = False
    """Send a nonce, and refuse an answer that has another one (RFC 9654)."""
    every_url: bool = False
    """Without an answer from the first responder that a certificate names, ask the others."""

    def __post_init__(self) -> None:
        check_fields(self)
        self._check_durations()
        if self.sightings < 1 or self.workers < 1 or self.filter_size < 1:
            raise ValueError("sightings, workers and filter_size of a stapling policy are 1 or more")
        if not 0 < self.filter_false_positives < 1:
            raise ValueError(
                f"filter_false_positives is a rate between 0 and 1; got {self.filter_false_positives!r}"
            )
        self._check_agreement()

    def _check_durations(self) -> None:
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise ValueError(f"{name} of a stapling policy cannot be as short as {value!r}")

    def _check_agreement(self) -> None:
        if self.workers > 1 and self.scope != "worker":
            raise ValueError(f"workers={self.workers} have caches of their own: give scope='worker'")
        if self.sightings > 1 and not self.lazy:
            raise ValueError(
                f"sightings={self.sightings} counts handshakes, which only lazy triggers wait for; "
                f"trigger is {self.trigger!r}"
            )
        if self.must_staple == "fail_at_start" and not self.at_start:
            raise ValueError(
                "must_staple='fail_at_start' needs an answer at the start: trigger 'start_async' or "
                f"'start_blocking', not {self.trigger!r}"
            )
        if self.trigger == "file" and self.on_expired == "refetch_blocking":
            raise ValueError("trigger 'file' asks nobody: on_expired cannot be 'refetch_blocking'")
        if self.trigger == "lazy_blocking" and self.wait is not None and not self.wait:
            raise ValueError(
                "a handshake of trigger 'lazy_blocking' waits: give wait= a timedelta of some length, or None"
            )

    @property
    def lazy(self) -> bool:
        """Whether it is handshakes that begin fetches."""
        return self.trigger in ("lazy_async", "lazy_blocking")

    @property
    def at_start(self) -> bool:
        """Whether it is the start of the server that does, and a timer after it."""
        return self.trigger in ("start_async", "start_blocking")


_LEAST = {
    "wait": timedelta(),
    "ttl": _SECOND,
    "error_ttl": timedelta(),
    "no_answer_ttl": timedelta(),
    "tick": _SECOND,
    "assumed_life": timedelta(),
    "timeout": timedelta(milliseconds=1),
}
