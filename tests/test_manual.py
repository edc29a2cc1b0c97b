"""The manual is true: its lists are current, its pages build, and every example in it works."""

import ast
import importlib
import os
import re
import shlex
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.ocsp import OCSPResponse, load_der_ocsp_response

import mockpki
from mockpki import PKI, relying_party, scenarios
from mockpki._catalogue.readme import BEGIN, refresh_list
from mockpki._serve.table import TABLE
from mockpki.cli import main
from mockpki.scenarios import servers
from tests.kit import mail
from tests.kit.plain_server import plain_server
from tests.kit.programs import need

ROOT = Path(mockpki.__file__).parent.parent
DOCS = ROOT / "docs"

if not DOCS.exists():
    pytest.skip("this is not a checkout", allow_module_level=True)

PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted(DOCS.rglob("*.md")))
    if "catalogues" not in path.parts
}
FLAGS = re.MULTILINE | re.DOTALL
PYTHON = re.compile(r"^```python\n(.*?)^```$", FLAGS)
SHELL = re.compile(r"^```sh\n(.*?)^```$", FLAGS)
EXAMPLES = {name: PYTHON.findall(text) for name, text in PAGES.items()}
BLOCKS = [block for blocks in EXAMPLES.values() for block in blocks]
FAULTS = PAGES["docs/faults.md"]


def test_the_list_is_current() -> None:
    """What stands between the two marks is what the code says today."""
    assert refresh_list(FAULTS) == FAULTS, f"run the command in: {BEGIN}"


def test_the_picture_is_current() -> None:
    """The outage that the README shows is what the presets do today."""
    made = subprocess.run(
        [sys.executable, "-c", "import catalogues; print(catalogues.draw_outage(), end='')"],
        cwd=DOCS, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert made == (DOCS / "outage.svg").read_text(encoding="utf-8"), "run: python docs/catalogues.py"


def test_the_readme_is_short() -> None:
    """It has at most 160 lines: what is longer belongs into the manual."""
    assert PAGES["README.md"].count("\n") <= 160


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0])
def test_every_block_is_python(block: str) -> None:
    """Each block can be compiled."""
    compile(block, "manual", "exec")


OPTIONS = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:asyncio")


def find_files(begins: str) -> dict[str, str]:
    """Of each page that has it, the file to copy in which a line *begins* so."""
    return {
        name: block
        for name, blocks in EXAMPLES.items()
        for block in blocks
        if not find_tests(block) and f"\n{begins}" in block
    }


