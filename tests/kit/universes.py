"""Universes of certificates that filters are made of, and what is true in each."""

from dataclasses import dataclass, field
from hashlib import sha256

from hypothesis import strategies as st

from mockpki.crlite import Clubcard, Status

ISSUERS = tuple(sha256(b"issuer %d" % number).digest() for number in range(3))
"""Hashes of keys that nobody has, in the order of their making."""
LOG, OTHER_LOG = sha256(b"log").digest(), sha256(b"other log").digest()
COVERAGE = {LOG: (1_000, 2_000)}
SCTS = ((LOG, 1_500),)

Part = tuple[set[bytes], set[bytes]]


def octets(*numbers: int) -> set[bytes]:
    """The serials of these numbers, as their INTEGERs have them."""
    return {number.to_bytes(number.bit_length() // 8 + 1, "big") for number in numbers}


def part(known: int, revoked: int) -> Part:
    """So many certificates, of which the first are revoked."""
    return octets(*range(1, known + 1)), octets(*range(1, revoked + 1))


@dataclass(frozen=True)
class Universe:
    """The *parts* by issuer, and what is covered."""

    parts: dict[bytes, Part]
    coverage: dict[bytes, tuple[int, int]] = field(default_factory=lambda: dict(COVERAGE))

    def build(self, seed: int = 0) -> Clubcard:
        """The filter of it."""
        return Clubcard.build(self.parts, self.coverage, seed=seed)

    def truth(self, issuer: bytes, serial: bytes) -> Status:
        """What is true of a known certificate with `SCTS`, or one of an issuer of whom nothing is known."""
        known, revoked = self.parts.get(issuer, (set(), set()))
        if LOG not in self.coverage:
            return Status.NOT_COVERED
        if not known:
            return Status.NOT_ENROLLED
        assert serial in known
        return Status.REVOKED if serial in revoked else Status.GOOD

    def questions(self) -> list[tuple[bytes, bytes]]:
        """Every certificate of which something is true."""
        asked = [(issuer, serial) for issuer, (known, _) in self.parts.items() for serial in known]
        unknown = [issuer for issuer in ISSUERS if not self.parts.get(issuer, (set(), set()))[0]]
        return asked + [(issuer, b"\1") for issuer in unknown]


_TOP_BITS = octets(*range(0x80, 0x100), *range(1 << 127, (1 << 127) + 64))
_LENGTHS = {b"\x01", b"\x7f", *(bytes([number]) * 20 for number in range(1, 9)), b"\0" + b"\xf0" * 20}

SHAPES = {
    "no coverage": Universe({ISSUERS[0]: part(20, 3)}, {}),
    "no issuer": Universe({}),
    "nothing known": Universe({ISSUERS[0]: part(0, 0)}),
    "one good": Universe({ISSUERS[0]: part(1, 0)}),
    "one revoked": Universe({ISSUERS[0]: part(1, 1)}),
    "two, one revoked": Universe({ISSUERS[0]: part(2, 1)}),
    "all revoked": Universe({ISSUERS[0]: part(300, 300)}),
    "none revoked": Universe({ISSUERS[0]: part(300, 0)}),
    "all but one revoked": Universe({ISSUERS[0]: part(300, 299)}),
    "half revoked": Universe({ISSUERS[0]: part(400, 200)}),
    "serials with the top bit": Universe({ISSUERS[0]: (_TOP_BITS, set(sorted(_TOP_BITS)[::5]))}),
    "1, 20 and 21 octets": Universe({ISSUERS[0]: (_LENGTHS, {b"\x7f", b"\x05" * 20, b"\0" + b"\xf0" * 20})}),
    "three issuers, equal serials": Universe(
        {ISSUERS[0]: part(500, 9), ISSUERS[1]: part(500, 100), ISSUERS[2]: part(500, 400)}
    ),
    "empty beside full": Universe({ISSUERS[0]: part(0, 0), ISSUERS[1]: part(100, 7)}),
    "all beside none": Universe({ISSUERS[0]: part(50, 50), ISSUERS[1]: part(50, 0), ISSUERS[2]: part(50, 5)}),
    "revoked but not known": Universe({ISSUERS[0]: (octets(*range(1, 40)), octets(2, 3, 1_000, 1_001))}),
    "ten, one revoked": Universe({ISSUERS[0]: part(10, 1)}),
}
"""Seventeen shapes that builders and readers have been seen to trip over."""

_serials = st.binary(min_size=1, max_size=21)
_parts = st.tuples(st.sets(_serials, max_size=60), st.sets(_serials, max_size=10), st.floats(0, 1)).map(
    lambda drawn: (drawn[0], drawn[1] | set(sorted(drawn[0])[: int(len(drawn[0]) * drawn[2])]))
)
UNIVERSES = st.dictionaries(st.sampled_from(ISSUERS), _parts).map(Universe)
"""Any others: up to three issuers, serials of any octets, some revoked, and some of these unknown."""


def count_false_positives(card: Clubcard, issuer: bytes, tries: int) -> int:
    """How many of so many unknown serials *card* says to be revoked."""
    unknown = (b"\x33" + number.to_bytes(8, "big") for number in range(tries))
    return sum(card.status(issuer, serial, SCTS) is Status.REVOKED for serial in unknown)
