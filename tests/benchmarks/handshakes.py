"""Stapled TLS 1.3 handshakes: mockpki, nginx and ``openssl s_server``, with the same certificate.

With a P-256 key a client verifies a signature where the server makes one, and works longer than a fast
server, whatever it is written in: on two cores it is always the limit, and the rate says more about the
client. What is compared then is how many handshakes a server makes with a second of CPU time, its own
and the system's for it; the rate is shown too. With an RSA key the server works longer than the client,
which is no limit then: there the rate is compared.

No client in C asks for staples again and again (``openssl s_time``, wrk and ab never ask for one, and
s_client is a process for each), so this one is pyOpenSSL, in two processes.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial

from .kit import Kit, Worker, cpu
from .running import Benchmark, Row, Sample, Side

_SECONDS = 3.0
_CLIENTS = 2

_NGINX = """
daemon off;
master_process off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder};
    proxy_temp_path {folder};
    fastcgi_temp_path {folder};
    uwsgi_temp_path {folder};
    scgi_temp_path {folder};
    server {{
        listen 127.0.0.1:{listen} ssl;
        ssl_certificate {chain};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.3;
        ssl_stapling on;
        ssl_stapling_file {staple};
        ssl_session_tickets off;
        ssl_session_cache off;
        location / {{ return 200 "ok"; }}
    }}
}}
"""


def _open(key_type: str, kit: Kit, stack: ExitStack) -> dict[str, Side]:
    server = stack.enter_context(kit.worker("Staples", folder=str(kit.folder), key_type=key_type))
    about = server.call("where")
    clients = [stack.enter_context(kit.worker("Handshakes")) for _ in range(_CLIENTS)]
    load = partial(_load, clients, kit.seconds(_SECONDS))

    def ours() -> Sample:
        sample = load(about["port"], server.pid)
        seen = server.call("reset")
        assert seen["completed"] == seen["all"]
        return sample

    sides: dict[str, Side] = {"mockpki": ours}
    with kit.optional("nginx"):
        nginx = stack.enter_context(kit.daemon(_nginx(kit, about)))
        sides["nginx"] = partial(load, nginx.port, nginx.pid)
    with kit.optional("openssl s_server"):
        s_server = stack.enter_context(kit.daemon(_s_server(kit, about)))
        sides["openssl s_server"] = partial(load, s_server.port, s_server.pid)
    return sides


def _nginx(kit: Kit, about: dict[str, str]) -> Callable[[int], list[str]]:
    program, folder = kit.program("nginx"), kit.folder
    configuration = folder / "nginx.conf"

    def command(port: int) -> list[str]:
        configuration.write_text(_NGINX.format(folder=folder, listen=port, **about))
        return [program, "-p", str(folder), "-e", "nginx.log", "-c", str(configuration)]

    return command


def _s_server(kit: Kit, about: dict[str, str]) -> Callable[[int], list[str]]:
    program = kit.program("openssl")
    return lambda port: [
        program, "s_server", "-accept", f"127.0.0.1:{port}", "-quiet", "-tls1_3",
        "-cert", about["certificate"], "-cert_chain", about["issuer"], "-key", about["key"],
        "-status_file", about["staple"], "-num_tickets", "0", "-no_cache",
    ]  # fmt: skip


def _load(clients: list[Worker], seconds: float, port: int, pid: int) -> Sample:
    before = cpu(pid)
    with ThreadPoolExecutor(len(clients)) as threads:
        seen = list(threads.map(lambda client: client.call("run", port=port, seconds=seconds), clients))
    used = cpu(pid) - before
    done = sum(one["handshakes"] for one in seen)
    assert sum(one["staples"] for one in seen) == done
    return {
        "rate": done / max(one["seconds"] for one in seen),
        "cpu": used / done,
        "capacity": done / max(used, 0.001),
        "client": sum(one["cpu"] for one in seen) / done,
    }


_PEERS = ("nginx", "openssl s_server")


def _capacity(key_type: str, at_least: float | None = None) -> Row:
    title = f"stapled TLS 1.3 handshakes, {key_type}, for a second of the server's CPU time"
    return Row(title, "capacity", "1/s", _PEERS, at_least=at_least, more_is_better=True)


def _rate(key_type: str, at_least: float | None = None) -> Row:
    title = f"stapled TLS 1.3 handshakes, {key_type}, two clients"
    return Row(title, "rate", "1/s", _PEERS, at_least=at_least, more_is_better=True)


def _client(key_type: str) -> Row:
    title = f"stapled TLS 1.3 handshakes, {key_type}: the client's CPU time"
    return Row(title, "client", "us", _PEERS, scale=1e6)


BENCHMARKS = (
    Benchmark(
        "tls",
        (_capacity("P-256", at_least=0.8), _rate("P-256"), _client("P-256")),
        partial(_open, "P-256"),
    ),
    Benchmark(
        "tls-rsa",
        (_rate("RSA-2048", at_least=0.8), _capacity("RSA-2048"), _client("RSA-2048")),
        partial(_open, "RSA-2048"),
    ),
)
