"""The demo's report: it can be read anywhere."""

import pytest
from rich.console import Console

from mockpki._probe.demo import SITUATIONS, DemoReport, run_demo
from mockpki._reports.demo import count_evidence, show_demo
from tests.kit.demo import lines, print_demo, rows


@pytest.fixture(scope="module")
def report() -> DemoReport:
    """One run with all the clients of this machine."""
    return run_demo()


class TestText:
    @pytest.mark.parametrize("width", [80, 100, 120, 160])
    def test_width(self, report: DemoReport, width: int) -> None:
        """Every word of the table stands whole, in every width from 80 columns up."""
        text = print_demo(report, width)
        assert max(map(len, lines(text))) <= width
        table = text.partition("Situations")[0].split()
        assert table.count("accept") + table.count("reject") == len(report.rows) * len(SITUATIONS)
        words = {word for situation in SITUATIONS for word in situation.name.split()}
        words |= {word for row in report.rows for cell in row.cells for word in cell.reaction.reason.split()}
        assert words <= set(table)

    def test_explained(self, report: DemoReport) -> None:
        """Every situation, every client and every kind of small print has its sentence."""
        text = " ".join(print_demo(report, 200).split())
        for sentence in (
            *(situation.sentence for situation in SITUATIONS),
            *(row.client.sentence for row in report.rows),
        ):
            assert sentence in text
        for name in ("hard-fail", "soft-fail", "must-staple"):
            counts = count_evidence(rows(report)[name])
            assert f"{name} {' '.join(map(str, counts))}" in text
        assert f"{report.handshakes} TLS handshakes and {report.questions} OCSP requests" in text

    def test_colour(self, report: DemoReport) -> None:
        """On a terminal, accept is green and reject is red; without colours nothing else changes."""
        colourful = Console(width=80, force_terminal=True, color_system="standard", no_color=False)
        with colourful.capture() as capture:
            show_demo(report, colourful)
        assert "\x1b[1;32maccept\x1b[0m" in capture.get()
        assert "\x1b[1;31mreject\x1b[0m" in capture.get()
        assert "\x1b" not in print_demo(report, 80)
