"""What was typed as a path is found where it was typed."""

import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockpki.cli import main
from mockpki.scenarios.servers import ServerCommand, run
from mockpki.scenarios.servers._typed_paths import find_home, resolve_words
from tests.kit.probes import PLAIN

ARGUMENTS = ("{port}", "{chain_file}", "{key_file}")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a server in it, in which somebody is."""
    folder = tmp_path / "here"
    (folder / "bin").mkdir(parents=True)
    (folder / "conf").mkdir()
    server = folder / "bin" / "srv"
    server.write_text(f"#!{sys.executable}\n{PLAIN.read_text(encoding='utf-8')}", encoding="utf-8")
    server.chmod(0o755)
    (folder / "srv").symlink_to(server)
    for name in ("srv.py", "start", "a b.py"):
        (folder / name).write_text(PLAIN.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "srv.tmpl").write_text(PLAIN.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


WORDS = [
    (["./srv", "x"], ["{home}/./srv", "x"]),
    (["bin/srv"], ["{home}/bin/srv"]),
    (["../here/srv"], ["{home}/../here/srv"]),
    (["./gone"], ["{home}/./gone"]),
    (["/bin/sh", "srv.py"], ["/bin/sh", "{home}/srv.py"]),
    (["/bin/sh", "./start", "a b.py"], ["/bin/sh", "{home}/./start", "{home}/a b.py"]),
    # A word is no path, though there is a file of its name; nor is what is not there.
    (["/bin/sh", "start", "gone.py", "-c", "conf"], ["/bin/sh", "start", "gone.py", "-c", "conf"]),
    (["/bin/sh", "-c", "./conf", "conf/"], ["/bin/sh", "-c", "{home}/./conf", "{home}/conf/"]),
    (
        ["/bin/sh", "--config=srv.tmpl", "-x=conf/"],
        ["/bin/sh", "--config={home}/srv.tmpl", "-x={home}/conf/"],
    ),
    (["/bin/sh", "--name=start", "NAME=srv.py"], ["/bin/sh", "--name=start", "NAME=srv.py"]),
    (
        ["/bin/sh", "x" * 300 + ".py", "a\nb.py/" * 900, "a\0b.py"],
        ["/bin/sh", "x" * 300 + ".py", "a\nb.py/" * 900, "a\0b.py"],
    ),
    (["/bin/sh", ".", "..", ""], ["/bin/sh", ".", "..", ""]),
    (["/bin/sh", "/etc/passwd", "{config}", "./{port}"], ["/bin/sh", "/etc/passwd", "{config}", "./{port}"]),
]


@pytest.mark.parametrize(("typed", "wanted"), WORDS, ids=lambda words: " ".join(words)[:60])
def test_words(home: Path, typed: list[str], wanted: list[str]) -> None:
    """Paths are found from where they were typed; what is none stays what it is."""
    assert resolve_words(typed, home) == [word.replace("{home}", str(home)) for word in wanted]


def test_a_program_on_the_path(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name without a slash is looked for on the PATH, whose relative entries begin where the person is."""
    monkeypatch.setenv("PATH", os.pathsep.join(["bin", "/usr/bin", "/bin"]))
    assert resolve_words(["srv"], home) == [f"{home}/bin/srv"]
    assert resolve_words(["no-such-program"], home) == ["no-such-program"]
    assert resolve_words(["sh"], home)[0].endswith("/bin/sh")
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(home / "bin")
    assert resolve_words(["gone"], home) == ["gone"]


def test_a_folder_that_is_gone(home: Path) -> None:
    """Who is nowhere can still start what has a whole path."""
    assert find_home() == home
    nowhere = home / "nowhere"
    nowhere.mkdir()
    os.chdir(nowhere)
    nowhere.rmdir()
    assert find_home() == Path("/")
    assert run("revoked", ServerCommand([sys.executable, str(PLAIN), *ARGUMENTS])).words == "none none"


@pytest.mark.parametrize(
    ("command", "template"),
    [
        (["./srv", *ARGUMENTS], None),
        (["bin/srv", *ARGUMENTS], None),
        ([sys.executable, "srv.py", *ARGUMENTS], None),
        ([sys.executable, "{config}", *ARGUMENTS], "srv.tmpl"),
        (["sh", "-c", f'exec {sys.executable} "$0" "$@"', "./a b.py", *ARGUMENTS], None),
    ],
    ids=["program", "below", "script", "template", "argument"],
)
def test_a_server_runs_that_was_typed_so(
    home: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], template: str | None
) -> None:
    """It runs in a folder of its own, and is restarted there, wherever the person has gone meanwhile."""
    server = ServerCommand(command, template)
    monkeypatch.chdir("/")
    outcome = run("restart-while-down", server)
    assert outcome.words == "none none none | none none"
    assert sorted(path.name for path in home.iterdir()) == [
        "a b.py", "bin", "conf", "srv", "srv.py", "srv.tmpl", "start",
    ]  # fmt: skip


@pytest.mark.parametrize("template", [(), ("--template", "srv.tmpl")], ids=["program", "template"])
def test_the_command_line(home: Path, template: tuple[str, ...]) -> None:
    """``mockpki probe-server -- ./srv`` does what was meant; one that is not there is told by its place."""
    typed = (sys.executable, "{config}") if template else ("./srv",)
    result = CliRunner().invoke(main, ["probe-server", *template, "--only", "good", "--", *typed, *ARGUMENTS])
    assert result.exit_code == 1, result.output
    assert "the first handshake brought none" in result.output
    result = CliRunner().invoke(main, ["probe-server", "--", "./gone", *ARGUMENTS])
    assert result.exit_code == 3
    assert f"{home}/./gone could not be started" in " ".join(result.output.split()).replace("/ ", "/")
