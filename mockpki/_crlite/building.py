"""How a filter is built: block by block, both ribbons of each, and then the columns that they share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import shake_256

from .contents import HASH_SIZE, Block, check_hash
from .ribbon import Column, Ribbon, count_rows, make_equation


def build_blocks(
    universe: Mapping[bytes, tuple[set[bytes], set[bytes]]], seed: int
) -> tuple[tuple[Block, ...], tuple[bytes, ...], bytes]:
    """The blocks, the approximate columns and the exact one, of known and revoked serials by issuer."""
    drafts = [
        draft
        for issuer, (known, revoked) in sorted(universe.items())
        # One without a certificate would read as all revoked.
        if (draft := _Draft(check_hash(issuer, "an issuer"), known, revoked)).known
    ]
    # The columns of a higher rank are the longer ones; each begins at the same blocks.
    drafts.sort(key=lambda draft: -draft.rank)
    columns = []
    for number in range(max((draft.rank for draft in drafts), default=0)):
        ribbons = [draft.approximate for draft in drafts if draft.rank > number]
        columns.append(_solve(ribbons, f"{seed} {number}", tail=True))
    blocks, approximate_offset, exact_offset = [], 0, 0
    for draft in drafts:
        draft.fill_exact(columns, approximate_offset)
        blocks.append(draft.finish(approximate_offset, exact_offset))
        approximate_offset += len(draft.approximate)
        exact_offset += len(draft.exact)
    exact = _solve([draft.exact for draft in drafts], f"{seed} exact", tail=False)
    blocks.sort(key=lambda block: block.issuer)
    return tuple(blocks), tuple(column.encode() for column in columns), exact.encode()


class _Draft:
    """A block in the making."""

    def __init__(self, issuer: bytes, known: set[bytes], revoked: set[bytes]) -> None:
        self.issuer, self.known = issuer, known
        self.revoked = revoked & known
        total, bad = len(known), len(self.revoked)
        self.inverted = bad == total
        self.approximate_rows = 0 if self.inverted else count_rows(bad)
        # 2 ** rank is the largest power of two with that many good ones to each revoked one.
        self.rank = 0 if bad == 0 or 2 * bad >= total else ((total - bad) // bad).bit_length() - 1
        self.exact_rows = 0
        self.exceptions: list[bytes] = []
        self.approximate, self.exact = Ribbon(self.approximate_rows), Ribbon(0)
        if self.rank:
            for serial in self.revoked:
                self.approximate.insert(*make_equation(issuer, serial, self.approximate_rows), 0)

    def fill_exact(self, columns: list[Column], offset: int) -> None:
        """Puts into the exact ribbon all that pass the approximate one, which is solved by now."""
        if not self.approximate_rows:
            return
        # In order, so that the exceptions are the same every time.
        passing = sorted(self._passing([column.windows for column in columns[: self.rank]], offset))
        self.exact_rows = count_rows(len(self.revoked) + len(passing))
        self.exact = Ribbon(self.exact_rows)
        for serial in self.revoked:
            self.exact.insert(*make_equation(self.issuer, serial, self.exact_rows), 0)
        for serial in passing:
            if not self.exact.insert(*make_equation(self.issuer, serial, self.exact_rows), 1):
                self.exceptions.append(serial)

    def _passing(self, columns: list[list[int]], offset: int) -> Iterable[bytes]:
        """The good ones that the approximate ribbon lets pass."""
        issuer, rows = self.issuer, self.approximate_rows
        for serial in self.known - self.revoked:
            start, coefficients = make_equation(issuer, serial, rows)
            for windows in columns:
                if (windows[offset + start] & coefficients).bit_count() & 1:
                    break
            else:
                yield serial

    def finish(self, approximate_offset: int, exact_offset: int) -> Block:
        return Block(
            self.issuer,
            self.approximate_rows,
            self.exact_rows,
            self.rank,
            approximate_offset,
            exact_offset,
            self.inverted,
            tuple(self.exceptions),
        )


def _solve(ribbons: list[Ribbon], dice: str, *, tail: bool) -> Column:
    """The solution in which a hash of *dice* decides what is free: the same in every version of Python."""
    octets = sum(map(len, ribbons)) // 8 + HASH_SIZE + 1
    return Column(ribbons, shake_256(dice.encode()).digest(octets), tail)
