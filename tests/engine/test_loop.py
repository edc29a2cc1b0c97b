"""The loop, how others call into it, and the test's own code on it."""

import contextlib
import os
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass

import pytest

from mockpki import PKI, Leaf, faults
from mockpki._engine.loop import Engine
from tests.engine.kit import is_good, question
from tests.kit.clients import handshake
from tests.kit.endings import wait_until
from tests.kit.wire import Wire, get, held, post

# Evidence is there when the client is done.


def test_requests_are_seen_at_once(pki: PKI) -> None:
    """A request that was sent before `requests` is read is in it, though nobody waited for the answer."""
    for number in range(1, 301):
        with Wire(pki.crl.url) as wire:
            wire.send(get())
        assert len(pki.crl.requests) == number


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_alerts_are_seen_at_once(pki: PKI, version: ssl.TLSVersion) -> None:
    """The alert of a client that has just given up is in `connections`: 300 times out of 300."""
    distrusting = ssl.create_default_context()
    distrusting.minimum_version = distrusting.maximum_version = version
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        for number in range(1, 301):
            with (
                socket.create_connection((server.host, server.port), timeout=30) as sock,
                pytest.raises(ssl.SSLCertVerificationError),
            ):
                distrusting.wrap_socket(sock, server_hostname="localhost")
            connections = server.connections
            assert len(connections) == number
            assert (connections[-1].alert, connections[-1].completed) == ("unknown_ca", False)


# The loop, and the test's own code on it.

SOON = 15
"""Seconds after which what takes two is over, on a machine that has other things to do."""
Place = Callable[[PKI, Callable[[], object]], Iterator[socket.socket]]


def in_a_fault(pki: PKI, stay: Callable[[], object]) -> Iterator[socket.socket]:
    """A fault; a client that waits for its answer."""
    pki.crl.respond_with(Calling(stay))
    with Wire(pki.crl.url) as wire:
        wire.send(get())
        yield wire.sock


def in_a_chooser(pki: PKI, stay: Callable[[], object]) -> Iterator[socket.socket]:
    """What ``respond_by`` was given."""
    pki.crl.respond_by(lambda incoming: [faults.Stale()] if stay() else [])
    with Wire(pki.crl.url) as wire:
        wire.send(get())
        yield wire.sock


def in_a_function_that_issues(pki: PKI, stay: Callable[[], object]) -> Iterator[socket.socket]:
    """A function that issues leaves, which a TLS server waits for."""

    def issue(name: str | None) -> Leaf:
        stay()
        return pki.issue_cert("localhost")

    server = pki.tls_server(issue).__enter__()
    made = ssl.create_default_context()
    sock = socket.create_connection((server.host, server.port), timeout=30)
    with made.wrap_socket(sock, server_hostname="localhost", do_handshake_on_connect=False) as client:
        client.settimeout(0)
        with pytest.raises(ssl.SSLWantReadError):
            client.do_handshake()
        client.settimeout(30)
        yield client


@pytest.mark.parametrize("servers", [0, 3])
@pytest.mark.parametrize("place", [in_a_fault, in_a_chooser, in_a_function_that_issues])
def test_what_does_not_return(place: Place, servers: int) -> None:
    """The end of the PKI waits for it once, however much there is to close, and says where it is.

    Clients see the end of their connections, the test is told once, and the next PKI is not held up.
    """
    release, begun = threading.Event(), threading.Event()

    def stay() -> None:
        begun.set()
        release.wait(600)

    before = held()
    pki = PKI()
    for _ in range(servers):
        pki.tls_server(pki.issue_cert("localhost")).__enter__()
    for client in place(pki, stay):
        assert begun.wait(30)
        began = time.monotonic()
        with pytest.raises(TimeoutError, match=r"does not return: it is at .*test_loop\.py:\d+, in stay"):
            pki.close()
        assert time.monotonic() - began < SOON
        with contextlib.suppress(ConnectionResetError, ssl.SSLError):
            assert client.recv(1) == b""
        pki.close()
        pki.check()
        with PKI() as other, Wire(other.crl.url) as wire:
            wire.send(get())
            assert wire.answer().status == 200
    release.set()
    # It ends in order all the same, if it ends.
    wait_until(lambda: held() == before)


