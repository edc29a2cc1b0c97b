"""What a filter is asked of a certificate, and what several filters say together."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from .._pkix.reading import read_extension, read_serial_octets
from .clubcard import Clubcard, Status
from .scts import SCT_LIST, read_scts


@dataclass(frozen=True)
class Subject:
    """A certificate as a filter sees it: its issuer, its serial number, and by which SCTs it is covered."""

    issuer: bytes
    serial: bytes
    scts: tuple[tuple[bytes, int], ...]

    @classmethod
    def read(cls, issuer: bytes, der: bytes) -> Subject:
        """That of a certificate, as DER, by the *issuer* of this `spki_hash`; ValueError for no certificate.

        One whose list of SCTs cannot be read has none.
        """
        scts: tuple[tuple[bytes, int], ...] = ()
        with suppress(ValueError, IndexError):
            value = read_extension(der, SCT_LIST)
            if value is not None:
                scts = tuple(sct.log_and_time for sct in read_scts(value))
        return cls(issuer, read_serial_octets(der), scts)

    def ask(self, cards: Iterable[Clubcard]) -> Status:
        """What a client makes of a full filter and its deltas: *revoked* of any counts, then *good*."""
        found = {card.status(self.issuer, self.serial, self.scts) for card in cards}
        order = (Status.REVOKED, Status.GOOD, Status.NOT_ENROLLED)
        return next((status for status in order if status in found), Status.NOT_COVERED)
