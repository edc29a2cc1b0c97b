"""The reports of `mockpki probe`: the same matrix as text, JSON, JUnit XML and HTML."""

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

import mockpki
from mockpki import PKI, relying_party, scenarios
from mockpki._probe import Client, ClientReport, Command, Run, make_report
from mockpki._programs.processes import Ended
from mockpki._reports import FORMATS, show
from mockpki._reports.page import escape, facts
from mockpki._reports.page import page as page_page
from mockpki.cli import main
from mockpki.relying_party import HARD_FAIL, SOFT_FAIL, Policy
from mockpki.relying_party._words import parsed
from mockpki.scenarios import TABLE, Outcome, Scenario, matching
from tests.kit.programs import need

COMMAND = Command(("my-client", "--name", '<b>&"quoted"\'</b>', "{url}"))
NASTY = "\x1b[31m<script>alert('1')</script>\x1b[0m & \x00\ufffe ]]>\nthe \x9bend"
"""What a client may print."""
READABLE = "<script>alert('1')</script> & \ufffd\ufffe ]]>\nthe \ufffdend"


def met(scenario: Scenario, policy: Policy = SOFT_FAIL) -> Run:
    """One scenario, met by the reference client; but ocsp-silent made it hang."""
    with PKI() as pki, scenarios.staged(scenario, pki) as stage:
        *_, target = stage.visits()
        if scenario.name == "ocsp-silent":
            ended = Ended(None, "", 10.0)
        else:
            verdict = relying_party.check(
                target.host, target.port, server_name="localhost", ca=target.ca_file, policy=policy
            )
            ended = Ended(int(not verdict.accepted), NASTY, 0.25)
        return Run(scenario, ("my-client", target.url), ended, Client(COMMAND).outcome(ended), stage.seen)


@pytest.fixture(scope="module")
def runs() -> tuple[Run, ...]:
    """A client in some scenarios of every group."""
    patterns = (
        "staple-[gr]*", "ocsp-good", "ocsp-re*", "ocsp-silent", "crl-[gr]*", "must-staple-revoked",
        "intermediate-ocsp-[ru]*", "all-*",
    )  # fmt: skip
    with ThreadPoolExecutor(4) as pool:
        return tuple(pool.map(met, matching(patterns)))


@pytest.fixture
def strict(runs: tuple[Run, ...]) -> ClientReport:
    """The runs held against hard-fail, which they do not keep."""
    return make_report(COMMAND, runs, 12.5, ("hard-fail", HARD_FAIL))


@pytest.fixture
def lenient(runs: tuple[Run, ...]) -> ClientReport:
    """The runs that came to a verdict, without a policy to keep."""
    return make_report(COMMAND, [run for run in runs if run.has_verdict], 12.5)


def test_the_report_has_both_kinds(strict: ClientReport, lenient: ClientReport) -> None:
    """The two reports below differ in what matters: one has failures of every kind, one has none."""
    assert not strict.kept
    assert {row.run.verdict for row in strict.rows} == {"accept", "reject", "hung"}
    assert {row.run.verdict for row in strict.failures} == {"accept", "hung"}
    assert len(strict.failures) < len(strict.rows)
    assert lenient.kept
    assert lenient.label == "soft-fail"
    assert list(strict.groups) == ["staple", "ocsp", "crl", "must-staple", "intermediate", ""]