def test_who_waits_for_something_on_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may come as late as it likes; but where the loop does not come back, nobody waits for it."""
    monkeypatch.setattr(Engine.wait_for, "__defaults__", (0.5, None))
    release = threading.Event()
    pki = PKI()
    engine = pki._realm.engine
    late: Future[str] = Future()
    engine.post(engine.loop.call_later, 1, late.set_result, "late")
    assert engine.wait_for(late) == "late"
    engine.post(lambda: release.wait(600))
    with pytest.raises(TimeoutError, match="a function of the test's own does not return: it is at "):
        engine.wait_for(Future[str]())
    release.set()
    with pytest.raises(TimeoutError, match="does not return"):
        pki.close()


def test_what_returns_late_is_waited_for() -> None:
    """A fault that takes its time is no error, and its answer is in the evidence."""
    with PKI() as pki:
        pki.crl.respond_with(Calling(lambda: time.sleep(0.5)))
        with Wire(pki.crl.url) as wire:
            wire.send(get())
    pki.crl.assert_asked(times=1)


def test_handlers_that_do_not_return() -> None:
    """Those of several servers have the same two seconds, and each is told of with its place."""
    release, begun = threading.Event(), threading.Semaphore(0)

    def stay(sock: socket.socket) -> None:
        begun.release()
        release.wait(600)

    pki = PKI()
    for _ in range(10):
        server = pki.tls_server(pki.issue_cert("localhost"), handler=stay).__enter__()
        handshake(pki, server)
        assert begun.acquire(timeout=30)
    began = time.monotonic()
    with pytest.raises(ExceptionGroup, match="several things failed") as caught:
        pki.close()
    release.set()
    assert time.monotonic() - began < SOON
    assert [str(error).rpartition(", ")[2] for error in caught.value.exceptions] == ["in stay"] * 10


@dataclass(frozen=True)
class Calling(faults.HTTP):
    """Calls a function of the test on the service's thread."""

    function: Callable[[], object]

    def __call__(self, honest: faults.Answer) -> faults.Answer:
        self.function()
        return honest


def test_a_fault_that_uses_the_pki(pki: PKI) -> None:
    """On the service's own thread a fault may do what a test may: nothing waits for itself."""

    def busy() -> None:
        pki.crl.respond_with()
        with pki.ocsp.respond_with(faults.Refused()):
            assert pki.crl.requests == []
        pki.check()
        pki.revoke(pki.issue_cert("localhost"))
        with pki.tls_server(pki.issue_cert("localhost")) as server:
            assert server.connections == []

    pki.crl.respond_with(Calling(busy))
    with Wire(pki.crl.url) as wire:
        wire.send(get())
        assert wire.answer().status == 200
    with Wire(pki.ocsp.url) as wire:
        wire.send(post(question(pki)))
        assert is_good(wire.answer().body)


def test_a_fault_that_refuses_its_own_service(pki: PKI) -> None:
    """It takes its own connection away, and the service comes back as any other."""
    pki.crl.respond_with(Calling(lambda: pki.crl.respond_with(faults.Refused())))
    with Wire(pki.crl.url) as wire:
        wire.send(get() + get())
        assert wire.ended()
    with pytest.raises(ConnectionRefusedError):
        Wire(pki.crl.url)
    pki.crl.respond_with()
    with Wire(pki.crl.url) as wire:
        wire.send(get())
        assert wire.answer().status == 200


