"""The types that the console's comments state, checked by their own compiler."""

from pathlib import Path

from mockpki._serve import console
from tests.kit.node_packages import packages
from tests.kit.programs import need, run

FOLDER = Path(console.__file__).parent
OPTIONS = (
    "--checkJs", "--allowJs", "--noEmit", "--strict", "--noUnusedLocals", "--noUnusedParameters",
    "--target", "es2022", "--module", "es2022", "--moduleResolution", "bundler",
    "--lib", "es2023,dom,dom.iterable",
)  # fmt: skip


def test_the_types_of_the_console_hold(tmp_path: Path) -> None:
    """No call, field or value is of another type than it says; one of a stranger's that is, is found."""
    wrong = tmp_path / "wrong.js"
    wrong.write_text(f'import {{ chip }} from "{FOLDER.as_posix()}/dom.js";\nchip(7);\n')
    compiler = packages() / "node_modules" / "typescript" / "bin" / "tsc"
    done = run(need("node"), compiler, *OPTIONS, "--pretty", "false", FOLDER / "main.js", wrong, timeout=60)
    [found] = done.stdout.splitlines()
    assert "wrong.js(2,6): error TS2345" in found
