"""OCSP responders: mockpki, ``openssl ocsp`` and certomancer, over the same few certificates."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from .kit import Kit, Worker
from .load import Target, ask
from .running import Benchmark, Row, Sample, Side

_SECONDS = 3.0
_CONNECTIONS = 8
_HEAP = 1_000_000
_SIZES = (10, 1_000, 100_000, 1_000_000)

Load = Callable[[Target, int], Sample]


def _mockpki(kit: Kit, stack: ExitStack, size: int, spread: int = 1, heap: int = 0) -> tuple[Worker, Target]:
    kit.program("wrk")
    worker = stack.enter_context(kit.worker("Responder", size=size, heap=heap))
    about = worker.call("where")
    target = Target(about["port"], about["path"], about["certificate"], about["first"], spread)
    target.check()
    return worker, target


def _ours(worker: Worker, target: Target, load: Load) -> Sample:
    worker.call("collecting")
    begin = time.perf_counter()
    sample = load(target, worker.pid)
    sample = {**sample, "collecting": worker.call("collecting") / (time.perf_counter() - begin)}
    # The evidence of a hundred thousand requests is no part of the next round.
    worker.call("reset")
    return sample


def _openssl(kit: Kit, worker: Worker, target: Target, load: Load) -> Side:
    """``openssl ocsp`` over the same CA. It takes one question on a connection and closes it."""
    program, folder, about = kit.program("openssl"), kit.folder, worker.call("where")
    (folder / "ca.pem").write_text(about["certificate"])
    (folder / "ca.key").write_text(about["key"])
    (folder / "index.txt").write_text(
        "".join(
            f"R\t350101000000Z\t260101000000Z,keyCompromise\t{about['first'] + n:020X}\tunknown\t/CN={n}\n"
            for n in range(about["size"])
        )
    )

    def command(port: int) -> list[str]:
        return [
            program, "ocsp", "-port", str(port), "-index", str(folder / "index.txt"), "-ndays", "7",
            "-CA", str(folder / "ca.pem"), "-rsigner", str(folder / "ca.pem"),
            "-rkey", str(folder / "ca.key"), "-resp_no_certs", "-resp_key_id",
        ]  # fmt: skip

    def once() -> Sample:
        # Started anew each round: it never gets over a connection that is closed unused, as the
        # last ones of a round are.
        with kit.daemon(command) as server:
            there = Target(server.port, "/", target.issuer, target.serial)
            there.check()
            return load(there, server.pid)

    return once


_CERTOMANCER = """
external-url-prefix: "http://127.0.0.1"
keysets:
  benchmark:
    keys:
      root: {path: root.key}
      leaf: {path: leaf.key}
pki-architectures:
  benchmark:
    keyset: benchmark
    entity-defaults: {organization-name: benchmark}
    entities:
      root: {common-name: root}
      leaf: {common-name: leaf}
    certs:
      root:
        subject: root
        issuer: root
        validity: {valid-from: "2020-01-01T00:00:00+0000", valid-to: "2100-01-01T00:00:00+0000"}
        extensions:
          - {id: basic_constraints, critical: true, value: {ca: true}}
      leaf:
        subject: leaf
        issuer: root
        validity: {valid-from: "2020-01-01T00:00:00+0000", valid-to: "2100-01-01T00:00:00+0000"}
    services:
      ocsp:
        root: {for-issuer: root, responder-cert: root, signing-key: root}
"""


def _certomancer(kit: Kit, stack: ExitStack, server: str, load: Load) -> Side:
    """certomancer's Animator over one certificate, under one of its two servers."""
    command = Path(kit.python("certomancer")).with_name("certomancer")
    folder = kit.folder / f"certomancer-{server}"
    folder.mkdir()
    (folder / "certomancer.yml").write_text(_CERTOMANCER)
    for name in ("root", "leaf"):
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{name}.key").write_bytes(pem)
    told = [str(command), "--config", str(folder / "certomancer.yml"), "--key-root", str(folder)]
    pems = {}
    for name in ("root", "leaf"):
        summon = [*told, "summon", "benchmark", name, str(folder / f"{name}.pem")]
        subprocess.run(summon, check=True, capture_output=True)
        pems[name] = (folder / f"{name}.pem").read_bytes()
    options = ["--aiohttp"] if server == "aiohttp" else []
    daemon = stack.enter_context(
        kit.daemon(lambda port: [*told, "animate", "--port", str(port), "--no-web-ui", *options])
    )
    leaf = x509.load_pem_x509_certificate(pems["leaf"])
    target = Target(daemon.port, "/benchmark/ocsp/root", pems["root"].decode(), leaf.serial_number)
    target.check()
    return partial(load, target, daemon.pid)


def _against_openssl(kit: Kit, stack: ExitStack, load: Load, heap: int = 0) -> dict[str, Side]:
    worker, target = _mockpki(kit, stack, 10, heap=heap)
    sides: dict[str, Side] = {"mockpki": partial(_ours, worker, target, load)}
    with kit.optional("openssl ocsp"):
        sides["openssl ocsp"] = _openssl(kit, worker, target, load)
    return sides


