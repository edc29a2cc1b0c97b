"""One filter, as it is published."""

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from hashlib import sha256

from mockpki import faults
from mockpki._crlite.clubcard import Universe
from mockpki._services.filter_file import FilterFile
from mockpki.crlite import Clubcard
from tests.kit.universes import COVERAGE, ISSUERS

AT = datetime(2026, 11, 26, tzinfo=timezone.utc)
UNIVERSE = {ISSUERS[0]: (frozenset(range(1, 50)), frozenset({1, 2}))}
FILE = FilterFile("1.filter", "http://a.test/1.filter", "default", None, AT, UNIVERSE, COVERAGE)


@dataclass(frozen=True)
class OfNothing(faults.FilterUniverse):
    """Nothing is known."""

    def __call__(self, honest: Universe) -> Universe:
        return {}


def test_its_octets() -> None:
    """Those of the filter of its universe and coverage, in version 3."""
    card = Clubcard.build(UNIVERSE, COVERAGE)
    assert FILE.card == card
    assert FILE.octets == FILE.make(()) == card.v3()


def test_what_it_says_can_be_bent() -> None:
    """Both what it is made of and what it then is; faults of other layers change nothing here."""
    assert FILE.make((OfNothing(),)) == Clubcard.build({}, COVERAGE).v3()
    bent = (faults.FilterVersion(9), OfNothing())
    assert FILE.make(bent) == replace(Clubcard.build({}, COVERAGE), version=9).v3()
    assert FILE.make((faults.HttpStatus(500), faults.Garbage())) == FILE.octets
    # The lists have what was made.
    assert FILE.describe(bent).digest == sha256(FILE.make(bent)).digest() != sha256(FILE.octets).digest()


def test_its_coverage() -> None:
    """Where it ends is a time; without any there is none."""
    assert FILE.coverage_ends == datetime(1970, 1, 1, 0, 0, 2, tzinfo=timezone.utc)
    assert replace(FILE, coverage={}).coverage_ends is None
