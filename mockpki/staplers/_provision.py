"""What one handshake gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Provision:
    """The staple for a handshake, None for none, and why, in a sentence.

    *abort* says how the handshake ends that is not to go on.
    """

    staple: bytes | None
    reason: str
    abort: Literal["close", "handshake_failure"] | None = None
