"""The command: ``python -m tests.fuzz``."""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .kit import world
from .targets import TARGETS

CHECKOUT = Path(__file__).resolve().parents[2]

# Beyond the time that it was given: to start, and to look at one last input.
_PATIENCE = 60
_LONGEST_INPUT = 10


class FailedError(Exception):
    """What a target was given when it failed, and what it said then."""


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m tests.fuzz",
        description="Random and mutated input, guided by coverage: nothing raises, nothing is an HTTP 500.",
    )
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: %(default)s)")
    parser.add_argument("--target", choices=TARGETS, help="one of them (default: each in turn)")
    parser.add_argument("--input", type=bytes.fromhex, metavar="HEX", help="run --target with these octets")
    arguments = parser.parse_args(given)
    if arguments.seconds < 1:
        parser.error("--seconds is 1 or more")
    if arguments.input is not None and arguments.target is None:
        parser.error("--input is for one target; say which by --target")
    return arguments


def main(given: Sequence[str] | None = None) -> int:
    """Fuzz. The exit status is 1 when something failed, 2 when nothing could be tried."""
    arguments = _arguments(given)
    if arguments.input is not None:
        with world() as fuzzed:
            TARGETS[arguments.target](fuzzed).run(arguments.input)
        print(f"{arguments.target}: nothing failed")
        return 0
    if importlib.util.find_spec("atheris") is None:
        print(
            "fuzzing needs atheris: run `pip install atheris` in the environment of this Python, "
            f"{sys.executable}",
            file=sys.stderr,
        )
        return 2
    names = [arguments.target] if arguments.target else list(TARGETS)
    try:
        counts = {name: _fuzz(name, arguments.seconds) for name in names}
    except FailedError as error:
        print(error)
        return 1
    each = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    total, seconds = sum(counts.values()), arguments.seconds * len(counts)
    print(f"{total:,} executions in {seconds} s ({each}), none failed")
    return 0


def _fuzz(name: str, seconds: int) -> int:
    """How often the target was run in so many seconds; `FailedError` once it fails."""
    with tempfile.TemporaryDirectory(prefix="mockpki-fuzz-") as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        command = (
            sys.executable, "-m", "tests.fuzz.worker", name, str(corpus),
            f"-max_total_time={seconds}", f"-timeout={_LONGEST_INPUT}", f"-artifact_prefix={folder}/found-",
        )  # fmt: skip
        # libFuzzer ends the process where it stands: what that leaves behind goes with the folder.
        done = subprocess.run(
            command, cwd=CHECKOUT, env={**os.environ, "TMPDIR": folder}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds + _PATIENCE, check=False,
        )  # fmt: skip
        said = done.stdout.decode(errors="replace")
        found = [path.read_bytes().hex() for path in Path(folder).glob("found*")]
        runs = re.search(r"^Done (\d+) runs in ", said, re.MULTILINE)
        if done.returncode or found or runs is None:
            last = "\n".join(said.splitlines()[-40:])
            again = f"\nagain: python -m tests.fuzz --target {name} --input {found[0]}" if found else ""
            raise FailedError(f"{last}\n{name} failed with exit status {done.returncode}{again}")
        return int(runs[1])


if __name__ == "__main__":
    sys.exit(main())
