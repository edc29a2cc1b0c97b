"""What went wrong on another thread is told once, in its order."""

import threading

import pytest

from mockpki._problems import Problems, combine, describe, say, show


def test_each_error_is_handed_out_once() -> None:
    """Oldest first, with a note that says where it was raised; then there is none."""
    problems = Problems()
    first, second = ValueError("first"), KeyError("second")
    problems.add(first, "raised here")
    problems.add(second, "raised there")
    assert problems.take() == [first, second]
    assert (first.__notes__, second.__notes__) == (["mockpki: raised here"], ["mockpki: raised there"])
    assert problems.take() == []


def test_nothing_is_lost_among_threads() -> None:
    """Errors of many threads, taken while they are added, are all there."""
    problems = Problems()

    def fail() -> None:
        for _ in range(500):
            problems.add(ValueError(), "raised there")

    threads = [threading.Thread(target=fail) for _ in range(4)]
    taken = []
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        taken += problems.take()
    taken += problems.take()
    assert len(taken) == len(set(map(id, taken))) == 2000


class UnsayableError(Exception):
    """Cannot say what it is."""

    def __str__(self) -> str:
        raise LookupError


def test_words_for_any_error() -> None:
    """Its kind and its text, which can be encoded; where it has none, the kind; where it fails, that."""
    assert describe(KeyError("name")) == "KeyError: 'name'"
    assert describe(ValueError()) == "ValueError"
    assert describe(ValueError("\ud800")) == r"ValueError: \ud800"
    assert say(UnsayableError()) == "(what it is cannot be said: LookupError)"
    assert show("\udcff") == r"'\udcff'"


def test_one_error_is_itself() -> None:
    """Several are a group, in their order; but one word on how a test is counted is as good as two."""
    first, second = ValueError("first"), pytest.skip.Exception("second")
    assert combine([first]) is first
    assert combine([second, pytest.xfail.Exception("third")]) is second
    both = combine([first, second])
    assert isinstance(both, BaseExceptionGroup)
    assert both.exceptions == (first, second)
