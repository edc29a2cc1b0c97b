"""The process that one target is fuzzed in, which libFuzzer ends: ``worker TARGET CORPUS [OPTION]...``."""

import importlib
import sys
from pathlib import Path
from typing import Any


def main(name: str, corpus: Path, *options: str) -> None:
    """Fill *corpus* with the seeds, and fuzz. Does not return."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["mockpki"]):
        from .kit import world
        from .targets import TARGETS
    with world() as fuzzed:
        target = TARGETS[name](fuzzed)
        for number, seed in enumerate(target.seeds):
            (corpus / f"seed-{number}").write_bytes(seed)

        def run(data: bytes) -> None:
            try:
                target.run(data)
            except BaseException:
                # libFuzzer writes it down, too, if the process lives long enough.
                (corpus.parent / "found").write_bytes(data)
                raise

        atheris.Setup([sys.argv[0], *options, str(corpus)], run)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
