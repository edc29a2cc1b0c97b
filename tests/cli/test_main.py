"""The command line: help, and what is said to mistakes. Each command has its own tests elsewhere."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import mockpki
from mockpki import scenarios
from mockpki._catalogue.entries import by_layer, layer_title, list_faults
from mockpki._catalogue.lookup import RECIPES
from mockpki._catalogue.readme import BEGIN, END
from mockpki.cli import main


def test_help() -> None:
    """Help begins with worked examples, whose commands exist, and then lists every command."""
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    examples = [line.split() for line in result.output.splitlines() if line.startswith("    ")]
    named = [words[words.index("mockpki") + 1] for words in examples if "mockpki" in words]
    assert named[0] == "demo"
    assert set(named) <= set(main.commands)
    listed = result.output.partition("Commands:")[2]
    assert all(name in listed for name in main.commands)


@pytest.mark.parametrize("name", sorted(main.commands))
def test_help_of_commands(name: str) -> None:
    """Every command explains itself."""
    result = CliRunner().invoke(main, [name, "-h"])
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: main {name}")
    assert len((main.commands[name].help or "").split(".")[0]) > 20


def test_version() -> None:
    """The version is the package's."""
    result = CliRunner().invoke(main, ["--version"])
    assert result.output == f"main, version {mockpki.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["dmeo"], "There is no command 'dmeo'; did you mean demo?"),
        (["xyzzy"], "There is no command 'xyzzy'; there are: demo, faults, probe, scenarios"),
        (["demo", "again"], "again"),
        (["demo", "--fast"], "--fast"),
        (["--fast"], "--fast"),
    ],
)
def test_mistakes(arguments: list[str], sentence: str) -> None:
    """A mistake ends with 2 and a sentence that names it, and does nothing."""
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert sentence in result.output
    assert "Traceback" not in result.output


def test_entry_point() -> None:
    """The installed command is this one."""
    command = Path(sys.executable).with_name("mockpki")
    if not command.exists():
        pytest.skip("the package's command is not beside this Python")
    done = subprocess.run([command, "demoo"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "did you mean demo?" in done.stderr


# mockpki faults.


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
    assert stale["parameters"][0] == {"name": "by", "default": "timedelta(days=1)"}
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
        (["Stale", "by=2"], 2, "needs a timedelta"),
        (["Stale", "--for", "certificate"], 2, "Stale is not for certificate, but for OCSP, staple, CRL"),
        (["revoked", "x"], 2, "revoked is a recipe, and takes no parameters"),
        (["good_empty", "--for", "OCSP"], 2, "good_empty is not for OCSP, but for CRL"),
        (["--layer", "time"], 2, "There is no layer 'time'; there are: timing"),
        (["Stale", "--layer", "timing"], 2, "--layer and --recipes list several"),
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


# mockpki scenarios.


def scenarios_command(*arguments: str, columns: int = 80) -> Result:
    """`mockpki scenarios` on a terminal of so many columns that has no colours."""
    return CliRunner().invoke(main, ["scenarios", *arguments], env={"COLUMNS": str(columns)})


def test_scenarios() -> None:
    """Every scenario is listed with its sentence and what each policy demands, open ones with a clause."""
    result = scenarios_command(columns=300)
    assert result.exit_code == 0
    assert re.findall(r"^[a-z].*", result.output, re.MULTILINE) == [one.name for one in scenarios.TABLE]
    assert (
        "ocsp-stale\n"
        "      There is no staple and no CRL; the responder's answer is good but out of date: nextUpdate was "
        "yesterday.\n"
        "      accept: no-check, soft-fail, must-staple\n"
        "      reject: hard-fail, staple-required\n"
    ) in result.output
    assert re.search(
        r"^staple-empty\n.*\n.*\n.*\n +either: soft-fail.* \(RFC 6066 ", result.output, re.MULTILINE
    )


@pytest.mark.parametrize("arguments", [[], ["--policy", "hard-fail"]])
def test_scenarios_fit_a_narrow_terminal(arguments: list[str]) -> None:
    """Nothing goes beyond 80 columns, or ends in blanks."""
    lines = scenarios_command(*arguments).output.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if line.endswith(" ")] == []


def test_scenarios_of_a_policy() -> None:
    """Patterns choose, and --policy tells what one policy demands, and why; it may be varied."""
    output = scenarios_command(
        "crl-good", "ocsp-revo*", "--policy", "hard-fail,sources=OCSP", columns=300
    ).output
    lines = output.splitlines()
    assert lines[::3] == ["ocsp-revoked", "crl-good", "ocsp-revoked-since"]
    assert lines[2] == "      reject: OCSP says revoked"
    assert lines[8].startswith("      either: RFC 6960 section 2.4: ")
    assert lines[5] == "      reject: no source can tell (OCSP: nothing), and the policy is hard-fail"


def test_scenarios_in_other_formats() -> None:
    """JSON has reasons, Markdown a column for each policy."""
    objects = json.loads(scenarios_command("--format", "json").output)
    assert [one["name"] for one in objects] == [one.name for one in scenarios.TABLE]
    [revoked] = [one for one in objects if one["name"] == "ocsp-revoked"]
    assert list(revoked["expected"]) == list(scenarios.POLICIES)
    assert revoked["expected"]["hard-fail"] == {
        "verdict": "reject", "reason": "OCSP says revoked", "told_by": ["OCSP"],
    }  # fmt: skip
    rows = scenarios_command("--format", "markdown", "crl-good").output.splitlines()
    assert rows[0] == f"| scenario | what it is | {' | '.join(scenarios.POLICIES)} |"
    assert rows[2:] == [
        "| `crl-good` | There is no staple and no responder; the CRL does not list the certificate. "
        "| accept | accept | accept | reject | accept |"
    ]
    one = scenarios_command("--format", "markdown", "--policy", "no-check", "crl-good").output.splitlines()
    assert one[:2] == ["| scenario | what it is | no-check |", "| --- | --- | --- |"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["ocsp-stail"], "there is no scenario 'ocsp-stail'; did you mean ocsp-stale"),
        (["xyzzy-*"], "there is no scenario 'xyzzy-*'; `mockpki scenarios` lists them."),
        (["--policy", "hard"], "--policy: there is no policy 'hard'; did you mean hard-fail"),
        (["--policy", "hard-fail,chain=no"], "--policy: a policy has no field 'chain'"),
        (["--policy", "hard-fail,whole_chain=0"], "--policy: whole_chain of a policy is yes or no; got '0'"),
        (["--format", "html"], "'html' is not one of"),
    ],
)
def test_mistakes_with_scenarios(arguments: list[str], sentence: str) -> None:
    """A mistake ends with 2 and a sentence, with what is near."""
    result = scenarios_command(*arguments, columns=200)
    assert (result.exit_code, result.stdout) == (2, "")
    assert sentence in result.stderr


