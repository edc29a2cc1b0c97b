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


def run(release: threading.Event) -> None:
    """Go in and out of calls and generators, and never wait."""
    while not release.is_set():
        sum(climb(12))


def climb(steps: int) -> Iterator[int]:
    """Numbers, each from a frame of its own."""
    if steps:
        yield from climb(steps - 1)
    yield steps


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


def test_a_thread_that_runs() -> None:
    """What is seen of a thread that goes on meanwhile is where it was, and looking does it no harm."""
    with running(run) as thread:
        places = {find_place(thread) for _ in range(200)} - {""}
    files, functions = {place.partition(":")[0] for place in places}, {place.split()[-1] for place in places}
    assert files == {__file__}
    assert functions <= {"run", "climb"}


def test_calls_that_return() -> None:
    """One function that is called again and again does not stand still, if the turns say that it returns."""
    turns = iter(range(1_000_000))
    with running(stand) as thread:
        wait_until(lambda: bool(find_place(thread)))
        standstill = Standstill(thread, lambda: next(turns))
        standstill.look()
        time.sleep(0.5)
        assert standstill.look() < 0.4
        still = Standstill(thread, lambda: 0)
        wait_until(lambda: still.look() > 0.2)


def test_other_threads() -> None:
    """Each thread's place is its own, whichever of them looks."""
    with running(stand) as one, running(run) as other:
        wait_until(lambda: bool(find_place(one) and find_place(other)))
        assert find_place(one).endswith(", in stand")
        assert not find_place(other).endswith(", in stand")
        assert find_place(threading.current_thread()).endswith(", in test_other_threads")
