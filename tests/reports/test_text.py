"""Reports for a terminal, and as plain text."""

import io
import re
from io import StringIO

import pytest
from rich.console import Console

from mockpki._probe import ClientReport
from mockpki._probe.servers import ServerReport
from mockpki._reports import FORMATS, show_report
from mockpki._reports.clients import describe_client
from mockpki._reports.servers import describe_presets, describe_server
from mockpki.scenarios.servers import DEMANDS


class TestClients:
    @pytest.mark.parametrize("width", [80, 112, 200])
    def test_fits(self, strict: ClientReport, width: int) -> None:
        """The matrix fits its terminal, each name is there, and no line ends in blanks."""
        console = Console(file=StringIO(), width=width, color_system=None)
        with console.capture() as capture:
            show_report(describe_client(strict), console)
        matrix = capture.get().partition(f"\n{strict.failures[0].name}: ")[0].splitlines()
        assert max(map(len, matrix)) <= width
        assert [line for line in matrix if line.endswith(" ")] == []
        names = {line[2:].split()[0] for line in matrix if line[2:].strip()}
        for group, rows in strict.groups.items():
            prefix = f"{group}-" if group and width < 112 else ""
            assert {row.name.removeprefix(prefix) for row in rows} <= names

    def test_rows(self, strict: ClientReport) -> None:
        """A row has the verdict, exit status, seconds, what was asked for and the alert; others a mark."""
        lines = FORMATS["text"](describe_client(strict)).splitlines()
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
            show_report(describe_client(strict), console)
        text = capture.get()
        assert "\n! ocsp-refused              accept     0  0.25 staple\n" in text
        assert re.search(r"\n  revoked +reject +1 +0.25 staple +bad certificate\n +status response\n", text)

    def test_what_went_wrong(self, strict: ClientReport) -> None:
        """Below the matrix each failure has its whole story, and at the end is the summary."""
        text = FORMATS["text"](describe_client(strict))
        story = text.partition("\ncrl-refused: the policy demands reject, and the client did accept\n")[2]
        assert story.startswith("staged:   There is no staple and no responder; the CRL's server is down")
        assert "seen:\n  TLSv1.3 for localhost: staple asked for, none sent; completed" in story
        assert text.rstrip().endswith(strict.summary[-1])

    def test_colours(self, strict: ClientReport) -> None:
        """Colours are a terminal's; what a client printed cannot make any, nor move the cursor."""
        file = StringIO()
        show_report(
            describe_client(strict),
            Console(file=file, width=112, force_terminal=True, color_system="standard"),
        )
        assert "\x1b[" in file.getvalue()
        assert "<script>" not in file.getvalue()
        assert "the \ufffdend" in file.getvalue()
        assert "\x1b" not in FORMATS["text"](describe_client(strict))


def text_of(report: ServerReport) -> str:
    """The report as people see it on a terminal."""
    console = Console(file=io.StringIO(), width=110)
    show_report(describe_server(report), console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


class TestServers:
    def test_a_server(self, report: ServerReport) -> None:
        """The terminal has every scenario, every demand, where it was broken, and the timelines."""
        text = text_of(report)
        for outcome in report.outcomes:
            assert outcome.scenario in text
        for demand in DEMANDS:
            assert demand.sentence in text
        assert "good: the first handshake brought none (no staple)" in text
        assert "none none none ..." in text  # what idle has left out
        assert report.likeness in text
        assert re.search(r"^nginx-file +G{25}E{47}$", text, re.MULTILINE)
        assert re.search("^ {24}-{48} *$", text, re.MULTILINE)
        assert "L an error of the responder's, stapled" in text

    def test_without_timelines(self, report: ServerReport) -> None:
        """They are left out where there are none."""
        bare = ServerReport(report.name, report.command, report.outcomes)
        assert "nginx-file" not in text_of(bare)

    def test_presets(self, presets: tuple[ServerReport, ...]) -> None:
        """Several presets are words and timelines; one alone is shown with what it does, too."""
        console = Console(file=io.StringIO(), width=110)
        show_report(describe_presets(presets), console)
        several = console.file.getvalue()  # type: ignore[attr-defined]
        assert "It asks when it starts, in the background." in several
        assert "good-then-down" not in several
        show_report(describe_presets(presets[1:]), console)
        alone = console.file.getvalue()[len(several) :]  # type: ignore[attr-defined]
        assert "good (waited) good" in alone
        assert "waits up to 10 s" in alone
