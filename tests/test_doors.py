"""The doors of the package: what is there after `import mockpki`, and `python -m mockpki`."""

import subprocess
import sys

import pytest

import mockpki

DOORS = ["crlite", "faults", "relying_party", "scenarios", "sequences", "staplers", "wsgi"]


def in_a_fresh_interpreter(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A Python of its own, in which nothing has been imported."""
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("name", DOORS)
def test_a_module_is_there(name: str) -> None:
    """Each public module can be reached from the package, without an import of its own."""
    code = f"import mockpki; print(mockpki.{name}.__name__, {name!r} in dir(mockpki))"
    done = in_a_fresh_interpreter("-W", "error", "-c", code)
    assert (done.returncode, done.stdout) == (0, f"mockpki.{name} True\n"), done.stderr
    assert name in mockpki.__all__


def test_nothing_is_imported_before() -> None:
    """The package alone, and a look at what it has, costs the import of one small module."""
    code = (
        "import sys; before = set(sys.modules); import mockpki; dir(mockpki); "
        "print(*sorted(name for name in set(sys.modules) - before if name.startswith('mockpki')))"
    )
    assert in_a_fresh_interpreter("-c", code).stdout == "mockpki\n"


def test_what_is_not_there() -> None:
    """A name that the package does not have, and a module that is private, are no doors."""
    code = "import mockpki\nfor name in ('stapler', 'cli', '_layers'): print(hasattr(mockpki, name))"
    assert in_a_fresh_interpreter("-c", code).stdout.split() == ["False"] * 3


def test_the_command_line() -> None:
    """`python -m mockpki` is the command line, with its exit statuses."""
    done = in_a_fresh_interpreter("-m", "mockpki", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: python -m mockpki [OPTIONS] COMMAND [ARGS]...")
    assert "probe-server" in done.stdout
    done = in_a_fresh_interpreter("-m", "mockpki", "demoo")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean demo or decode?" in done.stderr


def test_importing_the_command_line_runs_nothing() -> None:
    """The module of `python -m mockpki` can be imported by tools that import everything."""
    done = in_a_fresh_interpreter("-c", "import mockpki.__main__")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