# mockpki probe: what is said before anything is run.


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Missing argument"),
        (["--", "x", "{ulr}"], "There is no placeholder {ulr}; did you mean {url}?"),
        (["--", "x"], "Nothing in the command x tells the client where to go"),
        (
            ["--policy", "hardfail", "--", "x", "{url}"],
            "there is no policy 'hardfail'; did you mean hard-fail",
        ),
        (["--policy", "hard-fail,sources=OSCP", "--", "x", "{url}"], "'OSCP' is no source of a policy"),
        (["--only", "oscp-stale", "--", "x", "{url}"], "no scenario 'oscp-stale'; did you mean ocsp-stale"),
        (["--skip", "oscp-*", "--", "x", "{url}"], "there is no scenario 'oscp-*'"),
        (["--only", "crl-good", "--skip", "crl-*", "--", "x", "{url}"], "--skip leaves out every scenario"),
        (["--jobs", "0", "--", "x", "{url}"], "0 is not in the range x>=1"),
        (["--timeout", "0", "--", "x", "{url}"], "0.0 is not in the range x>0"),
        (["--accept-when", "(", "--", "x", "{url}"], "'(' is no regular expression"),
        (["--key-type", "P-257", "--", "x", "{url}"], "'P-257' is no key type; there are P-256"),
        (["--format", "xml", "--", "x", "{url}"], "'xml' is not one of"),
        (["--polic", "hard-fail", "--", "x", "{url}"], "No such option"),
    ],
)
def test_mistakes_with_probe(arguments: list[str], sentence: str) -> None:
    """A mistake ends with 2 and a sentence, with what is near, and runs nothing."""
    result = CliRunner().invoke(main, ["probe", *arguments], env={"COLUMNS": "200"})
    assert (result.exit_code, result.stdout) == (2, "")
    assert sentence in result.stderr


def test_probe_takes_options_of_the_client() -> None:
    """What stands after the client's name is the client's, with or without -- before it."""
    for dashes in ([], ["--"]):
        result = CliRunner().invoke(main, ["probe", *dashes, "no-such-client", "--policy", "{url}"])
        assert result.exit_code == 3
        assert "there is no program no-such-client" in result.stderr


def test_light() -> None:
    """Help and mistakes import nothing heavy."""
    code = (
        "import sys; from mockpki.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('OpenSSL', 'cryptography', 'rich', 'pytest') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
