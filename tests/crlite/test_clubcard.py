"""A filter and what it says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpki.crlite import Block, Clubcard, Interval, Status
from tests.kit.universes import (
    COVERAGE,
    ISSUERS,
    LOG,
    OTHER_LOG,
    SCTS,
    SHAPES,
    UNIVERSES,
    Universe,
    count_false_positives,
    octets,
    part,
)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("universe", SHAPES.values(), ids=SHAPES)
def test_it_is_never_wrong_about_what_was_known(universe: Universe, seed: int) -> None:
    """Of every certificate of the universe the filter says what is true, whatever its shape and its dice."""
    card = universe.build(seed)
    for issuer, serial in universe.questions():
        assert card.status(issuer, serial, SCTS) is universe.truth(issuer, serial)


@given(UNIVERSES, st.integers(0, 1 << 64))
def test_any_universe(universe: Universe, seed: int) -> None:
    """No known good certificate reads as revoked, and no revoked one as good; both encodings keep it all."""
    card = universe.build(seed)
    assert Clubcard.parse(card.v3()) == card == Clubcard.parse(card.v4())
    for issuer, serial in universe.questions():
        assert card.status(issuer, serial, SCTS) is universe.truth(issuer, serial)


@pytest.mark.parametrize(
    ("timestamp", "log", "status"),
    [
        (999, LOG, Status.NOT_COVERED),
        (1_000, LOG, Status.REVOKED),
        (2_000, LOG, Status.REVOKED),
        (2_001, LOG, Status.NOT_COVERED),
        (1_500, OTHER_LOG, Status.NOT_COVERED),
    ],
)
def test_coverage(timestamp: int, log: bytes, status: Status) -> None:
    """An SCT counts from the first to the last millisecond that is covered, both included, of its own log."""
    card = Universe({ISSUERS[0]: part(10, 1)}).build()
    assert card.status(ISSUERS[0], 1, [(log, timestamp)]) is status
    assert card.status(ISSUERS[0], 1, [(log, timestamp), *SCTS]) is Status.REVOKED
    assert card.status(ISSUERS[1], 1, [*SCTS]) is Status.NOT_ENROLLED


def test_without_an_sct_nothing_is_covered() -> None:
    """A certificate without SCTs is not covered, even one of an issuer that is not enrolled."""
    card = Universe({ISSUERS[0]: part(10, 1)}).build()
    assert {card.status(issuer, 1, []) for issuer in ISSUERS} == {Status.NOT_COVERED}


def test_octets_are_taken_as_they_stand() -> None:
    """A serial is its INTEGER's content: an int has DER's leading zero, octets what they have."""
    card = Clubcard.build({ISSUERS[0]: ([0xF0, *range(2_000, 2_400)], [0xF0])}, COVERAGE)
    assert card.status(ISSUERS[0], 0xF0, SCTS) is Status.REVOKED
    assert card.status(ISSUERS[0], b"\0\xf0", SCTS) is Status.REVOKED
    assert card.status(ISSUERS[0], b"\xf0", SCTS) is Status.GOOD
    assert Clubcard.build({ISSUERS[0]: (octets(0xF0, *range(2_000, 2_400)), octets(0xF0))}, COVERAGE) == card


def test_the_same_arguments_give_the_same_octets() -> None:
    """A filter is a function of its universe, in whatever order that comes, and of its seed alone."""
    one = {ISSUERS[0]: (range(400), range(9)), ISSUERS[1]: (range(50), [])}
    other = {
        ISSUERS[1]: (range(49, -1, -1), []),
        ISSUERS[0]: ([*range(399, -1, -1), 5], [*range(8, -1, -1), 3]),
    }
    card = Clubcard.build(one, COVERAGE)
    assert Clubcard.build(other, COVERAGE).v3() == card.v3()
    assert Clubcard.build(one, COVERAGE, seed=1).v3() != card.v3()


RATES = [(1, 10, 1 / 8), (9, 400, 1 / 32), (30, 800, 1 / 16), (200, 400, 1), (390, 400, 1)]


@pytest.mark.parametrize(("revoked", "known", "approximate"), RATES)
def test_false_positives(revoked: int, known: int, approximate: float) -> None:
    """Outside the universe, R / (U - R) as a power of two passes, half of which the exact ribbon stops."""
    universe, tries, seeds = Universe({ISSUERS[0]: part(known, revoked)}), 500, 20
    found = sum(count_false_positives(universe.build(seed), ISSUERS[0], tries) for seed in range(seeds))
    # The exact ribbon of a single item, which a universe of ten may leave, stops nothing.
    assert 0.7 * approximate / 2 < found / tries / seeds < 1.3 * approximate / (1 if known == 10 else 2)


@pytest.mark.parametrize(("revoked", "share"), [(0, 0), (50, 1)])
def test_false_positives_of_none_and_all(revoked: int, share: int) -> None:
    """Where nothing is revoked nothing ever reads so; where all is, everything does."""
    card = Universe({ISSUERS[0]: part(50, revoked)}).build()
    assert count_false_positives(card, ISSUERS[0], 300) == 300 * share


def test_a_delta_cannot_release() -> None:
    """A client takes revoked from any filter it has: what a delta no longer says, an older one still does."""
    known = range(1, 200)
    full = Clubcard.build({ISSUERS[0]: (known, [1, 2])}, COVERAGE)
    delta = Clubcard.build({ISSUERS[0]: (known, [3])}, COVERAGE)

    def client_says(serial: int) -> set[Status]:
        return {card.status(ISSUERS[0], serial, SCTS) for card in (full, delta)}

    assert Status.REVOKED in client_says(1) & client_says(3)
    assert client_says(4) == {Status.GOOD}


def test_exceptions_and_inversion_are_heeded() -> None:
    """A block may except serials that its ribbons would call revoked, and turn everything round."""
    issuer = ISSUERS[0]
    plain = Block(issuer, 1, 1, 0, 0, 0)

    def status(block: Block, serial: bytes) -> Status:
        # An exact column of zeros lets all pass.
        return Clubcard((Interval(LOG, 0, 2_000),), (block,), (), b"").status(issuer, serial, SCTS)

    assert status(plain, b"\1") is Status.REVOKED
    excepting = Block(issuer, 1, 1, 0, 0, 0, exceptions=(b"\1",))
    assert (status(excepting, b"\1"), status(excepting, b"\2")) == (Status.GOOD, Status.REVOKED)
    inverted = Block(issuer, 1, 1, 0, 0, 0, inverted=True)
    assert status(inverted, b"\1") is Status.GOOD
    # Only the approximate ribbon may be empty: an exact one without rows begins at the first unknown.
    assert status(Block(issuer, 1, 0, 0, 0, 0), b"\1") is Status.REVOKED
    assert status(Block(issuer, 0, 1, 0, 0, 0), b"\1") is Status.GOOD


WRONG: list[tuple[Any, Any, type[Exception], str]] = [
    (
        {"issuer": ([], [])},
        COVERAGE,
        TypeError,
        "an issuer is named by a SHA-256 hash, .* got 'issuer'",
    ),
    ({b"issuer": ([1], [])}, COVERAGE, ValueError, "32 octets; b'issuer' has 6"),
    ({ISSUERS[0]: (["1"], [])}, COVERAGE, TypeError, "a serial number is an int, or .* got '1'"),
    ({ISSUERS[0]: ([1], [True])}, COVERAGE, TypeError, "a serial number is an int, or .* got True"),
    ({}, {b"log": (0, 1)}, ValueError, "a log is named by a SHA-256 hash"),
    ({}, {LOG: (0, 1 << 64)}, ValueError, r"coverage is in milliseconds since 1970, .* got \(0, 18446744"),
    ({}, {LOG: (-1, 1)}, ValueError, r"coverage is in milliseconds since 1970, .* got \(-1, 1\)"),
]


@pytest.mark.parametrize(("universe", "coverage", "kind", "sentence"), WRONG)
def test_what_is_no_universe_is_refused(
    universe: Any, coverage: Any, kind: type[Exception], sentence: str
) -> None:
    """Names that are no hashes, serials that are no numbers and times out of range are told in a sentence."""
    with pytest.raises(kind, match=sentence):
        Clubcard.build(universe, coverage)


def test_what_is_asked_is_checked() -> None:
    """So are the questions."""
    card = Universe({ISSUERS[0]: part(10, 1)}).build()
    with pytest.raises(ValueError, match="spki_hash is named by a SHA-256 hash"):
        card.status(b"issuer", 1, SCTS)
    with pytest.raises(TypeError, match="a serial number is an int"):
        card.status(ISSUERS[0], "1", SCTS)  # type: ignore[arg-type]
