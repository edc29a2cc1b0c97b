"""The one place on disk: a temporary folder that is made when it is first needed, and goes away."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
import weakref

from .._engine.interrupts import Held


class Folder:
    """Files for programs that want a path. Each PKI has its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._path: str | None = None
        self._closed = False

    def write(self, name: str, content: bytes) -> str:
        """The path of a file *name* with *content*, readable by this user only. One that is there stays.

        Raises ValueError once the folder is gone.
        """
        with self._lock:
            path = os.path.join(self._require_path(name), name)
            if not os.path.exists(path):
                _write(path, content)
            return path

    def rewrite(self, name: str, content: bytes) -> str:
        """The same for a file whose content changes: whoever reads it has the old or the new one, whole."""
        with self._lock:
            path = os.path.join(self._require_path(name), name)
            replace_file(path, content)
            return path

    def _require_path(self, name: str) -> str:
        if self._closed:
            raise ValueError(f"the file {name} is gone: its PKI is closed, and the folder with it")
        if self._path is None:
            # There is never a folder that nobody would remove.
            with Held():
                self._path = tempfile.mkdtemp(prefix="mockpki-")
                # Also at the end of a process that never closed its PKI.
                self._remove = weakref.finalize(self, _remove, self._path, os.getpid())
        return self._path

    def close(self) -> None:
        """Remove the folder and all that is in it."""
        with self._lock:
            self._closed = True
            if self._path is not None:
                self._remove()


def _write(path: str, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def replace_file(path: str | os.PathLike[str], content: bytes) -> None:
    """Have *content* at *path*, written aside and renamed: nobody reads half of it, its owner alone may."""
    folder, name = os.path.split(path)
    number, aside = tempfile.mkstemp(dir=folder or os.curdir, prefix=f".{name}-")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
        os.replace(aside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(aside)
        raise


def _remove(path: str, owner: int) -> None:
    # A forked child has a copy of every object, and the folder is still its parent's.
    if os.getpid() == owner:
        shutil.rmtree(path, ignore_errors=True)
