"""The loop, how others call into it, and the test's own code on it."""

import os
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from mockpki import PKI, faults
from mockpki._engine.loop import Engine
from tests.engine.kit import is_good, question
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
