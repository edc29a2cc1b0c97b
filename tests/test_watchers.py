"""Those who want to be told."""

import threading

from mockpki._watchers import Watchers


def test_each_is_told_in_its_order_until_it_ends() -> None:
    """One that is there twice is told twice, and ends one at a time."""
    watchers: Watchers[[int]] = Watchers()
    told: list[object] = []
    ends = [watchers.add(told.append), watchers.add(lambda n: told.append(-n)), watchers.add(told.append)]
    watchers.tell(1)
    ends[0]()
    ends[0]()
    watchers.tell(2)
    for end in ends:
        end()
    watchers.tell(3)
    assert told == [1, -1, 1, -2, 2]


def test_whoever_is_told_may_end_it() -> None:
    """Those after it are told all the same."""
    watchers: Watchers[[]] = Watchers()
    told: list[str] = []

    def once() -> None:
        told.append("once")
        end()

    end = watchers.add(once)
    watchers.add(lambda: told.append("always"))
    watchers.tell()
    watchers.tell()
    assert told == ["once", "always", "always"]


def test_threads_that_come_and_go() -> None:
    """Nobody is lost, and nobody is left."""
    watchers: Watchers[[list[int]]] = Watchers()

    def come_and_go() -> None:
        for _ in range(200):
            end = watchers.add(lambda seen: seen.append(1))
            watchers.tell([])
            end()

    stays = watchers.add(lambda seen: seen.append(2))
    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen: list[int] = []
    watchers.tell(seen)
    stays()
    watchers.tell(seen)
    assert seen == [2]
