"""A clubcard as octets: version 3, whose numbers are little-endian and mostly 8 octets, and version 4.

Version 4 is written big-endian, each number as short as it can be. Both begin with the version and a zero.
"""

from __future__ import annotations

from collections.abc import Iterable

from .contents import HASH_SIZE, Block, Contents, Interval, check_hash
from .reading import Reader

_WORD = 8


def parse(octets: bytes) -> Contents:
    """The filter that *octets* are."""
    if not isinstance(octets, bytes):
        raise TypeError(f"a filter is parsed from bytes; got {octets!r}")
    if len(octets) < 2:
        raise ValueError(f"a filter begins with its version, 2 octets; got {octets!r}")
    version = int.from_bytes(octets[:2], "little")
    parser = {3: _parse_v3, 4: _parse_v4}.get(version)
    if parser is None:
        raise ValueError(f"a filter of version 3 or 4 can be read; this says version {version}")
    card = parser(octets[2:])
    _check_names("log", (interval.log_id for interval in card.coverage))
    _check_names("issuer", (block.issuer for block in card.blocks))
    for block in card.blocks:
        check_hash(block.issuer, "an issuer")
        if block.rank > len(card.approximate):
            raise ValueError(
                f"the filter has {len(card.approximate)} approximate columns, where the issuer "
                f"{block.issuer.hex()} needs {block.rank}"
            )
    return card


def _check_names(what: str, names: Iterable[bytes]) -> None:
    seen: set[bytes] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"the filter has the {what} {name.hex()} twice")
        seen.add(name)


def _version(card: Contents, own: int) -> bytes:
    return (own if card.version is None else card.version).to_bytes(2, "little")


# Version 3.


def write_v3(card: Contents) -> bytes:
    """*card* in version 3."""
    parts = [_version(card, 3), _long(len(card.coverage))]
    for interval in card.coverage:
        parts += [interval.log_id, _long(interval.low), _long(interval.high)]
    parts.append(_long(len(card.blocks)))
    for block in card.blocks:
        parts += [_long(len(block.issuer)), block.issuer]
        parts += map(_long, (block.approximate_rows, block.exact_rows, block.rank))
        parts += map(_long, (block.approximate_offset, block.exact_offset))
        parts += [bytes((block.inverted,)), _long(len(block.exceptions))]
        for serial in block.exceptions:
            parts += [_long(len(serial)), serial]
    parts.append(_long(len(card.approximate)))
    for column in (*card.approximate, card.exact):
        parts += [_long(len(column) // _WORD), column]
    return b"".join(parts)


def _long(value: int) -> bytes:
    return value.to_bytes(8, "little")


def _parse_v3(octets: bytes) -> Contents:
    reader = Reader(octets, "little", "a filter of version 3")

    def long(what: str) -> int:
        return reader.number(8, what)

    def column(what: str) -> bytes:
        return reader.take(long(f"number of words in {what}") * _WORD, what)

    coverage = tuple(
        Interval(reader.take(HASH_SIZE, "LogID"), long("first timestamp"), long("last timestamp"))
        for _ in range(long("number of logs"))
    )
    blocks = []
    for _ in range(long("number of issuers")):
        issuer = reader.take(long("length of an issuer's hash"), "issuer's hash")
        approximate_rows, exact_rows = long("approximate rows"), long("exact rows")
        rank = long("rank")
        approximate_offset, exact_offset = long("approximate offset"), long("exact offset")
        inverted = reader.flag("inverted flag")
        exceptions = tuple(
            reader.take(long("length of an exception"), "exception")
            for _ in range(long("number of exceptions"))
        )
        offsets = approximate_offset, exact_offset
        blocks.append(Block(issuer, approximate_rows, exact_rows, rank, *offsets, inverted, exceptions))
    approximate = tuple(column("approximate column") for _ in range(long("number of approximate columns")))
    return Contents(coverage, tuple(blocks), approximate, column("exact column"))


# Version 4.


def write_v4(card: Contents) -> bytes:
    """*card* in version 4. Raises ValueError for what is too large for its numbers."""
    parts = [_version(card, 4), _short(len(card.coverage), 2, "logs")]
    for interval in card.coverage:
        parts += [interval.log_id, _short(interval.low, 8, "low"), _short(interval.high, 8, "high")]
    parts.append(_short(len(card.blocks), 4, "issuers"))
    for block in card.blocks:
        parts += [
            block.issuer,
            _short(block.approximate_rows, 4, "approximate rows"),
            _short(block.rank, 1, "rank"),
            _short(block.approximate_offset, 4, "approximate offset"),
            _short(block.exact_rows, 4, "exact rows"),
            _short(block.exact_offset, 4, "exact offset"),
            bytes((block.inverted,)),
            _short(len(block.exceptions), 2, "exceptions"),
        ]
        for serial in block.exceptions:
            parts += [_short(len(serial), 1, "octets of an exception"), serial]
    parts.append(_short(len(card.approximate), 1, "approximate columns"))
    for column in (*card.approximate, card.exact):
        parts += [_short(len(column) // _WORD, 4, "words"), _swap_words(column)]
    return b"".join(parts)


def _short(value: int, size: int, what: str) -> bytes:
    try:
        return value.to_bytes(size, "big")
    except OverflowError:
        raise ValueError(
            f"a filter of version 4 holds less than {1 << 8 * size} {what}; this has {value}: write v3()"
        ) from None


def _swap_words(column: bytes) -> bytes:
    """The words of a column with their octets the other way round."""
    swapped = bytearray(len(column))
    for octet in range(_WORD):
        swapped[octet::_WORD] = column[_WORD - 1 - octet :: _WORD]
    return bytes(swapped)


def _parse_v4(octets: bytes) -> Contents:
    reader = Reader(octets, "big", "a filter of version 4")

    def column(what: str) -> bytes:
        return _swap_words(reader.take(reader.number(4, f"number of words in {what}") * _WORD, what))

    coverage = tuple(
        Interval(
            reader.take(HASH_SIZE, "LogID"),
            reader.number(8, "first timestamp"),
            reader.number(8, "last timestamp"),
        )
        for _ in range(reader.number(2, "number of logs"))
    )
    blocks = []
    for _ in range(reader.number(4, "number of issuers")):
        issuer = reader.take(HASH_SIZE, "issuer's hash")
        approximate_rows, rank = reader.number(4, "approximate rows"), reader.number(1, "rank")
        approximate_offset = reader.number(4, "approximate offset")
        exact_rows, exact_offset = reader.number(4, "exact rows"), reader.number(4, "exact offset")
        inverted = reader.flag("inverted flag")
        exceptions = tuple(
            reader.take(reader.number(1, "length of an exception"), "exception")
            for _ in range(reader.number(2, "number of exceptions"))
        )
        offsets = approximate_offset, exact_offset
        blocks.append(Block(issuer, approximate_rows, exact_rows, rank, *offsets, inverted, exceptions))
    approximate = tuple(
        column("approximate column") for _ in range(reader.number(1, "number of approximate columns"))
    )
    card = Contents(coverage, tuple(blocks), approximate, column("exact column"))
    reader.finish()
    return card
