"""A client that closes its side and waits: it is still there, and what is under way goes out to it."""

import socket
import struct
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mockpki import PKI, faults
from mockpki._engine.loop import Engine
from tests.kit.asking import connect
from tests.kit.endings import HOUR, ends, wait_until
from tests.kit.exchanges import everything, exactly, nothing_yet, ordinary, standing
from tests.kit.wire import get, held

SERVICES = ("ocsp", "crl", "ca_issuers")
SOON = timedelta(milliseconds=60)

COMES_WHOLE: dict[str, list[Any]] = {
    "honest": [],
    "slow": [faults.Slow(SOON)],
    "slow, twice": [faults.Slow(SOON), faults.Slow(SOON)],
    "slow body": [faults.SlowBody(SOON)],
    "drip": [faults.Drip(5_000)],
    "slow drip": [faults.Slow(SOON), faults.Drip(5_000)],
    "chunked and slow": [faults.Chunked(50), faults.SlowBody(SOON)],
    "a status and slow": [faults.HttpStatus(503), faults.Slow(SOON)],
    "slow to accept": [faults.SlowAccept(SOON)],
    "HTTP/1.0": [faults.Http10(), faults.Slow(SOON)],
    "no length": [faults.ContentLength(None), faults.SlowBody(SOON)],
    "not HTTP, late": [faults.NotHttp(), faults.Slow(SOON)],
    "half, late": [faults.Half("close"), faults.SlowBody(SOON)],
}


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("case", COMES_WHOLE)
def test_it_gets_what_any_other_gets(name: str, case: str) -> None:
    """Octet for octet what a client gets that closes nothing; then the end, in order."""
    with standing(name) as (pki, service), service.respond_with(*COMES_WHOLE[case]):
        received = []
        for closes in (False, True):
            with connect(service.url) as connection:
                connection.sendall(ordinary(pki, service))
                if closes:
                    connection.shutdown(socket.SHUT_WR)
                    received.append(everything(connection))
                else:
                    said = service.wait_for_request().wire
                    size = sum(len(getattr(step, "data", b"")) for step in said)
                    received.append(exactly(connection, size))
        assert received[0] == received[1] != b""


# Elsewhere the system says so only after a minute or more.
needs_table = pytest.mark.skipif(
    not Path("/proc/net/tcp").exists(), reason="only Linux has a table of sockets"
)

SAYS_NOTHING_MORE: dict[str, list[Any]] = {
    "hang": [faults.Hang()],
    "half, then silence": [faults.Half()],
    "slow by an hour": [faults.Slow(HOUR)],
    "body later by an hour": [faults.SlowBody(HOUR)],
    "a drop in a quarter of an hour": [faults.Drip(0.001)],
}


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("case", SAYS_NOTHING_MORE)
@pytest.mark.parametrize("leaves", [pytest.param("in order", marks=needs_table), "by a reset"])
def test_silence_stays_silence_until_it_is_gone(pki: PKI, name: str, case: str, leaves: str) -> None:
    """A fault is the same for such a client; and when it has left altogether, that is found."""
    service: Any = getattr(pki.ca, name)
    engine = Engine._current
    assert engine is not None
    with service.respond_with(*SAYS_NOTHING_MORE[case]):
        connection = connect(service.url)
        connection.sendall(ordinary(pki, service))
        connection.shutdown(socket.SHUT_WR)
        said = service.wait_for_request().wire
        first = said[0]
        if isinstance(first, faults.Send):
            assert exactly(connection, len(first.data)) == first.data
        elif isinstance(first, faults.Trickle):
            assert exactly(connection, first.size) == b"H"
        assert nothing_yet(connection, service)
        assert engine.call(lambda: len(engine.connections)) == 1
        if leaves == "by a reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        wait_until(lambda: not engine.connections)


def test_a_pipeline_before_the_end_is_answered(pki: PKI) -> None:
    """Every request that came is answered, in order, before the end; half a request is none."""
    pki.crl.script([faults.Slow(SOON)], [faults.HttpStatus(503)], [faults.SlowBody(SOON)])
    with connect(pki.crl.url) as connection:
        connection.sendall(get() * 3 + get()[:-1])
        connection.shutdown(socket.SHUT_WR)
        answers = everything(connection)
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert answers.count(b"HTTP/1.1 503 ") == 1
    pki.crl.assert_asked(times=3)


@pytest.mark.parametrize("sent", [b"", get()[:20]], ids=["nothing", "half a request"])
def test_who_has_asked_nothing_is_let_go(pki: PKI, sent: bytes) -> None:
    """Where nothing is under way the end of the one side is the end of both."""
    with connect(pki.crl.url) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert ends(connection) == "close"
    pki.crl.assert_not_asked()


def test_a_large_answer_comes_whole(pki: PKI) -> None:
    """More than the system takes at once goes on to a client that reads it in its own time."""
    with pki.crl.respond_with(faults.Oversize(20_000_000)), connect(pki.crl.url) as connection:
        connection.sendall(get())
        connection.shutdown(socket.SHUT_WR)
        pki.crl.wait_for_request()
        assert len(everything(connection).partition(b"\r\n\r\n")[2]) == 20_000_000


@pytest.mark.parametrize("case", SAYS_NOTHING_MORE)
def test_closing_waits_for_none_of_them(case: str) -> None:
    """A PKI closes on clients that have closed their side, and holds nothing of them."""
    before = held()
    with PKI() as pki:
        pki.crl.respond_with(*SAYS_NOTHING_MORE[case])
        connections = [connect(pki.crl.url) for _ in range(20)]
        for connection in connections:
            connection.sendall(get())
            connection.shutdown(socket.SHUT_WR)
        for _ in connections:
            pki.crl.wait_for_request()
    for connection in connections:
        connection.close()
    assert held() == before


@needs_table
def test_many_that_hang_and_leave(pki: PKI) -> None:
    """Clients that run out of patience leave no connection behind, however many there are."""
    engine = Engine._current
    assert engine is not None
    with pki.crl.respond_with(faults.Hang()):
        for _ in range(500):
            with connect(pki.crl.url) as connection:
                connection.sendall(get())
                pki.crl.wait_for_request()
        wait_until(lambda: not engine.connections)


def test_who_closes_while_it_is_still_kept_waiting(pki: PKI) -> None:
    """A connection that is not read yet, and one whose request has arrived when the port is closed."""
    with pki.crl.respond_with(faults.SlowAccept(SOON)), connect(pki.crl.url) as connection:
        connection.sendall(get())
        connection.shutdown(socket.SHUT_WR)
        assert everything(connection).startswith(b"HTTP/1.1 200")
    with connect(pki.crl.url) as connection:
        connection.sendall(get())
        connection.shutdown(socket.SHUT_WR)
        pki.crl.respond_with(faults.Refused())
    pki.crl.respond_with()
    pki.crl.assert_asked(times=2)
