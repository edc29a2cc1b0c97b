"""The newest events, and those who listen."""

import itertools
import threading

import pytest

from mockpki._serve.events import Events
from mockpki._serve.limits import EVENTS, LISTENERS
from mockpki._serve.problem import Problem


def fill(events: Events, *numbers: int) -> None:
    """Something happens so often."""
    for number in numbers:
        events.add("clock", f"pki{number % 2}", {"n": number})


def told(octets: list[bytes]) -> list[str]:
    """The data of each event, without comments."""
    return [one.split(b"data: ")[1].decode().strip() for one in octets if b"data: " in one]


def rest(events: Events, after: int | None = None, pki: str | None = None) -> list[bytes]:
    """All that a listener has until the server ends, which it has."""
    listener = events.listen(after, pki)
    events.closed = True
    stream = list(listener.stream(lambda: True))
    events.closed = False
    listener.close()
    return stream


def test_numbers_rise_by_one_and_the_newest_are_kept() -> None:
    """Whoever reads on from a number has what came after it, and knows how many are lost."""
    events = Events()
    assert events.since(0) == (0, [])
    fill(events, *range(1, EVENTS + 6))
    lost, kept = events.since(0)
    assert lost == 5
    assert [one.number for one in kept] == list(range(6, EVENTS + 6))
    assert [one.number for one in events.since(EVENTS + 3)[1]] == [EVENTS + 4, EVENTS + 5]
    assert events.since(EVENTS + 5) == (0, [])
    assert events.since(5) == (0, kept)


def test_an_event_on_the_wire() -> None:
    """Three fields and a blank line, in one piece whatever is in it."""
    events = Events()
    events.add("problem", "1a", {"document": "two\nlines \u2028 <b>"})
    [event] = events.since(0)[1]
    assert event.write() == (
        'id: 1\nevent: problem\ndata: {"document":"two\\nlines \u2028 <b>"}\n\n'.encode()
    )


def test_a_listener_begins_now_or_where_it_was() -> None:
    """Without a number it has nothing of what was; with one, all that came after it."""
    events = Events()
    fill(events, 1, 2, 3)
    assert told(rest(events)) == []
    assert told(rest(events, 1)) == ['{"n":2}', '{"n":3}']
    assert told(rest(events, 0, "pki1")) == ['{"n":1}', '{"n":3}']
    # That of a server which was here before.
    assert told(rest(events, 99)) == ['{"n":1}', '{"n":2}', '{"n":3}']


def test_what_is_lost_is_told() -> None:
    """Whoever comes back too late knows of how many it has not heard, and goes on from there."""
    events = Events()
    fill(events, *range(EVENTS + 10))
    stream = [one for one in rest(events, 4) if b"event: " in one]
    assert stream[0] == b'id: 10\nevent: lost\ndata: {"lost":6}\n\n'
    assert len(stream) == EVENTS + 1
    assert stream[1].startswith(b"id: 11\n")


def test_a_slow_listener_is_dropped() -> None:
    """It holds up nobody, and has to come back."""
    events = Events()
    listener = events.listen()
    stream = listener.stream(lambda: True)
    assert next(stream).startswith(b"retry")
    fill(events, 1, 2)
    assert b'{"n":1}' in next(stream)
    fill(events, *range(EVENTS + 5))
    assert told(list(stream)) == ['{"n":2}']
    listener.close()
    assert events.listeners == 0


def test_a_listener_that_is_gone_is_noticed() -> None:
    """Without anything to send."""
    events = Events()
    answers = iter([True, False])
    stream = list(events.listen().stream(lambda: next(answers)))
    assert len(stream) == 1


def test_silence_is_broken_by_comments(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that whoever is on the way does not close the connection."""
    monkeypatch.setattr("mockpki._serve.events._BEAT", 0.0)
    monkeypatch.setattr("mockpki._serve.events._LOOK", 0.0)
    events = Events()
    stream = events.listen().stream(lambda: True)
    assert list(itertools.islice(stream, 1, 3)) == [b": beat\n\n"] * 2


def test_as_many_as_may_listen() -> None:
    """One more is refused until one leaves; the first and the last are told to whoever reads records."""
    events = Events()
    calls: list[str] = []
    events.first_came, events.last_left = lambda: calls.append("first"), lambda: calls.append("last")
    listeners = [events.listen() for _ in range(LISTENERS)]
    with pytest.raises(Problem, match="32 listeners") as refused:
        events.listen()
    assert refused.value.kind == "limit-reached"
    listeners[0].close()
    listeners[0].close()
    listeners[0] = events.listen()
    assert calls == ["first"]
    for listener in listeners:
        listener.close()
    assert (calls, events.listeners) == (["first", "last"], 0)


def test_the_end_ends_streams_at_once() -> None:
    """Whoever listens has what there was, and nobody comes after it."""
    events = Events()
    heard: list[bytes] = []
    listener = events.listen()
    thread = threading.Thread(target=lambda: heard.extend(listener.stream(lambda: True)))
    thread.start()
    fill(events, 1)
    events.close()
    thread.join()
    assert told(heard) == ['{"n":1}']
    with pytest.raises(Problem, match="ending"):
        events.listen()
