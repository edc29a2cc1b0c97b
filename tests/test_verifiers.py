"""The script that shows the catalogue to the verifiers of others: it runs, and keeps out of the checkout."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import mockpki
from tests.kit.programs import need

CHECKOUT = Path(mockpki.__file__).parent.parent

if not (CHECKOUT / "tests").exists():
    pytest.skip("this is not a checkout", allow_module_level=True)


def evidence(*arguments: object) -> subprocess.CompletedProcess[str]:
    """``python -m tests.evidence``, from the checkout."""
    command = [sys.executable, "-W", "error", "-m", "tests.evidence", *map(str, arguments)]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=120, check=False)


def test_two_rows_by_openssl(tmp_path: Path) -> None:
    """Of a fault and a recipe, openssl says something of each, and both tables have it."""
    need("openssl")
    out = tmp_path / "out"
    ran = evidence("--out", out, "--programs", "openssl", "--only", "honest", "Unknown", "expired")
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr
    rows = json.loads((out / "evidence.json").read_text())
    said = {(row["name"], row["target"]): row["said"] for row in rows}
    assert list(said) == [("honest", "OCSP"), ("honest", "CRL"), ("Unknown", "OCSP"), ("expired", "CRL")]
    assert said["honest", "OCSP"].keys() == {"openssl ocsp", "openssl s_client -status"}
    assert said["honest", "CRL"].keys() == {"openssl verify -crl_check"}
    assert said["Unknown", "OCSP"]["openssl ocsp"] != said["honest", "OCSP"]["openssl ocsp"]
    table = (out / "evidence.md").read_text()
    assert all(words in table for row in rows for words in row["said"].values())


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    """A program that nobody has is named, and the rest is done without it."""
    ran = evidence("--out", tmp_path, "--programs", "nonesuch", "--only", "Unknown")
    assert ran.returncode == 0, ran.stderr
    assert "nonesuch is not installed" in ran.stderr
    assert [row["said"] for row in json.loads((tmp_path / "evidence.json").read_text())] == [{}]


@pytest.mark.parametrize("inside", [CHECKOUT, CHECKOUT / "tests" / "evidence" / "made"])
def test_never_inside_the_checkout(inside: Path) -> None:
    """A folder of the checkout is refused with a sentence, and nothing is made there."""
    ran = evidence("--out", inside)
    assert ran.returncode == 2
    assert f"{inside} is inside the checkout" in ran.stderr
    assert not (inside / "evidence.md").exists()


def test_an_unknown_row(tmp_path: Path) -> None:
    """A fault that does not exist is refused by name."""
    ran = evidence("--out", tmp_path / "out", "--only", "Nonesuch")
    assert ran.returncode == 2
    assert "there is no fault or recipe Nonesuch" in ran.stderr
