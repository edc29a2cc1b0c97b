"""The configuration of a server that is a program: a file, or a folder of them, with placeholders.

1. Placeholders are filled in in every file that is text; what is no text is copied as it is.
2. A folder's own path, where its files have it, leads to the folder that was filled in: what includes
   ``/etc/nginx/mime.types`` includes ours.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..._programs.placeholders import Placeholders


@dataclass(frozen=True)
class Template:
    """The configuration at *path*. Raises ValueError where it cannot be read."""

    path: Path
    placeholders: Placeholders

    def __post_init__(self) -> None:
        if not self.path.exists():
            raise ValueError(f"there is no template {str(self.path)!r}")
        if self.is_folder and not any(self._find_files()):
            raise ValueError(f"the template {str(self.path)!r} is a folder without a file")
        _ = self.text

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.path.is_dir()

    @property
    def text(self) -> str:
        """The text of the file, or of all in the folder that are text."""
        if self.is_folder:
            return "\n".join(text for file in self._find_files() if (text := self._read(file)) is not None)
        text = self._read(self.path)
        if text is None:
            raise ValueError(f"the template {str(self.path)!r} cannot be read: it is no text in UTF-8")
        return text

    def write(self, folder: Path, values: Mapping[str, str]) -> dict[str, str]:
        """Fill it in with *values*, into *folder*; the values of ``{template}`` and ``{config}``."""
        # A file keeps its name: Caddy knows by it which language it is in.
        config = folder / "config" if self.is_folder else folder / "config" / self.path.name
        paths = {"template": str(self.path.resolve()), "config": str(config)}
        values = {**values, **paths}
        if not self.is_folder:
            config.parent.mkdir(parents=True, exist_ok=True)
            config.write_text(self.placeholders.fill_in(self.text, values), encoding="utf-8")
            return paths
        if config.exists():
            # A restart: nothing that the server has put there is to be read as ours.
            shutil.rmtree(config)
        for file in self._find_files():
            written = config / file.relative_to(self.path)
            written.parent.mkdir(parents=True, exist_ok=True)
            text = self._read(file)
            if text is None:
                written.write_bytes(file.read_bytes())
            else:
                written.write_text(self.placeholders.fill_in(self._lead_to(config, text), values), "utf-8")
            # A script is to be run.
            written.chmod(file.stat().st_mode & 0o777 | 0o600)
        return paths

    def _find_files(self) -> Iterator[Path]:
        """Its files, those behind links, too, but for links that lead nowhere, and what is no file."""
        for folder, names, files in os.walk(self.path, followlinks=True):
            # A link to a folder above would never end.
            names[:] = sorted(name for name in names if not _leads_up(Path(folder, name)))
            yield from (file for file in (Path(folder, name) for name in sorted(files)) if file.is_file())

    def _read(self, file: Path) -> str | None:
        """The text of *file*, line ends and all, or None if it is none."""
        try:
            return file.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            return None
        except OSError as error:
            raise ValueError(f"the template {str(file)!r} cannot be read: {error}") from error

    def _lead_to(self, config: Path, text: str) -> str:
        """*text*, in which the folder's own path is that of *config*."""
        for own in dict.fromkeys((str(self.path), str(self.path.resolve()))):
            for end in ("/", '"', "'", ";", " ", "\n"):
                text = text.replace(own + end, str(config) + end)
        return text


def _leads_up(folder: Path) -> bool:
    """Whether *folder* is a link to one that it is in."""
    return folder.is_symlink() and folder.parent.resolve().is_relative_to(folder.resolve())
