"""Faults of what a filter says: each changes its own field, and what a client makes of it."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from mockpki import PKI, faults
from mockpki._crlite.contents import count_milliseconds
from mockpki.crlite import Clubcard, Interval, Status, spki_hash
from tests.kit.universes import ISSUERS, LOG, OTHER_LOG, part

NOW = datetime(2026, 11, 26, tzinfo=timezone.utc)
LAST = count_milliseconds(NOW)
DAY = timedelta(days=1)
CARD = Clubcard.build(
    {ISSUERS[0]: part(100, 3), ISSUERS[1]: part(50, 2)}, {LOG: (5, LAST), OTHER_LOG: (5, LAST)}
)
SERIALS = (b"\1", b"\x30")


def found(card: Clubcard, log: bytes = LOG, at: datetime = NOW) -> list[Status]:
    """What is said of a revoked and a good certificate, of either issuer."""
    scts = [(log, count_milliseconds(at))]
    return [card.status(issuer, serial, scts) for issuer in ISSUERS[:2] for serial in SERIALS]


RIGHT = [Status.REVOKED, Status.GOOD] * 2
NO = [Status.NOT_COVERED] * 4


@pytest.mark.parametrize(
    ("fault", "field", "statuses"),
    [
        (faults.NotEnrolled(), "blocks", [Status.NOT_ENROLLED] * 4),
        (faults.NotEnrolled(ISSUERS[1]), "blocks", [*RIGHT[:2], Status.NOT_ENROLLED, Status.NOT_ENROLLED]),
        (faults.MissingLog(), "coverage", NO),
        (faults.MissingLog(LOG), "coverage", NO),
        (faults.MissingLog(OTHER_LOG), "coverage", RIGHT),
        (faults.Coverage(), "coverage", RIGHT),
        (faults.Coverage(high=NOW - timedelta(milliseconds=1)), "coverage", NO),
        (faults.Coverage(low=NOW), "coverage", RIGHT),
        (faults.Coverage(low=NOW + timedelta(milliseconds=1)), "coverage", NO),
        (faults.StaleFilter(), "coverage", NO),
        (faults.StaleFilter(by=timedelta(days=40_000)), "coverage", NO),
        (faults.FilterVersion(), "version", RIGHT),
    ],
    ids=repr,
)
def test_it_changes_its_field_alone(fault: Any, field: str, statuses: list[Status]) -> None:
    """The rest of the filter stays; a client is left without an answer, or has the right one."""
    bent = fault(CARD)
    changed = [name for name in vars(CARD) if name in CARD.__dataclass_fields__]
    assert [name for name in changed if getattr(bent, name) != getattr(CARD, name)] == [field]
    assert found(CARD) == RIGHT
    assert found(bent) == statuses


def test_coverage_without_an_end() -> None:
    """By default all times are covered, of the logs that are there."""
    at = NOW + 40_000 * DAY
    assert (found(CARD, at=at), found(faults.Coverage()(CARD), at=at)) == (NO, RIGHT)
    bent = faults.Coverage(NOW - DAY, NOW + DAY)(CARD)
    day = 24 * 3_600_000
    assert bent.coverage == tuple(Interval(log, LAST - day, LAST + day) for log in sorted((LOG, OTHER_LOG)))


def test_a_stale_filter_knows_what_is_older() -> None:
    """Eleven days ago, if *by* is left out: what was logged until then is covered, to the millisecond."""
    bent, at = faults.StaleFilter()(CARD), NOW - 11 * DAY
    assert found(bent, at=at) == RIGHT
    assert found(bent, at=at + timedelta(milliseconds=1)) == NO
    assert bent == faults.StaleFilter(by=11 * DAY)(CARD)


@pytest.mark.parametrize("number", [0, 2, 4, 9, 65535])
def test_the_version_stands_in_front(number: int) -> None:
    """The first two octets are the number, little-endian, in either encoding, and the rest is what it was."""
    bent = faults.FilterVersion(number)(CARD)
    for octets, honest in ((bent.v3(), CARD.v3()), (bent.v4(), CARD.v4())):
        assert octets == number.to_bytes(2, "little") + honest[2:]
    with pytest.raises(ValueError, match="a filter"):
        Clubcard.parse(bent.v3())


def test_an_issuer_is_a_ca_or_its_hash(pki: PKI) -> None:
    """Both name the same block; without it there is nothing to leave out, which is said."""
    name = spki_hash(pki.ca)
    card = Clubcard.build({name: ([1, 2], [1]), ISSUERS[0]: ([1], [])}, {LOG: (0, 1)})
    bent = faults.NotEnrolled(pki.ca)(card)
    assert bent == faults.NotEnrolled(name)(card)
    assert [block.issuer for block in bent.blocks] == [ISSUERS[0]]
    with pytest.raises(ValueError, match="needs a filter that speaks of this issuer; it has 1 others"):
        faults.NotEnrolled(pki.ca)(bent)
    with pytest.raises(ValueError, match="needs a filter that covers this log; it has 2 others"):
        faults.MissingLog(bytes(32))(CARD)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: faults.StaleFilter(timedelta()), "changes nothing; give a millisecond or more"),
        (lambda: faults.FilterVersion(65536), "a version has two octets; give a number from 0 to 65535"),
        (lambda: faults.FilterVersion(-1), "a version has two octets"),
        (lambda: faults.Coverage(datetime(2026, 1, 1)), "has no time zone"),  # noqa: DTZ001
        (lambda: faults.Coverage(high=datetime(1969, 1, 1, tzinfo=timezone.utc)), "needs times since 1970"),
    ],
)
def test_what_makes_no_fault_is_refused(make: Any, sentence: str) -> None:
    """Where it is written."""
    with pytest.raises(ValueError, match=sentence):
        make()


def test_bent_octets_are_read_as_bent() -> None:
    """What a filter says wrongly goes over both encodings."""
    bent = faults.Coverage()(faults.NotEnrolled(ISSUERS[0])(CARD))
    assert Clubcard.parse(bent.v3()) == Clubcard.parse(bent.v4()) == bent
