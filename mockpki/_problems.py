"""What went wrong on another thread, kept until the test can be told."""

from __future__ import annotations

from collections import deque


class Problems:
    """What went wrong on another thread, kept until the test can be told."""

    def __init__(self) -> None:
        self._errors: deque[BaseException] = deque()

    def add(self, error: BaseException, where: str) -> None:
        error.add_note(f"mockpki: {where}")
        self._errors.append(error)

    def take(self) -> list[BaseException]:
        """Every error so far, oldest first, each handed out once."""
        taken = []
        while self._errors:
            taken.append(self._errors.popleft())
        return taken
