"""What went wrong on another thread is told once, in its order."""

import threading

from mockpki._problems import Problems


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