class TestText:
    @pytest.mark.parametrize("width", [80, 112, 200])
    def test_fits(self, strict: ClientReport, width: int) -> None:
        """The matrix fits its terminal, each name is there, and no line ends in blanks."""
        console = Console(file=StringIO(), width=width, color_system=None)
        with console.capture() as capture:
            show(strict, console)
        matrix = capture.get().partition(f"\n{strict.failures[0].name}: ")[0].splitlines()
        assert max(map(len, matrix)) <= width
        assert [line for line in matrix if line.endswith(" ")] == []
        names = {line[2:].split()[0] for line in matrix if line[2:].strip()}
        for group, rows in strict.groups.items():
            prefix = f"{group}-" if group and width < 112 else ""
            assert {row.name.removeprefix(prefix) for row in rows} <= names

    def test_rows(self, strict: ClientReport) -> None:
        """A row has the verdict, exit status, seconds, what was asked for and the alert; others a mark."""
        lines = FORMATS["text"](strict).splitlines()
        assert "  ocsp-revoked                          reject     1  0.25 staple OCSP" in "\n".join(lines)
        (revoked,) = (line for line in lines if line.startswith("  staple-revoked "))
        assert revoked.split() == [
            "staple-revoked", "reject", "1", "0.25", "staple", "bad_certificate_status_response",
        ]  # fmt: skip
        (hung,) = (line for line in lines if line.startswith("! ocsp-silent "))
        assert hung.split() == ["!", "ocsp-silent", "hung", "10.00"]

    def test_narrow(self, strict: ClientReport) -> None:
        """On a narrow terminal names stand without their group, and alerts in words that fold."""
        console = Console(file=StringIO(), width=80, color_system=None)
        with console.capture() as capture:
            show(strict, console)
        text = capture.get()
        assert "\n! ocsp-refused              accept     0  0.25 staple\n" in text
        assert re.search(r"\n  revoked +reject +1 +0.25 staple +bad certificate\n +status response\n", text)

    def test_what_went_wrong(self, strict: ClientReport) -> None:
        """Below the matrix each failure has its whole story, and at the end is the summary."""
        text = FORMATS["text"](strict)
        story = text.partition("\ncrl-refused: the policy demands reject, and the client did accept\n")[2]
        assert story.startswith("staged:   There is no staple and no responder; the CRL's server is down")
        assert "seen:\n  TLSv1.3 for localhost: staple asked for, none sent; completed" in story
        assert text.rstrip().endswith(strict.summary[-1])

    def test_colours(self, strict: ClientReport) -> None:
        """Colours are a terminal's; what a client printed cannot make any, nor move the cursor."""
        file = StringIO()
        show(strict, Console(file=file, width=112, force_terminal=True, color_system="standard"))
        assert "\x1b[" in file.getvalue()
        assert "<script>" not in file.getvalue()
        assert "the \ufffdend" in file.getvalue()
        assert "\x1b" not in FORMATS["text"](strict)


class TestJson:
    def test_whole(self, strict: ClientReport) -> None:
        """Everything of the matrix is there, with the evidence, under keys that stay."""
        found = json.loads(FORMATS["json"](strict))
        assert set(found) == {"mockpki", "command", "seconds", "policy", "behaves_like", "scenarios"}
        assert (found["mockpki"], found["seconds"]) == (mockpki.__version__, 12.5)
        assert found["command"] == list(COMMAND.words)
        policy = found["policy"]
        assert (policy["name"], policy["demanded"], policy["kept"]) == ("hard-fail", True, False)
        assert policy["exceptions"] == [row.name for row in strict.failures]
        assert policy["fields"]["sources"] == ["staple", "OCSP", "CRL"]
        assert [one["name"] for one in found["scenarios"]] == [row.name for row in strict.rows]
        assert all(set(one) == SCENARIO_KEYS for one in found["scenarios"])

    def test_scenarios(self, strict: ClientReport) -> None:
        """A scenario has what was demanded, what happened, and what was seen."""
        objects = json.loads(FORMATS["json"](strict))["scenarios"]
        named = {one["name"]: one for one in objects}
        revoked = named["ocsp-revoked"]
        assert (revoked["verdict"], revoked["ok"], revoked["exit_status"]) == ("reject", True, 1)
        assert revoked["expected"] == {
            "verdict": "reject", "reason": "OCSP says revoked", "told_by": ["OCSP"],
        }  # fmt: skip
        assert revoked["asked"] == ["staple", "OCSP"]
        assert revoked["alerts"] == ["bad_certificate_status_response"]
        assert revoked["printed"] == NASTY
        (question,) = revoked["ocsp"]
        assert (question["status"], question["faults"]) == (200, [])
        assert question["method"] in ("GET", "POST")
        (shake,) = named["staple-good"]["handshakes"]
        assert (shake["version"], shake["staple_requested"], shake["completed"]) == ("TLSv1.3", True, True)
        assert bytes.fromhex(shake["staple"])[0] == 0x30
        hung = named["ocsp-silent"]
        assert (hung["verdict"], hung["ok"], hung["exit_status"]) == ("hung", False, None)
        assert hung["problems"] == ["the client came to no verdict"]

    def test_behaves_like(self, strict: ClientReport, lenient: ClientReport) -> None:
        """The policies that fit are there with their exceptions; for who came to no verdict, none is."""
        like = json.loads(FORMATS["json"](strict))["behaves_like"]
        assert [one["words"] for one in like["named"]] == ["soft-fail"]
        assert (like["exact"], like["no_verdict"]) == (None, ["ocsp-silent"])
        assert like["sentences"] == list(strict.inference.sentences)
        policy = json.loads(FORMATS["json"](lenient))["policy"]
        assert (policy["demanded"], policy["kept"], policy["exceptions"]) == (False, True, [])

    def test_exact(self) -> None:
        """A policy without a name is there in words and in fields, with how many fit as well."""
        policy = parsed("soft-fail,sources=OCSP")
        met_by_it = [met(one, policy) for one in matching(("staple-revoked", "ocsp-[gr]*ed", "crl-revoked"))]
        like = json.loads(FORMATS["json"](make_report(COMMAND, met_by_it, 1.0)))["behaves_like"]
        assert like["exact"]["words"] == "soft-fail, but asks OCSP only"
        assert (like["exact"]["fields"]["sources"], like["exact"]["exceptions"]) == (["OCSP"], [])
        assert like["exact"]["others"] > 0
        assert [(one["words"], one["exceptions"]) for one in like["named"]] == [
            ("no-check", ["ocsp-revoked"])
        ]


