"""A PKI from its beginning to its end, whatever its clients are doing: nothing stays behind."""

import asyncio
import gc
import os
import pkgutil
import socket
import ssl
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mockpki import PKI, Leaf, TlsServer, faults
from mockpki._engine.loop import Engine
from tests.kit.asking import cert_id, question, send
from tests.kit.clients import handshake, status
from tests.kit.wire import Wire, get, held, post


@pytest.fixture
def nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The test leaves no thread, file, socket or folder behind."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = held()
    yield
    assert held() == before
    assert list(tmp_path.iterdir()) == []


def test_two_hundred_pkis(nothing_left: None) -> None:
    """Each with a certificate, its files, a request and now and then a TLS server; then nothing is left."""
    loops = weakref.WeakSet[asyncio.AbstractEventLoop]()
    pkis = weakref.WeakSet[PKI]()
    for number in range(200):
        with PKI(key_type="Ed25519" if number % 3 else "P-256") as pki:
            pkis.add(pki)
            loops.add(pki._realm.engine.loop)
            leaf = pki.issue_cert("localhost")
            assert all(map(os.path.exists, (leaf.chain_file, leaf.key_file, pki.ca_file, pki.ca.cert_file)))
            assert status(pki, leaf) == "good"
            if number % 10 == 0:
                with pki.tls_server(leaf) as server:
                    handshake(pki, server)
                assert server.connections[0].completed
            assert pki.dead_url
    assert all(loop.is_closed() and not asyncio.all_tasks(loop) for loop in loops)
    assert Engine._current is None
    del pki, leaf, server
    gc.collect()
    assert len(pkis) == 0


def test_forty_tls_servers(nothing_left: None) -> None:
    """Both TLS libraries give back what they took: no session outlives its connection."""
    from mockpki._tls.session import Session

    def list_sessions() -> dict[int, Session]:
        gc.collect()
        return {id(thing): thing for thing in gc.get_objects() if isinstance(thing, Session)}

    # A test before this one may have left a handler that does not return.
    before = list_sessions()
    with PKI() as pki:
        leaf = pki.issue_cert("localhost")
        context = ssl.create_default_context()
        pki.configure_trust(context)
        for staple in ([], [faults.Garbage()]) * 20:
            with pki.tls_server(leaf, staple=staple) as server:
                handshake(pki, server)
                with socket.create_connection((server.host, server.port), timeout=30):
                    pass
            assert [one.completed for one in server.connections] == [True, False]
        assert list_sessions().keys() <= before.keys()


# Closing on clients.


@pytest.mark.parametrize(
    "fault",
    [faults.Hang(), faults.Slow(by=timedelta(hours=1))],
    ids=repr,
)
def test_closing_on_waiting_clients(nothing_left: None, fault: faults.Transport) -> None:
    """A hundred clients that wait for an answer see the end of their connection when the PKI closes."""
    with ExitStack() as wires:
        with PKI() as pki:
            pki.ocsp.respond_with(fault)
            pki.crl.respond_with(fault)
            waiting = [wires.enter_context(Wire(pki.ocsp.url)) for _ in range(100)]
            waiting += [wires.enter_context(Wire(pki.crl.url)) for _ in range(100)]
            for wire in waiting[:100]:
                wire.send(post(question(cert_id(pki.ca))))
            for wire in waiting[100:]:
                wire.send(get())
            pki.ocsp.assert_asked(times=100)
            pki.crl.assert_asked(times=100)
        assert all(wire.ended() for wire in waiting)


