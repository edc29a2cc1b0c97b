"""Rows of octets and other values, in their order: what is kept, under which number, and for how long."""

import threading
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpki._services.journal import Journal

LARGE = b"x" * (1 << 16)
Entry = tuple[bytes, ...] | str


class Read:
    """What a row is read as."""

    def __init__(self, number: int, row: tuple[bytes, ...]) -> None:
        self.number, self.row = number, row


def new_journal(width: int, limit: int | None = None) -> Journal[Read | str]:
    """A journal that says of what it read it."""
    return Journal(width, Read, limit)


parts = st.sampled_from([b"", b"a", b"b" * 300, LARGE]) | st.binary(max_size=20)
rows = st.tuples(parts, parts, parts)
entries = st.lists(rows | st.text(min_size=1, max_size=3), max_size=30)


def add(journal: Journal[Read | str], entry: Entry) -> int:
    """Keep an entry of either kind."""
    return journal.add(entry) if isinstance(entry, tuple) else journal.keep(lambda number: entry)


def listed(journal: Journal[Read | str]) -> dict[int, Entry | None]:
    """All that is kept, by number."""
    found: dict[int, Entry | None] = {}
    for number in range(journal.first, journal.last + 1):
        value = journal.find(number)
        assert value is journal.find(number)
        if isinstance(value, Read):
            assert value.number == number
            found[number] = value.row
        else:
            found[number] = value
    return found


@given(entries, st.integers(1, 12) | st.none(), st.integers(0, 30))
def test_entries_are_found_by_their_numbers(kept: list[Entry], limit: int | None, cleared: int) -> None:
    """A journal is a list from which the oldest fall off: whatever is kept, and whenever it is cleared."""
    journal = new_journal(3, limit)
    for number, entry in enumerate(kept, 1):
        if number == cleared:
            journal.clear()
        assert add(journal, entry) == number
    since = cleared - 1 if 0 < cleared <= len(kept) else 0
    model = dict(enumerate(kept, 1))
    model = {number: model[number] for number in sorted(model) if number > since}
    total = len(model)
    model = dict(list(model.items())[-limit:] if limit else model)
    assert listed(journal) == model
    assert (journal.count, journal.dropped) == (total, total - len(model))
    for count in (1, 2, 40):
        assert journal.since(-count) == [journal.find(number) for number in sorted(model)[-count:]]
    assert journal.since(since) == journal.since(0)
    assert journal.find(0) is journal.find(since) is journal.find(len(kept) + 1) is None


@pytest.mark.parametrize("limit", [None, 1, 10, 1023, 1024, 1025, 3000])
@pytest.mark.parametrize("size", [1, 2000], ids=["small", "large"])
def test_blocks_do_not_show(limit: int | None, size: int) -> None:
    """Over thousands of rows, with and without a limit, each is found under its number, and no other."""
    journal = new_journal(2, limit)
    made = {number: (b"%d" % number * size, b"same") for number in range(1, 5001)}
    for row in made.values():
        journal.add(row)
    wanted = dict(list(made.items())[-(limit or 5000) :])
    assert listed(journal) == wanted
    assert journal.dropped == 5000 - len(wanted)


@pytest.mark.parametrize("limit", [1, 10])
def test_what_was_dropped_is_let_go_of(limit: int) -> None:
    """With a limit, memory does not grow: neither by rows, small or large, nor by values."""
    journal = new_journal(2, limit)

    def held() -> int:
        return sum(len(block._octets) + block._weight for block in journal._blocks)

    makes: list[Callable[[int], object]] = [
        lambda number: journal.add((b"%d" % number * 1000, b"")),
        lambda number: journal.add((b"%d" % number, LARGE)),
        lambda number: journal.keep(str),
    ]
    for make in makes:
        for number in range(5000):
            make(number)
        assert held() <= 3 << 20
        assert sum(len(block.others) for block in journal._blocks) <= limit


def test_a_large_part_is_not_copied() -> None:
    """A CRL of megabytes is kept as the object that the publisher holds, too."""
    journal = new_journal(2)
    for number in range(3):
        journal.add((b"%d" % number, LARGE))
    found = listed(journal).values()
    assert all(row is not None and row[1] is LARGE for row in found)


@given(
    st.lists(st.tuples(rows, st.booleans()), min_size=1, max_size=10),
    st.integers(1, 5) | st.none(),
    st.randoms(),
)
def test_a_value_becomes_a_row_once_it_changes_no_more(
    settled: list[tuple[tuple[bytes, ...], bool]], limit: int | None, dice: Random
) -> None:
    """`settle` puts a row in the value's place; what was looked at stays, and what was dropped is gone."""
    journal = new_journal(3, limit)
    wanted: dict[int, Entry] = {}
    for row, looked_at in settled:
        number = journal.keep(str)
        if looked_at:
            assert journal.find(number) == str(number)
        wanted[number] = str(number) if looked_at else row
    order = list(enumerate((row for row, _ in settled), 1))
    dice.shuffle(order)
    for number, row in order:
        journal.settle(number, row)
    assert listed(journal) == dict(list(wanted.items())[-(limit or 99) :])


def test_a_row_settles_in_a_block_that_is_full() -> None:
    """What ends long after it began stands where it began, and its neighbours stay what they were."""
    journal = new_journal(1)
    number = journal.keep(str)
    for other in range(3000):
        journal.add((b"%d" % other,))
    journal.settle(number, (b"late",))
    found = listed(journal)
    assert [found[at] for at in (1, 2, 3001)] == [(b"late",), (b"0",), (b"2999",)]


def test_threads_add_and_read_at_once() -> None:
    """Every row has a number of its own, and is found whole while others are added and dropped."""
    journal = new_journal(2, 500)
    numbers: list[int] = []
    torn: list[object] = []

    def write(name: bytes) -> None:
        numbers.extend(journal.add((name * 9, name * 9)) for _ in range(3000))

    def read() -> None:
        while len(numbers) < 9000:
            for number in range(journal.first, journal.last + 1):
                read = journal.find(number)
                if isinstance(read, Read) and not (read.row[0] == read.row[1] and len(read.row[0]) == 9):
                    torn.append(read.row)

    threads = [threading.Thread(target=write, args=(name,)) for name in (b"a", b"b", b"c")]
    threads.append(threading.Thread(target=read, daemon=True))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(numbers) == list(range(1, 9001))
    assert (torn, journal.dropped, len(listed(journal))) == ([], 8500, 500)
