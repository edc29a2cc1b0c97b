"""`mockpki demo`: its table is what happened."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockpki._probe.demo import SITUATIONS, DemoReport, DemoRow, run_demo
from mockpki.cli import main
from tests.kit.demo import print_demo, rows

# good, revoked, unknown, stale, no answer, staple missing
EXPECTED = {
    "hard-fail": "accept reject reject reject reject accept",
    "soft-fail": "accept reject accept accept accept accept",
    "must-staple": "accept reject reject reject reject reject",
}


@pytest.fixture(scope="module")
def report() -> DemoReport:
    """One run with all the clients of this machine."""
    return run_demo()


def verdicts(row: DemoRow) -> str:
    """The row's verdicts, as in the table above."""
    return " ".join("accept" if cell.reaction.accepted else "reject" for cell in row.cells)


class TestReport:
    @pytest.mark.parametrize("name", EXPECTED)
    def test_reference_clients(self, report: DemoReport, name: str) -> None:
        """The three reference clients do what their names say."""
        assert verdicts(rows(report)[name]) == EXPECTED[name]

    @pytest.mark.parametrize("name", EXPECTED)
    def test_every_cell_happened(self, report: DemoReport, name: str) -> None:
        """Each cell is one handshake with a certificate of its own, which ended as the cell says."""
        serials = set()
        for cell in rows(report)[name].cells:
            (handshake,) = cell.handshakes
            assert handshake.leaf is not None
            serials.add(handshake.leaf.serial_number)
            assert handshake.staple_requested
            assert handshake.completed == cell.reaction.accepted
            assert (handshake.alert == "bad_certificate_status_response") != cell.reaction.accepted
        assert len(serials) == len(SITUATIONS)

    def test_staples(self, report: DemoReport) -> None:
        """Staples are there and missing as the situations say, for every client that came."""
        for row in report.rows:
            for situation, cell in zip(SITUATIONS, row.cells, strict=True):
                for handshake in cell.handshakes:
                    assert (handshake.staple is None) == (situation.staple is None)

    def test_questions(self, report: DemoReport) -> None:
        """The responder is asked where a staple is of no use, unless nothing but a staple will do."""
        asked = {
            name: [cell.questions for cell in row.cells]
            for name, row in rows(report).items()
            if name in EXPECTED
        }
        assert asked == {
            "hard-fail": [0, 0, 0, 1, 1, 1],
            "soft-fail": [0, 0, 1, 1, 1, 1],
            "must-staple": [0, 0, 0, 0, 0, 0],
        }
        # Whoever accepts has asked the root about the issuing CA as well.
        assert report.about_authorities == sum(EXPECTED[name].count("accept") for name in asked)

    def test_reasons(self, report: DemoReport) -> None:
        """The small print names what decided."""
        found = [cell.reaction.reason for cell in rows(report)["hard-fail"].cells]
        assert found == [
            "staple good", "staple revoked", "staple unknown", "OCSP stale", "OCSP timed out", "OCSP good",
        ]  # fmt: skip
        assert rows(report)["must-staple"].cells[-1].reaction.reason == "no staple"

    def test_programs(self, report: DemoReport) -> None:
        """Programs have rows where they are installed, each cell with what the server saw of it."""
        programs = [row for row in report.rows if row.client.name not in EXPECTED]
        if not programs:
            pytest.skip("neither curl nor openssl is installed on this machine")
        for row in programs:
            assert all(cell.reaction.accepted is None or cell.handshakes for cell in row.cells)
            assert row.cells[0].reaction.accepted in (True, None)


class TestPrograms:
    def test_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """With no program installed the three reference clients are left, and no word is said of others."""
        monkeypatch.setenv("PATH", os.devnull)
        result = CliRunner().invoke(main, ["demo"])
        assert result.exit_code == 0, result.output
        assert result.output.startswith("18 TLS handshakes and ")
        assert "curl" not in result.output
        assert "openssl" not in result.output
        assert "exit" not in result.output

    def test_failing(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """A program that fails before it connects comes to no verdict, and is quoted."""
        curl = tmp_path / "curl"
        curl.write_text("#!/bin/sh\necho 'curl: (2) no such option' >&2\nexit 2\n")
        curl.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        report = run_demo()
        (row,) = (row for row in report.rows if row.client.name not in EXPECTED)
        assert row.client.name == "curl --cert-status"
        for cell in row.cells:
            assert (cell.reaction.accepted, cell.reaction.reason) == (None, "no handshake (exit 2)")
        assert "curl: (2) no such option" in print_demo(report, 80)
