"""The command: ``python -m tests.benchmarks``."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from . import everyday, filters, growing, handshakes, long_tail, report, responders
from .kit import Kit, MissingError
from .running import Benchmark, Result, run

BENCHMARKS: tuple[Benchmark, ...] = (
    *everyday.BENCHMARKS,
    *responders.BENCHMARKS,
    *growing.BENCHMARKS,
    *filters.BENCHMARKS,
    *handshakes.BENCHMARKS,
    *long_tail.BENCHMARKS,
)


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "mockpki-benchmarks"


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    names = [benchmark.name for benchmark in BENCHMARKS]
    parser = argparse.ArgumentParser(
        "python -m tests.benchmarks",
        description="Measure mockpki side by side with its peers. Linux only; best on an idle machine.",
    )
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", choices=names, help=f"some of: {', '.join(names)}"
    )
    parser.add_argument("--rounds", type=int, default=5, help="rounds after the warm-up (default: 5)")
    parser.add_argument(
        "--quick", action="store_true", help="small and short: shows that it works, not how fast"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw the growth curves")
    parser.add_argument(
        "--peers", type=Path, default=_cache(), metavar="FOLDER",
        help="where the peers' environments are kept (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--offline", action="store_true", help="install nothing; skip the peers not there yet"
    )
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Run the benchmarks. The exit status is 2 when one failed; 1 when a goal was missed, but for --quick."""
    if sys.platform != "linux":
        sys.exit("the benchmarks read /proc and need Linux")
    arguments = _arguments(given)
    console = Console(width=None if sys.stdout.isatty() else 180)
    progress = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="mockpki-benchmarks-") as folder:
        kit = Kit(Path(folder), arguments.peers.resolve(), offline=arguments.offline, quick=arguments.quick)
        results: list[Result] = []
        for benchmark in BENCHMARKS:
            if arguments.only and benchmark.name not in arguments.only:
                continue
            own = Path(folder) / benchmark.name
            own.mkdir()
            kit.folder = own
            with progress.status(benchmark.name) as status:
                results.append(run(benchmark, kit, arguments.rounds, status.update))
        report.table(results, console, quick=arguments.quick)
        figures = arguments.json or Path(folder) / "figures.json"
        measured = report.as_json(results, arguments.rounds, quick=arguments.quick)
        figures.write_text(json.dumps(measured, indent=1) + "\n")
        if arguments.plot:
            try:
                report.plot(kit, figures, arguments.plot)
            except MissingError as missing:
                console.print(f"no plot: {missing}")
    if any(result.failure is not None for result in results):
        return 2
    missed = any(result.reached(row) is False for result in results for row in result.benchmark.rows)
    return int(missed and not arguments.quick)


if __name__ == "__main__":
    sys.exit(main())
