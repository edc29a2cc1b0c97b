"""CRLite: filters in both versions, and the SCTs of certificates."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Any

from mockpki import faults
from mockpki._crlite.subject import Subject
from mockpki.crlite import Clubcard, CtLog, read_scts, scts_extension
from tests.kit.universes import ISSUERS, SCTS, SHAPES

from .kit import Target, World


def clubcard(fuzzed: World) -> Target:
    """Clubcard.parse raises nothing but ValueError; what it read answers, and is read again once written."""

    def run(data: bytes) -> None:
        with contextlib.suppress(ValueError):
            card = Clubcard.parse(data)
            for issuer in ISSUERS:
                card.status(issuer, b"\1", SCTS)
            assert Clubcard.parse(card.v3()) == card

    cards = [
        SHAPES[name].build() for name in ("one revoked", "ten, one revoked", "three issuers, equal serials")
    ]
    return Target(run, tuple(octets for card in cards for octets in (card.v3(), card.v4())))


def scts(fuzzed: World) -> Target:
    """read_scts raises nothing but ValueError, and what it read is written as it was."""

    def run(data: bytes) -> None:
        read = None
        with contextlib.suppress(ValueError):
            read = read_scts(data)
        if read is not None:
            assert scts_extension([sct.encode() for sct in read]).value == data

    one = CtLog().sct(b"tbs", b"spki", datetime(2026, 11, 26, tzinfo=UTC))
    return Target(run, tuple(scts_extension([one] * count).value for count in range(4)))


def subject(fuzzed: World) -> Target:
    """Subject.read raises nothing but ValueError, whatever a certificate and its list of SCTs look like."""

    def run(data: bytes) -> None:
        with contextlib.suppress(ValueError):
            Subject.read(ISSUERS[0], data).ask([SHAPES["ten, one revoked"].build()])

    def issue(**options: Any) -> bytes:
        return fuzzed.pki.issue_cert("localhost", **options).der

    plain = (issue(logged=True, serial_number=serial) for serial in (0xF000, 0xF001))
    return Target(run, (fuzzed.server.der, *plain, issue(logged=True, faults=[faults.SerialNumber(0)])))
