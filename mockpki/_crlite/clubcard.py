"""A clubcard: the filter that says of every known certificate of some issuers whether it is revoked.

Two ribbons stand behind one another. The approximate one lets all revoked certificates of an issuer pass, and
few others; the exact one tells these from each other. So it is never wrong about a certificate that was known
when it was built, and says *revoked* of some that were not.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from .._pkix.der import signed_octets
from .building import build_blocks
from .contents import LAST_TIMESTAMP, Block, Contents, Interval, check_hash
from .encodings import parse, write_v3, write_v4
from .ribbon import add_up, make_equation

Serial = int | bytes
"""A serial number, or the content octets of its INTEGER as they stand in the certificate."""
Universe = Mapping[bytes, tuple[Iterable[Serial], Iterable[Serial]]]
"""By the SHA-256 of an issuer's SubjectPublicKeyInfo: the known serials, and the revoked ones."""
Coverage = Mapping[bytes, tuple[int, int]]
"""By LogID: the first and the last timestamp that counts, in milliseconds since 1970."""


class Status(enum.Enum):
    """What CRLite says of a certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    NOT_COVERED = "not covered"
    """No SCT of it is from a time and a log that the filter speaks of."""
    NOT_ENROLLED = "not enrolled"
    """The filter does not speak of its issuer."""
    EXPIRED = "expired"
    """It has expired, so the filter has dropped it. A filter knows no dates: it is the caller who says so."""


@dataclass(frozen=True)
class Clubcard(Contents):
    """A filter, as Firefox has read them since 2025.

    A delta is one, too: of the same universe, with what has been revoked since. A client asks all that it
    has, and *revoked* of any of them counts.

    >>> card = Clubcard.build({issuer: ([1, 2, 3], [2])}, {log_id: (0, 2_000_000_000_000)})
    >>> card.status(issuer, 2, [(log_id, 1_700_000_000_000)])
    <Status.REVOKED: 'revoked'>
    """

    @classmethod
    def build(cls, universe: Universe, coverage: Coverage, *, seed: int = 0) -> Clubcard:
        """The filter of a *universe*, for certificates with an SCT inside the *coverage*.

        What is revoked and not known is left out; so is an issuer of whom nothing is known. The same
        arguments give the same octets; another *seed* decides otherwise what is free, and so which
        unknown certificates are taken for revoked. Raises TypeError and ValueError for what is no hash, no
        serial number or no interval.
        """
        intervals = tuple(_read_interval(log_id, ends) for log_id, ends in sorted(coverage.items()))
        serials = {issuer: (_read(known), _read(revoked)) for issuer, (known, revoked) in universe.items()}
        return cls(intervals, *build_blocks(serials, seed))

    @classmethod
    def parse(cls, octets: bytes) -> Clubcard:
        """The filter that *octets* are, in version 3 or 4. Raises ValueError, saying where, for all else.

        What follows the end of version 3 is not looked at; in version 4 it is an error.
        """
        contents = parse(octets)
        return cls(contents.coverage, contents.blocks, contents.approximate, contents.exact)

    def v3(self) -> bytes:
        """The octets of version 3, which every client reads."""
        return write_v3(self)

    def v4(self) -> bytes:
        """The octets of version 4, of July 2026, with shorter numbers."""
        return write_v4(self)

    def status(self, spki_hash: bytes, serial: Serial, scts: Iterable[tuple[bytes, int]]) -> Status:
        """What the filter says of the certificate with this *serial* number, and these *scts*.

        *spki_hash* is the SHA-256 of the issuer's SubjectPublicKeyInfo; each SCT is given by its LogID and
        its timestamp, in milliseconds since 1970. A *serial* in octets is taken as it stands, with a leading
        zero where the certificate has one. Never `Status.EXPIRED`, which the caller has to see.
        """
        check_hash(spki_hash, "spki_hash")
        octets = serial_octets(serial)
        if not any(
            interval.log_id == log_id and interval.low <= timestamp <= interval.high
            for log_id, timestamp in scts
            for interval in self.coverage
        ):
            return Status.NOT_COVERED
        block = self._index.get(spki_hash)
        if block is None:
            return Status.NOT_ENROLLED
        return Status.REVOKED if self._holds(block, octets) != block.inverted else Status.GOOD

    @cached_property
    def _index(self) -> dict[bytes, Block]:
        return {block.issuer: block for block in self.blocks}

    def _holds(self, block: Block, serial: bytes) -> bool:
        """Whether both ribbons let the serial number pass."""
        if not block.approximate_rows or serial in block.exceptions:
            return False
        start, coefficients = make_equation(block.issuer, serial, block.approximate_rows)
        start += block.approximate_offset
        if any(add_up(column, start, coefficients) for column in self.approximate[: block.rank]):
            return False
        start, coefficients = make_equation(block.issuer, serial, block.exact_rows)
        return not add_up(self.exact, start + block.exact_offset, coefficients)


def serial_octets(serial: object) -> bytes:
    """The content octets of the INTEGER that a serial number is."""
    if isinstance(serial, bytes):
        return serial
    if not isinstance(serial, int) or isinstance(serial, bool):
        raise TypeError(f"a serial number is an int, or the content octets of its INTEGER; got {serial!r}")
    return signed_octets(serial)


def _read(serials: Iterable[Serial]) -> set[bytes]:
    return set(map(serial_octets, serials))


def _read_interval(log_id: bytes, ends: tuple[int, int]) -> Interval:
    low, high = ends
    if not 0 <= low <= LAST_TIMESTAMP or not 0 <= high <= LAST_TIMESTAMP:
        raise ValueError(f"coverage is in milliseconds since 1970, from 0 to 2**64 - 1; got {ends!r}")
    return Interval(check_hash(log_id, "a log"), low, high)
