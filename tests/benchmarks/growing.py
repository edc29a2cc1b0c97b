"""What grows: CRLs of a million entries, memory, thousands of clients held at once."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from .kit import Kit, Worker
from .running import Benchmark, Row, Sample, Side

_CRL_SIZES = (1_000, 10_000, 100_000, 1_000_000)
_BUILDER = "cryptography"
_ALL_SHARDS = "all shards"
_CLIENTS = 5_000
_REVOKED = 1_000_000
_ISSUED = 5_000
_REQUESTS = 1_000_000


def _crl(size: int) -> Callable[[Kit, ExitStack], dict[str, Side]]:
    def once(worker: Worker, times: int) -> Sample:
        first, *again = worker.call("run", times=times)
        return {"first": first, "again": statistics.median(again)}

    def open(kit: Kit, stack: ExitStack) -> dict[str, Side]:
        entries = kit.count(size, min(size, 1_000))
        ours = stack.enter_context(kit.worker("Crl", size=entries))
        theirs = stack.enter_context(kit.worker("PeerCrl", size=entries))
        return {"mockpki": partial(once, ours, 5), _BUILDER: partial(once, theirs, 2)}

    return open


def _shards(kit: Kit, stack: ExitStack) -> dict[str, Side]:
    worker = stack.enter_context(kit.worker("Shards", size=kit.count(_REVOKED, 1_000)))

    def side(method: str) -> Side:
        return lambda: worker.call(method)

    return {"mockpki": side("one"), _ALL_SHARDS: side("all")}


def _memory(kit: Kit, stack: ExitStack) -> dict[str, Side]:
    revoked, issued = kit.count(_REVOKED, 1_000), kit.count(_ISSUED, 20)

    def once() -> Sample:
        # A new process each time: what one has given back to itself is not given back to the system.
        with kit.worker("Memory") as worker:
            seen = worker.call("revoke", count=revoked)
        with kit.worker("Memory") as worker:
            seen["kept"] = worker.call("issue", count=issued, keep=True)
            seen["dropped"] = worker.call("issue", count=issued, keep=False)
        sample: Sample = seen
        return sample

    return {"mockpki": once}


def _evidence(kit: Kit, stack: ExitStack) -> dict[str, Side]:
    many, few = kit.count(_REQUESTS, 1_000), kit.count(_REQUESTS // 10, 1_000)

    def once() -> Sample:
        with kit.worker("Evidence") as worker:
            seen = {"live": worker.call("remember", count=few, fresh=True)}
            seen["same"] = worker.call("remember", count=few, fresh=False)
            seen["newest"] = worker.call("newest", count=many)
        sample: Sample = seen
        return sample

    return {"mockpki": once}


def _hang(kit: Kit, stack: ExitStack) -> dict[str, Side]:
    clients = kit.count(_CLIENTS, 50)
    crowd = stack.enter_context(kit.worker("Crowd"))

    def hold(server: Worker) -> dict[str, float]:
        crowd.call("ask", port=server.call("up"), count=clients)
        each = server.call("held", count=clients)
        closed = server.call("close")
        assert crowd.call("gone") == clients
        left = closed["connections"] + closed["descriptors"] + closed["threads"]
        return {"each": each, "seconds": closed["seconds"], "left": left, "objects": closed["objects"]}

    def once() -> Sample:
        # A new process, whose memory holds no room from earlier rounds; in it, twice.
        with kit.worker("Hang") as server:
            first, second = hold(server), hold(server)
        # What Python makes once and keeps is there after the first time.
        return {**first, "left": second["left"], "objects": second["objects"]}

    return {"mockpki": once}


BENCHMARKS = (
    *(
        Benchmark(
            f"crl-{size}",
            (
                Row(
                    f"CRL with {size:,} entries, first", "first", "ms", (_BUILDER,),
                    at_most=0.3 if size >= 100_000 else None, scale=1e3,
                ),
                Row(
                    f"CRL with {size:,} entries, after one more revocation", "again", "ms", (_BUILDER,),
                    at_most=0.05 if size >= 100_000 else None, scale=1e3,
                ),
            ),
            _crl(size),
        )
        for size in _CRL_SIZES
    ),
    Benchmark(
        "shards",
        (
            Row(
                "1,000,000 entries in 128 shards, one more revocation and its shard", "seconds", "ms",
                (_ALL_SHARDS,), at_most=0.05, scale=1e3,
            ),
        ),
        _shards,
    ),
    Benchmark(
        "memory",
        (
            Row("memory for each revoked certificate", "each", "B"),
            Row("memory for each issued certificate, its Leaf kept", "kept", "B"),
            Row("memory for each issued certificate, its Leaf dropped", "dropped", "B"),
            Row("1,000,000 revoked serial numbers: the process", "resident", "MB", at_most=400, scale=1e-6),
            Row(
                "1,000,000 revoked serial numbers: the process at its highest, making their CRL",
                "peak", "MB", scale=1e-6,
            ),
        ),
        _memory,
    ),
    Benchmark(
        "evidence",
        (
            # A third of the 2,440 and 1,205 octets that objects took.
            Row("evidence: memory for each request, every answer signed live", "live", "B", at_most=813),
            Row("evidence: memory for each request, the same again and again", "same", "B", at_most=402),
            Row("evidence: reading the newest of 1,000,000 requests", "newest", "ms", at_most=1, scale=1e3),
        ),
        _evidence,
    ),
    Benchmark(
        "hang",
        (
            Row("5,000 clients held on Hang: memory for each", "each", "B"),
            Row("5,000 clients held on Hang: the PKI closed", "seconds", "s", at_most=1),
            Row("5,000 clients held on Hang: connections, files, threads left over", "left", "", at_most=0),
            Row("5,000 clients held on Hang: Python objects left over", "objects", "", at_most=100),
        ),
        _hang,
    ),
)  # fmt: skip
