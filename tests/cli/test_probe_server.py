"""`mockpki probe-server`, and `mockpki probe --server`, its former name, which goes on working."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from mockpki.cli import main
from tests import servers
from tests.kit.programs import need
from tests.servers.commands import SERVERS

PLAIN = Path(servers.__file__).with_name("plain.py")
"""A TLS server that knows nothing of staples."""
COMMAND = ("--", sys.executable, "{config}", "{port}", "{chain_file}", "{key_file}")


@pytest.fixture
def template(tmp_path: Path) -> str:
    """The server, as a file to be filled in."""
    path = tmp_path / "server.py"
    path.write_text(PLAIN.read_text(encoding="utf-8"), encoding="utf-8")
    return str(path)


Probe = Callable[..., Result]


@pytest.fixture(params=["probe-server", "probe --server"])
def probe(request: pytest.FixtureRequest) -> Probe:
    """What the command does with arguments, under each of its names."""
    return lambda *arguments: CliRunner().invoke(main, [*request.param.split(), *arguments])


class TestProbe:
    def test_broken(self, probe: Probe, template: str) -> None:
        """A server without a staple does not keep every demand: the status is 1, and it is said why."""
        result = probe("--template", template, "--only", "good", *COMMAND)
        assert result.exit_code == 1, result.output
        assert "the first handshake brought none (no staple)" in result.stdout
        assert "1 stapling scenarios" in result.stdout

    def test_kept(self, probe: Probe) -> None:
        """A server that staples, and breaks nothing: the status is 0."""
        nginx = SERVERS["nginx"]()
        result = probe("--template", str(nginx.template), "--only", "refused", "--", *nginx.command)
        assert result.exit_code == 0, result.output
        assert "It breaks no demand" in result.stdout

    def test_time(self, probe: Probe, template: str) -> None:
        """Hours pass for the server where that can be, and for those who do not want it they do not."""
        need("faketime")
        result = probe("--template", template, "--only", "good", *COMMAND)
        assert "Hours and days passed for it" in " ".join(result.stdout.split())
        arguments = ("--template", template, "--only", "good", "--no-virtual-time", *COMMAND)
        result = CliRunner().invoke(main, ["probe-server", *arguments])
        said = " ".join(result.stdout.split())
        assert "No hours passed for it: its clock was not moved, since that was not wanted." in said

    def test_not_seen(self, probe: Probe, template: str) -> None:
        """With nothing to staple, nothing is broken, and nothing kept: the status is 4."""
        result = probe("--template", template, "--only", "refused", "--jobs", "2", *COMMAND)
        assert result.exit_code == 4, result.output
        assert "broken  " not in result.stdout
        assert "it never stapled, and never asked the responder" in result.stdout
        assert "nothing happened by which to judge it" in result.stdout

    def test_formats(self, probe: Probe, template: str, tmp_path: Path) -> None:
        """It is written as JSON, JUnit, HTML and text, to the terminal or to a file beside it."""
        common = ("--template", template, "--only", "refused")
        made = json.loads(probe(*common, "--format", "json", *COMMAND).stdout)
        assert [one["name"] for one in made["scenarios"]] == ["refused"]
        suites = ElementTree.fromstring(probe(*common, "--format", "junit", *COMMAND).stdout)
        assert [case.get("name") for case in suites.iter("testcase")]
        for form, begin in (("html", "<!doctype html>"), ("text", "")):
            file = tmp_path / f"report.{form}"
            result = probe(*common, "--format", form, "--output", str(file), *COMMAND)
            assert result.exit_code == 4, result.output
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
            (("--", "x", "{config}"), 2, "is the path of a filled-in template: give --template"),
            (("--output", "/no/such/folder/x", "--", "x"), 2, "there is no folder"),
            (("--", "no-such-server"), 3, "no-such-server could not be started"),
            (("--", sys.executable, "-c", "print('oh dear')"), 3, "oh dear"),
            (("--timeout", "0.5", "--", "sleep", "60"), 3, "did not listen on port"),
        ],
    )
    def test_mistakes(self, probe: Probe, arguments: tuple[str, ...], status: int, sentence: str) -> None:
        """What cannot be is said in a sentence; a server that never listens has a status of its own."""
        result = probe(*arguments)
        assert result.exit_code == status, result.output
        assert sentence in " ".join(result.output.split())

    def test_cannot_be_written(self, probe: Probe, template: str, tmp_path: Path) -> None:
        """A file that cannot be written is a mistake in what was typed."""
        folder = tmp_path / "folder.html"
        file = tmp_path / ("x" * 300)
        folder.mkdir()
        result = probe(
            "--template", template, "--only", "refused", "--format", "json", "--output", str(file), *COMMAND
        )
        assert result.exit_code == 2
        assert "cannot be written" in result.output


def test_as_configured(tmp_path: Path, template: str, own_port: int) -> None:
    """A folder of files, and a name and a port that stand in them, are those of a real configuration."""
    port = str(own_port)
    folder = tmp_path / "site"
    folder.mkdir()
    server = Path(template).read_text(encoding="utf-8").replace("sys.argv[1]", repr(port))
    (folder / "server.py").write_text(
        f"NAME = '{{server_name}}'\nassert NAME == 'a.example'\n{server}", "utf-8"
    )
    arguments = ("--template", str(folder), "--server-name", "a.example", "--port", port, "--no-virtual-time")
    line = ("--", sys.executable, "{config}/server.py", port, "{chain_file}", "{key_file}")
    result = CliRunner().invoke(main, ["probe-server", *arguments, "--only", "refused", *line])
    assert result.exit_code == 4, result.output
    assert "it never stapled, and never asked the responder" in result.stdout
    other = CliRunner().invoke(main, ["probe-server", *arguments[:2], "--only", "refused", *line])
    assert other.exit_code == 3, other.output
    assert "AssertionError" in other.output
    for option, value, words in (
        ("--server-name", "*.a.example", "--server-name takes a name that a client can ask for"),
        ("--port", "0", "0 is not in the range 1<=x<=65535"),
    ):
        mistake = CliRunner().invoke(main, ["probe-server", option, value, "--", "x"])
        assert mistake.exit_code == 2
        assert words in " ".join(mistake.output.split())


class TestFormerName:
    """What is `mockpki probe --server` alone."""

    @pytest.mark.parametrize(
        ("arguments", "status", "sentence"),
        [
            (("--policy", "hard-fail", "--", "x"), 2, "--policy is about clients"),
            (("--accept-when", "x", "--", "x"), 2, "--accept-when is about clients"),
            (("--reject-when", "x", "--", "x"), 2, "--reject-when is about clients"),
            (("--delegated", "--", "x"), 2, "--delegated is about clients, and does not go with --server."),
        ],
    )
    def test_mistakes(self, arguments: tuple[str, ...], status: int, sentence: str) -> None:
        """What is about clients means nothing to a server, and that is said."""
        result = CliRunner().invoke(main, ["probe", "--server", *arguments])
        assert result.exit_code == status, result.output
        assert sentence in " ".join(result.output.split())

    def test_template_is_for_servers(self) -> None:
        """A client has no template."""
        result = CliRunner().invoke(main, ["probe", "--template", "x", "--", "curl", "{url}"])
        assert result.exit_code == 2
        assert "it goes with --server" in " ".join(result.output.split())

    def test_hidden(self) -> None:
        """It is not shown to those who learn the command now; the new name has no option of clients."""
        help_of_probe = CliRunner().invoke(main, ["probe", "--help"]).output
        assert "--server" not in help_of_probe
        assert "--template" not in help_of_probe
        assert "mockpki probe-server" in help_of_probe
        result = CliRunner().invoke(main, ["probe-server", "--accept-when", "good", "--", "x"])
        assert (result.exit_code, result.stdout) == (2, "")
        assert "No such option" in result.stderr
