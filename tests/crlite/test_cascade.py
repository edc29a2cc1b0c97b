"""The filter of 2017, by the library that writes and reads it."""

import sys

import pytest

from mockpki.crlite import Cascade, Status, cascade
from tests.kit.universes import ISSUERS, SHAPES, Part, Universe, part

pytest.importorskip("filtercascade")

PARTED = {
    name: universe
    for name, universe in SHAPES.items()
    if name not in ("no issuer", "nothing known", "one good", "one revoked", "all revoked", "none revoked")
}


@pytest.mark.parametrize("universe", PARTED.values(), ids=PARTED)
def test_it_is_never_wrong_about_what_was_known(universe: Universe) -> None:
    """Of every certificate of the universe it says what is true, read from its octets, too."""
    made = cascade(universe.parts, salt=b"salt")
    for read in (made, Cascade.parse(made.encode())):
        for issuer, (known, revoked) in universe.parts.items():
            for serial in known:
                assert read.status(issuer, serial) is (Status.REVOKED if serial in revoked else Status.GOOD)


@pytest.mark.parametrize(
    ("universe", "least", "most"),
    [(part(400, 9), 0.002, 0.04), (part(800, 30), 0.005, 0.06), (part(400, 200), 0.3, 0.7)],
)
def test_false_positives(universe: Part, least: float, most: float) -> None:
    """Outside the universe it says revoked of a share that grows with what is revoked."""
    made = cascade({ISSUERS[0]: universe})
    said = [made.status(ISSUERS[0], b"\x33" + number.to_bytes(8, "big")) for number in range(3000)]
    assert least < said.count(Status.REVOKED) / 3000 < most


def test_the_librarys_least_length_leaves_none() -> None:
    """In a first layer of a thousand bits nothing unknown reads as revoked: hence the default of 1."""
    made = cascade({ISSUERS[0]: part(400, 9)}, min_filter_length=1000)
    assert {made.status(ISSUERS[0], 10_000 + number) for number in range(1000)} == {Status.GOOD}


def test_the_same_universe_gives_the_same_octets() -> None:
    """Whatever its order; another salt gives others."""
    one, other = {ISSUERS[0]: (range(90), range(5))}, {ISSUERS[0]: (range(89, -1, -1), [4, 3, 2, 1, 0])}
    assert cascade(one).encode() == cascade(other).encode() != cascade(one, salt=b"salt").encode()


@pytest.mark.parametrize(("known", "revoked"), [(0, 0), (5, 0), (5, 5)])
def test_nothing_to_part_is_refused(known: int, revoked: int) -> None:
    """Of nothing revoked, or nothing good, there is no cascade."""
    sentence = f"this universe has {revoked} and {known - revoked} of them: add one, or build a Clubcard"
    with pytest.raises(ValueError, match=sentence):
        cascade({ISSUERS[0]: part(known, revoked)})


@pytest.mark.parametrize("octets", [b"", b"\x09\0" + bytes(40), bytes(40), b"\x02\0"])
def test_other_octets_are_refused(octets: bytes) -> None:
    """What the library cannot read is a ValueError."""
    with pytest.raises(ValueError, match="filtercascade cannot read these octets: "):
        Cascade.parse(octets)


def test_without_the_library_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no dependency: who wants the old filter installs it."""
    monkeypatch.setitem(sys.modules, "filtercascade", None)
    with pytest.raises(ImportError, match="not installed; `pip install filtercascade`"):
        cascade({ISSUERS[0]: part(9, 1)})
    with pytest.raises(ImportError, match="not installed; `pip install filtercascade`"):
        Cascade.parse(b"\x02\0")
