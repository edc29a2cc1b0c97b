"""What became of each serial number: the core's only mutable state.

1. A look-up is one dictionary access, at any size.
2. Every change holds the lock and raises `version`, so that whoever reuses an answer can tell.
3. `list_revoked` keeps the order of revocation. `rewritten` rises when anything but an addition happened
   to it, so that a publisher may append instead of starting over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby, islice

from .._pkix.status import CertStatus, Reason, Revocation, Status, describe_status

Watcher = Callable[[Sequence[int], Revocation | None], object]
"""Is told which serial numbers were revoked, and how; None: they are so no longer."""


class Ledger:
    """The certificates of one CA. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[int, CertStatus] = {}
        self._revoked: dict[int, Revocation] = {}
        self._watchers: list[Watcher] = []
        self.version = 0
        self.rewritten = 0

    def watch(self, watcher: Watcher) -> None:
        """Have *watcher* told of what is revoked by now, and of each change to it.

        With the lock held: it must not ask back.
        """
        with self._lock:
            for revocation, serials in groupby(self._revoked, self._revoked.__getitem__):
                watcher([*serials], revocation)
            self._watchers.append(watcher)

    def _tell(self, serials: Sequence[int], after: Revocation | None) -> None:
        for watcher in self._watchers:
            watcher(serials, after)

    def status(self, serial: int) -> CertStatus:
        """What a responder says of *serial*; UNKNOWN for one this CA never issued."""
        return self._known.get(serial, Status.UNKNOWN)

    def __contains__(self, serial: int) -> bool:
        return serial in self._known

    def __len__(self) -> int:
        return len(self._known)

    def issue(self, serial: int) -> None:
        """Note *serial* as good, however odd. Raises ValueError for one this CA has used already."""
        with self._lock:
            if serial in self._known:
                raise ValueError(f"this CA has already issued serial number {serial:#x}; choose another")
            self._known[serial] = Status.GOOD
            self.version += 1

    def revoke(self, serials: Iterable[int], revocation: Revocation) -> None:
        """Revoke *serials*, also ones never issued; a second revocation replaces the first."""
        # Not under the lock: an iterable may ask this ledger, or fail half-way.
        listed = list(serials)
        with self._lock:
            for serial in listed:
                if serial in self._revoked:
                    self.rewritten += 1
                self._known[serial] = self._revoked[serial] = revocation
            self.version += 1
            self._tell(listed, revocation)

    def release(self, serial: int) -> None:
        """Take *serial* off hold. Raises LookupError when it is not on hold."""
        with self._lock:
            status = self.status(serial)
            if not isinstance(status, Revocation) or status.reason is not Reason.CERTIFICATE_HOLD:
                raise LookupError(
                    f"serial number {serial:#x} is {describe_status(status)}, not on hold; "
                    "only a certificate revoked with reason 'certificate_hold' can be released"
                )
            del self._revoked[serial]
            self._known[serial] = Status.GOOD
            self.rewritten += 1
            self.version += 1
            self._tell((serial,), None)

    def forget(self, serial: int) -> None:
        """Drop every trace of *serial*. Raises LookupError when there is none."""
        with self._lock:
            if serial not in self._known:
                raise LookupError(
                    f"serial number {serial:#x} is not in this CA's ledger, so it cannot be forgotten"
                )
            del self._known[serial]
            if self._revoked.pop(serial, None) is not None:
                self.rewritten += 1
                self._tell((serial,), None)
            self.version += 1

    def list_revoked(self, start: int = 0) -> tuple[int, int, list[int], list[Revocation]]:
        """`version`, `rewritten`, the serials revoked from the *start*-th on, and their revocations.

        All seen at one moment. Two lists, and not one of pairs: while a million pairs are made, the
        garbage collector goes over them again and again.
        """
        with self._lock:
            if not start:
                return self.version, self.rewritten, list(self._revoked), list(self._revoked.values())
            # From the end, where the new ones are: one more is found without passing a million.
            count = max(0, len(self._revoked) - start)
            serials = list(islice(reversed(self._revoked), count))
            revocations = list(islice(reversed(self._revoked.values()), count))
            return self.version, self.rewritten, serials[::-1], revocations[::-1]
