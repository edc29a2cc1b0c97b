"""What a stapler remembers for the test."""

from dataclasses import fields

import pytest

from mockpki.staplers import Event, Kind, Stats
from mockpki.staplers._event_log import EventLog
from tests.kit.situations import NOW

COUNTED = {
    Kind.FETCH_STARTED: "fetches",
    Kind.ANSWERED: "answered",
    Kind.REFUSED: "refused",
    Kind.NO_ANSWER: "unanswered",
    Kind.WAITING: "waited",
    Kind.SERVED: "stapled",
    Kind.FAKED: "faked",
    Kind.RELAYED: "relayed",
    Kind.OMITTED: "omitted",
    Kind.ABORTED: "aborted",
}


@pytest.mark.parametrize("kind", Kind)
def test_an_event_is_kept_and_counted(kind: Kind) -> None:
    """Each kind has one number that it adds to, or none."""
    log = EventLog()
    log.add(NOW, "localhost", kind, "why")
    assert log.events == [Event(NOW, "localhost", kind, "why")]
    stats = log.stats
    numbers = {field.name: getattr(stats, field.name) for field in fields(Stats)}
    assert {name for name, number in numbers.items() if number} == {COUNTED.get(kind)} - {None}


def test_the_list_of_events_is_the_readers_own() -> None:
    """Who changes the list that was handed out changes nothing in the log."""
    log = EventLog()
    log.add(NOW, "localhost", Kind.SIGHTED, "")
    log.events.clear()
    assert len(log.events) == 1


def test_a_fetch_is_saved_until_it_is_made() -> None:
    """A name that was held back counts as saved once, and no more once it is let through."""
    log = EventLog()
    for name in ("a.example", "a.example", "b.example"):
        log.hold_back(name)
    assert (log.stats.sightings, log.stats.fetches_saved) == (3, 2)
    log.let_through("a.example")
    log.let_through("c.example")
    assert (log.stats.sightings, log.stats.fetches_saved) == (3, 1)


def test_events_are_numbered_and_the_newest_are_kept() -> None:
    """Who reads on from a number gets what came after it, as far as it is kept; and is told of more."""
    log = EventLog(3)
    told: list[int] = []
    end = log.watchers.add(lambda: told.append(log.last))
    for number in range(1, 6):
        log.add(NOW, str(number), Kind.SIGHTED, "")
    end()
    log.add(NOW, "6", Kind.SIGHTED, "")
    assert told == [1, 2, 3, 4, 5]
    assert [(number, event.name) for number, event in log.since(0)] == [(4, "4"), (5, "5"), (6, "6")]
    assert [number for number, _ in log.since(5)] == [6]
    assert log.since(6) == []
    log.keep(2)
    assert [event.name for event in log.events] == ["5", "6"]
