"""The recipes for other languages: each is run as a user would, by its own test runner.

Every one starts ``mockpki serve`` itself and tells the same story, of a certificate that is good, revoked,
without a staple, with a stale one, and of services that are down; then it goes through the scenario table, as
far as its client can take part by its own means, and shows what a client is told that trusts anybody. Once
more, with a client that does not check, it fails with the server's sentences.

That no server is left is seen by the end of what was printed, whose pipe it shares.
"""

import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from mockpki import scenarios
from mockpki._pkix.pkcs12 import WRITES_TRUSTSTORES
from tests.kit.programs import need, run

HERE = Path(__file__).with_name("recipes")
TOP = Path(__file__).parents[2]
PATIENCE = 300
"""Seconds, which machines that have much else to do may need."""


@dataclass(frozen=True)
class Recipe:
    """How a recipe is run, what it has to say, and how its client is broken."""

    command: Sequence[str]
    programs: Sequence[str]
    story: Sequence[str]
    """What it prints of its tests of the story that passed."""
    row: str
    """What it prints of a scenario in which its client did as demanded: a pattern with its name as group."""
    tables: Sequence[tuple[str, str]]
    """Of each table, the patterns of the scenarios in it, and of those left out of these."""
    broken: Sequence[tuple[str, str, str]]
    """In which file what is replaced by what, so that the client checks nothing and the story is wrong."""
    few: Sequence[str]
    """What is added to the command so that, broken, it does not do everything."""
    says: Sequence[str] = ()
    """What it has to say then, beside the server's sentences."""
    env: dict[str, str] = field(default_factory=dict)


