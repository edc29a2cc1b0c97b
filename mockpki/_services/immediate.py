"""One complete CRL, signed anew at every request: what a CA without a schedule publishes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from .._clock import Clock
from .._layers import Faults, Timing, bend
from .._pkix.crl import TBSCertList, crl_number, encode_entries
from .._pkix.der import Extension
from .._pkix.points import Coverage
from .._pkix.signing import Signer
from .._pkix.window import Window
from ..publishing._schedule import Schedule
from .authorities import Authorities, Authority
from .signed_list import authority_key, sign_list


@dataclass
class _Entries:
    """Those of one CA, as octets."""

    authority: Authority
    octets: bytes = b""
    _count: int = 0
    _rewritten: int = 0

    def renew(self) -> int:
        """Bring them up to the ledger, whose version it returns."""
        ledger = self.authority.ledger
        version, rewritten, serials, revocations = ledger.list_revoked(self._count)
        if rewritten != self._rewritten:
            version, rewritten, serials, revocations = ledger.list_revoked()
            self.octets, self._count, self._rewritten = b"", 0, rewritten
        if serials:
            first = None if self._count else self.authority.certificate_issuer
            self.octets += encode_entries(serials, revocations, first)
            self._count += len(serials)
        return version


@dataclass
class Immediate:
    """The CRL of everything in the ledgers of *authorities*, as it is now."""

    clock: Clock
    authorities: Authorities
    signer: Signer
    schedule: Schedule
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _number: int = 0
    _made_for: tuple[list[int], datetime] | None = None
    _honest: bytes | None = None
    _entries: list[_Entries] = field(default_factory=list)

    def make(self, faults: Faults) -> tuple[Window, bytes]:
        """Its times, and its octets."""
        with self._lock:
            now = self.clock.now()
            made = now - self.schedule.backdate
            window = bend(Timing, Window(now, made, made + self.schedule.life, made), faults)
            entries = self._renew_entries(now)
            if not faults and self._honest is not None:
                return window, self._honest
            # RFC 5280 section 5.1.2.6: "When there are no revoked certificates, the revoked certificates
            # list MUST be absent."
            content = TBSCertList(
                window.this_update,
                window.next_update,
                # One alone is not copied by this, however long it is.
                b"".join(entries) or None,
                tuple(self._list_extensions()),
            )
            body = sign_list(content, self.signer, faults)
            if not faults:
                self._honest = body
            return window, body

    def _list_extensions(self) -> Iterator[Extension]:
        yield authority_key(self.signer)
        yield crl_number(self._number)
        if self.authorities.is_indirect:
            yield Coverage(indirect=True).extension()

    def point(self, url: str, authority: Authority) -> bytes:
        """How a certificate of *authority* names it."""
        return Coverage((url,)).point(authority.crl_issuer)

    def _renew_entries(self, now: datetime) -> list[bytes]:
        """The encoded entries, brought up to the ledgers; the list has a new number if anything is new."""
        for authority in self.authorities.all[len(self._entries) :]:
            self._entries.append(_Entries(authority))
        versions = [entries.renew() for entries in self._entries]
        # RFC 5280 section 5.2.3: "if the this update field (Section 5.1.2.4) in the two CRLs are not
        # identical, the CRL numbers MUST be different". The same list in the same second is the
        # same CRL.
        if self._made_for != (versions, now):
            self._made_for = (versions, now)
            self._honest = None
            self._number += 1
        return [entries.octets for _, entries in self.authorities.pair(self._entries)]
