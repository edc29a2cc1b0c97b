"""What went wrong on another thread, kept until the test can be told; and what can be said of it.

An error is the test's own, and may be anything: one that cannot say what it is, or not in octets.
"""

from __future__ import annotations

import contextlib
import sys
import unittest
from collections import deque
from collections.abc import Callable, Sequence

from ._watchers import Watchers


class Problems:
    """What went wrong on another thread, kept until the test can be told."""

    def __init__(self) -> None:
        self._errors: deque[BaseException] = deque()
        self.watchers: Watchers[[BaseException]] = Watchers()
        """Those who are told of each error as it comes, on the thread where it happened."""

    def add(self, error: BaseException, where: str) -> None:
        add_note(error, where)
        self._errors.append(error)
        self.watchers.tell(error)

    def take(self) -> list[BaseException]:
        """Every error so far, oldest first, each handed out once."""
        taken = []
        with contextlib.suppress(IndexError):  # there are no more, or another thread has taken the last one
            while True:
                taken.append(self._errors.popleft())
        return taken


def add_note(error: BaseException, sentence: str) -> None:
    """Say *sentence* beside *error*, if that has room for notes."""
    with contextlib.suppress(Exception):
        error.add_note(f"mockpki: {sentence}")


def combine(errors: Sequence[BaseException]) -> BaseException:
    """What a test is to raise for *errors*, of which there is at least one: itself, or a group of several.

    `pytest.skip` and `pytest.xfail` say how a test is to be counted. Said several times they are said once,
    and beside an error they are one more thing that failed.
    """
    if len(errors) == 1 or all(map(_is_outcome, errors)):
        return errors[0]
    return BaseExceptionGroup("mockpki: several things failed in the background", errors)


def _is_outcome(error: BaseException) -> bool:
    """Whether *error* says that the test is skipped, or expected to fail."""
    pytest = sys.modules.get("pytest")
    own = () if pytest is None else (pytest.skip.Exception, pytest.xfail.Exception)
    return isinstance(error, (unittest.SkipTest, *own))


def describe(error: BaseException) -> str:
    """``KeyError: 'name'``: what *error* is, in a text that can be encoded, whatever it is."""
    said, kind = say(error), _clean(type(error).__name__)
    return f"{kind}: {said}" if said else kind


def say(error: BaseException) -> str:
    """The same without its kind."""
    return _clean(_try(lambda: str(error)))


def show(value: object) -> str:
    """The `repr` of something of the test's own, in a text that can be encoded, whatever it is."""
    return _clean(_try(lambda: repr(value)))


def _try(how: Callable[[], str]) -> str:
    try:
        return how()
    except BaseException as error:
        return f"(what it is cannot be said: {type(error).__name__})"


def _clean(text: str) -> str:
    """*text* with half of a surrogate pair spelt out, which no encoding has."""
    return text.encode(errors="backslashreplace").decode()