def test_closing_in_the_middle_of_an_answer(nothing_left: None) -> None:
    """A client that has half of its answer sees the end of the connection, and so the cut."""

    class Halfway(faults.Transport):
        """Half of the answer, then silence."""

        def __call__(self, honest: faults.Wire) -> faults.Wire:
            [sent] = honest
            assert isinstance(sent, faults.Send)
            return (faults.Send(sent.data[: len(sent.data) // 2]), faults.Silence())

    with PKI() as pki:
        pki.ca.ca_issuers.respond_with(Halfway())
        wire = Wire(pki.ca.ca_issuers.url)
        wire.send(get())
        status, headers = wire.head()
        assert status == 200
    with wire, suppress(ConnectionResetError):
        assert len(wire.rest()) < int(headers["content-length"])


def test_closing_while_a_thread_waits_for_an_answer(nothing_left: None) -> None:
    """A client in another thread gets an error, and not silence, when the PKI closes."""
    with ThreadPoolExecutor(1) as threads:
        with PKI() as pki:
            pki.crl.respond_with(faults.Hang())
            client = threads.submit(send, pki.crl.url)
            pki.crl.wait_for_request()
        assert isinstance(client.exception(30), ConnectionError)


def test_a_tls_server_that_was_left_open(nothing_left: None) -> None:
    """The PKI closes it with itself: its clients too, whether or not they had shaken hands."""
    pki = PKI()
    leaf = pki.issue_cert("localhost")
    server = pki.tls_server(leaf).__enter__()
    handler = pki.tls_server(leaf, handler=lambda sock: sock.recv(1)).__enter__()
    context = ssl.create_default_context()
    pki.configure_trust(context)
    silent = socket.create_connection((server.host, server.port), timeout=30)
    with ExitStack() as stack:
        stack.enter_context(silent)
        clients = []
        for each in (server, handler):
            sock = socket.create_connection((each.host, each.port), timeout=30)
            clients.append(stack.enter_context(context.wrap_socket(sock, server_hostname="localhost")))
        assert [one.completed for one in server.connections] == [False, True]
        pki.close()
        for client in (silent, *clients):
            with suppress(ConnectionResetError, ssl.SSLEOFError):
                assert client.recv(1) == b""
    assert all(one.closed for one in server.connections)


# Several PKIs.


def test_two_at_once(nothing_left: None) -> None:
    """Neither knows the other's certificates, faults or evidence; one closes and the other goes on."""
    with PKI() as first:
        ours = first.issue_cert("localhost")
        with PKI() as second:
            theirs = second.issue_cert("localhost")
            assert second.ca.certificate.subject != first.ca.certificate.subject
            first.revoke(ours)
            second.ocsp.respond_with(faults.Refused())
            assert status(first, ours) == "revoked"
            second.ocsp.respond_with()
            assert status(second, theirs) == "good"
            assert [request.serials for request in second.ocsp.requests] == [(theirs.serial_number,)]
            with pytest.raises(ValueError, match="belongs to another PKI"):
                first.revoke(theirs)
        assert status(first, ours) == "revoked"
        first.ocsp.assert_asked(times=2)


def test_many_at_once_from_many_threads(nothing_left: None) -> None:
    """PKIs that come and go in eight threads do not get in each other's way."""

    def one(number: int) -> str:
        with PKI() as pki:
            leaf = pki.issue_cert("localhost")
            if number % 2:
                pki.revoke(leaf)
            return status(pki, leaf)

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(one, range(80))) == ["good", "revoked"] * 40


def test_one_pki_from_many_threads(pki: PKI) -> None:
    """Threads that issue, revoke and ask at the same time each get their own answer."""

    def one(number: int) -> str:
        leaf = pki.issue_cert("localhost")
        if number % 2:
            pki.revoke(leaf)
        return status(pki, leaf)

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(one, range(80))) == ["good", "revoked"] * 40
    assert len({serial for request in pki.ocsp.requests for serial in request.serials}) == 80


# The end.


def test_closing_twice(nothing_left: None) -> None:
    """The second time nothing happens, in the block or after it."""
    with PKI() as pki:
        pki.close()
        pki.close()
    pki.close()


VERBS: dict[str, Callable[[PKI, Leaf, TlsServer], Any]] = {
    "with": lambda pki, leaf, server: pki.__enter__(),
    "issue_cert": lambda pki, leaf, server: pki.issue_cert("localhost"),
    "ca.issue_cert": lambda pki, leaf, server: pki.ca.issue_cert("localhost"),
    "create_child_ca": lambda pki, leaf, server: pki.ca.create_child_ca(),
    "revoke": lambda pki, leaf, server: pki.revoke(leaf),
    "ca.revoke": lambda pki, leaf, server: pki.ca.revoke(leaf),
    "release": lambda pki, leaf, server: pki.release(leaf),
    "forget": lambda pki, leaf, server: pki.forget(leaf),
    "tls_server": lambda pki, leaf, server: pki.tls_server(leaf),
    "server.__enter__": lambda pki, leaf, server: server.__enter__(),
    "dead_url": lambda pki, leaf, server: pki.dead_url,
    "ca_file": lambda pki, leaf, server: pki.ca_file,
    "cert_file": lambda pki, leaf, server: leaf.cert_file,
    "chain_file": lambda pki, leaf, server: leaf.chain_file,
    "key_file": lambda pki, leaf, server: leaf.key_file,
    "ocsp.respond_with": lambda pki, leaf, server: pki.ocsp.respond_with(faults.Hang()),
    "ocsp.script": lambda pki, leaf, server: pki.ocsp.script([]),
    "crl.respond_with": lambda pki, leaf, server: pki.crl.respond_with(faults.Refused()),
    "crl.script": lambda pki, leaf, server: pki.crl.script([]),
}


@pytest.mark.parametrize("verb", VERBS)
def test_use_after_close(nothing_left: None, verb: str) -> None:
    """Each verb on a closed PKI is a ValueError that says so."""
    with PKI() as pki:
        leaf = pki.issue_cert("localhost")
        server = pki.tls_server(leaf)
    with pytest.raises(ValueError, match=r"closed|is gone: its PKI is closed"):
        VERBS[verb](pki, leaf, server)


def test_evidence_after_close(nothing_left: None) -> None:
    """What happened can be read and asserted after the end."""
    with PKI() as pki:
        leaf = pki.issue_cert("localhost")
        assert status(pki, leaf) == "good"
    pki.ocsp.assert_asked(leaf, times=1)
    pki.crl.assert_not_asked()
    assert "closed" in repr(pki)
    assert leaf.certificate.serial_number == leaf.serial_number
    with pytest.raises(ConnectionRefusedError):
        Wire(pki.ocsp.url)


def test_a_fault_outlives_its_pki(nothing_left: None) -> None:
    """A ``with respond_with`` block may end after the PKI it belongs to."""
    with ExitStack() as stack, PKI() as pki:
        stack.enter_context(pki.ocsp.respond_with(faults.Refused()))


def test_the_tests_own_error_is_not_masked(nothing_left: None) -> None:
    """What the block raised comes out; what failed in the background is said beside it."""

    def block() -> None:
        with PKI() as pki:
            pki.ocsp.script([faults.TryLater()])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        block()
    [note] = caught.value.__notes__
    assert "in the background" in note
    assert "was not used up: the client made 0 of 1 requests" in note


def test_several_failures_come_together(nothing_left: None) -> None:
    """Each of them is in the group that leaving the block raises."""
    pki = PKI()
    pki.ocsp.script([faults.TryLater()])
    pki.crl.script([faults.Reset()], [])
    with pytest.raises(ExceptionGroup, match="several things failed") as caught:
        pki.close()
    assert ["OCSP" in str(error) for error in caught.value.exceptions] == [True, False]


def test_a_request_that_is_still_under_way_counts(nothing_left: None) -> None:
    """A script is used up by a client that asked and did not wait, however early the PKI closes."""
    for _ in range(50):
        with PKI() as pki:
            pki.crl.script([faults.Hang()])
            with Wire(pki.crl.url) as wire:
                wire.send(get())


@pytest.mark.parametrize("depth", [-1, 1.5, "2"])
def test_a_pki_that_cannot_be_made(nothing_left: None, depth: Any) -> None:
    """A wrong option leaves nothing behind."""
    with pytest.raises((ValueError, TypeError)):
        PKI(depth=depth)


@pytest.mark.parametrize(
    "step", ["realm.ListeningPort", "ca.Signer.named", "ca.Ledger", "issuing.TBSCertificate"]
)
def test_an_error_in_the_middle_of_making(
    nothing_left: None, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Wherever the making of a PKI is interrupted, what was made by then is taken down again."""
    target = f"mockpki._ca.{step}"
    real = pkgutil.resolve_name(target)
    for calls_left in range(2):
        calls = iter(range(calls_left))

        def interrupted(*args: Any, calls: Iterator[int] = calls, **kwargs: Any) -> Any:
            if next(calls, None) is None:
                raise KeyboardInterrupt
            return real(*args, **kwargs)

        monkeypatch.setattr(target, interrupted)
        with pytest.raises(KeyboardInterrupt):
            PKI()


def test_other_threads_are_left_alone(nothing_left: None) -> None:
    """A PKI has one thread, whatever it serves."""
    before = threading.active_count()
    with PKI(depth=3) as pki, PKI(), pki.tls_server(pki.issue_cert("localhost")):
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