SOFT = "crl-good crl-revoked crl-garbage crl-http-500 crl-refused crl-silent all-*"
RECIPES = {
    "go": Recipe(
        command=["go", "test", "-count=1", "-v", "./..."],
        programs=["go"],
        story=[
            "--- PASS: TestHonest", "--- PASS: TestRevoked", "--- PASS: TestStaples",
            "--- PASS: TestOutage", "--- PASS: TestTrustsAnybody",
        ],
        row=r"^ +--- PASS: TestTable/(?:hard|soft)-fail/(\S+) ",
        tables=[("*", "crlite-*"), (SOFT, "")],
        broken=[
            ("client_test.go", "VerifyConnection: c.verify,", ""),
            ("revocation_test.go", 'object{"times": 1}', 'object{"times": 7}'),
        ],
        few=["-run", "^(TestHonest|TestRevoked|TestTable)$/^(hard-fail|$)/^(crl-revoked|$)$"],
        says=['should have been rejected with "revoked by staple"'],
        env={"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local"},
    ),
    "java": Recipe(
        command=["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "RevocationTest.java"],
        programs=["java", "javac"],
        story=["ok testStory", "ok testTrustsAnybody"],
        row=r"^(\S+): as demanded$",
        tables=[
            ("*", "crlite-* staple-garbage staple-empty crl-reasons-*"),
            ("ocsp-good ocsp-revoked ocsp-refused ocsp-silent ocsp-http-500 ocsp-internal-error", ""),
            ("ocsp-try-later intermediate-ocsp-revoked intermediate-ocsp-refused", ""),
            ("intermediate-ocsp-silent all-revoked all-down", ""),
        ],
        broken=[
            ("RevocationTest.java", "addCertPathChecker(checker)", "setRevocationEnabled(false)"),
            ("RevocationTest.java", "good|revoked|refused|silent|http-500|internal-error|", "revoked|"),
            ("RevocationTest.java", r'\"times\": 1', r'\"times\": 7'),
        ],
        few=["testStory", "testTableSoftFail"],
    ),
    "node": Recipe(
        command=["node", "--test", "--test-reporter=tap"],
        programs=["node", "openssl"],
        story=[
            "ok 1 - an honest", "ok 2 - what is revoked", "ok 3 - without a staple", "ok 4 - an outage",
            "ok 5 - a client that trusts anybody is not judged",
        ],
        row=r"^    ok \d+ - (\S+)",
        tables=[
            ("*", "crlite-* intermediate-* crl-second-* crl-delta-*"),
            (SOFT, ""),
        ],
        broken=[
            ("client.mjs", 'said === "good"', "true"),
            ("revocation.test.mjs", "{ times: 0 }", "{ times: 7 }"),
        ],
        few=["--test-name-pattern=/^(an honest|what is revoked|hard-fail|staple-revoked$)/"],
        says=["Missing expected rejection"],
    ),
    "rust": Recipe(
        command=["cargo", "test", "--offline", "--", "--show-output"],
        programs=["cargo", "curl", "openssl"],
        story=[
            "test honest_is_accepted ... ok", "test revoked_is_rejected_for_that ... ok",
            "test staples_are_there_and_of_now ... ok", "test an_outage_is_rejected_unless_it_is_soft ... ok",
            "test who_trusts_anybody_is_not_judged ... ok",
        ],
        row=r"^(\S+): as \S+ demands$",
        tables=[("*staple-*", ""), ("ocsp-*", "ocsp-first-url-dead")],
        broken=[
            ("client.rs", '"--cert-status", ', ""),
            ("revocation.rs", 'name.contains("staple-")', 'name == "staple-revoked"'),
            ("revocation.rs", '"times": 1', '"times": 7'),
        ],
        few=["honest", "revoked", "table_by_staple"],
    ),
    "shell": Recipe(
        command=["./revocation_test.sh"],
        programs=["bash", "curl", "jq", "openssl"],
        story=["ok test_story", "ok test_who_trusts_anybody"],
        row=r"^# (\S+): as \S+ demands$",
        tables=[
            ("*staple-*", ""),
            ("ocsp-*", "ocsp-first-url-dead"),
            ("ocsp-good ocsp-revoked ocsp-http-500 ocsp-refused ocsp-reset ocsp-try-later", ""),
            ("crl-good crl-revoked crl-hold crl-stale crl-early crl-bad-signature crl-wrong-signer", ""),
            ("crl-garbage crl-http-500 crl-shard-*", ""),
        ],
        broken=[
            ("revocation_test.sh", "--cert-status ", ""),
            ("revocation_test.sh", "'*staple-*'", "staple-revoked"),
            ("revocation_test.sh", r'\"times\": 1', r'\"times\": 7'),
        ],
        few=["test_story", "test_table_by_staple"],
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What recipes find around them: the `mockpki` of this suite, and folders for what is built."""
    built = tmp_path_factory.mktemp("built")
    return {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath))),
        "GOCACHE": str(built / "go"),
        "GOPATH": str(built / "gopath"),
        "CARGO_TARGET_DIR": str(built / "cargo"),
    }


def list_names(recipe: Recipe) -> Counter[str]:
    """The scenarios of all tables, each as often as it stands in one."""
    names = [scenario.name for scenario in scenarios.TABLE]
    found: Counter[str] = Counter()
    for patterns, left_out in recipe.tables:
        chosen = [name for name in names if matches(name, patterns) and not matches(name, left_out)]
        assert chosen
        found.update(chosen)
    return found


def matches(name: str, patterns: str) -> bool:
    """Whether one of *patterns* is for *name*."""
    return any(fnmatchcase(name, pattern) for pattern in patterns.split())


@pytest.mark.parametrize("language", RECIPES)
def test_recipe(language: str, tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The story and every scenario that its client can take part in pass; without its check they fail."""
    recipe = RECIPES[language]
    if language == "java" and not WRITES_TRUSTSTORES:
        pytest.skip("the installed cryptography writes no trust store for Java")
    for program in recipe.programs:
        need(program)
    folder = tmp_path / language
    shutil.copytree(HERE / language, folder)
    monkeypatch.chdir(folder)

    ran = run(*recipe.command, env={**env, **recipe.env}, timeout=PATIENCE)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for line in recipe.story:
        assert line in ran.stdout
    assert "not judged: it accepts a certificate by a CA that it does not trust; have it verify" in ran.stdout
    assert Counter(re.findall(recipe.row, ran.stdout, re.MULTILINE)) == list_names(recipe)

    for file, old, new in recipe.broken:
        text = Path(file).read_text()
        assert old in text
        Path(file).write_text(text.replace(old, new))
    ran = run(*recipe.command, *recipe.few, env={**env, **recipe.env}, timeout=PATIENCE)
    printed = ran.stdout + ran.stderr
    assert ran.returncode not in (0, None), printed
    assert re.search(r"revoked: the policy demands reject, and the client did accept", printed), printed
    assert re.search(r"was asked .*, not 7 times", printed), printed
    for words in recipe.says:
        assert words in printed


@pytest.mark.parametrize(
    ("shell", "program", "says"),
    [("bash", "quick.sh", "mockpki: you reached"), ("sh", "quick_posix.sh", "good\n")],
)
def test_quick(shell: str, program: str, says: str, env: dict[str, str]) -> None:
    """The few lines of shell that the manual has do what they say, and so do they in a shell of POSIX."""
    need("jq")
    need("curl")
    ran = run(need(shell), HERE / "shell" / program, env=env, timeout=PATIENCE)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert says in ran.stdout
    if program == "quick.sh":
        assert "revocation reason: keyCompromise" in ran.stderr


def test_the_guide_has_the_tested_files() -> None:
    """What the guide shows as shell is the file that is run here; it names the recipe of each language."""
    guide = TOP / "docs" / "guides" / "other-languages.md"
    text = guide.read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```\{literalinclude\} (.*)$", text, re.MULTILINE)
    assert (guide.parent / shown).resolve() == HERE / "shell" / "quick.sh"
    named = re.findall(r"`tests/clients/recipes/([^`]*)`", text)
    assert {Path(name).parts[0] for name in named} == set(RECIPES)
    for name in named:
        assert (HERE / name).exists(), name
