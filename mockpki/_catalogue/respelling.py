"""What people write for a fault who think of another notation: the same in words."""

from __future__ import annotations

import re

from .arguments import list_parameters
from .lookup import match_fault

_CALL = re.compile(r"\s*(?:mockpki\.)?(?:faults\.)?(?P<name>[A-Za-z][A-Za-z0-9_-]*)(?P<rest>.*)", re.DOTALL)
_BRACKETS = {"(": ")", "{": "}", "[": "]"}


def respell(text: str) -> str | None:
    """``HttpStatus(503)`` or ``Stale by 2d`` in words: ``HttpStatus 503``, ``Stale by=2d``.

    None for what names no fault, and for what is in words already.
    """
    found = _CALL.fullmatch(text)
    fault = match_fault(re.sub("[_-]", "", found["name"])) if found else None
    if found is None or fault is None:
        return None
    rest = found["rest"].strip().lstrip(":=,/").strip()
    end = _BRACKETS.get(rest[:1])
    if end is not None:
        rest = rest[1:].strip().removesuffix(end).strip()
    rest = re.sub(r"\s*,\s*", " ", rest.rstrip(","))
    # Only its own parameters: other words are values, in which anything may stand.
    for name in list_parameters(fault):
        rest = re.sub(rf"(^|\s)(?:--)?{name}(?:\s*[=:]\s*|\s+)(?=\S)", rf"\g<1>{name}=", rest)
    right = f"{fault.__name__} {rest}".strip()
    return None if right.split() == text.split() else right
