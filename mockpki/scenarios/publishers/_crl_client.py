"""A client that reads CRLs, and keeps what it has or does not. Its lists are honest: it asks for no more than
that they are current."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from cryptography import x509

Load = Callable[[bool], x509.CertificateRevocationList]
"""Fetches the CRL, or (true) the delta."""


class CrlClient:
    """A client and what it has. Its lists are honest: it asks for no more than that they are current."""

    def __init__(self, name: str, *, keeps: bool, deltas: bool) -> None:
        self.name, self.keeps, self.deltas = name, keeps, deltas
        self.states: list[tuple[timedelta, str]] = []
        self._complete: x509.CertificateRevocationList | None = None
        self._delta: x509.CertificateRevocationList | None = None

    def look(self, serial: int, now: datetime, load: Load) -> str:
        """What it knows of *serial* at *now*: ``good``, ``revoked``, or ``none`` without a current list."""
        complete, delta = self._find_complete(now, load), self._find_delta(now, load)
        if delta is not None and find_number(complete) < (find_base(delta) or 0):
            # RFC 5280 section 5.2.4 (c): "The CRL number of the complete CRL is equal to or greater than
            # the BaseCRLNumber specified in the delta CRL."
            complete = load(False)
        self._complete, self._delta = complete, delta
        if not _is_current(complete, now):
            return "none"
        lists = [complete]
        if delta is not None and _is_current(delta, now) and self._fits(complete, delta):
            lists.append(delta)
        found = [one.get_revoked_certificate_by_serial_number(serial) for one in lists]
        return "revoked" if any(entry is not None for entry in found) else "good"

    def _find_complete(self, now: datetime, load: Load) -> x509.CertificateRevocationList:
        if self.keeps and self._complete is not None and _is_current(self._complete, now):
            return self._complete
        return load(False)

    def _find_delta(self, now: datetime, load: Load) -> x509.CertificateRevocationList | None:
        if not self.deltas or (self.keeps and self._delta is not None and _is_current(self._delta, now)):
            return self._delta
        return load(True)

    @staticmethod
    def _fits(complete: x509.CertificateRevocationList, delta: x509.CertificateRevocationList) -> bool:
        # RFC 5280 section 5.2.4 (d): "The CRL number of the complete CRL is less than the CRL number of the
        # delta CRL."
        return (find_base(delta) or 0) <= find_number(complete) < find_number(delta)

    def find_ends(self, now: datetime) -> list[datetime]:
        """When what it has ends."""
        ends = (one.next_update_utc for one in (self._complete, self._delta) if one is not None)
        return [end for end in ends if end is not None and end > now]


def _is_current(crl: x509.CertificateRevocationList, now: datetime) -> bool:
    return crl.next_update_utc is not None and now < crl.next_update_utc


def find_number(crl: x509.CertificateRevocationList) -> int:
    """The CRL's number."""
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def find_base(crl: x509.CertificateRevocationList) -> int | None:
    """The number of the complete CRL that a delta starts from; None for a complete one."""
    try:
        return crl.extensions.get_extension_for_class(x509.DeltaCRLIndicator).value.crl_number
    except x509.ExtensionNotFound:
        return None
