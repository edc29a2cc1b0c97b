"""One HTTP exchange with a service, octet by octet. Shares no code with the package."""

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from freezegun import freeze_time

from mockpki import PKI
from tests.kit.asking import cert_id, connect, question, raw_post

SERVICES = ("ocsp", "crl", "ca_issuers")


@contextlib.contextmanager
def standing(service: str) -> Iterator[tuple[PKI, Any]]:
    """A PKI whose clock stands and whose signatures repeat, so that an honest answer does; and a service."""
    with freeze_time(datetime(2031, 2, 3, 4, 5, 6, tzinfo=timezone.utc)), PKI(key_type="ed25519") as pki:
        yield pki, getattr(pki.ca, service)


_QUESTIONS: "WeakKeyDictionary[PKI, bytes]" = WeakKeyDictionary()


def ordinary(pki: PKI, service: Any) -> bytes:
    """An ordinary request to `service`, kept alive: a POST about a leaf, or a GET of the file."""
    if service is pki.ocsp:
        if pki not in _QUESTIONS:
            _QUESTIONS[pki] = question(cert_id(pki.issue_cert("localhost")))
        return raw_post(service.url, _QUESTIONS[pki])
    return f"GET {urlsplit(service.url).path} HTTP/1.1\r\nHost: test\r\n\r\n".encode()


@dataclass(frozen=True)
class Octets:
    """An HTTP answer, cut at its line ends and at its empty line."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @classmethod
    def of(cls, raw: bytes) -> "Octets":
        head, found, body = raw.partition(b"\r\n\r\n")
        assert found, raw
        start, *lines = head.decode("latin-1").split("\r\n")
        return cls(start, tuple((name, value) for name, _, value in (x.partition(": ") for x in lines)), body)


def everything(connection: socket.socket) -> bytes:
    """What comes up to the connection's end (FIN)."""
    octets = bytearray()
    while piece := connection.recv(1 << 16):
        octets += piece
    return bytes(octets)


def exactly(connection: socket.socket, size: int) -> bytes:
    """The next `size` octets, waited for."""
    octets = bytearray()
    while len(octets) < size:
        piece = connection.recv(size - len(octets))
        assert piece, f"the connection ended after {bytes(octets)!r}"
        octets += piece
    return bytes(octets)


def head_of(connection: socket.socket) -> bytes:
    """The octets up to the empty line, and not one more."""
    octets = b""
    while not octets.endswith(b"\r\n\r\n"):
        octets += exactly(connection, 1)
    return octets


def nothing_yet(connection: socket.socket, service: Any) -> bool:
    """Whether the connection is open and silent, once the service has done all that it can do now."""
    assert isinstance(service.requests, list)  # waits until the service has read what there is
    timeout = connection.gettimeout()
    connection.setblocking(False)
    try:
        octets = connection.recv(1)
    except BlockingIOError:
        return True
    finally:
        connection.settimeout(timeout)
    raise AssertionError(f"the service sent {octets!r}" if octets else "the service closed the connection")


def exchange(pki: PKI, service: Any) -> bytes:
    """All that is sent in answer to an ordinary request; the client then closes its side."""
    with connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        connection.shutdown(socket.SHUT_WR)
        return everything(connection)
