"""`mockpki staplers`: what the presets do."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from mockpki.cli import main


class TestPresets:
    def test_text(self) -> None:
        """Each preset is told in words, with its outage, hour by hour."""
        result = CliRunner().invoke(main, ["staplers", "ideal"])
        assert result.exit_code == 0, result.output
        assert "asks again 1 h before an answer ends" in " ".join(result.output.split())
        assert "G a good staple" in result.output

    @pytest.mark.parametrize("form", ["json", "html", "text"])
    def test_formats(self, form: str, tmp_path: Path) -> None:
        """It is written as JSON, as one HTML file with the outage drawn, and as text."""
        file = tmp_path / "presets"
        result = CliRunner().invoke(main, ["staplers", "ideal", "--format", form, "--output", str(file)])
        assert result.exit_code == 0, result.output
        written = file.read_text(encoding="utf-8")
        assert {"json": '"ideal"', "html": "<svg", "text": "G a good staple"}[form] in written
        assert "G a good staple" in result.output

    def test_unknown(self) -> None:
        """An unknown name has near ones."""
        result = CliRunner().invoke(main, ["staplers", "ngnix"])
        assert result.exit_code == 2
        assert "did you mean nginx" in " ".join(result.output.split())