def test_a_fault_cannot_open_a_pki(pki: PKI) -> None:
    """Its end would wait for itself; it is told so, and nothing of it is left. A handler can."""
    before = threading.active_count()
    pki.crl.respond_with(Calling(PKI))
    with Wire(pki.crl.url) as wire:
        wire.send(get())
        assert wire.answer().status == 500
    with pytest.raises(RuntimeError, match="a PKI cannot be opened inside a fault"):
        pki.check()
    assert threading.active_count() == before
    opened = []

    def handler(sock: socket.socket) -> None:
        with PKI() as other:
            opened.append(other.ca.common_name)

    with pki.tls_server(pki.issue_cert("localhost"), handler=handler) as server:
        handshake(pki, server)
    assert len(opened) == 1


def test_a_fault_cannot_close_its_pki() -> None:
    """It would wait for itself; it is told so, and so is the test."""
    pki = PKI()
    pki.crl.respond_with(Calling(pki.close))
    with Wire(pki.crl.url) as wire:
        wire.send(get())
        assert wire.answer().status == 500
    with pytest.raises(RuntimeError, match="cannot be closed by one of its own services"):
        pki.close()
    with pytest.raises(ConnectionRefusedError):
        Wire(pki.crl.url)


@pytest.mark.parametrize(
    "error", [SystemExit("mine"), KeyboardInterrupt("mine"), pytest.fail.Exception("mine")]
)
def test_no_error_ends_the_loop(error: BaseException) -> None:
    """Whatever is raised in a fault reaches the test, and the services go on."""

    def fail() -> None:
        raise error

    pki = PKI()
    pki.crl.script([Calling(fail)], [])
    for status in (500, 200):
        with Wire(pki.crl.url) as wire:
            wire.send(get())
            assert wire.answer().status == status
    with pytest.raises(type(error), match="mine") as caught:
        pki.close()
    assert "CRL publisher" in caught.value.__notes__[0]


def test_the_loop_survives_its_callbacks() -> None:
    """Also what nobody catches on the loop's thread does not end it."""
    with PKI() as pki:
        pki._realm.engine.loop.call_soon_threadsafe(sys.exit, "mine")
        assert pki._realm.engine.call(lambda: "alive") == "alive"


def test_a_closed_engine_says_so() -> None:
    """A call that comes too late, even while the engine stops, is an error and never waits."""
    for _ in range(100):
        engine = Engine.acquire()
        outcomes: list[object] = []

        def call(engine: Engine = engine, outcomes: list[object] = outcomes) -> None:
            while True:
                engine.settle()
                try:
                    engine.call(len, ())
                except ValueError as error:
                    outcomes.append(str(error))
                    return

        threads = [threading.Thread(target=call) for _ in range(3)]
        for thread in threads:
            thread.start()
        engine.release()
        for thread in threads:
            thread.join(30)
        assert [str(outcome)[:18] for outcome in outcomes] == ["this PKI is closed"] * 3


def test_no_thread_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system gives no thread, PKI() raises what the system said and leaves nothing behind."""

    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    before = held()
    with monkeypatch.context() as context:
        context.setattr(threading.Thread, "start", start)
        with pytest.raises(RuntimeError, match="can't start new thread"):
            PKI()
    assert held() == before
    PKI().close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_fork_does_not_hold_the_parents_ports(pki: PKI) -> None:
    """A child that lives on neither keeps a connection of its parent's open, nor a port."""
    waiting, release = os.pipe()
    begun, begin = os.pipe()
    with Wire(pki.crl.url) as wire:
        wire.send(get())
        wire.answer()
        child = os.fork()
        if not child:
            os.close(release)
            os.write(begin, b".")
            os.read(waiting, 1)
            os._exit(0)
        try:
            # What the child lets go of, it has let go of once fork() has returned in it.
            assert os.read(begun, 1) == b"."
            with pki.crl.respond_with(faults.Refused()):
                assert wire.ended()
                with pytest.raises(ConnectionRefusedError):
                    Wire(pki.crl.url)
        finally:
            for end in (release, waiting, begun, begin):
                os.close(end)
            assert os.waitpid(child, 0)[1] == 0
