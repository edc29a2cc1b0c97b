"""Where a thread stands still."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from mockpki._engine.standstill import Standstill, find_place
from tests.kit.endings import wait_until


def stand(release: threading.Event) -> None:
    """Stand still."""
    release.wait(60)


def hop(release: threading.Event) -> None:
    """Call something again and again, and never return."""
    while not release.is_set():
        step()


def step() -> None:
    """Return soon."""
    time.sleep(0.01)


@contextmanager
def running(work: Callable[[threading.Event], object]) -> Iterator[threading.Thread]:
    """A thread that does *work* until the end of the block."""
    release = threading.Event()
    thread = threading.Thread(target=work, args=(release,))
    thread.start()
    try:
        yield thread
    finally:
        release.set()
        thread.join(60)


def test_the_place() -> None:
    """File, line and function of the test's own code, whatever of Python's that has called."""
    with running(stand) as thread:
        wait_until(lambda: bool(find_place(thread)))
        file, _, rest = find_place(thread).partition(":")
        assert file == __file__
        assert rest.endswith(", in stand")
    assert find_place(thread) == ""


def test_in_one_call() -> None:
    """The time rises while it is in one call, also if that calls others which come and go."""
    for work in (stand, hop):
        with running(work) as thread:
            standstill = Standstill(thread)
            wait_until(partial(lambda one: one.look() > 0.2, standstill))
            assert str(standstill) == find_place(thread) or "in step" in str(standstill)


def test_in_no_call_of_the_tests_own() -> None:
    """In libraries it does not stand still, however long it takes; nor when it has ended."""
    release = threading.Event()
    thread = threading.Thread(target=release.wait, args=(60,))
    thread.start()
    standstill = Standstill(thread)
    first = standstill.look()
    release.wait(0.5)
    assert (first < 0.4, standstill.look() < 0.4, str(standstill)) == (True, True, "")
    release.set()
    thread.join(60)
    assert standstill.look() < 0.4
