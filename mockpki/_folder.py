"""The one place on disk: a temporary folder that is made when it is first needed, and goes away."""

from __future__ import annotations

import os
import tempfile
import threading


class Folder:
    """Files for programs that want a path. Each PKI has its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: tempfile.TemporaryDirectory[str] | None = None
        self._closed = False

    def write(self, name: str, content: bytes) -> str:
        """The path of a file *name* with *content*, readable by this user only.

        Raises ValueError once the folder is gone.
        """
        with self._lock:
            if self._closed:
                raise ValueError(f"the file {name} is gone: its PKI is closed, and the folder with it")
            if self._made is None:
                self._made = tempfile.TemporaryDirectory(prefix="mockpki-")
            path = os.path.join(self._made.name, name)
            if not os.path.exists(path):
                with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(content)
            return path

    def close(self) -> None:
        with self._lock:
            self._closed = True
            made, self._made = self._made, None
        if made is not None:
            made.cleanup()
