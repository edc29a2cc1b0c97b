"""Ctrl-C in a block that is not to be interrupted."""

import signal
import threading

import pytest

from mockpki._engine.interrupts import Held


def interrupt(done: list[str]) -> None:
    """What is not to be interrupted, and is."""
    with Held():
        signal.raise_signal(signal.SIGINT)
        done.append("all of it")


def test_it_waits_for_the_end_of_the_block() -> None:
    """The block runs to its end, and then what would have happened happens; the handler is as before."""
    before = signal.getsignal(signal.SIGINT)
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupt(done)
    assert done == ["all of it"]
    assert signal.getsignal(signal.SIGINT) == before
    with Held():
        done.append("and without")
    assert done == ["all of it", "and without"]


def test_blocks_in_blocks() -> None:
    """The outermost decides."""
    done: list[str] = []

    def run() -> None:
        with Held():
            interrupt(done)
            done.append("and more")

    with pytest.raises(KeyboardInterrupt):
        run()
    assert done == ["all of it", "and more"]


def test_beside_an_error() -> None:
    """An error in the block does not take the place of the interrupt."""

    def run() -> None:
        with Held():
            signal.raise_signal(signal.SIGINT)
            raise ZeroDivisionError

    with pytest.raises(KeyboardInterrupt) as caught:
        run()
    assert isinstance(caught.value.__context__, ZeroDivisionError)


def test_where_there_is_nothing_to_hold() -> None:
    """On another thread, and where Python handles no SIGINT, nothing changes."""
    before, seen = signal.getsignal(signal.SIGINT), []

    def look() -> None:
        with Held():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [before]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        look()
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [before, signal.SIG_IGN]
