"""`mockpki serve` as a process: how it says that it is ready, what ends it, and what is then left."""

import contextlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from mockpki._programs.ports import is_listening
from mockpki._serve.settings import TOKEN
from mockpki.cli import main
from tests.kit.asking import send
from tests.kit.serve_process import PATIENCE, Server, environment, started

pytestmark = pytest.mark.skipif(os.name != "posix", reason="this system has no signals to send")

SCRIPT = {"answers": [["HttpStatus 503"]]}
UNUSED = "1 of its 1 scripted answers"


def test_ready(tmp_path: Path) -> None:
    """One line on stdout, and nothing else; the same in a file of its owner's, as long as it runs."""
    file = tmp_path / "ready.json"
    with started("--ready-file", str(file), env={"MOCKPKI_SERVE_SERVICES_PORT": "0"}) as server:
        assert list(server.ready) == ["mockpki", "api", "url", "token", "pid", "services_port", "pkis"]
        assert server.ready["pid"] == server.process.pid
        assert server.ready["token"] is None
        assert file.read_text() == server.line
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert os.listdir(tmp_path) == [file.name]
        assert server.ask("GET", "/health")["status"] == "ok"
        # The end of stdin is nothing to it, unless it is told so.
        assert server.process.stdin is not None
        server.process.stdin.close()
        server.process.stdin = None
        pki = server.make_pki()
        own = f"http://127.0.0.1:{server.ready['services_port']}/"
        assert all(ca["ocsp_url"].startswith(own) for ca in pki["cas"])
        assert send(pki["cas"][0]["ca_issuers_url"]).status == 200
        assert server.end() == (0, "", "")
        assert not file.exists()
        assert json.loads(server.line) == server.ready


def test_for_a_person(tmp_path: Path) -> None:
    """In words, and with the console in a browser, which gets the token."""
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\necho "$1" >{opened}.new\nmv {opened}.new {opened}\n')
    browser.chmod(0o755)
    env = {"BROWSER": f"{browser} %s", TOKEN: "open.sesame"}
    with started("--format", "text", "--open", env=env) as server:
        assert server.line.startswith("mockpki 0.")
        assert " serves at http://127.0.0.1:" in server.line
        url = server.line.split()[4]
        wait_for(opened.exists)
        assert opened.read_text() == f"{url}\n"
        url, _, query = url.partition("?")
        entered = send(url, "GET", target=f"/?{query}")
        assert (entered.status, entered.headers["location"]) == (303, "/")
        assert "HttpOnly" in entered.headers["set-cookie"]
        assert query == "token=open.sesame"
        assert send(url, "GET", target="/v1/pkis").status == 401
        shown = {"Authorization": "Bearer open.sesame"}
        assert send(url, "GET", target="/v1/pkis", headers=shown).status == 200
        assert send(url, "GET", target="/health").status == 200
        # Closing its terminal ends it, too.
        assert server.end(signal.SIGHUP) == (0, "", "")


def test_limits_and_names(own_port: int) -> None:
    """How many PKIs, for how long, and how much of what was asked; by which names, and where to."""
    port = own_port
    options = ["--max-pkis=1", "--journal=2", "--pki-ttl=1s", "--allow-host=one.example", "--no-console"]
    more = ["--advertise-host=mockpki.example", "--tls-ports={port}"]
    with started(*options, *(one.format(port=port) for one in more)) as server:
        pki = server.make_pki(ttl="1d")
        path = f"/v1/pkis/{pki['id']}"
        assert "--max-pkis" in server.refuse("POST", "/v1/pkis", {}, 409)
        for host, status in (("one.example", 200), ("mockpki.example", 200), ("two.example", 421)):
            assert server.send("GET", "/health", headers={"Host": f"{host}:{server.port}"}).status == status
        # There are calls, and no console.
        assert [server.send("GET", target).status for target in ("/", "/v1/pkis")] == [404, 200]
        leaf = server.ask("POST", f"{path}/certificates", {"identities": ["localhost"]})
        url = pki["cas"][1]["crl_url"]
        assert url.startswith("http://mockpki.example:")
        for _ in range(3):
            send(url.replace("mockpki.example", "127.0.0.1"))
        asked = server.ask("GET", f"{path}/crl/requests")
        assert ([one["number"] for one in asked["requests"]], asked["dropped"]) == ([2, 3], 1)
        body = {"certificates": [leaf["id"]]}
        assert server.ask("POST", f"{path}/tls_servers", body)["port"] == port
        assert f"port {port} is taken" in server.refuse("POST", f"{path}/tls_servers", body, 409)
        sentence = f"port={port - 1} is none that TLS servers have here: those are {port} to {port}"
        assert server.refuse("POST", f"{path}/tls_servers", {**body, "port": port - 1}) == sentence
        server.ask("DELETE", path)
        # One that nobody closes ends by itself, also when nobody calls, and what it had to say is told.
        other = server.make_pki(name="short", ocsp={"script": SCRIPT["answers"]})
        responder = urlsplit(other["cas"][1]["ocsp_url"]).port
        assert responder is not None
        wait_for(lambda: not is_listening("127.0.0.1", responder))
        assert server.send("POST", "/v1/shutdown").status == 202
        status, _, said = server.finish()
        assert status == 0
        assert "PKI short: AssertionError: " in json.loads(said)["message"]