def _load(kit: Kit, *, fresh: bool, keep: bool = True, connections: int = _CONNECTIONS) -> Load:
    def load(target: Target, pid: int) -> Sample:
        return ask(
            kit, target, pid, fresh=fresh, keep=keep, connections=connections, seconds=kit.seconds(_SECONDS)
        )

    return load


def _same(kit: Kit, stack: ExitStack) -> dict[str, Side]:
    return _against_openssl(kit, stack, _load(kit, fresh=False))


def _live(kit: Kit, stack: ExitStack) -> dict[str, Side]:
    load = _load(kit, fresh=True)
    sides = _against_openssl(kit, stack, load)
    for server in ("werkzeug", "aiohttp"):
        with kit.optional(f"certomancer, {server}"):
            sides[f"certomancer, {server}"] = _certomancer(kit, stack, server, load)
    return sides


def _connections(kit: Kit, stack: ExitStack) -> dict[str, Side]:
    return _against_openssl(kit, stack, _load(kit, fresh=False, keep=False))


def _live_connections(kit: Kit, stack: ExitStack) -> dict[str, Side]:
    return _against_openssl(kit, stack, _load(kit, fresh=True, keep=False))


def _latency(kit: Kit, stack: ExitStack) -> dict[str, Side]:
    return _against_openssl(kit, stack, _load(kit, fresh=False, connections=1))


def _heap_latency(kit: Kit, stack: ExitStack) -> dict[str, Side]:
    load = _load(kit, fresh=True, connections=1)
    return _against_openssl(kit, stack, load, heap=kit.count(_HEAP, 1_000))


def _live_latency(kit: Kit, stack: ExitStack) -> dict[str, Side]:
    return _against_openssl(kit, stack, _load(kit, fresh=True, keep=False, connections=1))


def _growth(kit: Kit, stack: ExitStack) -> dict[str, Side]:
    sides: dict[str, Side] = {}
    load = _load(kit, fresh=True)
    for size in _SIZES:
        # The same fresh nonces everywhere, so that nothing is reused, over every serial number.
        worker, target = _mockpki(
            kit, stack, kit.count(size, min(size, 10_000)), spread=kit.count(size, min(size, 10_000))
        )
        sides[f"{size:,}"] = partial(_ours, worker, target, load)
    return sides


_OPENSSL = ("openssl ocsp",)


def _rate(title: str, at_least: float | None = None, peers: tuple[str, ...] = _OPENSSL) -> Row:
    return Row(title, "rate", "1/s", peers, at_least=at_least, more_is_better=True)


def _cpu(title: str) -> Row:
    return Row(f"{title}: the server's CPU time", "cpu", "us", _OPENSSL, scale=1e6)


def _times(title: str, p50: float | None = None, p99: float | None = None) -> tuple[Row, ...]:
    return (
        Row(f"{title}: p50", "p50", "us", _OPENSSL, at_most=p50, scale=1e6),
        Row(f"{title}: p99", "p99", "us", _OPENSSL, at_most=p99, scale=1e6),
        Row(f"{title}: p99.9", "p99.9", "us", _OPENSSL, scale=1e6),
        Row(f"{title}: the garbage collector's share of the time", "collecting", "%", scale=100),
    )


BENCHMARKS = (
    Benchmark(
        "ocsp-same",
        (
            _rate("OCSP, the same question again and again, kept alive", at_least=1.5),
            _cpu("OCSP, the same question again and again, kept alive"),
        ),
        _same,
    ),
    Benchmark(
        "ocsp-live",
        (
            _rate("OCSP, every answer signed live, kept alive", at_least=1),
            _cpu("OCSP, every answer signed live, kept alive"),
            _rate(
                "OCSP, every answer signed live, kept alive",
                at_least=30,
                peers=("certomancer, werkzeug", "certomancer, aiohttp"),
            ),
        ),
        _live,
    ),
    Benchmark(
        "ocsp-connections",
        (
            _rate("OCSP, new connection each", at_least=0.4),
            _cpu("OCSP, new connection each"),
        ),
        _connections,
    ),
    Benchmark(
        "ocsp-live-connections",
        (
            _rate("OCSP, every answer signed live, new connection each"),
            _cpu("OCSP, every answer signed live, new connection each"),
        ),
        _live_connections,
    ),
    Benchmark("latency", _times("OCSP, one client, kept alive", p50=1.5, p99=1.5), _latency),
    Benchmark(
        "latency-live", _times("OCSP, one client, signed live, new connection each", p99=2), _live_latency
    ),
    Benchmark(
        "latency-heap",
        _times("OCSP, one client, signed live, kept alive, among a million objects of a test suite"),
        _heap_latency,
    ),
    Benchmark(
        "growth",
        tuple(
            row
            for size in _SIZES[1:]
            for row in (
                Row(
                    f"OCSP, {size:,} certificates against 10", "rate", "1/s", ("10",),
                    at_least=0.9, ours=f"{size:,}", more_is_better=True,
                ),
                Row(
                    f"OCSP, {size:,} certificates against 10: the server's CPU time", "cpu", "us", ("10",),
                    ours=f"{size:,}", scale=1e6,
                ),
            )
        ),
        _growth,
    ),
)  # fmt: skip
