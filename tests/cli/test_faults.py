"""`mockpki faults`: the catalogue, what each fault changes, and what is said to mistakes."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import mockpki
from mockpki._catalogue.entries import by_layer, layer_title, list_faults
from mockpki._catalogue.lookup import RECIPES
from mockpki._catalogue.readme import BEGIN, END
from mockpki.cli import main


def faults_command(*arguments: str, columns: int = 80) -> Result:
    """`mockpki faults` on a terminal of so many columns that has no colours."""
    return CliRunner().invoke(main, ["faults", *arguments], env={"COLUMNS": str(columns)})


def test_faults() -> None:
    """The catalogue is listed whole, in the order of its layers, each with its sentence and clause."""
    result = faults_command(columns=300)
    assert result.exit_code == 0
    listed = re.findall(r"^  (\w+)\(", result.output, re.MULTILINE)
    assert listed == [fault.__name__ for fault in mockpki.faults.CATALOGUE]
    headings = re.findall(r"^(\S.*): for ", result.output, re.MULTILINE)
    assert headings == [layer_title(layer) for layer, _ in by_layer()]
    assert "Timing: for OCSP, staple, CRL\n" in result.output
    assert "  Hang()\n" in result.output
    assert "the whole answer is that much older. RFC 6960 section 4.2.2.1.\n" in result.output


@pytest.mark.parametrize("arguments", [[], ["--recipes"], ["Stale"], ["Delegate"], ["--layer", "HTTP"]])
def test_faults_fit_a_narrow_terminal(arguments: list[str]) -> None:
    """Nothing but decoded octets goes beyond 80 columns, ends in blanks, or has colours where none are."""
    result = faults_command(*arguments)
    assert result.exit_code == 0
    words = result.output.partition("\nOCSP: ")[0].splitlines()
    assert words
    assert max(map(len, words)) <= 80
    assert [line for line in words if line.endswith(" ")] == []
    assert "\x1b" not in result.output


def test_faults_of_a_layer() -> None:
    """--layer lists one layer in each format."""
    names = [entry.name for entry in list_faults("HTTP")]
    assert names
    text = faults_command("--layer", "http").output
    assert re.findall(r"^  (\w+)\(", text, re.MULTILINE) == names
    objects = json.loads(faults_command("--layer", "http", "--format", "json").output)
    assert [one["name"] for one in objects] == names
    markdown = faults_command("--layer", "http", "--format", "markdown").output
    assert re.findall(r"^- `(\w+)\(", markdown, re.MULTILINE) == names


def test_faults_as_json() -> None:
    """Each object has what `FaultEntry` has, parameters and targets as lists."""
    objects = json.loads(faults_command("--format", "json").output)
    assert [one["name"] for one in objects] == [fault.__name__ for fault in mockpki.faults.CATALOGUE]
    [stale] = [one for one in objects if one["name"] == "Stale"]
    assert stale["clause"] == "RFC 6960 section 4.2.2.1"
    assert stale["parameters"][0] == {"name": "by", "default": "timedelta(days=3)"}
    assert stale["targets"] == ["OCSP", "staple", "CRL"]


def test_recipes() -> None:
    """--recipes lists every one with its expression, in each format."""
    text = faults_command("--recipes", columns=300).output
    assert "revoked_hold  OCSP\n      Revoked('certificate_hold')\n" in text
    objects = json.loads(faults_command("--recipes", "--format", "json").output)
    assert [(one["name"], one["given_to"]) for one in objects] == [
        (recipe.name, recipe.given_to) for recipe in RECIPES
    ]
    rows = faults_command("--recipes", "--format", "markdown").output.splitlines()
    assert len(rows) == len(RECIPES) + 2
    assert "| good_other_serial | CRL | `()` | `pki.revoke(leaf.serial_number + 1)` |" in rows


def test_recipes_by_their_older_option() -> None:
    """--aliases is another spelling of --recipes, which the help does not show."""
    assert faults_command("--aliases").output == faults_command("--recipes").output
    assert "--aliases" not in faults_command("--help").output


def test_one_fault() -> None:
    """One fault is shown with all it says of itself, and with what it changes."""
    output = faults_command("Stale", "by=2d").output
    told, _, difference = output.partition("\n\n")
    assert "With *fresh_signature* it was signed just now: producedAt stays." in told
    assert "Layer: timing. For: OCSP, staple, CRL." in told
    lines = difference.splitlines()
    assert lines[0] == "OCSP: where the honest one (-) and this one (+) differ"
    assert [line.split(":")[0].split() for line in lines if line.startswith("+")] == [
        ["+", "producedAt"], ["+", "thisUpdate"], ["+", "nextUpdate"],
    ]  # fmt: skip
    assert lines[-1].endswith(", 2 d ago")


def test_one_fault_for_another_target() -> None:
    """--for shows what the same fault does elsewhere."""
    output = faults_command("Stale", "--for", "crl").output
    assert "CRL: where the honest one (-) and this one (+) differ\n  CertificateList\n" in output
    assert "producedAt:" not in output


def test_one_fault_in_other_formats() -> None:
    """JSON has the lines of the difference, Markdown a block of them."""
    [shown] = json.loads(faults_command("Version", "--format", "json").output)
    assert shown["name"] == "Version"
    assert ["+", "        version: 1 (v2)"] in shown["difference"]["lines"]
    markdown = faults_command("Version", "--format", "markdown").output
    assert markdown.startswith("### `Version(number=1)`\n\nThe version is written")
    assert "```diff\n  OCSPResponse\n" in markdown
    assert markdown.endswith("+         version: 1 (v2)\n```\n")


def test_one_recipe() -> None:
    """A recipe shows what it is made of; of a name that OCSP and CRL share, both, or the one asked for."""
    both = faults_command("revoked").output
    assert "revoked  OCSP\n      Revoked()\n" in both
    assert "revoked  CRL\n      pki.revoke(leaf)\n      ()\n" in both
    assert "+     revokedCertificates\n" in both
    only = faults_command("revoked", "--for", "CRL").output
    assert "OCSP" not in only
    honest = faults_command("good_empty").output
    assert honest.endswith("CRL: nothing differs\n")
    assert faults_command("revoked", "--format", "markdown").output.startswith("### revoked\n\n```python\n")


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["Stail"], 3, "There is no fault 'Stail'; did you mean Stale"),
        (["xyzzy"], 3, "There is no fault 'xyzzy'; `mockpki faults` lists all."),
        (["Stale", "bye=2d"], 2, "does not take bye=2d"),
        (["Stale", "by=2"], 2, "does not take by=2: a duration is a number with its unit, such as 30s"),
        (["Stale", "--for", "certificate"], 2, "Stale is not for certificate, but for OCSP, staple, CRL"),
        (["revoked", "x"], 2, "revoked is a recipe, and takes no parameters"),
        (["good_empty", "--for", "OCSP"], 2, "good_empty is not for OCSP, but for CRL"),
        (["--layer", "time"], 2, "There is no layer 'time'; there are: timing"),
        (["Stale", "--layer", "timing"], 2, "--layer and --recipes list several"),
        (["--layer", "timing", "--recipes"], 2, "--layer chooses among faults, and --recipes lists recipes"),
        (["--for", "CRL"], 2, "--for goes with a NAME"),
        (["Long", "before=1d", "after=soon"], 2, "a duration is a number with its unit, such as 30s"),
        (["--write", "README.md"], 2, "--write goes with --format markdown"),
    ],
)
def test_mistakes_with_faults(arguments: list[str], status: int, sentence: str) -> None:
    """A fault that does not exist ends with 3, any other mistake with 2, and both with a sentence."""
    result = faults_command(*arguments, columns=200)
    assert (result.exit_code, result.stdout) == (status, "")
    assert sentence in result.stderr


def test_write(tmp_path: Path) -> None:
    """--write puts the list between its marks, leaves the rest alone, and changes nothing the second time."""
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write = ["--format", "markdown", "--write", str(page)]
    for _ in range(2):
        assert faults_command(*write).exit_code == 0
        listed = faults_command("--format", "markdown").output
        assert page.read_text() == (f"before\n{BEGIN}\n{listed}{END}\nafter\n")
    page.write_text("no marks")
    result = faults_command(*write)
    assert result.exit_code == 1
    assert "cannot be refreshed: it has no lines <!-- faults:" in result.stderr
    assert page.read_text() == "no marks"
