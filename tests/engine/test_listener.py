"""Ports that take connections, refuse them and take them again."""

import socket
import ssl
import sys
from urllib.parse import urlsplit

import pytest

from mockpki import PKI, faults
from tests.engine.kit import is_good, question
from tests.kit.programs import run
from tests.kit.wire import Wire, get, post


def test_more_clients_at_once_than_a_turn_takes(pki: PKI) -> None:
    """400 clients that connect before anyone is served are all served."""
    wires = [Wire(pki.crl.url) for _ in range(400)]
    for wire in wires:
        wire.send(get())
    assert {wire.answer().status for wire in wires} == {200}
    for wire in wires:
        wire.__exit__(None, None, None)


def test_refused_and_back_a_hundred_times(pki: PKI) -> None:
    """The port stays the same through every outage: refused during it, served after it."""
    url = pki.ocsp.url
    asked = post(question(pki))
    for _ in range(100):
        with pki.ocsp.respond_with(faults.Refused()), pytest.raises(ConnectionRefusedError):
            Wire(url)
        with Wire(url) as wire:
            wire.send(asked)
            assert is_good(wire.answer().body)
    assert pki.ocsp.url == url
    pki.ocsp.assert_asked(times=100)


def test_an_outage_keeps_the_port(pki: PKI) -> None:
    """While a service refuses, nobody else can have its port."""
    port = urlsplit(pki.ocsp.url).port
    with (
        pki.ocsp.respond_with(faults.Refused()),
        socket.socket() as other,
        pytest.raises(OSError, match="in use"),
    ):
        other.bind(("127.0.0.1", port))


_NO_MORE_FILES = """
import os, resource, socket, time
from urllib.parse import urlsplit
from urllib.request import urlopen
from mockpki import PKI
PKI().close()
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
files = lambda: len(os.listdir("/dev/fd"))
used = files() - 1
outcomes = []
for spare in range(60):
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + spare, hard))
    try:
        PKI().close()
        outcomes.append("made")
    except OSError as error:
        outcomes.append(" ".join(getattr(error, "__notes__", ["no note"])))
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    assert files() - 1 == used, spare
print(len(set(outcomes)), outcomes[0], outcomes[-1], sep="|")

pki = PKI()
resource.setrlimit(resource.RLIMIT_NOFILE, (files(), hard))
client = socket.create_connection(("127.0.0.1", urlsplit(pki.crl.url).port))
try:
    pki.check()
except OSError as error:
    print(*error.__notes__, sep="|")
client.close()


def serves():
    try:
        with urlopen(pki.crl.url, timeout=30) as answer:
            return answer.status == 200
    except OSError:
        return False


# It is told once, however long it lasts; and served again, once there is room.
for outage in range(3):
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    until = time.monotonic() + 60
    while not serves() and time.monotonic() < until:
        time.sleep(0.01)
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files(), hard))
        clients = []
        for url in (pki.crl.url, server.url):
            resource.setrlimit(resource.RLIMIT_NOFILE, (files(), hard))
            client = socket.create_connection(("127.0.0.1", urlsplit(url).port))
            clients.append(client)
            try:
                client.settimeout(30)
                assert client.recv(1) == b""
            except ConnectionResetError:
                pass
        time.sleep(0.3)
        try:
            pki.check()
        except BaseExceptionGroup as group:
            print(len(group.exceptions), serves(), pki.crl.wait_for_request().answer.status)
        for client in clients:
            client.close()
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
pki.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no RLIMIT_NOFILE")
def test_no_more_files() -> None:
    """Where the system gives no more sockets, the error says what to do, and nothing is left behind."""
    done = run(sys.executable, "-W", "error", "-c", _NO_MORE_FILES, timeout=60)
    assert done.stderr == ""
    starting, serving, *outages = done.stdout.splitlines()
    kinds, first, last = starting.split("|")
    assert (kinds, last) == ("2", "made")
    assert "raise `ulimit -n`" in first
    advice, where = serving.split("|")
    assert "raise `ulimit -n`" in advice
    assert "could not take a connection, and refuses them until it can" in where
    assert outages == ["2 False 200"] * 3


def test_evidence_of_a_server_that_has_just_closed(pki: PKI) -> None:
    """What clients had sent when a TLS server's block ends is read before it closes."""
    trusting = ssl.create_default_context()
    pki.configure_trust(trusting)
    for _ in range(50):
        with (
            pki.tls_server(pki.issue_cert("localhost")) as server,
            socket.create_connection((server.host, server.port), timeout=30) as sock,
        ):
            trusting.wrap_socket(sock, server_hostname="localhost").close()
        assert [(one.completed, one.closed) for one in server.connections] == [(True, True)]
