"""Events and numbers, as a test reads them."""

import re
from dataclasses import replace

from mockpki import PKI
from mockpki.staplers import Event, Kind, Stats
from tests.kit.situations import NOW
from tests.kit.staples import (
    DAY,
    LAZY,
    MINUTE,
    ask,
)


def test_an_event_says_what_it_was(pki: PKI) -> None:
    """Time, certificate, kind and detail, in one line; the time is the PKI's."""
    pki.clock.shift(400 * DAY)
    pki.clock.shift(-400 * DAY)
    with pki.tls_server(pki.issue_cert("localhost"), staple=LAZY) as server:
        ask(pki, server)
        event = server.stapler.events[0]
        server.stapler.restart()
        restarted = server.stapler.events[-1]
    assert abs(event.time - pki.clock.now()) < MINUTE
    assert str(event) == f"{event.time:%Y-%m-%d %H:%M:%S}Z localhost: sighted"
    assert str(restarted) == f"{restarted.time:%Y-%m-%d %H:%M:%S}Z: restarted"


def test_an_event_in_a_line() -> None:
    """A detail follows its kind, and what is about no certificate names none."""
    assert str(Event(NOW, "", Kind.RESTARTED, "")) == "2026-01-01 12:00:00Z: restarted"
    event = Event(NOW, "localhost", Kind.REFUSED, "it is stale")
    assert str(event) == "2026-01-01 12:00:00Z localhost: refused: it is stale"


def test_kinds_are_words() -> None:
    """Each is a word or two that can stand in a sentence."""
    assert all(re.fullmatch("[a-z]+( [a-z]+)?", kind) for kind in Kind)


def test_the_share_that_was_stapled() -> None:
    """Of all handshakes that asked; of none, nothing."""
    none = Stats(*[0] * 14)
    assert none.share_stapled == 0.0
    assert replace(none, handshakes=4, stapled=3, omitted=1).share_stapled == 0.75
