"""`mockpki demo`, as a command."""

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from mockpki.cli import main
from tests.kit.demo import lines


class TestCommand:
    def test_in_process(self) -> None:
        """The command prints the table and the sums, and ends with 0."""
        result = CliRunner().invoke(main, ["demo"])
        assert result.exit_code == 0, result.output
        assert "hard-fail" in result.output
        assert "10 x bad_certificate_status_response" in " ".join(result.output.split())

    @pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
    def test_as_a_program(self, encoding: str) -> None:
        """It runs by itself, and prints what the stream can take: no colour, and ASCII if need be."""
        environment = {**os.environ, "PYTHONIOENCODING": encoding, "COLUMNS": "80", "NO_COLOR": "1"}
        command = [sys.executable, "-c", "from mockpki.cli import main; main()", "demo"]
        done = subprocess.run(command, capture_output=True, env=environment, timeout=120, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        text = done.stdout.decode(encoding)
        assert ("─" in text) == (encoding == "utf-8")
        assert "\x1b" not in text
        assert max(map(len, lines(text))) <= 80
