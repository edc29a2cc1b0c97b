"""`mockpki scenarios`: the table, and what policies demand in it."""

import json
import re

import pytest
from click.testing import CliRunner, Result

from mockpki import scenarios
from mockpki.cli import main
from mockpki.scenarios.servers import SCENARIOS


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
        "three days ago.\n"
        "      accept: no-check, soft-fail, must-staple\n"
        "      reject: hard-fail, staple-required, rfc5280\n"
    ) in result.output
    assert re.search(
        r"^staple-empty\n.*\n.*\n.*\n +either: soft-fail.* \(RFC 6066 ", result.output, re.MULTILINE
    )


@pytest.mark.parametrize("arguments", [[], ["--policy", "hard-fail"], ["--policy", "firefox-ocsp-1-require"]])
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
    assert lines[5] == (
        "      accept: no source can tell (OCSP: nothing), for there is none, which the policy lets pass"
    )


def test_scenarios_of_a_documented_client() -> None:
    """The policy of a client is found by its name, and the documentation that it follows is quoted."""
    output = scenarios_command("no-sources", "--policy", "jdk-soft-fail", columns=500).output
    lines = output.splitlines()
    assert lines[2].startswith(
        "      reject: no source can tell (staple: nothing; OCSP: nothing; CRL: nothing)"
    )
    assert lines[2].endswith("and the policy wants a source to be there")
    assert lines[3:6] == [
        "",
        "jdk-soft-fail",
        "      a JDK with PKIXRevocationChecker and SOFT_FAIL, by its own documentation:",
    ]
    assert lines[-1].startswith('      "Allow revocation check to succeed if')
    assert lines[-1].endswith("(java.security.cert.PKIXRevocationChecker.Option.SOFT_FAIL)")
    plain = scenarios_command("no-sources", "--policy", "soft-fail", columns=500).output
    assert len(plain.splitlines()) == 3


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
        "| accept | accept | accept | reject | accept | accept |"
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


class TestServers:
    """The scenarios of stapling, which servers are put in."""

    def test_listed(self) -> None:
        """--servers lists each with its sentence and demands; without it, it is said that they are there."""
        output = scenarios_command("--servers", columns=300).output
        assert re.findall(r"^[a-z].*", output, re.MULTILINE) == [one.name for one in SCENARIOS]
        assert "good\n      The responder says good.\n      ready: The first client is given" in output
        assert "mockpki scenarios --servers" in scenarios_command().output.splitlines()[-1]

    def test_found_by_name(self) -> None:
        """A name or pattern that only servers have is found without it, beside those of clients."""
        found = json.loads(scenarios_command("--format", "json", "crl-good", "restart-*").output)
        names = [one["name"] for one in found]
        assert names[0] == "crl-good"
        assert {name.partition("-")[0] for name in names[1:]} == {"restart"}
        assert all(("expected" in one) != ("demands" in one) for one in found)
        markdown = scenarios_command("--format", "markdown", "idle").output
        assert markdown.startswith("| scenario | what it is | what a good server does |\n")

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (("--servers", "refusd"), "refused"),
            (("--servers", "--policy", "hard-fail"), "--policy is about clients"),
            (("idle", "xyzzy"), "there is no scenario 'xyzzy'"),
        ],
    )
    def test_mistakes(self, arguments: tuple[str, ...], sentence: str) -> None:
        """What is in neither table is told, and what does not go together."""
        result = scenarios_command(*arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert sentence in result.stderr
