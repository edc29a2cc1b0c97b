"""The command line for servers that staple: `mockpki probe --server` and `mockpki staplers`."""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from mockpki.cli import main
from tests import servers

PLAIN = Path(servers.__file__).with_name("plain.py")
"""A TLS server that knows nothing of staples."""
COMMAND = ("--", sys.executable, "{config}", "{port}", "{chain_file}", "{key_file}")


@pytest.fixture
def template(tmp_path: Path) -> str:
    """The server, as a file to be filled in."""
    path = tmp_path / "server.py"
    path.write_text(PLAIN.read_text(encoding="utf-8"), encoding="utf-8")
    return str(path)


def probe(*arguments: str) -> Result:
    """What ``mockpki probe --server`` does with these."""
    return CliRunner().invoke(main, ["probe", "--server", *arguments])


class TestProbe:
    def test_broken(self, template: str) -> None:
        """A server without a staple does not keep every demand: the status is 1, and it is said why."""
        result = probe("--template", template, "--only", "good", *COMMAND)
        assert result.exit_code == 1, result.output
        assert "the first handshake brought none (no staple)" in result.stdout
        assert "1 stapling scenarios" in result.stdout

    def test_kept(self, template: str) -> None:
        """With nothing to staple, it keeps them: the status is 0."""
        result = probe("--template", template, "--only", "refused", "--jobs", "2", *COMMAND)
        assert result.exit_code == 0, result.output
        assert "broken  " not in result.stdout

    def test_formats(self, template: str, tmp_path: Path) -> None:
        """It is written as JSON, JUnit, HTML and text, to the terminal or to a file beside it."""
        common = ("--template", template, "--only", "refused")
        made = json.loads(probe(*common, "--format", "json", *COMMAND).stdout)
        assert [one["name"] for one in made["scenarios"]] == ["refused"]
        suites = ElementTree.fromstring(probe(*common, "--format", "junit", *COMMAND).stdout)
        assert [case.get("name") for case in suites.iter("testcase")]
        for form, begin in (("html", "<!doctype html>"), ("text", "")):
            file = tmp_path / f"report.{form}"
            result = probe(*common, "--format", form, "--output", str(file), *COMMAND)
            assert result.exit_code == 0, result.output
            written = file.read_text(encoding="utf-8")
            assert written.lower().startswith(begin)
            assert "refused" in written
            assert "stapling scenarios" in result.stdout

    @pytest.mark.parametrize(
        ("arguments", "status", "sentence"),
        [
            (("--only", "refusd", "--", "x"), 2, "refused"),
            (("--", "x", "{prot}"), 2, "did you mean {port}"),
            (("--template", "/no/such/file", "--", "x", "{config}"), 2, "there is no template"),
            (("--", "x", "{config}"), 2, "give template="),
            (("--policy", "hard-fail", "--", "x"), 2, "--policy is about clients"),
            (("--accept-when", "x", "--", "x"), 2, "--accept-when is about clients"),
            (("--output", "/no/such/folder/x", "--", "x"), 2, "there is no folder"),
            (("--", "no-such-server"), 3, "no-such-server could not be started"),
            (("--", sys.executable, "-c", "print('oh dear')"), 3, "oh dear"),
            (("--timeout", "0.5", "--", "sleep", "60"), 3, "did not listen on port"),
        ],
    )
    def test_mistakes(self, arguments: tuple[str, ...], status: int, sentence: str) -> None:
        """What cannot be is said in a sentence; a server that never listens has a status of its own."""
        result = probe(*arguments)
        assert result.exit_code == status, result.output
        assert sentence in " ".join(result.output.split())

    def test_cannot_be_written(self, template: str, tmp_path: Path) -> None:
        """A file that cannot be written is a mistake in what was typed."""
        folder = tmp_path / "folder.html"
        file = tmp_path / ("x" * 300)
        folder.mkdir()
        result = probe(
            "--template", template, "--only", "refused", "--format", "json", "--output", str(file), *COMMAND
        )
        assert result.exit_code == 2
        assert "cannot be written" in result.output

    def test_template_is_for_servers(self) -> None:
        """A client has no template."""
        result = CliRunner().invoke(main, ["probe", "--template", "x", "--", "curl", "{url}"])
        assert result.exit_code == 2
        assert "it goes with --server" in " ".join(result.output.split())


class TestPresets:
    def test_text(self) -> None:
        """Each preset is told in words, with its outage, hour by hour."""
        result = CliRunner().invoke(main, ["staplers", "ideal"])
        assert result.exit_code == 0, result.output
        assert "asks again when 50 % of an answer's life is over" in " ".join(result.output.split())
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
