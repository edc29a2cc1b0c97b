"""Ten thousand names behind one stapling server, visited as names are: a few often, most once or never.

With the Bloom filter nothing is fetched for a name until it is visited again. Against the same server
without it: how many handshakes are stapled, and how many fetches there were. Server, responder and
client share one process, for it is not speed that is compared.
"""

from __future__ import annotations

import random
import socket
import time
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

from OpenSSL import SSL

from .kit import Kit
from .running import Benchmark, Row, Sample, Side

_NAMES = 10_000
_VISITS = 5_000
_PEER = "without the filter"


def _open(kit: Kit, stack: ExitStack) -> dict[str, Side]:
    names = [f"{number}.example" for number in range(kit.count(_NAMES, 200))]
    weights = [1 / rank for rank in range(1, len(names) + 1)]
    load = random.Random(1).choices(names, weights, k=kit.count(_VISITS, 300))
    return {"mockpki": partial(_visited, load, 2), _PEER: partial(_visited, load, 1)}


def _visited(load: list[str], sightings: int) -> Sample:
    from mockpki import PKI, staplers

    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_ocsp_client_callback(lambda *_: True)
    policy = replace(staplers.SQUARESPACE, sightings=sightings)
    with (
        PKI() as pki,
        pki.tls_server(lambda name: pki.issue_cert(name or "localhost"), staple=policy) as server,
    ):
        begin = time.perf_counter()
        for name in load:
            _shake_hands(context, server.port, name)
        seconds = time.perf_counter() - begin
        server.stapler.settle(60)
        stats = server.stapler.stats
        seen = [made for made in server.connections if made.staple is not None]
        assert len(seen) == stats.stapled
        assert stats.handshakes == len(load)
        assert len(pki.ocsp.requests) == stats.fetches
    return {
        "share": stats.share_stapled,
        "fetches": stats.fetches,
        "saved": stats.fetches_saved,
        "each": seconds / len(load),
    }


def _shake_hands(context: SSL.Context, port: int, name: str) -> None:
    """One handshake that asks for a staple, as far as the server's Finished and the client's."""
    client = SSL.Connection(context, None)
    client.set_tlsext_host_name(name.encode("ascii"))
    client.request_ocsp()
    client.set_connect_state()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as sock:
        while True:
            try:
                client.do_handshake()
                break
            except SSL.WantReadError:
                sock.sendall(client.bio_read(1 << 16))
                client.bio_write(sock.recv(1 << 16))
        sock.sendall(client.bio_read(1 << 16))
        client.shutdown()
        sock.sendall(client.bio_read(1 << 16))
        sock.recv(1 << 16)


BENCHMARKS = (
    Benchmark(
        "long-tail",
        (
            Row(
                "10,000 names, Zipf: handshakes that were stapled", "share", "%", (_PEER,),
                scale=100, more_is_better=True,
            ),
            Row("10,000 names, Zipf: fetches", "fetches", "", (_PEER,)),
            Row("10,000 names, Zipf: names visited and never fetched for", "saved", ""),
            Row(
                "10,000 names, Zipf: a handshake, client and responder included", "each", "ms", (_PEER,),
                scale=1e3,
            ),
        ),
        _open,
        most=2,
    ),
)  # fmt: skip
