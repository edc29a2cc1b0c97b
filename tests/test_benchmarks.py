"""The benchmarks run, and say of their figures what is true of them. No timing is judged here."""

import json
import math
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.kit import Kit, MissingError
from tests.benchmarks.running import Benchmark, Result, Row, Side, run
from tests.kit.programs import need

CHECKOUT = Path(__file__).parent.parent
SHORT = [
    *("start", "cycle", "issue", "outage", "idle", "ocsp-same", "ocsp-live", "ocsp-connections", "latency"),
    *("latency-heap", "crl-1000", "shards", "memory", "evidence", "filter", "hang", "tls", "long-tail"),
]


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    """The means of a run that installs nothing."""
    return Kit(tmp_path, tmp_path / "peers", offline=True, quick=True)


def measured(benchmark: Benchmark, kit: Kit, rounds: int = 1) -> Result:
    """The result of running *benchmark*, in silence."""
    return run(benchmark, kit, rounds, lambda said: None)


def of(row: Row, **sides: list[float]) -> Result:
    """A result in which every side has measured these values."""
    samples: dict[str, Any] = {side: [{row.metric: value} for value in sides[side]] for side in sides}
    return Result(Benchmark("example", (row,), lambda kit, stack: {}), samples)


@pytest.mark.skipif(sys.platform != "linux", reason="the benchmarks read /proc")
def test_a_quick_run_measures_every_row_and_names_what_is_not_there(tmp_path: Path) -> None:
    """One short round of the real command fails nowhere: each side has figures, or is named as missing."""
    for program in ("openssl", "nginx", "wrk"):
        need(program)
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", "tests.benchmarks", "--quick", "--rounds", "1", "--offline"]
    command += ["--peers", str(tmp_path / "peers"), "--json", str(figures), "--only", *SHORT]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    found = {one["name"]: one for one in json.loads(figures.read_text())["benchmarks"]}
    assert sorted(found) == sorted(SHORT)
    for name, one in found.items():
        assert one["failure"] is None
        assert one["samples"]["mockpki"], name
        for samples in one["samples"].values():
            assert all(math.isfinite(value) for sample in samples for value in sample.values())
        for row in one["rows"]:
            assert row["title"][:12] in done.stdout
    assert found["ocsp-live"]["samples"].keys() == {"mockpki", "openssl ocsp"}
    assert found["tls"]["samples"].keys() == {"mockpki", "nginx", "openssl s_server"}
    assert all(sample["left"] == 0 for sample in found["hang"]["samples"]["mockpki"])
    for name, peer in (("cycle", "pytest-httpserver"), ("issue", "trustme"), ("ocsp-live", "certomancer")):
        assert any(peer in reason for reason in found[name]["skipped"])
        assert f"skipped in {name}" in done.stdout


GOALS: dict[str, tuple[Row, dict[str, list[float]], bool | None]] = {
    "ratio reached": (
        Row("", "x", "", ("a",), at_least=1.5, more_is_better=True),
        {"mockpki": [3, 4, 5], "a": [2, 2, 2]},
        True,
    ),
    "ratio missed": (
        Row("", "x", "", ("a",), at_least=1.5, more_is_better=True),
        {"mockpki": [2, 4, 2], "a": [2, 2, 2]},
        False,
    ),
    "the better peer counts": (
        Row("", "x", "", ("a", "b"), at_least=0.8, more_is_better=True),
        {"mockpki": [7], "a": [8], "b": [10]},
        False,
    ),
    "the faster peer counts": (
        Row("", "x", "", ("a", "b"), at_most=1.5),
        {"mockpki": [14], "a": [10], "b": [8]},
        False,
    ),
    "difference reached": (
        Row("", "x", "", ("a",), at_most=5, difference=True, scale=1000),
        {"mockpki": [0.304], "a": [0.3]},
        True,
    ),
    "difference missed": (
        Row("", "x", "", ("a",), at_most=5, difference=True, scale=1000),
        {"mockpki": [0.306], "a": [0.3]},
        False,
    ),
    "alone reached": (Row("", "x", "", at_most=0), {"mockpki": [0, 0, 0]}, True),
    "alone missed": (Row("", "x", "", at_most=0), {"mockpki": [0, 1, 1]}, False),
    "no peer ran": (Row("", "x", "", ("a",), at_most=1), {"mockpki": [1]}, None),
    "no goal": (Row("", "x", "", ("a",)), {"mockpki": [1], "a": [1]}, None),
}


@pytest.mark.parametrize(("row", "sides", "reached"), GOALS.values(), ids=GOALS.keys())
def test_goals_are_judged_by_the_median_of_the_rounds(
    row: Row, sides: dict[str, list[float]], reached: bool | None
) -> None:
    """A goal holds for the median of what the rounds compare, against the best of the peers that ran."""
    assert of(row, **sides).reached(row) is reached


def test_the_sides_take_turns(kit: Kit) -> None:
    """Each round asks every side once, every other round backwards, and warm-ups leave no sample."""
    turns: list[str] = []

    def side(name: str) -> Side:
        def once() -> dict[str, float]:
            turns.append(name)
            return {"turn": len(turns)}

        return once

    benchmark = Benchmark("example", (), lambda kit, stack: {"a": side("a"), "b": side("b")})
    kit.quick = False
    result = measured(benchmark, kit, rounds=3)
    assert "".join(turns) == "ab" + "ab" + "ba" + "ab"
    assert result.samples == {
        "a": [{"turn": 3}, {"turn": 6}, {"turn": 7}],
        "b": [{"turn": 4}, {"turn": 5}, {"turn": 8}],
    }


def raising(error: Exception) -> Callable[[Kit, ExitStack], dict[str, Side]]:
    """What opens a benchmark and cannot."""

    def open(kit: Kit, stack: ExitStack) -> dict[str, Side]:
        raise error

    return open


def test_what_is_missing_is_skipped_and_what_fails_is_told(kit: Kit) -> None:
    """A missing program or package skips one side, or all; any other error is a failure of the benchmark."""

    def one_side(kit: Kit, stack: ExitStack) -> dict[str, Side]:
        with kit.optional("a peer"):
            kit.python("certomancer")
        with kit.optional("another peer"):
            kit.program("no-such-program")
        return {"mockpki": lambda: {"x": 1.0}}

    partly = measured(Benchmark("example", (), one_side), kit)
    assert partly.samples == {"mockpki": [{"x": 1.0}]}
    assert [reason.partition(":")[0] for reason in partly.skipped] == ["a peer", "another peer"]
    assert "no-such-program" in partly.skipped[1]

    wholly = measured(Benchmark("example", (), raising(MissingError("no wrk here"))), kit)
    assert (wholly.samples, wholly.failure) == ({}, None)
    assert wholly.skipped == ["all of it: no wrk here"]

    failed = measured(Benchmark("example", (), raising(RuntimeError("wrong answers"))), kit)
    assert failed.failure == "RuntimeError: wrong answers"


def test_a_worker_that_dies_says_why(kit: Kit) -> None:
    """What a job raises in its process is in the error that its caller gets."""
    with (
        pytest.raises(RuntimeError, match="KeyError: 'no_such_job'"),
        kit.worker("no_such_job"),
    ):
        pytest.fail("a job that is none has started")
