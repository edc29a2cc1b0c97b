"""What is typed that makes no sense, and what a program under test prints that means ill."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from mockpki._reports.safe import clean
from mockpki.cli import main

ODD = (
    "", "x", "\udcff", "nan", "inf", "1e400", "-1", "0", "9" * 30, "--", "/nowhere/x", "/", "{", "{x}", "[",
    "[a", "by=", "=", "by=99999999999d", "9" * 400 + "d", "(" * 200, "b''", "a" * 5000, "\u202e",
)  # fmt: skip
POLICIES = ("hard-fail,", "hard-fail,timeout=99999999999d", "soft-fail,max_age=999999999d", ",", "=", "a=b")
AT_ONCE = ("--only", "nothing-has-this-name")
PROGRAM = ("--", "true", "{url}")

LINES: list[list[str]] = [
    *(
        ["faults", fault, odd]
        for odd in ODD
        for fault in ("Stale", "HttpStatus", "Embed", "Singles", "Entry")
    ),
    *(["faults", option, odd] for odd in ODD for option in ("--layer", "--for", "--format", "--write")),
    *(["scenarios", odd] for odd in ODD),
    *(["staplers", odd] for odd in ODD if odd not in ("--",)),
    *(["scenarios", "--policy", odd] for odd in (*ODD, *POLICIES)),
    *(
        [command, *AT_ONCE, option, odd, *PROGRAM]
        for command in ("probe", "probe-server")
        for option in ("--timeout", "--jobs", "--baseline", "--format", "--only", "--skip")
        for odd in ODD
    ),
    *(["probe", *AT_ONCE, "--policy", odd, *PROGRAM] for odd in (*ODD, *POLICIES)),
]


def run(*arguments: str) -> Result:
    """What a command does with *arguments*."""
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize("command", ["faults", "scenarios", "staplers", "probe", "probe-server"])
def test_no_line_ends_in_a_traceback(command: str) -> None:
    """Whatever is typed is done, or refused with a sentence, and never reaches the terminal raw."""
    lines = [line for line in LINES if line[0] == command]
    assert len(lines) > 20
    for line in lines:
        result = run(*line)
        shown = [word[:40] for word in line]
        assert result.exception is None or isinstance(result.exception, SystemExit), shown
        assert result.exit_code in (0, 1, 2, 3), shown
        assert result.exit_code == 0 or len(result.stderr.split()) > 3, shown
        assert clean(result.output) == result.output, shown


def test_json_without_end_is_no_baseline(tmp_path: Path) -> None:
    """A sentence, and not a RecursionError."""
    path = tmp_path / "deep.json"
    path.write_text("[" * 200_000, encoding="utf-8")
    result = run("probe", "--policy", "hard-fail", "--baseline", str(path), *PROGRAM)
    assert result.exit_code == 2
    assert "its JSON is nested too deeply" in result.stderr


# Programs that mean ill.

ILL = "\x1b]0;owned\x07\x1b[31m\u202etxt\u2066\x9b2J\x00"
SEEN = "txt"
DYING = f"import sys; print({ILL!r}); print({ILL!r}, file=sys.stderr); sys.exit(3)"


@pytest.mark.parametrize("form", ["text", "json", "junit", "html"])
@pytest.mark.parametrize("command", ["probe", "probe-server"])
def test_no_words_of_a_program_reach_a_terminal(command: str, form: str) -> None:
    """Its escapes, bells and bidirectional controls are shown as missing, in each form, and in errors."""
    policy = ("--policy", "hard-fail") if command == "probe" else ()
    placeholder = "{url}" if command == "probe" else "{port}"
    result = run(
        command, *policy, "--only", "*good*", "--jobs", "1", "--timeout", "5", "--format", form,
        "--", sys.executable, "-c", DYING, placeholder,
    )  # fmt: skip
    assert result.exit_code != 0
    assert SEEN in result.output, result.output
    assert clean(result.stdout) == result.stdout
    assert clean(result.stderr) == result.stderr
    if form == "junit" and result.stdout.startswith("<?xml"):
        ElementTree.fromstring(result.stdout.encode())
