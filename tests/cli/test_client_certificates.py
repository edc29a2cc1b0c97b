"""`mockpki probe-server --client-certificates`: its exit statuses, and what it writes."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mockpki.cli import main
from tests.scenarios.servers.test_client_certificates import server

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="this system has no process groups")

BY_CRLS = "hard-fail,sources=CRL,sourceless_passes=no"
ONLY = ("--only", "crl-good", "--only", "crl-revoked", "--only", "crl-stale")


def probe(*options: str, trusts: tuple[str, ...] = ("{ca_file}", "{crl_file}")) -> Result:
    """What the command does with these options, of a server that trusts and reads these files."""
    words = ["probe-server", "--client-certificates", *options, "--", *server(*trusts).words]
    return CliRunner().invoke(main, words)


def test_a_policy_that_is_kept_and_one_that_is_not() -> None:
    """The status is 0 or 1, and the report says in the words of `mockpki probe` what the server did."""
    kept = probe(*ONLY, "--policy", BY_CRLS)
    assert kept.exit_code == 0, kept.output
    text = " ".join(kept.stdout.split())
    assert f"3 of 3 scenarios ended as {BY_CRLS} demands." in text
    assert "revoked reject" in text
    assert "certificate revoked" in text
    broken = probe(*ONLY, "--policy", "soft-fail,sources=CRL", "--skip", "crl-good")
    assert broken.exit_code == 1, broken.output
    assert "crl-stale: the policy demands accept, and the server did reject" in broken.stdout
    assert "1 of 2 scenarios" in broken.stdout
    without = probe(*ONLY, trusts=("{ca_file}",))
    assert without.exit_code == 0, without.output
    assert "It behaves like no-check" in " ".join(without.stdout.split())


def test_as_json_and_with_a_baseline(tmp_path: Path) -> None:
    """A report is a baseline for the next: what is known passes, and needs the policy it was known by."""
    path = tmp_path / "known.json"
    options = (*ONLY, "--policy", "soft-fail,sources=CRL")
    assert probe(*options, "--output", str(path)).exit_code == 1
    page = probe(*options, "--format", "html")
    assert "By what the server did:" in page.stdout
    assert "mockpki probe-server: " in page.stdout
    rows = json.loads(path.read_text())["scenarios"]
    assert [(row["name"], row["ok"]) for row in rows] == [
        ("crl-good", True), ("crl-revoked", True), ("crl-stale", False),
    ]  # fmt: skip
    known = probe(*options, "--baseline", str(path))
    assert known.exit_code == 0, known.output
    alone = probe(*ONLY, "--baseline", str(path))
    assert alone.exit_code == 2
    assert "--baseline goes with --policy" in alone.stderr


def test_mistakes() -> None:
    """What cannot be done is said: 2 for what was typed, 3 where nothing listens, 4 without a verdict."""
    for options, sentence in (
        (("--only", "staple-good"), "there is no scenario 'staple-good'"),
        (("--only", "crl-good", "--skip", "crl-*"), "--skip leaves out every scenario"),
        (("--policy", "hard-fall"), "--policy: "),
        (("--key-type", "P-257"), "P-257"),
    ):
        wrong = probe(*options)
        assert (wrong.exit_code, sentence in wrong.stderr) == (2, True), wrong.output
    silent = probe(trusts=("nowhere.pem",))
    assert (silent.exit_code, "ended with 1 before it listened" in silent.stderr) == (3, True)
    anybody = probe(trusts=("-",))
    assert (anybody.exit_code, "it accepts the client certificate of a CA" in anybody.stderr) == (4, True)
    apart = CliRunner().invoke(main, ["probe-server", "--policy", "hard-fail", "--", "true", "{port}"])
    assert (apart.exit_code, "--policy goes with --client-certificates" in apart.stderr) == (2, True)