SCENARIO_KEYS = {
    "name", "sentence", "verdict", "expected", "ok", "problems", "exit_status", "seconds", "words", "command",
    "asked", "alerts", "handshakes", "ocsp", "crl", "printed",
}  # fmt: skip


class TestJunit:
    def test_counts(self, strict: ClientReport) -> None:
        """Suites, suite and cases are there with their numbers: what came to no verdict is an error."""
        suites = ET.fromstring(FORMATS["junit"](strict).encode())
        assert suites.tag == "testsuites"
        (suite,) = suites
        assert suite.tag == "testsuite"
        cases = suite.findall("testcase")
        assert [case.get("name") for case in cases] == [row.name for row in strict.rows]
        failures, errors = suite.findall("testcase/failure"), suite.findall("testcase/error")
        assert len(failures) == len(strict.failures) - 1
        assert len(errors) == 1
        for one in (suites, suite):
            numbers = [one.get(name) for name in ("tests", "failures", "errors", "skipped", "time")]
            assert numbers == [str(len(cases)), str(len(failures)), "1", "0", "12.500"]

    def test_cases(self, strict: ClientReport) -> None:
        """A case has its group for a class and its seconds; a failure has a message and the whole story."""
        suite = ET.fromstring(FORMATS["junit"](strict).encode())[0]
        cases = {case.get("name"): case for case in suite.findall("testcase")}
        good = cases["staple-good"]
        assert (good.get("classname"), good.get("time")) == ("mockpki.probe.staple", "0.250")
        assert good.find("failure") is None
        assert cases["all-revoked"].get("classname") == "mockpki.probe.others"
        failure = cases["crl-refused"].find("failure")
        assert failure is not None
        assert failure.get("message") == "the policy demands reject, and the client did accept"
        assert failure.get("type") == "hard-fail"
        assert "happened: the client accepted after 0.25 s" in (failure.text or "")
        printed = good.findtext("system-out")
        # What is no character in XML is shown to have been there.
        assert printed == READABLE.replace("\ufffe", "\ufffd")
        assert cases["ocsp-silent"].find("system-out") is None

    def test_properties(self, lenient: ClientReport) -> None:
        """The suite says what was run, by what it was judged, and what it behaves like."""
        suite = ET.fromstring(FORMATS["junit"](lenient).encode())[0]
        found = {one.get("name"): one.get("value") for one in suite.findall("properties/property")}
        assert found == {
            "command": str(COMMAND),
            "policy": "soft-fail",
            "behaves like": " ".join(lenient.inference.sentences),
        }
        assert suite.findall("testcase/failure") == suite.findall("testcase/error") == []


class Reader(HTMLParser):
    """Reads a page, and holds that every element is closed where it should be."""

    VOID = {"meta"}

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


