"""What a server has to say while it runs: on stderr, a sentence or a JSON object a line."""

from __future__ import annotations

import contextlib
import sys

import msgspec

from .._clock import Clock


class Log:
    """Sentences as they are, or with *as_json* as objects with the time. Any thread may speak."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._clock = Clock()

    def say(self, sentence: str) -> None:
        """One line. Whoever was to read it may be gone."""
        line = f"mockpki serve: {sentence}"
        if self._as_json:
            line = msgspec.json.encode({"time": self._clock.now(), "message": sentence}).decode()
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(f"{' '.join(line.splitlines())}\n")
            sys.stderr.flush()
