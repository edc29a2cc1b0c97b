"""What filters can be made of: the issuers of a PKI, and the certificates that its log has."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from .._clock import Clock
from .._crlite.contents import count_milliseconds, spki_hash
from .._pkix.status import Revocation
from .ledger import Ledger

_SECOND = 1_000
"""In milliseconds, as all timestamps are."""

Watcher = Callable[[bytes, Sequence[int], Revocation | None], object]
"""Is told at which issuer, by its hash, serial numbers were revoked, and how; None: they are so no longer."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A certificate that the log has, since *timestamp*. It was issued at *time*, by the PKI's clock."""

    issuer: bytes
    serial: int
    not_after: datetime | None
    """None: at no time that can be read."""
    timestamp: int
    time: datetime


@dataclass(frozen=True, slots=True)
class Extent:
    """How far the log was read: the first so many *entries*, and of these what is no later than *high*."""

    entries: int
    high: int


class Enrolment:
    """All issuers and entries. Safe to use from several threads; its lock is below all others."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._issuers: list[tuple[bytes, Ledger]] = []
        self._watcher: Watcher | None = None
        self._after = 0
        self.entries: list[Entry] = []
        """In the order of their issue. Only ever added to."""

    def add_issuer(self, certificate: bytes, ledger: Ledger) -> None:
        """There is a new CA."""
        name = spki_hash(certificate)
        with self._lock:
            self._issuers.append((name, ledger))
            watcher = self._watcher
        if watcher is not None:
            _watch(ledger, watcher, name)

    def watch(self, watcher: Watcher) -> None:
        """Have *watcher* told of whatever is revoked by now, and of all that is from now on.

        With the lock of the ledger held: it must not ask back.
        """
        with self._lock:
            self._watcher = watcher
            issuers = list(self._issuers)
        for name, ledger in issuers:
            _watch(ledger, watcher, name)

    def find_timestamp(self) -> int:
        """The timestamp of what is logged now: later than all that `read` has covered."""
        now = count_milliseconds(self._clock.now())
        # The PKI's clock knows whole seconds, and a filter may have been made in this one already.
        return max(now, self._after) if self._after < now + _SECOND else now

    def add(self, entry: Entry | None) -> None:
        """The log has one more certificate; None for one that was not logged."""
        if entry is None:
            return
        with self._lock:
            self.entries.append(entry)

    def read(self, high: int | None = None) -> Extent:
        """The extent of the log now; or only up to *high*. What is logged from now on is no part of it."""
        with self._lock:
            if high is None:
                high = self.find_timestamp()
                self._after = high + 1
            return Extent(len(self.entries), high)


def _watch(ledger: Ledger, watcher: Watcher, name: bytes) -> None:
    ledger.watch(lambda serials, after: watcher(name, serials, after))
