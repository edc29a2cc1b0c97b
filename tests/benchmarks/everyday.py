"""What every test pays: pytest's start, a PKI up and down, a certificate, an outage, an idle PKI."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from .kit import Kit, Worker
from .running import Benchmark, Row, Sample, Side

_PLUGINS = (
    "import json; from importlib.metadata import entry_points; "
    "print(json.dumps(sorted(entry.name for entry in entry_points(group='pytest11'))))"
)


def _pytest(kit: Kit, stack: ExitStack) -> dict[str, Side]:
    """pytest with one empty test, in an interpreter that has mockpki installed."""
    folder = kit.folder / "start"
    folder.mkdir()
    (folder / "test_nothing.py").write_text("def test_nothing():\n    pass\n")
    (folder / "pytest.ini").write_text("[pytest]\n")
    found = subprocess.run([sys.executable, "-c", _PLUGINS], capture_output=True, check=True, cwd=folder)
    # Only this plugin is weighed: the others that happen to be installed are left out on both sides.
    others = [f"no:{name}" for name in json.loads(found.stdout) if name != "mockpki"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    for name in others:
        command += ["-p", name]

    def start(*more: str) -> Sample:
        begin = time.perf_counter()
        subprocess.run(
            [*command, *more], cwd=folder, env=kit.environment, stdout=subprocess.DEVNULL, check=True
        )
        return {"seconds": time.perf_counter() - begin}

    return {"mockpki": start, "bare pytest": partial(start, "-p", "no:mockpki")}


def _median(worker: Worker, times: int) -> Sample:
    return {"seconds": statistics.median(worker.call("run", times=times))}


def _jobs(
    ours: str, theirs: str | None, times: int, peer: str = ""
) -> Callable[[Kit, ExitStack], dict[str, Side]]:
    """The medians of a job of ours and of trustme's, *times* in each round."""

    def open(kit: Kit, stack: ExitStack) -> dict[str, Side]:
        often = kit.count(times, 3)
        sides: dict[str, Side] = {"mockpki": partial(_median, stack.enter_context(kit.worker(ours)), often)}
        if theirs is not None:
            with kit.optional(peer):
                worker = stack.enter_context(kit.worker(theirs, kit.python("trustme")))
                sides[peer] = partial(_median, worker, often)
        return sides

    return open


def _idle(kit: Kit, stack: ExitStack) -> dict[str, Side]:
    worker = stack.enter_context(kit.worker("Responder"))
    return {"mockpki": lambda: {"share": worker.call("idle", seconds=kit.seconds(1.0)) / kit.seconds(1.0)}}


_CYCLE = "trustme and pytest-httpserver"

BENCHMARKS = (
    Benchmark(
        "start",
        (
            Row(
                "pytest start-up with the plugin installed and unused, more than bare", "seconds", "ms",
                ("bare pytest",), at_most=5, difference=True, scale=1e3,
            ),
        ),
        _pytest,
        turns=6,
    ),
    Benchmark(
        "cycle",
        (
            Row(
                "PKI up, one leaf issued, one OCSP answer fetched, PKI down", "seconds", "ms",
                (_CYCLE,), at_most=1.5, scale=1e3,
            ),
        ),
        _jobs("Cycle", "PeerCycle", 100, _CYCLE),
    ),
    Benchmark(
        "issue",
        (Row("issue a leaf, P-256, must-staple", "seconds", "ms", ("trustme",), at_most=1.5, scale=1e3),),
        _jobs("Issue", "PeerIssue", 500, "trustme"),
    ),
    Benchmark(
        "outage",
        (Row("raise and drop an outage", "seconds", "ms", at_most=5, scale=1e3),),
        _jobs("Outage", None, 200),
    ),
    Benchmark(
        "idle",
        (Row("CPU time of an idle PKI", "share", "% of a core", at_most=0.1, scale=100),),
        _idle,
    ),
)  # fmt: skip