def find_tests(block: str) -> list[str]:
    """The names of the test functions that stand at the top of a block."""
    return [
        node.name
        for node in ast.parse(block).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


STAND_INS = {
    "my_client": find_files("def get("),
    "my_crl_reader": find_files("class Reader:"),
    "filter_client": find_files("def connect("),
    "mail_client": find_files("def send("),
}
"""By the name under which examples import them, what pages show in the place of the reader's own."""
EVERYWHERE = next(iter(STAND_INS["my_client"].values()))
"""A client that looks at staples, OCSP and CRLs."""
CARELESS = EVERYWHERE.replace("SOFT_FAIL, ", "SOFT_FAIL, sources=(), ")
"""A client that never looks at anything."""
CRL_READER = next(iter(STAND_INS["my_crl_reader"].values()))
FILTER_CLIENT = next(iter(STAND_INS["filter_client"].values()))
MAIL = next(iter(STAND_INS["mail_client"].values()))
CARELESS_READER = """
class Reader:
    def __init__(self, issuer, now=None):
        pass

    def read(self, url):
        return []

    def is_revoked(self, certificate):
        return False
"""

CLIENT_MATTERS = {
    "README.md": {"test_revoked_is_rejected", "test_revocation", "test_a_revocation_shows_at_the_next_issue"},
    "docs/cookbook.md": {"test_it_asks", "test_revocation"},
    "docs/guides/client-certificates.md": set[str](),
    "docs/guides/client.md": {
        "test_revoked_is_rejected", "test_revocation", "test_a_hanging_responder_costs_a_second",
        "test_it_asks_again_after_a_503",
    },
    "docs/guides/crl-consumer.md": {
        "test_what_is_revoked_is_found", "test_it_keeps_a_crl_until_it_ends",
        "test_what_cannot_be_used_is_refused", "test_a_hundred_thousand_entries", "test_revocation",
        "test_a_revocation_shows_at_the_next_issue",
    },
    "docs/guides/crlite.md": set[str](),
    "docs/guides/debugging.md": set[str](),
    "docs/guides/stapling-server.md": {"test_a_stale_staple_is_as_good_as_none"},
}  # fmt: skip
"""Of each page with tests in it, those that a careless client fails; the others are about something else."""


def lay_out(pytester: pytest.Pytester, page: str, client: str, reader: str) -> None:
    """Put each example of *page* that has tests into a file, beside the client that it speaks of."""
    pytester.makepyfile(my_client=client, my_crl_reader=reader, filter_client=FILTER_CLIENT)
    for number, block in enumerate(EXAMPLES[page]):
        if find_tests(block) and "mail_client" not in block:
            few = 'parametrize(policy="soft-fail", only="ocsp-[gr]*"'
            block = re.sub(r'parametrize\(policy="(soft|hard)-fail"', few, block)
            block = re.sub(r'only="(crl|crlite)-\*"', r'only="\1-[gr]*"', block)
            pytester.makepyfile(**{f"test_{number}": block})


def test_pages_show_whole_files() -> None:
    """What examples import that nobody can install is on their page, too, the same on all; not in README."""
    for name, pages in STAND_INS.items():
        wanted = {
            page for page, blocks in EXAMPLES.items() if any(re.search(rf"\b{name}\b", one) for one in blocks)
        }
        assert pages.keys() == wanted - {"README.md"}
        assert len(set(pages.values())) == 1


USUAL, FILTERS = len(scenarios.cases("soft-fail")), len(scenarios.cases("soft-fail", only="crlite-*"))
UNSEEN = ("crl-refused", "crl-unresolvable", "crl-second-*")
COUNTS = {
    "CHANGELOG.md": {USUAL, FILTERS},
    "README.md": {USUAL, FILTERS},
    "docs/howto.md": {FILTERS},
    "docs/guides/client.md": {USUAL, FILTERS},
    "docs/guides/client-certificates.md": {len(servers.CLIENT_TABLE)},
    "docs/guides/crl-consumer.md": {len(scenarios.cases("hard-fail", only="crl-*", skip=UNSEEN))},
    "docs/guides/crlite.md": {FILTERS},
    "docs/guides/stapling-server.md": {len(servers.SCENARIOS)},
}
"""How many scenarios each page speaks of."""


def test_counts_are_right() -> None:
    """Wherever it is said how many situations there are, there are so many."""
    assert len(scenarios.TABLE) == USUAL + FILTERS
    pages = {**PAGES, "CHANGELOG.md": (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")}
    stated = re.compile(r"\b(\d+)\s(?:situations|scenarios|tests, in|more (?:if|of|where))")
    found = {page: set(map(int, stated.findall(text))) for page, text in pages.items()}
    assert {page: counts for page, counts in found.items() if counts} == COUNTS


def test_every_page_with_tests_is_run() -> None:
    """The table above has every page on which there is a test."""
    assert set(CLIENT_MATTERS) == {name for name, blocks in EXAMPLES.items() if any(map(find_tests, blocks))}


@pytest.mark.parametrize("page", CLIENT_MATTERS)
def test_examples_pass(page: str, pytester: pytest.Pytester) -> None:
    """With a client that looks at staples, OCSP and CRLs, and fails softly, every test of a page passes."""
    lay_out(pytester, page, EVERYWHERE, CRL_READER)
    outcomes = pytester.runpytest_subprocess(*OPTIONS, "-W", "error").parseoutcomes()
    assert outcomes.keys() <= {"passed", "skipped"}, outcomes
    assert outcomes["passed"] >= sum(len(find_tests(block)) for block in EXAMPLES[page]) - outcomes.get(
        "skipped", 0
    )


@pytest.mark.parametrize("page", [page for page, names in CLIENT_MATTERS.items() if names])
def test_examples_test_the_client(page: str, pytester: pytest.Pytester) -> None:
    """With a client that looks at nothing, those fail that are about what it looks at, and no others."""
    lay_out(pytester, page, CARELESS, CARELESS_READER)
    result = pytester.runpytest_subprocess(*OPTIONS, "-rfE")
    failed = {
        re.split(r"[\[ ]", line.partition("::")[2])[0]
        for line in result.outlines
        if line.startswith(("FAILED ", "ERROR "))
    }
    assert failed == CLIENT_MATTERS[page]


def test_scenarios_run(pytester: pytest.Pytester) -> None:
    """The README's example of scenarios passes with a client that keeps the policy, and else fails."""
    (block,) = [block for block in EXAMPLES["README.md"] if "scenarios.parametrize" in block]
    block = block.replace('policy="hard-fail"', 'policy="hard-fail", only="ocsp-[gr]*"')
    hard = EVERYWHERE.replace("SOFT_FAIL", "HARD_FAIL")
    for client, outcome in ((hard, {"passed": 9}), (EVERYWHERE, {"passed": 6, "failed": 3})):
        pytester.makepyfile(my_client=client, test_example=block)
        result = pytester.runpytest_subprocess(*OPTIONS, "-W", "error")
        result.assert_outcomes(**outcome)


def test_mail_runs(pytester: pytest.Pytester) -> None:
    """A client of SMTP goes through scenarios by the example, to a handler or to a server without TLS.

    One that looks at no source keeps no-check, and hard-fail only where all say good. One that sends in the
    clear is not judged.
    """
    (block,) = [block for block in BLOCKS if "def test_mail(" in block]
    block = block.replace('"no-check"', '"no-check", only=["ocsp-good", "ocsp-revoked"]')
    with plain_server(mail.speak) as behind:
        pytester.makepyfile(
            mail_client=MAIL,
            in_the_clear=MAIL.replace("mail.starttls", "dict"),
            test_handled=block,
            test_forwarded=block.replace("handler=smtp", f"forward_to={behind}"),
            test_hard=block.replace("no-check", "hard-fail"),
            test_clear=block.replace("mail_client", "in_the_clear"),
        )
        result = pytester.runpytest_subprocess(*OPTIONS, "-W", "error", "-rA")
    result.assert_outcomes(passed=5, failed=3)
    result.stdout.fnmatch_lines_random(
        [
            *(f"PASSED test_{name}.py*ocsp-revoked*" for name in ("handled", "forwarded")),
            "PASSED test_hard.py*ocsp-good*",
            "*ocsp-revoked: the policy demands reject, and the client did accept*",
            "*ocsp-good: not judged: it completed no TLS handshake*",
            *(f"FAILED test_clear.py*{name}*" for name in ("ocsp-good", "ocsp-revoked")),
        ]
    )


def test_one_pki_for_many_tests_runs(pytester: pytest.Pytester) -> None:
    """By the recipe for conftest.py tests share a PKI, and each finds it clean."""
    (block,) = [block for block in BLOCKS if "pki_factory" in block]
    pytester.makeconftest(block)
    pytester.makepyfile(
        """
        import urllib.request
        from mockpki import faults
        SEEN = []

        def test_first(pki):
            SEEN.append(pki)
            urllib.request.urlopen(pki.crl.url).close()
            pki.crl.respond_with(faults.Refused())

        def test_second(pki):
            assert SEEN == [pki] and len(pki.cas) == 3
            pki.crl.assert_not_asked()
            urllib.request.urlopen(pki.crl.url).close()
        """
    )
    pytester.runpytest_subprocess(*OPTIONS, "-W", "error").assert_outcomes(passed=2)


def test_unittest_runs(pytester: pytest.Pytester) -> None:
    """By the recipes classes of unittest have a PKI, without pytest, too; a client has to ask to pass."""
    with_pytest, plain = sorted(
        (block for block in BLOCKS if "unittest." in block), key=lambda block: "PKI()" in block
    )
    for client, outcome in ((EVERYWHERE, "passed"), (CARELESS, "failed")):
        pytester.makepyfile(my_client=client, test_fixture=with_pytest, test_plain=plain)
        pytester.runpytest_subprocess(*OPTIONS, "-W", "error").assert_outcomes(**{outcome: 2})
        done = pytester.run(sys.executable, "-m", "unittest", "test_plain.py")
        assert (done.ret == 0) == (client is EVERYWHERE)
        done.stderr.fnmatch_lines(["Ran 1 test in *"])


def test_fragments_run(pytester: pytest.Pytester) -> None:
    """What is no test of its own runs, with what the page speaks of at hand."""
    names = "from mockpki import *\nimport my_client\n"
    bodies = [
        block
        for page, blocks in EXAMPLES.items()
        for block in blocks
        if not find_tests(block) and not defined(block) and "@pytest.fixture" not in block
    ]
    tests = [
        f"def test_{number}(pki):\n    leaf = pki.issue_cert('localhost')\n"
        + textwrap.indent(block, "    ")
        + "    for service in (pki.ocsp, pki.crl):\n        service.reset()\n"
        for number, block in enumerate(bodies)
    ]
    assert len(tests) >= 3
    pytester.makepyfile(my_client=EVERYWHERE, test_fragments=names + "\n".join(tests))
    pytester.runpytest_subprocess(*OPTIONS, "-W", "error").assert_outcomes(passed=len(tests))


def list_commands() -> list[list[str]]:
    """Every command line of mockpki's that the manual shows, in words."""
    found = []
    for text in PAGES.values():
        for block in SHELL.findall(text):
            for line in block.splitlines():
                line = line.partition("  #")[0].rpartition("&& ")[2].strip()
                program, *words = shlex.split(line, comments=True) if "mockpki " in line else [""]
                if program.rpartition("/")[2] == "mockpki":
                    found.append(words)
    return found


@pytest.mark.parametrize("words", list_commands(), ids=" ".join)
def test_commands_are_there(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command line is one that mockpki takes."""
    monkeypatch.chdir(tmp_path)
    for file in ("nginx.conf", "Caddyfile", "site", "response.der", "list.crl", "known.json"):
        (tmp_path / file).touch()
    name, *rest = words
    # As a part of the whole: click keeps what the first one who looks at a command finds of its `-h`.
    with main.make_context("mockpki", list(words)) as parent:
        command = main.get_command(parent, name)
        assert command is not None
        command.make_context(name, rest, parent)


FEWER = {
    "docs/guides/crl-consumer.md": ('--only "crl-*"', "--only crl-revoked"),
    "docs/guides/crlite.md": ('--only "crlite-*"', "--only crlite-revoked"),
    "docs/guides/client-certificates.md": ("-certificates", "-certificates --only crl-revoked"),
    "docs/guides/stapling-server.md": ("probe-server", "probe-server --only good"),
}
"""Of each page with programs to copy, how its commands are made to take not as long."""


@pytest.mark.parametrize("page", FEWER)
def test_programs_run(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Programs are made as their page has it, and commands print, and end with, what it says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    for block in EXAMPLES[page]:
        for name, begins in {"filter_client": "def connect(", "server": "def serve("}.items():
            if begins in block:
                Path(f"{name}.py").write_text(block, encoding="utf-8")
    lines = "".join(SHELL.findall(PAGES[page]))
    for make in re.findall(r"^cat > check.*?^chmod .*?$", lines, FLAGS):
        for program in ("openssl", "curl"):
            need(program)
        subprocess.run(["sh", "-c", make], check=True)
    commands = re.findall(r"^mockpki .*(?:\./|python ).*$", lines, re.MULTILINE)
    assert commands
    for line in commands:
        command, _, says = line.replace(*FEWER[page]).partition("  #")
        with pytest.raises(SystemExit) as end:
            main(shlex.split(command)[1:])
        assert says.partition(";")[0].strip(" .") in "".join(capfd.readouterr())
        assert (end.value.code or 0) == (2 if says.endswith("it ends with 2") else 0)


def test_links_lead_somewhere() -> None:
    """Each link to a file of the project leads to one."""
    for name, text in PAGES.items():
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
            assert (ROOT / name).parent.joinpath(target).exists(), f"{name} links to {target}"


def test_the_manual_builds(tmp_path: Path) -> None:
    """Sphinx builds it without a warning, with an inventory; as text it is one file, too, with every page."""
    pytest.importorskip("sphinx")
    for builder in ("html", "text"):
        command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", builder]
        command += ["-d", str(tmp_path / "trees"), str(DOCS), str(tmp_path / builder)]
        built = subprocess.run(command, capture_output=True, text=True, check=False)
        assert built.returncode == 0, built.stderr
    assert (tmp_path / "html" / "objects.inv").exists()
    whole = (tmp_path / "text" / "llms.txt").read_text(encoding="utf-8")
    titles = [
        text.partition("\n")[0].removeprefix("# ") for name, text in PAGES.items() if name != "README.md"
    ]
    assert [title for title in titles if title not in whole] == []


def test_every_call_says_what_it_takes_and_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its statuses with the shapes that come, and which fields have to be there; each shape says the same."""
    monkeypatch.syspath_prepend(str(DOCS))
    http_api: Any = importlib.import_module("http_api")
    calls, shapes = ("\n".join(pages()) for pages in (http_api.list_calls, http_api.list_shapes))
    sections = dict(re.findall(r"^### `(.+)`\n((?:(?!#{2,3} ).*\n?)*)", calls, re.MULTILINE))
    assert set(sections) == {f"{route.method} {route.path}" for route in TABLE}
    for route in TABLE:
        section = sections[f"{route.method} {route.path}"]
        statuses = {route.status_of_nothing if kind is None else route.status for kind in route.alternatives}
        assert all(f"\n- `{status}` " in section for status in statuses), route
        assert (", and its path in `Location`" in section) == (route.status == 201), route
    stage = sections["POST /v1/pkis/{pki}/stages"]
    assert "| `scenario` | string | required |" in stage
    assert '| optional, else `"hard-fail"` |' in stage
    assert "- `201` [Stage](#shape-stage)" in stage
    assert "- `410` `gone`" in stage
    _, _, status = shapes.partition("\n## Status\n")
    assert "| `at` | string (date-time) or null | required | RFC 3339, in UTC. |" in status.split("\n## ")[0]


def defined(block: str) -> list[str]:
    """The names of the classes that a block defines."""
    return [node.name for node in ast.parse(block).body if isinstance(node, ast.ClassDef)]


def test_a_fault_of_your_own(pki: PKI) -> None:
    """The example of one's own fault makes OCSP answers, staples and CRLs a year older, and no others."""
    [block] = [block for block in BLOCKS if defined(block) and "faults" in block]
    made: dict[str, Any] = {}
    exec(block, made)
    fault = made[defined(block)[0]]()
    leaf = pki.issue_cert("localhost")

    def is_old(answer: OCSPResponse | x509.CertificateRevocationList) -> bool:
        this_update = (
            answer.last_update_utc
            if isinstance(answer, x509.CertificateRevocationList)
            else answer.this_update_utc
        )
        assert this_update is not None
        return pki.clock.now() - this_update >= timedelta(days=365)

    for bent in ((), (fault,)):
        assert is_old(load_der_ocsp_response(pki.ocsp.response_for(leaf, *bent))) == bool(bent)
        assert is_old(x509.load_der_x509_crl(pki.crl.crl(*bent))) == bool(bent)
        with pki.tls_server(leaf, staple=list(bent)) as server:
            verdict = relying_party.check(server.host, server.port, server_name="localhost", ca=pki.ca_file)
        assert verdict.staple is not None
        assert is_old(load_der_ocsp_response(verdict.staple)) == bool(bent)