def test_what_open_pkis_had_to_say() -> None:
    """With --strict it decides the exit status; above it was only told."""
    with started("--strict", "--format=json") as server:
        server.make_pki(name="quiet")
        server.make_pki(name="loud", ocsp={"script": SCRIPT["answers"]})
        status, _, said = server.end(signal.SIGINT)
        assert status == 1
        (line,) = said.splitlines()
        told = json.loads(line)
        assert list(told) == ["time", "message"]
        assert told["message"].startswith("PKI loud: AssertionError: ")


@contextlib.contextmanager
def calling(server: Server, path: str) -> Iterator[BinaryIO]:
    """What comes for a call, from its status line on."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        with sock.makefile("rb") as file:
            yield file


@pytest.mark.parametrize("ending", ["signal", "call", "stdin"])
def test_what_ends_it(ending: str) -> None:
    """With clients that wait, and a TLS connection that is open: they are told, and nothing is left."""
    with started("--exit-with-stdin") as server:
        pki = server.make_pki()
        path = f"/v1/pkis/{pki['id']}"
        leaf = server.ask("POST", f"{path}/certificates", {"identities": ["localhost"]})
        tls = server.ask("POST", f"{path}/tls_servers", {"certificates": [leaf["id"]]})
        assert os.listdir(server.folder) != []
        with (
            socket.create_connection((tls["host"], tls["port"])),
            calling(server, f"{path}/ocsp/requests?wait=60s") as waiting,
            calling(server, "/v1/events") as events,
        ):
            assert events.readline().split()[1] == b"200"
            if ending == "call":
                assert server.send("POST", "/v1/shutdown").status == 202
            elif ending == "stdin":
                assert server.process.stdin is not None
                server.process.stdin.close()
                server.process.stdin = None
            else:
                server.process.terminate()
            assert server.finish() == (0, "", "")
            status, *_, problem = waiting.read().splitlines()
            assert (status.split()[1], json.loads(problem)["type"]) == (b"410", "/v1/problems#gone")
            assert events.read().endswith(b'"document":{"problems":[]}}\n\n\r\n0\r\n\r\n')
        assert os.listdir(server.folder) == []


def test_idle() -> None:
    """Nobody calls, and it ends; whoever looks whether it is there does not call."""
    with started("--idle-timeout=1s") as server:
        server.make_pki()

        def look() -> bool:
            with contextlib.suppress(OSError):
                server.send("GET", "/health")
            return server.process.poll() is not None

        wait_for(look)
        assert server.finish()[0] == 0
        assert os.listdir(server.folder) == []


STUCK = """
import sys, time
from mockpki._serve import life, topology
from mockpki.cli import main
before = life.Life.bounded
life.Life.bounded = lambda own: before(own, float(sys.argv[1]))
close = topology.Topology.close_all
topology.Topology.close_all = lambda own: print("closing", flush=True) or time.sleep(600)
main(["serve", "--ready-file", sys.argv[2]])
"""
"""A server whose PKIs do not come to their end."""


@contextlib.contextmanager
def stuck(patience: float, folder: Path) -> Iterator[Server]:
    """Such a server, which waits so long, and was asked to end."""
    (folder / "tmp").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", STUCK, str(patience), str(folder / "ready")],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(folder / "tmp"),
    )  # fmt: skip
    try:
        server = Server(process, folder / "tmp")
        server.make_pki()
        assert os.listdir(folder / "tmp") != []
        assert (folder / "ready").exists()
        process.terminate()
        assert process.stdout is not None
        assert process.stdout.readline() == b"closing\n"
        yield server
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    """Whatever it is at; also then nothing is left on disk."""
    with stuck(600, tmp_path) as server:
        server.process.send_signal(signal.SIGINT)
        assert server.finish() == (128 + signal.SIGINT, "", "")
        assert os.listdir(tmp_path) == ["tmp"]
        assert os.listdir(server.folder) == []


def test_the_end_is_bounded(tmp_path: Path) -> None:
    """What does not come to its end is left, and told."""
    with stuck(0.2, tmp_path) as server:
        status, _, said = server.finish()
        assert status == 1
        assert said == "mockpki serve: not everything was closed within 0.2 s\n"
        assert os.listdir(tmp_path) == ["tmp"]
        assert os.listdir(server.folder) == []


PARENT = """
import subprocess, sys
server = subprocess.Popen(
    [sys.executable, "-m", "mockpki", "serve", "--exit-with-stdin"],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
)
sys.stdout.buffer.write(server.stdout.readline())
sys.stdout.flush()
server.wait()
"""
SHELL = """
coproc MOCKPKI { exec "$1" -m mockpki serve --exit-with-stdin; }
read -r ready <&"${MOCKPKI[0]}"
echo "$ready"
wait
"""


@pytest.mark.parametrize("language", ["python", "bash"])
def test_a_parent_that_is_killed(language: str) -> None:
    """No process and no folder outlives it, though it could not end anything."""
    bash = shutil.which("bash")
    if language == "bash" and bash is None:
        pytest.skip("the program bash is not installed on this machine")
    words = {"python": [sys.executable, "-c", PARENT], "bash": [str(bash), "-c", SHELL, "", sys.executable]}
    with tempfile.TemporaryDirectory() as name:
        process = subprocess.Popen(
            words[language], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=environment(Path(name)),
        )  # fmt: skip
        server = Server(process, Path(name))
        pid = server.ready["pid"]
        assert pid != process.pid
        server.make_pki()
        assert is_running(pid)
        assert os.listdir(name) != []
        process.kill()
        process.communicate()
        wait_for(lambda: not is_running(pid))
        assert os.listdir(name) == []


def test_a_server_whose_reader_is_gone() -> None:
    """Whoever started it may be gone before it is ready: it lives until its stdin ends, and then ends."""
    with tempfile.TemporaryDirectory() as name:
        out, theirs = os.pipe()
        os.close(out)
        process = subprocess.Popen(
            [sys.executable, "-m", "mockpki", "serve", "--exit-with-stdin"],
            stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.PIPE, env=environment(Path(name)),
        )  # fmt: skip
        os.close(theirs)
        _, said = process.communicate(timeout=PATIENCE)
        assert (process.returncode, said) == (0, b"")


def test_a_port_can_be_had_again() -> None:
    """At once after a server that had it, whose last connections were closed by it; meanwhile by nobody."""
    with started("--services-port=0") as server:
        ports = f"--services-port={server.ready['services_port']}", f"--port={server.port}"
        url = server.make_pki()["cas"][0]["crl_url"]
        assert send(url, headers={"Connection": "close"}).status == 200
        for option in ports:
            result = CliRunner().invoke(main, ["serve", option])
            assert (result.exit_code, result.stdout) == (3, "")
            assert "cannot be had: Address already in use" in result.stderr
        assert server.end()[0] == 0
    with started(*ports) as server:
        assert f"--services-port={server.ready['services_port']}" == ports[0]
        assert server.ask("GET", "/health")["pkis"] == 0


def is_running(pid: int) -> bool:
    """Whether a process is there, and not only as a name that its parent has not yet read out."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    with contextlib.suppress(FileNotFoundError):
        return state.read_text().rpartition(")")[2].split()[0] != "Z"
    return not state.parent.parent.exists()


def wait_for(true: Any) -> None:
    """Return when *true* is; fail where that does not come."""
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)
