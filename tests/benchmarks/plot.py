"""Growth curves from the benchmarks' JSON. Run as a script: ``python plot.py FIGURES.json PICTURE.png``."""

from __future__ import annotations

import importlib
import json
import statistics
import sys
from pathlib import Path
from typing import Any

Points = list[tuple[int, float]]


def _medians(benchmark: dict[str, Any], side: str, metric: str) -> float:
    return float(statistics.median(sample[metric] for sample in benchmark["samples"][side]))


def _rates(benchmarks: dict[str, Any]) -> Points:
    growth = benchmarks.get("growth", {"samples": {}})
    return [(int(side.replace(",", "")), _medians(growth, side, "rate")) for side in growth["samples"]]


def _crls(benchmarks: dict[str, Any], side: str, metric: str) -> Points:
    return [
        (int(name[4:]), _medians(benchmark, side, metric))
        for name, benchmark in benchmarks.items()
        if name.startswith("crl-") and side in benchmark["samples"]
    ]


def main(figures: str, picture: str) -> None:
    """Draw what there is."""
    matplotlib = importlib.import_module("matplotlib")
    matplotlib.use("Agg")
    pyplot = importlib.import_module("matplotlib.pyplot")
    benchmarks = {one["name"]: one for one in json.loads(Path(figures).read_text())["benchmarks"]}
    _, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    points = _rates(benchmarks)
    if points:
        left.plot(*zip(*points, strict=True), "o-", label="mockpki")
        left.legend()
    left.set(
        title="OCSP answers signed live, by certificates in the ledger",
        xlabel="certificates", ylabel="answers per second", xscale="log", ylim=(0, None),
    )  # fmt: skip
    for side, metric, label, style in (
        ("cryptography", "first", "cryptography's builder", "s--"),
        ("mockpki", "first", "mockpki, first", "o-"),
        ("mockpki", "again", "mockpki, after one more revocation", "o:"),
    ):
        points = _crls(benchmarks, side, metric)
        if points:
            right.plot(*zip(*points, strict=True), style, label=label)
            right.legend()
    right.set(title="a CRL, by entries", xlabel="entries", ylabel="seconds", xscale="log", yscale="log")
    pyplot.savefig(picture, dpi=120)


if __name__ == "__main__":
    main(*sys.argv[1:])
