"""CRLite: a filter of a million certificates, beside the first CRL of what is revoked, and a cascade."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec

from .kit import Kit, MissingError, Worker
from .running import Benchmark, Row, Sample, Side

_KNOWN, _REVOKED = 1_000_000, 12_000
_CRL, _CASCADE = "CRL", "filtercascade"


def _open(kit: Kit, stack: ExitStack) -> dict[str, Side]:
    known, revoked = kit.count(_KNOWN, 2_000), kit.count(_REVOKED, 24)

    def once(worker: Worker, kind: str) -> Sample:
        sample: Sample = worker.call(kind)
        return sample

    def side(kind: str) -> Callable[[], Sample]:
        return partial(once, stack.enter_context(kit.worker("Filter", known=known, revoked=revoked)), kind)

    sides = {"mockpki": side("clubcard"), _CRL: side("crl")}
    with kit.optional(_CASCADE):
        if find_spec("filtercascade") is None:
            raise MissingError("filtercascade is not installed; it comes with the test extra")
        sides[_CASCADE] = side("cascade")
    return sides


_METRICS = (("filter", "seconds", "s", 1), ("octets", "octets", "kB", 1e-3))
_WHAT = f"{_KNOWN:,} certificates, {_REVOKED:,} revoked"

BENCHMARKS = (
    Benchmark(
        "filter",
        tuple(
            Row(f"{title} of {_WHAT}, beside {peer}", metric, unit, (peer,), scale=scale)
            for title, metric, unit, scale in (
                ("filter", "seconds", "s", 1),
                ("octets", "octets", "kB", 1e-3),
            )
            for peer in (_CRL, _CASCADE)
        ),
        _open,
    ),
)
