"""One complete CRL, signed anew at every request: what a CA without a schedule publishes."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime

from .._clock import Clock
from .._layers import Faults, Timing, bend
from .._pkix.crl import TBSCertList, crl_number, encode_entries
from .._pkix.points import Coverage
from .._pkix.signing import Signer
from .._pkix.window import Window
from ..publishing._schedule import Schedule
from .ledger import Ledger
from .signed_list import authority_key, sign_list


@dataclass
class Immediate:
    """The CRL of everything in *ledger*, as it is now."""

    clock: Clock
    ledger: Ledger
    signer: Signer
    schedule: Schedule
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _number: int = 0
    _made_for: tuple[int, datetime] | None = None
    _honest: bytes | None = None
    _entries: bytes = b""
    _count: int = 0
    _rewritten: int = 0

    def make(self, faults: Faults) -> tuple[Window, bytes]:
        """Its times, and its octets."""
        with self._lock:
            now = self.clock.now()
            made = now - self.schedule.backdate
            window = bend(Timing, Window(now, made, made + self.schedule.life, made), faults)
            self._renew_entries(now)
            if not faults and self._honest is not None:
                return window, self._honest
            # RFC 5280 section 5.1.2.6: "When there are no revoked certificates, the revoked certificates
            # list MUST be absent."
            content = TBSCertList(
                window.this_update,
                window.next_update,
                self._entries or None,
                (authority_key(self.signer), crl_number(self._number)),
            )
            body = sign_list(content, self.signer, faults)
            if not faults:
                self._honest = body
            return window, body

    def point(self, url: str) -> bytes:
        """How a certificate names it."""
        return Coverage((url,)).point()

    def _renew_entries(self, now: datetime) -> None:
        """Bring the encoded entries up to the ledger, and take a new number if anything is new."""
        version, rewritten, serials, revocations = self.ledger.list_revoked(self._count)
        if rewritten != self._rewritten:
            version, rewritten, serials, revocations = self.ledger.list_revoked()
            self._entries, self._count, self._rewritten = b"", 0, rewritten
        if serials:
            self._entries += encode_entries(serials, revocations)
            self._count += len(serials)
        # RFC 5280 section 5.2.3: "if the this update field (Section 5.1.2.4) in the two CRLs are not
        # identical, the CRL numbers MUST be different". The same list in the same second is the
        # same CRL.
        if self._made_for != (version, now):
            self._made_for = (version, now)
            self._honest = None
            self._number += 1
