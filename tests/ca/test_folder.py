"""The folder of a PKI: made when it is needed, for its owner only, and gone at the end."""

import os
import stat
import tempfile
from pathlib import Path

import pytest

from mockpki._ca.folder import Folder


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_it_is_made_when_it_is_needed(place: Path) -> None:
    """Nothing is on disk before the first file, and one folder holds them all."""
    folder = Folder()
    assert list(place.iterdir()) == []
    paths = [Path(folder.write(name, name.encode())) for name in ("a.crt", "b.key")]
    [only] = place.iterdir()
    assert {path.parent for path in paths} == {only}
    assert [path.read_bytes() for path in paths] == [b"a.crt", b"b.key"]
    folder.close()
    assert list(place.iterdir()) == []


def test_only_its_owner_can_read(place: Path) -> None:
    """A key is in some of the files: nobody else may see them, nor what they are called."""
    folder = Folder()
    path = Path(folder.write("a.key", b"secret"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    folder.close()


def test_a_file_is_written_once(place: Path) -> None:
    """A path that was handed out keeps its content: a program may be reading it."""
    folder = Folder()
    path = folder.write("a.crt", b"first")
    assert folder.write("a.crt", b"second") == path
    assert Path(path).read_bytes() == b"first"
    folder.close()


def test_a_file_that_changes(place: Path) -> None:
    """The path stays, with the new content; whoever has opened the old one keeps it, and nothing is left."""
    folder = Folder()
    path = folder.rewrite("crls.pem", b"first")
    with open(path, "rb") as opened:
        assert folder.rewrite("crls.pem", b"second") == path
        assert opened.read() == b"first"
    assert Path(path).read_bytes() == b"second"
    assert [one.name for one in Path(path).parent.iterdir()] == ["crls.pem"]
    folder.close()
    with pytest.raises(ValueError, match=r"the file crls.pem is gone"):
        folder.rewrite("crls.pem", b"third")


def test_closed_is_closed(place: Path) -> None:
    """Closing twice, or with nothing written, is no error; writing after it is one that says so."""
    for written in (False, True):
        folder = Folder()
        if written:
            folder.write("a.crt", b"content")
        folder.close()
        folder.close()
        with pytest.raises(ValueError, match=r"the file b.crt is gone: its PKI is closed, and the folder"):
            folder.write("b.crt", b"content")
    assert list(place.iterdir()) == []


def test_one_that_is_dropped_is_removed(place: Path) -> None:
    """Also where nobody closes it."""
    folder = Folder()
    folder.write("a.crt", b"content")
    del folder
    assert list(place.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_the_folder_is_its_makers(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process with another number, as a forked child is, leaves it where it is."""
    folder = Folder()
    path = folder.write("a.crt", b"content")
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(os, "getpid", lambda: -1)
        folder.close()
    assert os.path.exists(path)
