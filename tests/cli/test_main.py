"""The command line: help, and what is said to mistakes. Each command has its own tests beside this."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import mockpki
from mockpki.cli import main
from tests.kit.programs import run


def test_help() -> None:
    """Help begins with worked examples, whose commands exist, and then lists every command."""
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    examples = [line.split() for line in result.output.splitlines() if line.startswith("    ")]
    named = [words[words.index("mockpki") + 1] for words in examples if "mockpki" in words]
    assert named[0] == "demo"
    assert set(named) <= set(main.commands)
    listed = result.output.partition("Commands:")[2]
    assert all(name in listed for name in main.commands)


@pytest.mark.parametrize("name", sorted(main.commands))
def test_help_of_commands(name: str) -> None:
    """Every command explains itself."""
    result = CliRunner().invoke(main, [name, "-h"])
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: main {name}")
    assert len((main.commands[name].help or "").split(".")[0]) > 20


def test_version() -> None:
    """The version is the package's."""
    result = CliRunner().invoke(main, ["--version"])
    assert result.output == f"main, version {mockpki.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["dmeo"], "There is no command 'dmeo'; did you mean demo or decode?"),
        (
            ["xyzzy"],
            "There is no command 'xyzzy'; there are: crlite, decode, demo, faults, probe, probe-server, "
            "publishing, scenarios, serve, staplers",
        ),
        (["demo", "again"], "again"),
        (["demo", "--fast"], "--fast"),
        (["--fast"], "--fast"),
    ],
)
def test_mistakes(arguments: list[str], sentence: str) -> None:
    """A mistake ends with 2 and a sentence that names it, and does nothing."""
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert sentence in result.output
    assert "Traceback" not in result.output


def test_entry_point() -> None:
    """The installed command is this one."""
    command = Path(sys.executable).with_name("mockpki")
    if not command.exists():
        pytest.skip("the package's command is not beside this Python")
    done = subprocess.run([command, "demoo"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "did you mean demo or decode?" in done.stderr


def test_light() -> None:
    """Help and mistakes import nothing heavy."""
    code = (
        "import sys; from mockpki.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('OpenSSL', 'cryptography', 'rich', 'pytest') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no ulimit")
@pytest.mark.parametrize("files", [12, 20])
@pytest.mark.parametrize("command", ["demo", "probe -- true {url}", "probe-server -- true {port}"])
def test_no_more_files(command: str, files: int) -> None:
    """A command that may open no more files or sockets says what to raise, and nothing of Python's."""
    ours = f"{sys.executable} -m mockpki {command}"
    done = run("sh", "-c", f"ulimit -n {files}; exec {ours}")
    assert done.returncode != 0
    assert "raise `ulimit -n`" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_ctrl_c_before_anything_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C has the status that shells give it from the first moment on: no client has failed."""
    with monkeypatch.context() as context:
        context.setattr(
            main.commands["staplers"], "callback", lambda **options: signal.raise_signal(signal.SIGINT)
        )
        result = CliRunner().invoke(main, ["staplers"])
    assert (result.exit_code, result.output) == (130, "Interrupted: nothing was judged.\n")
    assert CliRunner().invoke(main, ["staplers", "nginx"]).exit_code == 0
