"""Whether a file was opened, as the kernel tells it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockpki._programs.openings import Openings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


@pytest.fixture
def openings(tmp_path: Path) -> Iterator[Openings]:
    """Those of a folder with two files."""
    for name in ("one", "other"):
        (tmp_path / name).write_text(name)
    made = Openings(tmp_path)
    yield made
    made.close()


def test_what_is_opened_is_told(openings: Openings, tmp_path: Path) -> None:
    """A file that was opened is told from one that was not, once."""
    assert not openings.wait_for("one", 0)
    (tmp_path / "one").read_text()
    assert openings.wait_for("one", 20)
    assert not openings.wait_for("one", 0)
    (tmp_path / "other").read_text()
    assert not openings.wait_for("one", 0)


def test_what_is_forgotten_is_not_told(openings: Openings, tmp_path: Path) -> None:
    """What was opened before that moment does not count; what is opened afterwards does."""
    (tmp_path / "one").read_text()
    openings.forget()
    assert not openings.wait_for("one", 0)
    (tmp_path / "one").read_text()
    assert openings.wait_for("one", 20)


def test_where_nobody_can_tell(tmp_path: Path) -> None:
    """A folder that is not there is an error."""
    with pytest.raises(OSError, match="No such file"):
        Openings(tmp_path / "none")
