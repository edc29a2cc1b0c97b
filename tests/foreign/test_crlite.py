"""Filters read by Mozilla's own reader."""

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpki.crlite import Block, Clubcard, Interval, Status
from tests.kit.universes import COVERAGE, ISSUERS, LOG, OTHER_LOG, SCTS, SHAPES, UNIVERSES, Universe, part

WORDS = {
    "Good": Status.GOOD,
    "Revoked": Status.REVOKED,
    "NotCovered": Status.NOT_COVERED,
    "NotEnrolled": Status.NOT_ENROLLED,
}


Question = tuple[bytes, bytes, tuple[tuple[bytes, int], ...]]
"""Issuer, serial, SCTs."""


def ask(octets: bytes, questions: Sequence[Question]) -> list[Status]:
    """What crlite-python says of each."""
    reader = pytest.importorskip("crlite_python._internal").PyCRLiteClubcard
    loaded = reader.load_filter(octets)
    answers: list[Any] = [
        reader.query_filter(loaded, issuer, serial, [*scts]) for issuer, serial, scts in questions
    ]
    return [WORDS[str(answer).rpartition(".")[2]] for answer in answers]


def check(universe: Universe, seed: int = 0) -> None:
    """It says what is true of all that is known."""
    questions = universe.questions()
    answers = ask(universe.build(seed).v3(), [(issuer, serial, SCTS) for issuer, serial in questions])
    assert answers == [universe.truth(issuer, serial) for issuer, serial in questions]


@pytest.mark.parametrize("universe", SHAPES.values(), ids=SHAPES)
def test_shapes(universe: Universe) -> None:
    """Seventeen awkward universes, with no wrong answer."""
    for seed in range(3):
        check(universe, seed)


@given(UNIVERSES)
def test_any_universe(universe: Universe) -> None:
    """Universes as they come, with no wrong answer."""
    check(universe)


@pytest.mark.parametrize(("known", "revoked"), [(10, 1), (400, 9), (800, 30), (400, 200), (50, 50)])
def test_outside_the_universe_the_answers_are_ours(known: int, revoked: int) -> None:
    """Of certificates that the filter never knew both readers say the same, true or not."""
    card = Universe({ISSUERS[0]: part(known, revoked), ISSUERS[1]: part(100, 8)}).build()
    asked = [(ISSUERS[0], b"\x33" + number.to_bytes(8, "big"), SCTS) for number in range(500)]
    assert ask(card.v3(), asked) == [card.status(*question) for question in asked]


def test_coverage() -> None:
    """The ends of an interval, and logs, count the same to both."""
    card = Universe({ISSUERS[0]: part(10, 1)}).build()
    low, high = COVERAGE[LOG]
    times = [*((LOG, time) for time in (low - 1, low, high, high + 1)), (OTHER_LOG, low)]
    asked = [(ISSUERS[0], b"\1", (time,)) for time in times] + [(ISSUERS[0], b"\1", ())]
    answers = ask(card.v3(), asked)
    assert answers == [card.status(*question) for question in asked]
    no, yes = Status.NOT_COVERED, Status.REVOKED
    assert answers == [no, yes, yes, no, no, no]


ROWS = [(0, 0), (0, 1), (1, 0), (1, 1), (5, 5)]


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize(("approximate", "exact"), ROWS)
def test_blocks_by_hand(approximate: int, exact: int, inverted: bool) -> None:
    """What no builder writes is answered alike: ribbons without rows, turned round, and with exceptions."""
    block = Block(ISSUERS[0], approximate, exact, 0, 0, 0, inverted, (b"\1",))
    card = Clubcard((Interval(LOG, *COVERAGE[LOG]),), (block,), (), b"\xff" * 8)
    asked = [(ISSUERS[0], bytes((number,)), SCTS) for number in range(1, 40)]
    assert ask(card.v3(), asked) == [card.status(*question) for question in asked]


columns = st.integers(0, 6).flatmap(lambda words: st.binary(min_size=8 * words, max_size=8 * words))
places = st.integers(0, 500)


@given(st.lists(columns, max_size=3), columns, st.tuples(*[places] * 4), st.integers(0, 3), st.booleans())
def test_any_block(
    approximate: list[bytes], exact: bytes, lies: tuple[int, int, int, int], rank: int, inverted: bool
) -> None:
    """Whatever stands in the columns, and wherever a block says that it lies, past their end, too."""
    rows, exact_rows, at, exact_at = lies
    block = Block(ISSUERS[0], rows, exact_rows, min(rank, len(approximate)), at, exact_at, inverted)
    card = Clubcard((Interval(LOG, *COVERAGE[LOG]),), (block,), tuple(approximate), exact)
    asked = [(ISSUERS[0], bytes((number,)), SCTS) for number in range(1, 9)]
    assert ask(card.v3(), asked) == [card.status(*question) for question in asked]


def test_a_large_one() -> None:
    """Three issuers of 20,000 certificates, of which one in a hundred, in ten and in two is revoked."""
    sizes = zip(ISSUERS, (200, 2_000, 10_000), strict=True)
    check(Universe({issuer: part(20_000, size) for issuer, size in sizes}))


WHOLE = Universe({ISSUERS[0]: part(400, 9)}).build().v3()
# What crlite-python does with a malformed one may end the process: so it gets one of its own.
LOADER = """\
import sys
from crlite_python import _internal
_internal.PyCRLiteClubcard.load_filter(bytes.fromhex(sys.stdin.read()))
"""
MALFORMED = {
    "nothing": b"",
    "one octet": WHOLE[:1],
    "the version alone": WHOLE[:2],
    "another version": b"\x09\0" + WHOLE[2:],
    "cut off in the index": WHOLE[:120],
    "cut off in a column": WHOLE[:-9],
    "an odd flag": WHOLE[:146] + b"\7" + WHOLE[147:],
}


def loads(octets: bytes) -> bool:
    """Whether a process of its own can load them."""
    command = [sys.executable, "-c", LOADER]
    return not subprocess.run(
        command, input=octets.hex(), text=True, capture_output=True, timeout=60
    ).returncode


@pytest.mark.parametrize("octets", MALFORMED.values(), ids=MALFORMED)
def test_what_is_malformed(octets: bytes) -> None:
    """What we refuse, the reader refuses, and what we write it loads."""
    pytest.importorskip("crlite_python")
    with pytest.raises(ValueError, match="a filter"):
        Clubcard.parse(octets)
    assert not loads(octets)
    assert loads(WHOLE)
