"""How filters are built."""

from itertools import pairwise

import pytest

from mockpki._crlite import building
from mockpki._crlite.building import build_blocks
from mockpki._crlite.contents import Block
from tests.kit.universes import ISSUERS, octets, part

SHAPES = {
    "nothing known": (0, 0, None),
    "none revoked": (300, 0, (0, 0, False)),
    "all revoked": (300, 300, (0, 0, True)),
    "half revoked": (400, 200, (204, 0, False)),
    "just below half": (401, 200, (204, 0, False)),
    "a third": (300, 100, (102, 1, False)),
    "a tenth": (10, 1, (1, 3, False)),
    "nine of 400": (400, 9, (9, 5, False)),
    "a power of two": (900, 100, (102, 3, False)),
    "just below it": (899, 100, (102, 2, False)),
}


@pytest.mark.parametrize(("known", "revoked", "expected"), SHAPES.values(), ids=SHAPES)
def test_a_block(known: int, revoked: int, expected: tuple[int, int, bool] | None) -> None:
    """Rows are 2 % more than what is revoked, the rank is the logarithm of good ones to each revoked one."""
    blocks, approximate, _ = build_blocks({ISSUERS[0]: part(known, revoked)}, 0)
    found = [(block.approximate_rows, block.rank, block.inverted) for block in blocks]
    assert found == ([expected] if expected else [])
    assert len(approximate) == (expected[1] if expected else 0)


def test_the_exact_ribbon_holds_what_passes() -> None:
    """Where the approximate one has no column it holds all that is known; else the revoked and a few."""
    (half,), _, _ = build_blocks({ISSUERS[0]: part(400, 200)}, 0)
    assert half.exact_rows == 408
    (few,), _, _ = build_blocks({ISSUERS[0]: part(4000, 100)}, 0)
    # 2 ** 5 columns let about 3900 / 32 of the good ones pass.
    assert 102 < few.exact_rows < 102 + 3 * 3900 // 32
    (none,), _, exact = build_blocks({ISSUERS[0]: part(400, 0)}, 0)
    assert (none.exact_rows, exact) == (0, b"")


def test_blocks_lie_end_to_end() -> None:
    """In the columns the highest rank comes first; in the index all are in the order of their hashes."""
    sizes = (100, 60, 20)
    blocks, approximate, _ = build_blocks(
        {issuer: part(1000, size) for issuer, size in zip(ISSUERS, sizes, strict=True)}, 0
    )
    assert [block.issuer for block in blocks] == sorted(ISSUERS)
    laid = sorted(blocks, key=lambda block: block.approximate_offset)
    assert [block.rank for block in laid] == [5, 3, 3]
    assert laid[0].issuer == ISSUERS[2]
    for before, after in pairwise(laid):
        assert after.approximate_offset >= before.approximate_offset + before.approximate_rows
        assert after.exact_offset >= before.exact_offset + before.exact_rows
    # The first three columns have all blocks, and the last two the first alone.
    lengths = [len(column) for column in approximate]
    assert lengths[:3] == [lengths[0]] * 3
    assert lengths[3:] == [lengths[4]] * 2
    assert lengths[4] < lengths[0]


def test_contradictions_become_exceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Good ones whose equation cannot be met stand among the exceptions: none is ever called revoked."""
    # No two hashes of 256 bits are alike; here all are.
    monkeypatch.setattr(building, "make_equation", lambda issuer, serial, rows: (0, 1))
    ((block,), _, _) = build_blocks({ISSUERS[0]: (octets(1, 2, 3), octets(2))}, 0)
    assert isinstance(block, Block)
    assert block.exceptions == (b"\1", b"\3")
