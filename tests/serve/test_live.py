"""What happens is told as it does, each request and each handshake once."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mockpki import faults
from mockpki._serve.bodies import IssueCert, MakePki, TlsServer
from mockpki._serve.hosted import Hosted
from mockpki._serve.limits import Limits
from mockpki._serve.live import Live
from mockpki._serve.pkis import make
from mockpki._serve.topology import Topology
from tests.kit.asking import send


class Told:
    """The lines that came."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._more = threading.Condition()

    def __call__(self, line: str) -> None:
        with self._more:
            self.lines.append(line)
            self._more.notify_all()

    def wait_for(self, count: int) -> list[str]:
        """All, when there are so many."""
        with self._more:
            assert self._more.wait_for(lambda: len(self.lines) >= count, 30), self.lines
            return list(self.lines)


@contextmanager
def telling(*, as_json: bool) -> Iterator[tuple[Hosted, Told]]:
    """A PKI with a TLS server, of which all is told."""
    topology, told = Topology(Limits()), Told()
    body = MakePki(
        certificates=[IssueCert(name="leaf", identities=["localhost"])],
        tls_servers=[TlsServer(name="tls", certificates=["leaf"])],
    )
    hosted = make(topology, body)
    live = Live(hosted, told, as_json=as_json)
    live.start()
    try:
        yield hosted, told
    finally:
        live.stop()
        topology.close_all()


def handshake(hosted: Hosted, name: str) -> None:
    """A client that trusts the root comes, says nothing, and goes."""
    context = ssl.create_default_context(cafile=hosted.pki.ca_file)
    context.check_hostname = False
    server = hosted.servers.find("tls")
    with socket.create_connection((server.host, server.port)) as sock:
        context.wrap_socket(sock, server_hostname=name).close()


def test_lines_for_people() -> None:
    """Each line has the time, who was asked, and what came of it; a CA that comes later is heard, too."""
    with telling(as_json=False) as (hosted, told):
        pki = hosted.pki
        with pki.crl.respond_with(faults.HttpStatus(503)):
            send(pki.crl.url)
        assert told.wait_for(1)[0].endswith("Z CRL: GET /ca.crl -> HTTP 503 with HttpStatus()")
        handshake(hosted, "localhost")
        line = told.wait_for(2)[1]
        assert "Z TLSv1.3 for localhost: no staple asked for, none sent; completed" in line
        other = pki.root.create_child_ca()
        send(other.ca_issuers.url)
        assert "Z caIssuers: GET " in told.wait_for(3)[2]
        send(pki.ocsp.url, "POST", b"\x30\x03abc")
        assert "Z OCSP: POST malformed request: " in told.wait_for(4)[3]
    assert len(told.lines) == 4


def test_objects_for_programs() -> None:
    """The same as the API's own documents, one a line."""
    with telling(as_json=True) as (hosted, told):
        send(hosted.pki.crl.url)
        told.wait_for(1)
        handshake(hosted, "localhost")
        request, shake = map(json.loads, told.wait_for(2))
        assert (request["event"], request["service"], request["request"]["number"]) == ("request", "crl", 1)
        assert request["pki"] == hosted.id
        assert shake["event"] == "handshake"
        assert shake["handshake"]["completed"] is True


def test_a_handshake_under_way_is_told() -> None:
    """Whoever connects and says nothing is told of before it leaves, and once."""
    with telling(as_json=False) as (hosted, told):
        server = hosted.servers.find("tls")
        with socket.create_connection((server.host, server.port)):
            assert "still under way" in told.wait_for(1)[0]
        handshake(hosted, "localhost")
        assert "completed" in told.wait_for(2)[1]
    assert len(told.lines) == 2


def test_it_ends_with_the_pki() -> None:
    """A PKI that is closed ends it, and so does whoever stops it twice."""
    topology = Topology(Limits())
    hosted = make(topology, MakePki())
    live = Live(hosted, lambda line: pytest.fail(line), as_json=False)
    live.start()
    topology.close_all()
    live.stop()
    live.stop()
