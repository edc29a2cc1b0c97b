"""Faults of what a filter is made of."""

from mockpki import PKI, faults
from mockpki.crlite import Clubcard, Status
from tests.kit.asking import send
from tests.kit.universes import COVERAGE, ISSUERS, SCTS


def test_serials_without_their_first_zero() -> None:
    """Those that have one lose it, however they are given; all others, the number 0 too, stay."""
    known: list[int | bytes] = [0, 1, 0x7F, 0x80, b"\0\xff", b"\x81", 0xF0 << 120]
    bent = faults.StrippedSerials()({ISSUERS[0]: (known, [0x80, 1]), ISSUERS[1]: ([5], [])})
    assert bent == {
        ISSUERS[0]: (
            {b"\0", b"\1", b"\x7f", b"\x80", b"\xff", b"\x81", b"\xf0" + bytes(15)},
            {b"\x80", b"\1"},
        ),
        ISSUERS[1]: ({b"\5"}, set()),
    }


def test_what_a_client_makes_of_it() -> None:
    """Who takes serials as they stand misses some that are revoked; who strips them, too, is right."""
    high = [0x80 + number for number in range(40)]
    honest = {ISSUERS[0]: ([*range(1, 100), *high], high[:20])}
    card = Clubcard.build(faults.StrippedSerials()(honest), COVERAGE)
    right = Clubcard.build(honest, COVERAGE)
    stripped = [card.status(ISSUERS[0], bytes((serial,)), SCTS) for serial in high]
    as_they_stand = [card.status(ISSUERS[0], serial, SCTS) for serial in high]
    assert stripped == [right.status(ISSUERS[0], serial, SCTS) for serial in high]
    assert stripped == [Status.REVOKED] * 20 + [Status.GOOD] * 20
    assert Status.GOOD in as_they_stand[:20]
    # Of those without a zero nothing has changed.
    assert {card.status(ISSUERS[0], serial, SCTS) for serial in range(1, 0x7F - 27)} == {Status.GOOD}


def test_a_service_serves_it() -> None:
    """Its list goes by the octets that were made so."""
    with PKI(logged=True) as pki:
        for serial in range(0x80, 0xA0):
            pki.issue_cert("localhost", serial_number=serial)
        pki.revoke(0x80)
        pki.crlite.publish()
        (file,) = pki.crlite.files
        with pki.crlite.respond_with(faults.StrippedSerials()):
            body = send(file.url).body
        assert body != file.octets == send(file.url).body
        known, revoked = (
            [serial.to_bytes(1, "big") for serial in serials] for serials in parts(file.universe)
        )
        assert body == Clubcard.build({next(iter(file.universe)): (known, revoked)}, file.coverage).v3()


def parts(universe: object) -> tuple[list[int], list[int]]:
    """The known and the revoked ones of the only issuer."""
    assert isinstance(universe, dict)
    ((known, revoked),) = universe.values()
    return sorted(known), sorted(revoked)
