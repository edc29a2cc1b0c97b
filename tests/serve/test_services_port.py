"""One port for the services of all PKIs, or a port each: what they take, and what they can do."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

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
    for services_port, each in ((0, 0), (None, 14)):
        with served_on(services_port) as served:
            served.topology.make(MakePki(logged=True))
            before = count_sockets()
            for _ in range(SOME):
                served.topology.make(MakePki(logged=True))
            assert count_sockets() - before == SOME * each


def test_faults_of_a_port() -> None:
    """They are refused before anything is set where it is everybody's, and are had where it is one's own."""
    for services_port in (0, None):
        with served_on(services_port) as served:
            pki, other = served.make_pki(logged=True), served.make_pki(logged=True)
            for service, others in zip(list_urls(served, pki), list_urls(served, other), strict=True):
                _check_faults_of_a_port(served, f"{pki}/{service[0]}", service[1], services_port is not None)
                assert send(others[1]).status == 200


def list_urls(served: Served, pki: str) -> list[tuple[str, str]]:
    """Services that answer a GET of one path, with the URL of that."""
    shown = served.ask("GET", pki)
    return [
        ("crl", shown["cas"][1]["crl_url"]),
        ("ca_issuers", shown["cas"][1]["ca_issuers_url"]),
        ("crlite", f"{shown['crlite_url']}manifest.json"),
    ]


def _check_faults_of_a_port(served: Served, path: str, url: str, shared: bool) -> None:
    for fault in ("Refused", "SlowAccept by=10ms"):
        body = {"faults": [fault]}
        if shared:
            why = served.refuse("PUT", f"{path}/faults", body)["detail"]
            assert "has no port of its own" in why
            assert "--services-port" in why
            assert served.ask("GET", path)["faults"] == []
            assert send(url).status == 200
        else:
            served.ask("PUT", f"{path}/faults", body)
    if shared:
        served.ask("PUT", f"{path}/faults", {"faults": ["HttpStatus 503"]})
        assert send(url).status == 503
    else:
        served.ask("PUT", f"{path}/faults", {"faults": ["Refused"]})
        with pytest.raises(ConnectionRefusedError):
            send(url)


def test_filters_are_reached_by_the_advertised_name() -> None:
    """One base URL, as a container's port is mapped, leads to them: lists and files, and all is recorded."""
    with served_on(0) as served:
        port = urlsplit(served.ask("GET", served.make_pki())["cas"][0]["crl_url"]).port
        base = f"http://localhost:{port}"
        pki = served.make_pki(logged=True, advertise=base)
        shown = served.ask("GET", pki)
        tag = shown["id"]
        assert shown["crlite_url"].startswith(f"{base}/{tag}-")
        file = served.ask("POST", f"{pki}/crlite/publish")["filters"][0]
        assert file["url"] == shown["crlite_url"] + file["name"]
        assert len(send(file["url"]).body) == file["size"]
        served.ask("POST", f"{pki}/crlite/assert_asked", {"file": file["name"], "times": 1})
        (asked,) = served.ask("GET", f"{pki}/crlite/requests")["requests"]
        assert asked["path"] == urlsplit(file["url"]).path
        served.ask("POST", f"{pki}/crlite/reset")
        served.ask("POST", f"{pki}/crlite/assert_asked", {"times": 0})
