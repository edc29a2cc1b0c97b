"""`PKI.environ`: programs of others refuse the PKI's server without its variables, and trust it with them.

Each by what it does of its own accord, without an option about trust: what is tried is the variable alone.
"""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockpki import PKI, TlsServer
from mockpki._pkix.pkcs12 import WRITES_TRUSTSTORES
from tests.clients.test_java import QUICK_START
from tests.kit.programs import need, run

GO = """package main

import (
    "fmt"
    "net/http"
    "os"
)

func main() {
    answer, err := http.Get(os.Args[1])
    if err != nil {
        fmt.Println(err)
        os.Exit(1)
    }
    fmt.Println(answer.Status)
}
"""
PYTHON = "import sys, {0}; {1}(sys.argv[1]); print('fetched')"
CLIENTS: dict[str, tuple[str, ...]] = {
    "curl": ("curl", "--silent", "--show-error", "--output", os.devnull, "{url}"),
    "openssl": ("openssl", "s_client", "-quiet", "-verify_return_error", "-connect", "{host}:{port}"),
    "git": ("git", "ls-remote", "{url}"),
    "node": ("node", "-e", "fetch(process.argv[1]).then(r => r.text())", "{url}"),
    "java": ("java", *QUICK_START, str(Path(__file__).with_name("Fetch.java")), "{url}"),
    "urllib": (sys.executable, "-c", PYTHON.format("urllib.request", "urllib.request.urlopen"), "{url}"),
    "requests": (sys.executable, "-c", PYTHON.format("requests", "requests.get"), "{url}"),
    "perl": ("perl", "-MLWP::UserAgent", "-e", "exit !LWP::UserAgent->new->get(shift)->is_success", "{url}"),
    "go": ("go", "run", "{program}", "{url}"),
}
OFTEN_MISSING = {"go": ("go", "version"), "perl": ("perl", "-MLWP::Protocol::https", "-e", "1")}
"""What CI does not install, and how one sees whether it is there."""


ASKED: list[bytes] = []
"""What came over the connections: some programs look at the certificate only after the handshake."""


def answer(connection: socket.socket) -> None:
    """One HTTP exchange."""
    if asked := connection.recv(1 << 16):
        ASKED.append(asked)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[PKI, TlsServer]]:
    """One PKI and one server for all programs."""
    with PKI() as pki:
        leaf = pki.issue_cert("localhost", "127.0.0.1")
        with pki.tls_server(leaf, handler=answer, alpn=["http/1.1"]) as server:
            yield pki, server


def fetch(name: str, server: TlsServer, variables: dict[str, str], folder: Path) -> bool:
    """Whether the program came so far as to ask for something."""
    program, *arguments = CLIENTS[name]
    (folder / "main.go").write_text(GO)
    where = {"url": server.url, "host": server.host, "port": server.port, "program": folder / "main.go"}
    before, asked = len(server.connections), len(ASKED)
    run(
        need(program), *(word.format(**where) if "{" in word else word for word in arguments),
        timeout=60, input=b"GET / HTTP/1.0\r\n\r\n",
        env={"NO_PROXY": "*", "no_proxy": "*", "GIT_TERMINAL_PROMPT": "0", **variables},
    )  # fmt: skip
    assert len(server.connections) > before
    return len(ASKED) > asked


@pytest.mark.parametrize("name", CLIENTS)
def test_a_program_trusts_the_root_by_its_variable(
    name: str, world: tuple[PKI, TlsServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the variables it asks the server nothing, with them it does."""
    if name in OFTEN_MISSING and not _is_there(OFTEN_MISSING[name]):
        pytest.skip(f"{' '.join(OFTEN_MISSING[name])} does not work on this machine")
    if name == "requests" and importlib.util.find_spec("requests") is None:
        pytest.skip("requests is not installed")
    if name == "java" and not WRITES_TRUSTSTORES:
        pytest.skip("the installed cryptography writes no trust store for Java")
    pki, server = world
    for variable in pki.environ():
        monkeypatch.delenv(variable, raising=False)
    assert not fetch(name, server, {}, tmp_path)
    assert fetch(name, server, pki.environ(), tmp_path)


def _is_there(command: tuple[str, ...]) -> bool:
    return bool(shutil.which(command[0])) and subprocess.run(command, capture_output=True).returncode == 0
