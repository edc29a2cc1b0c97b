"""A release is whole: what is built, what is in it, and that it comes out the same twice."""

import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

import mockpki

ROOT = Path(mockpki.__file__).parent.parent

if not (ROOT / ".git").exists():
    pytest.skip("this is not a checkout", allow_module_level=True)


def build(source: Path, folder: Path) -> dict[str, bytes]:
    """What a release of *source* is: the octets of each file, by name."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a release was built."""
    folder = tmp_path_factory.mktemp("release")
    build(ROOT, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(folder: Path) -> zipfile.ZipFile:
    """The wheel of it."""
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def list_tracked(*folders: str) -> set[str]:
    """What the repository has in *folders*, as far as it is there."""
    listed = subprocess.run(
        ["git", "ls-files", *folders], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}


def drop_made(names: Iterable[str]) -> set[str]:
    """*names* without what Python makes when it runs."""
    return {name for name in names if "__pycache__" not in name}


def test_it_is_called_as_the_package_says(folder: Path) -> None:
    """There is one wheel and one archive of the source, and both have the version."""
    assert sorted(path.name for path in folder.iterdir()) == [
        f"mockpki-{mockpki.__version__}-py3-none-any.whl",
        f"mockpki-{mockpki.__version__}.tar.gz",
    ]


def test_the_wheel_has_the_package(wheel: zipfile.ZipFile) -> None:
    """Every file of the package is in it, and nothing but these and what describes them."""
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert names == list_tracked("mockpki")
    assert {"mockpki/py.typed", "mockpki/cli/__init__.py"} <= names


def test_the_wheel_says_what_it_brings(wheel: zipfile.ZipFile) -> None:
    """The command and the plugin of pytest are announced, and the licence is there."""
    (points,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert wheel.read(points).decode().split() == [
        "[console_scripts]", "mockpki", "=", "mockpki.cli:main",
        "[pytest11]", "mockpki", "=", "mockpki.pytest_plugin",
    ]  # fmt: skip
    assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())


def test_the_source_has_what_the_tests_need(folder: Path) -> None:
    """Package, tests, fixtures and the manual are in the archive, as they are in the repository."""
    (path,) = folder.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = list_tracked(
        "mockpki", "tests", "fixtures", "docs", "conftest.py", "*.md", "LICENSE", "pyproject.toml"
    )
    assert wanted - names == set()
    assert drop_made(names - wanted) <= {"PKG-INFO", ".gitignore"}


def test_it_is_described_as_an_index_wants_it(folder: Path) -> None:
    """twine finds nothing wrong with the description."""
    pytest.importorskip("twine")
    command = [sys.executable, "-m", "twine", "check", "--strict", *map(str, folder.iterdir())]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_it_comes_out_the_same_twice(folder: Path, tmp_path: Path) -> None:
    """Built again, and built from its own archive, a release has the same octets."""
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert build(ROOT, tmp_path / "again") == first
    (path,) = folder.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    from_archive = build(source, tmp_path / "from-archive")
    assert {name: octets for name, octets in from_archive.items() if name.endswith(".whl")} == {
        name: octets for name, octets in first.items() if name.endswith(".whl")
    }


def test_the_changelog_has_the_version() -> None:
    """What is new in this version stands in the changelog, and the newest comes first."""
    headings = [
        line
        for line in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("## ")
    ]
    assert headings[0].startswith(f"## [{mockpki.__version__}]")


def test_each_dependency_says_its_licence() -> None:
    """The manual lists what an installation brings along, each with a licence."""
    listed = "import catalogues; print(*catalogues.list_dependencies(), sep='\\n')"
    run = subprocess.run(
        [sys.executable, "-c", listed], cwd=ROOT / "docs", capture_output=True, text=True, check=True
    )
    rows = [row.strip("|").split(" | ") for row in run.stdout.splitlines() if row.startswith("| ")][1:]
    assert len(rows) > 15
    assert [row for row in rows if not row[2].strip()] == []
