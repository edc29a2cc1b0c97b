"""One port for the services of all PKIs, or a port each: what they take, and what they can do."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockpki._serve.bodies import MakePki
from mockpki._serve.process import Process
from mockpki._serve.settings import Settings
from tests.kit.asking import send
from tests.kit.serving import Served

SOME = 8


@contextlib.contextmanager
def served_on(services_port: int | None) -> Iterator[Served]:
    """All of a server but its end."""
    process = Process(Settings(services_port=services_port), None)
    process.open()
    try:
        process.start(lambda topology: {})
        yield Served(process.url.rstrip("/"), process.topology)
    finally:
        process.close()


def count_sockets() -> int:
    """Those of this process."""
    links = []
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            links.append(os.readlink(f"/proc/self/fd/{number}"))
    return sum(link.startswith("socket:") for link in links)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system does not list descriptors there")
def test_what_pkis_take() -> None:
    """With one port nothing; with a port each, two sockets a service: one holds it, one listens."""
    for services_port, each in ((0, 0), (None, 12)):
        with served_on(services_port) as served:
            served.topology.make(MakePki())
            before = count_sockets()
            for _ in range(SOME):
                served.topology.make(MakePki())
            assert count_sockets() - before == SOME * each


def test_faults_of_a_port() -> None:
    """They are refused before anything is set where it is everybody's, and are had where it is one's own."""
    for services_port in (0, None):
        with served_on(services_port) as served:
            pki, other = served.make_pki(), served.make_pki()
            url = served.ask("GET", pki)["cas"][1]["crl_url"]
            for fault in ("Refused", "SlowAccept by=10ms"):
                body = {"faults": [fault]}
                if services_port is None:
                    served.ask("PUT", f"{pki}/crl/faults", body)
                else:
                    why = served.refuse("PUT", f"{pki}/crl/faults", body)["detail"]
                    assert "port" in why
                    assert served.ask("GET", f"{pki}/crl")["faults"] == []
                    assert send(url).status == 200
            if services_port is None:
                served.ask("PUT", f"{pki}/crl/faults", {"faults": ["Refused"]})
                with pytest.raises(ConnectionRefusedError):
                    send(url)
            else:
                served.ask("PUT", f"{pki}/crl/faults", {"faults": ["HttpStatus 503"]})
                assert send(url).status == 503
            assert send(served.ask("GET", other)["cas"][1]["crl_url"]).status == 200
