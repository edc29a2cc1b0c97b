"""Reports as JUnit XML."""

import sys
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree
from xml.etree import ElementTree as ET

from mockpki._probe import ClientReport
from mockpki._probe.servers import ServerReport, probe_server
from mockpki._reports import FORMATS
from mockpki._reports.clients import describe_client
from mockpki._reports.junit import write_junit
from mockpki._reports.page import write_page
from mockpki._reports.servers import describe_server
from tests.kit.probes import COMMAND, PLAIN, READABLE


class TestClients:
    def test_counts(self, strict: ClientReport) -> None:
        """Suites, suite and cases are there with their numbers: what came to no verdict is an error."""
        suites = ET.fromstring(FORMATS["junit"](describe_client(strict)).encode())
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
        suite = ET.fromstring(FORMATS["junit"](describe_client(strict)).encode())[0]
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
        suite = ET.fromstring(FORMATS["junit"](describe_client(lenient)).encode())[0]
        found = {one.get("name"): one.get("value") for one in suite.findall("properties/property")}
        assert found == {
            "command": str(COMMAND),
            "policy": "soft-fail",
            "behaves like": " ".join(lenient.inference.sentences),
        }
        assert suite.findall("testcase/failure") == suite.findall("testcase/error") == []


class TestServers:
    def test_junit(self, report: ServerReport, presets: tuple[ServerReport, ...]) -> None:
        """In JUnit each demand in each scenario is a test: passed, failed, or (not seen) skipped."""
        suite = ElementTree.fromstring(write_junit(describe_server(report)))
        cases = {(case.get("classname"), case.get("name")): case for case in suite}
        assert len(cases) == int(suite.get("tests", 0)) == sum(len(one.judged) for one in report.outcomes)
        failed = cases["stapling.good", "ready"].find("failure")
        assert failed is not None
        assert failed.get("message") == "the first handshake brought none (no staple)"
        assert "Seen: none none none" in (failed.text or "")
        assert cases["stapling.idle", "renews"].find("skipped") is not None
        unseen = cases["stapling.refused", "opens"].find("skipped")
        assert unseen is not None
        assert unseen.get("message") == "not seen: it never stapled, and never asked the responder"
        assert (suite.get("failures"), suite.get("skipped")) == ("1", str(len(cases) - 1))
        ideal = ElementTree.fromstring(write_junit(describe_server(presets[0])))
        opens = [case for case in ideal if case.get("name") == "opens"]
        assert [list(case) for case in opens] == [[], [], []]

    def test_what_xml_cannot_hold(self, template: Path) -> None:
        """A server may print what no XML can hold; the report is XML all the same."""
        asks = """
import sys, urllib.request
print("\x1b[31mred", flush=True)
try:
    urllib.request.urlopen(sys.argv[4], b"", 5)
except OSError:
    raise SystemExit(1)
"""
        words = [
            sys.executable,
            "-c",
            asks + PLAIN.read_text(encoding="utf-8"),
            "{port}",
            "{chain_file}",
            "{key_file}",
        ]
        made = probe_server([*words, "{ocsp_url}"], only=["refused"], grace=timedelta(0), timelines=False)
        suite = ElementTree.fromstring(write_junit(describe_server(made)))
        assert "\ufffd[31mred" in ElementTree.tostring(suite, encoding="unicode")
        page = write_page(describe_server(made))
        assert "\x1b" not in page
        assert "ended with 1 before it listened" in page
