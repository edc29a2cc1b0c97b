"""The command: ``python -m tests.evidence --out FOLDER``."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console

from .cases import Case, cases, world
from .verifiers import Verifier, installed

CHECKOUT = Path(__file__).resolve().parents[2]

Row = tuple[Case, dict[str, str]]


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m tests.evidence",
        description="Show every fault and recipe to the verifiers of others, and write down what they say. "
        "It takes some minutes.",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER", help="for evidence.md and evidence.json"
    )
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="some faults and recipes")
    parser.add_argument("--programs", nargs="+", default=[], metavar="PROGRAM", help="some of the programs")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Write the table. It ends with 2, and a sentence, for a folder or a name that will not do."""
    arguments = _arguments(given)
    out = arguments.out.resolve()
    if out.is_relative_to(CHECKOUT):
        print(
            f"{out} is inside the checkout, and evidence is not kept there; give another --out",
            file=sys.stderr,
        )
        return 2
    chosen = [case for case in cases() if not arguments.only or case.name in arguments.only]
    unknown = set(arguments.only) - {case.name for case in chosen}
    if unknown:
        print(f"there is no fault or recipe {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    console = Console(stderr=True)
    with installed(tuple(arguments.programs)) as (verifiers, missing):
        for program in missing:
            console.print(f"{program} is not installed, and says nothing")
        rows = [_row(case, verifiers, console) for case in chosen]
    out.mkdir(parents=True, exist_ok=True)
    (out / "evidence.json").write_text(json.dumps(_objects(rows), indent=1) + "\n")
    (out / "evidence.md").write_text(_markdown(rows, [one.name for one in verifiers], missing))
    return 0


def _row(case: Case, verifiers: Iterable[Verifier], console: Console) -> Row:
    said: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="mockpki-evidence-") as folder, console.status(case.name):
        try:
            with world(case, Path(folder)) as shown:
                for verifier in verifiers:
                    words = verifier.asks(shown)
                    if words is not None:
                        said[verifier.name] = words
        except Exception as error:
            # Such as a staple that was not sent as it was asked for; the row says so, and the next one comes.
            first = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
            said["mockpki"] = f"{type(first).__name__}: {' '.join(str(first).split())}"
    return case, said


def _objects(rows: Iterable[Row]) -> list[dict[str, object]]:
    return [
        {
            "name": case.name, "target": case.target, "expression": case.expression, "setup": case.setup,
            "pki": case.pki, "said": said,
        }
        for case, said in rows
    ]  # fmt: skip


_NOTES = (
    "- ocsptool and certtool are shown the answer or the CRL, and no certificate to judge by it.",
    "- openssl s_client -status prints the staple; whether to believe it is left to the reader.",
    "- pkilint speaks of form, and not of trust.",
)


def _markdown(rows: Sequence[Row], names: Sequence[str], missing: Sequence[str]) -> str:
    """A list of rows rather than a table: no page is as wide as what these programs say."""
    lines = ["# What verifiers say of each fault", "", *_NOTES, ""]
    lines += [f"- not installed: {', '.join(missing)}", ""] if missing else []
    for target in dict.fromkeys(case.target for case, _ in rows):
        ours = [(case, said) for case, said in rows if case.target == target]
        columns = [name for name in (*names, "mockpki") if any(name in said for _, said in ours)]
        lines += [f"## {target}", "", _line(["", *columns]), _line(["---"] * (len(columns) + 1))]
        for case, said in ours:
            title = f"**{case.name}** `{case.expression}`" + (f" after `{case.setup}`" if case.setup else "")
            lines.append(_line([title, *(said.get(name, "") for name in columns)]))
        lines.append("")
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
