"""A filter as octets."""

import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpki.crlite import Block, Clubcard, Interval
from tests.kit.universes import ISSUERS, LOG, SHAPES, Universe

A, B, C = ISSUERS[0], b"\1" * 8, b"\2" * 7 + b"\3"
CARD = Clubcard(
    (Interval(LOG, 5, 6),),
    (Block(A, 10, 11, 1, 12, 13, True, (b"\7", b"\0\xff")),),
    (B,),
    B + C,
)


def test_version_3_by_hand() -> None:
    """Every number is 8 octets, little-endian, but for the flag."""

    def longs(*numbers: int) -> bytes:
        return struct.pack(f"<{len(numbers)}Q", *numbers)

    assert CARD.v3() == b"".join(
        (
            *(b"\x03\0", longs(1), LOG, longs(5, 6)),
            *(longs(1, 32), A, longs(10, 11, 1, 12, 13), b"\1", longs(2, 1), b"\7", longs(2), b"\0\xff"),
            *(longs(1, 1), B, longs(2), B, C),
        )
    )


def test_version_4_by_hand() -> None:
    """Numbers are as short as they may be, big-endian, and so are the words."""
    assert CARD.v4() == b"".join(
        (
            *(b"\x04\0", b"\0\1", LOG, struct.pack(">QQ", 5, 6)),
            *(b"\0\0\0\1", A, struct.pack(">IBIIIBH", 10, 1, 12, 11, 13, 1, 2), b"\1\7", b"\2\0\xff"),
            *(b"\1", b"\0\0\0\1", B, b"\0\0\0\2", B, C[::-1]),
        )
    )


@pytest.mark.parametrize("universe", SHAPES.values(), ids=SHAPES)
def test_there_and_back(universe: Universe) -> None:
    """Each encoding is read as what was written, and one leads to the other."""
    card = universe.build()
    assert Clubcard.parse(card.v3()) == Clubcard.parse(card.v4()) == card
    assert Clubcard.parse(card.v4()).v3() == card.v3()
    assert Clubcard.parse(card.v3()).v4() == card.v4()


@pytest.mark.parametrize("universe", SHAPES.values(), ids=SHAPES)
def test_lengths(universe: Universe) -> None:
    """Version 4 is shorter by what its numbers save, and by nothing else."""
    card = universe.build()
    logs, issuers, columns = len(card.coverage), len(card.blocks), len(card.approximate) + 1
    words = sum(map(len, card.approximate)) + len(card.exact)
    assert len(card.v3()) == 2 + 24 + 48 * logs + issuers * (40 + 5 * 8 + 1 + 8) + 8 * columns + words
    assert len(card.v4()) == 2 + 7 + 48 * logs + issuers * (32 + 4 * 4 + 1 + 1 + 2) + 4 * columns + words


def test_every_shorter_one_is_refused() -> None:
    """Cut off anywhere, a filter is malformed, in a sentence that names what is missing."""
    for whole in (CARD.v3(), CARD.v4()):
        for size in range(len(whole)):
            with pytest.raises(ValueError, match=r"ends after \d+ octets, and its |begins with its version"):
                Clubcard.parse(whole[:size])


def test_octets_behind_the_end() -> None:
    """Version 3 does not look at what follows it, and for version 4 it is an error."""
    assert Clubcard.parse(CARD.v3() + b"\0") == CARD
    with pytest.raises(ValueError, match="a filter of version 4 has 1 octets behind its end"):
        Clubcard.parse(CARD.v4() + b"\0")


TWICE = replace(CARD, blocks=CARD.blocks * 2)
MALFORMED = {
    "another version": (b"\x02\0" + CARD.v3()[2:], "version 3 or 4 can be read; this says version 2"),
    "no zero behind it": (b"\x03\1" + CARD.v3()[2:], "this says version 259"),
    "one octet": (b"\x03", "begins with its version, 2 octets; got b'.x03'"),
    "nothing": (b"", "begins with its version, 2 octets; got b''"),
    "an odd flag": (
        CARD.v3().replace(b"\1" + b"\2" + bytes(7), b"\7" + b"\2" + bytes(7)),
        "7 for its inverted",
    ),
    "a short issuer": (
        CARD.v3().replace(b"\x20" + bytes(7) + A, b"\x1f" + bytes(7) + A[1:]),
        "an issuer is named by a SHA-256 hash, 32 octets",
    ),
    "an issuer twice": (TWICE.v3(), f"the issuer {A.hex()} twice"),
    "an issuer twice, in version 4": (TWICE.v4(), f"the issuer {A.hex()} twice"),
    "a log twice": (replace(CARD, coverage=CARD.coverage * 2).v4(), f"the log {LOG.hex()} twice"),
    "more rank than columns": (
        replace(CARD, approximate=()).v3(),
        f"0 approximate columns, .* {A.hex()} needs 1",
    ),
    "endless logs": (b"\x03\0" + b"\xff" * 8, "its LogID, from octet 8 on, needs 32"),
    "an endless column": (
        Clubcard((), (), (), b"").v3()[:-8] + b"\xff" * 8,
        "its exact column, .* needs 1475739",
    ),
}


@pytest.mark.parametrize(("octets", "sentence"), MALFORMED.values(), ids=MALFORMED)
def test_what_is_malformed_is_refused(octets: bytes, sentence: str) -> None:
    """A filter that cannot be one is refused with the reason."""
    with pytest.raises(ValueError, match=sentence):
        Clubcard.parse(octets)


@given(st.binary(max_size=200), st.sampled_from([b"\x03\0", b"\x04\0", b""]))
def test_any_octets(octets: bytes, version: bytes) -> None:
    """Octets of anybody are a filter or a ValueError."""
    try:
        card = Clubcard.parse(version + octets)
    except ValueError:
        return
    assert Clubcard.parse(card.v3()) == card


def test_octets_are_needed() -> None:
    """A text or a path is no filter."""
    with pytest.raises(TypeError, match="a filter is parsed from bytes; got 'filter'"):
        Clubcard.parse("filter")  # type: ignore[arg-type]


TOO_LARGE = {
    "rows": replace(CARD, blocks=(replace(CARD.blocks[0], exact_rows=1 << 32),)),
    "rank": replace(CARD, blocks=(replace(CARD.blocks[0], rank=256),)),
    "exceptions": replace(CARD, blocks=(replace(CARD.blocks[0], exceptions=(b"\1" * 256,)),)),
}


@pytest.mark.parametrize("card", TOO_LARGE.values(), ids=TOO_LARGE)
def test_version_4_has_limits(card: Clubcard) -> None:
    """What does not fit into its shorter numbers is refused, and version 3 holds it."""
    with pytest.raises(ValueError, match=r"a filter of version 4 holds less than \d+ .*: write v3\(\)"):
        card.v4()
    assert len(card.v3()) >= len(CARD.v3())
