"""Faults as they are typed at a prompt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..faults import Fault
from .data import build_typed
from .entries import describe_fault
from .kinds import DURATION

_DURATION = "a duration is a number with its unit, such as 30s, 10min, 2h or 1.5d"


def make_fault(fault: type[Fault[Any]], given: Iterable[str]) -> Fault[Any]:
    """*fault* with parameters as they are typed at a prompt: ``by=2d``, ``code=404``, ``issuer``.

    Each is what its parameter takes, as `data.from_data` reads it. Raises ValueError or TypeError, with a
    sentence, for what the fault does not take.
    """
    words = list(given)
    try:
        return build_typed(fault, words)
    except (TypeError, LookupError) as error:
        why = _DURATION if DURATION in str(error) else error
        raise TypeError(f"{describe_fault(fault).call} does not take {' '.join(words)}: {why}") from error
