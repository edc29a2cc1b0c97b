"""Faults of the connection, of HTTP and of the answer, together: what comes and how it ends."""

import asyncio
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockpki import PKI, faults
from mockpki._engine.loop import Engine
from mockpki.faults import Fault
from tests.kit.asking import connect, read_answer, send
from tests.kit.endings import HOUR, ends, wait_until
from tests.kit.exchanges import (
    SERVICES,
    exactly,
    nothing_yet,
    ordinary,
)
from tests.kit.wire import held

# Cancelled at once.

ENDLESS: list[Fault[Any]] = [
    faults.Hang(),
    faults.Slow(HOUR),
    faults.SlowBody(HOUR),
    faults.Drip(0.001),
    faults.Half(),
    faults.ContentLength(100),
    faults.SlowAccept(HOUR),
]


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("fault", ENDLESS, ids=repr)
def test_closing_waits_for_nothing(name: str, fault: Any) -> None:
    """The client that was kept waiting is let go, and nothing is left behind."""
    before = held()
    with PKI() as pki:
        service: Any = getattr(pki.ca, name)
        service.respond_with(fault)
        connection = connect(service.url)
        connection.sendall(ordinary(pki, service))
        assert len(service.requests) == (not isinstance(fault, faults.SlowAccept))
    with connection:
        assert ends(connection, skip=True) == "reset"
    assert len(service.requests) == (not isinstance(fault, faults.SlowAccept))
    assert held() == before


@pytest.mark.parametrize("fault", ENDLESS, ids=repr)
def test_being_honest_again_waits_for_nothing(pki: PKI, service: Any, fault: Any) -> None:
    """A new connection is answered while the old one still waits."""
    with connect(service.url) as old:
        with service.respond_with(fault):
            if isinstance(fault, faults.SlowAccept):
                old.close()
                old = connect(service.url)
            old.sendall(ordinary(pki, service))
            assert isinstance(service.requests, list)
        with old, connect(service.url) as new:
            new.sendall(ordinary(pki, service))
            assert read_answer(new).status == 200


# Any of them together.

BODIES: list[Fault[Any]] = [
    faults.HttpStatus(404),
    faults.EmptyBody(),
    faults.Gzip(),
    faults.ContentType(None),
    faults.Redirect(),
    faults.AuthenticationRequired(),
    faults.Cached(),
    faults.Header(),
    faults.ContentLength(5),
    faults.ContentLength(-3),
    faults.ContentLength(None),
    faults.Chunked(11),
    faults.Http10(),
    faults.Oversize(300_000),
]
WIRES: list[Fault[Any]] = [
    faults.Slow(timedelta(milliseconds=1)),
    faults.SlowBody(timedelta(milliseconds=1)),
    faults.Drip(10_000_000),
    faults.Hang(),
    faults.Close(),
    faults.Reset(),
    faults.NotHttp(),
    faults.Half("silence"),
    faults.Half("reset"),
    faults.Half("close"),
]
ANSWERS: list[Fault[Any]] = [
    faults.Stale(),
    faults.Good(),
    faults.Revoked(),
    faults.Unknown(),
    faults.WrongSerial(),
    faults.TryLater(),
    faults.Forged(),
    faults.BadSignature(),
    faults.Truncated(),
    faults.Trailing(),
    faults.SignedGarbage(),
    faults.Garbage(),
    faults.NoNextUpdate(),
    faults.NoSingleResponses(),
]
LAST_WORD = {
    faults.Hang(): "silence",
    faults.Half("silence"): "silence",
    faults.Close(): "close",
    faults.NotHttp(): "close",
    faults.Half("close"): "close",
    faults.Reset(): "reset",
    faults.Half("reset"): "reset",
}


AT_ONCE = 50_000  # what the system takes for a client that does not read; of more, a reset loses some


def test_every_fault_of_the_connection_is_among_them() -> None:
    """A fault that is added is to be drawn below, or kept waiting above."""
    tested = {type(fault) for fault in WIRES + ENDLESS} | {faults.Refused}
    wanted = {fault for fault in faults.CATALOGUE if issubclass(fault, faults.Transport | faults.Listener)}
    assert wanted <= tested


def last_word(chosen: list[Fault[Any]]) -> str:
    """How an exchange with these faults must end."""
    words = [LAST_WORD[fault] for fault in chosen if fault in LAST_WORD]
    if words:
        return words[-1]
    if faults.Http10() in chosen:
        return "close"
    lengths = [fault.by for fault in chosen if isinstance(fault, faults.ContentLength)]
    has_length = lengths[-1] is not None if lengths else True
    return "silence" if has_length or faults.Chunked(11) in chosen else "close"


@pytest.fixture(scope="module")
def shared() -> Iterator[PKI]:
    """One PKI for many exchanges."""
    with PKI() as made:
        yield made


@settings(max_examples=250, deadline=None)
@given(
    name=st.sampled_from(SERVICES),
    answers=st.lists(st.sampled_from(ANSWERS), max_size=3),
    bent=st.lists(st.sampled_from(BODIES + WIRES), max_size=5),
)
def test_any_faults_together(
    shared: PKI, name: str, answers: list[Fault[Any]], bent: list[Fault[Any]]
) -> None:
    """The answer or the silence is exactly what was said, and nothing of it is left afterwards."""
    if sum(isinstance(fault, faults.Oversize) for fault in bent) > 1:
        bent = [fault for fault in bent if not isinstance(fault, faults.Oversize)]
    service: Any = getattr(shared.ca, name)
    chosen = bent + (answers if name == "ocsp" else [])
    with service.respond_with(*chosen), connect(service.url) as connection:
        connection.settimeout(10)
        connection.sendall(ordinary(shared, service))
        wire = service.wait_for_request().wire
        said = b"".join(getattr(step, "data", b"") for step in wire)
        if last_word(bent) == "reset" and len(said) > AT_ONCE:
            assert ends(connection, skip=True) == "reset"
            return
        assert exactly(connection, len(said)) == said
        if last_word(bent) == "silence":
            assert nothing_yet(connection, service)
            connection.shutdown(socket.SHUT_WR)
            if faults.Silence() in wire:
                assert nothing_yet(connection, service)
            else:
                assert ends(connection) == "close"
        else:
            assert ends(connection) == last_word(bent)
    assert send(service.url).status == 200
    service.wait_for_request()
    shared.check()
    engine = Engine._current
    assert engine is not None
    # One that has closed its side is found to be gone a little later.
    wait_until(lambda: not engine.connections)
    assert not asyncio.all_tasks(engine.loop)