class TestHtml:
    def test_well_formed(self, strict: ClientReport, lenient: ClientReport) -> None:
        """Every element is closed, and a scenario is one that opens, with a mark for how it went."""
        for found in (strict, lenient):
            page = Reader(FORMATS["html"](found))
            details = page.all("details")
            in_groups = [row for rows in found.groups.values() for row in rows]
            assert [one["id"] for one in details] == [row.name for row in in_groups]
            assert [one["class"] == "right" for one in details] == [row.ok for row in in_groups]
            assert ["open" in one for one in details] == [
                not row.ok and len(found.failures) <= 10 for row in in_groups
            ]

    def test_alone(self, strict: ClientReport) -> None:
        """The page needs nothing else: no script, no address of anything, links into itself alone."""
        text = FORMATS["html"](strict)
        page = Reader(text)
        names = {name for _, attributes in page.elements for name in attributes}
        assert names == {"lang", "charset", "name", "content", "class", "id", "href"} | (names & {"open"})
        assert {"script", "link", "img", "iframe"} & {tag for tag, _ in page.elements} == set()
        links = [str(one["href"]) for one in page.all("a")]
        assert sorted(links) == sorted(f"#{row.name}" for row in strict.failures)
        style = text.partition("<style>")[2].partition("</style>")[0]
        assert "url(" not in style
        assert "@import" not in style
        assert "prefers-color-scheme: dark" in style
        assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.all("meta")

    def test_escaped(self, strict: ClientReport) -> None:
        """What a client printed, and its arguments, are text and nothing else."""
        page = Reader(FORMATS["html"](strict))
        assert READABLE in page.text
        assert str(COMMAND) in page.text
        assert "\x1b" not in page.text

    def test_summary_first(self, strict: ClientReport, lenient: ClientReport) -> None:
        """It begins with the name of the client, what came of it, and the summary."""
        text = Reader(FORMATS["html"](strict)).text
        beginning = text.partition("Command")[0]
        assert "my-client does not keep hard-fail" in beginning
        assert all(sentence in beginning for sentence in strict.summary)
        assert "my-client behaves like soft-fail" in Reader(FORMATS["html"](lenient)).text

    def test_no_verdict(self, strict: ClientReport) -> None:
        """Of a client without any verdict, that is what it says."""
        (hung,) = (row.run for row in strict.rows if row.run.verdict == "hung")
        text = Reader(FORMATS["html"](make_report(COMMAND, [hung], 1.0))).text
        assert "my-client: no verdict" in text
        assert "hung, not a verdict" in text

    def test_pieces(self) -> None:
        """The pieces for other pages: text is escaped, control characters show."""
        assert escape('a<b> & "c"\x07\n\t\x9b') == "a&lt;b&gt; &amp; &quot;c&quot;\ufffd\n\t\ufffd"
        assert facts([("A & B", "<b>x</b>")]) == (
            '<dl class="facts"><dt>A &amp; B</dt><dd><b>x</b></dd></dl>'
        )
        page = page_page("A & B", "<p>x</p>")
        assert "<title>A &amp; B</title>" in page
        assert Reader(page).text.split() == ["A", "&", "B", "x"]


class TestOutput:
    """Where reports go."""

    @staticmethod
    def probe(*arguments: str) -> Result:
        command = ["--", need("curl"), "-q", "-sS", "-o", os.devnull, "--cacert", "{ca_file}", "{url}"]
        arguments = ("probe", "--only", "crl-good", "--only", "crl-revoked", *arguments, *command)
        return CliRunner().invoke(main, arguments)

    def test_to_stdout(self) -> None:
        """Without --output the report is all that is printed."""
        found = json.loads(self.probe("--format", "json").stdout)
        assert [one["verdict"] for one in found["scenarios"]] == ["accept", "accept"]
        assert ET.fromstring(self.probe("--format", "junit").stdout.encode())[0].get("tests") == "2"
        assert Reader(self.probe("--format", "html").stdout).all("details")

    @pytest.mark.parametrize("form", FORMATS)
    def test_to_a_file(self, tmp_path: Path, form: str) -> None:
        """--output writes the report to a file, and prints it as text; the exit status is the same."""
        file = tmp_path / "report"
        result = self.probe("--policy", "hard-fail", "--format", form, "--output", str(file))
        assert result.exit_code == 1
        assert "1 of 2 scenarios ended as hard-fail demands." in result.stdout
        beginnings = {"text": "  scenario ", "json": "{", "junit": "<?xml", "html": "<!DOCTYPE html>"}
        assert file.read_text(encoding="utf-8").startswith(beginnings[form])

    def test_no_place(self, tmp_path: Path) -> None:
        """A folder that is not there is found out before the client is run."""
        result = self.probe("--output", str(tmp_path / "none" / "report"))
        assert (result.exit_code, result.stdout) == (2, "")
        assert "there is no folder" in result.stderr

    def test_not_writable(self, tmp_path: Path) -> None:
        """A file that cannot be written is a mistake, too."""
        if not hasattr(os, "mkfifo"):
            pytest.skip("this system has no such files")
        name = "x" * 300
        result = self.probe("--output", str(tmp_path / name))
        assert result.exit_code == 2
        assert "cannot be written: File name too long" in result.stderr


def test_formats_are_those_of_the_option() -> None:
    """Every format that can be asked for can be written."""
    (option,) = (one for one in main.commands["probe"].params if one.name == "form")
    assert list(option.type.choices) == list(FORMATS)  # type: ignore[attr-defined]


def test_every_scenario_has_a_group() -> None:
    """Each scenario of the table stands in one group, and each group has some."""
    made = {}
    for scenario in TABLE:
        run = Run(scenario, (), Ended(0, "", 0.0), Outcome(True), scenarios.Seen((), (), ()))
        made[scenario.name] = make_report(COMMAND, [run], 0.0).rows[0].group
    assert set(made.values()) == {"staple", "ocsp", "crl", "must-staple", "intermediate", ""}
    assert made["must-staple-stale"] == "must-staple"
    assert made["no-sources"] == ""
