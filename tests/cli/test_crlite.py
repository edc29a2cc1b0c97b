"""`mockpki crlite`: what CRLs and filters weigh."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockpki.cli import main


def run(*arguments: str) -> str:
    """What it prints."""
    result = CliRunner().invoke(main, ["crlite", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_text() -> None:
    """Without anything else there are three sizes, and no wrong answer."""
    text = run()
    assert [f"{count:,} " in text for count in (1_000, 10_000, 100_000)] == [True] * 3
    assert "All 31,000 known certificates that were looked up got the right answer." in " ".join(text.split())


def test_counts_and_shares() -> None:
    """So many certificates, of which such a share is revoked, of which such a share is new."""
    found = json.loads(run("200", "50", "--revoked", "10", "--new", "50", "--format", "json"))
    assert [(one["known"], one["revoked"], one["new"]) for one in found] == [(200, 20, 10), (50, 5, 2)]


@pytest.mark.parametrize("form", ["json", "html", "text"])
def test_formats(form: str, tmp_path: Path) -> None:
    """It is written as JSON, as one HTML file with the sizes drawn, and as text."""
    file = tmp_path / "sizes"
    printed = run("10", "20", "--format", form, "--output", str(file))
    written = file.read_text(encoding="utf-8")
    assert {"json": '"crl":', "html": "<svg", "text": "delta CRL"}[form] in written
    assert "All 30 known certificates" in printed


@pytest.mark.parametrize(
    "arguments",
    [("0",), ("many",), ("--revoked", "101"), ("--new", "-1"), ("--revoked", "nan"), ("--new", "x")],
)
def test_nonsense(arguments: tuple[str, ...]) -> None:
    """What is no number of certificates and no share of them is refused."""
    result = CliRunner().invoke(main, ["crlite", *arguments])
    assert result.exit_code == 2
    assert "Error" in result.output or "Usage" in result.output
