"""Texts of other programs, without what could do more than be read."""

from __future__ import annotations

import re

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff"
    # What turns the direction of a text (UAX #9), and what ends a line or begins a paragraph (UAX #14).
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]"
)
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 section 2.2 has no character for."""


def clean(text: str) -> str:
    """*text* with U+FFFD for control characters: no colours, no cursor that moves, no text turned round."""
    return _CONTROL.sub("\ufffd", text)


def clean_xml(text: str) -> str:
    """The same, and with U+FFFD for what cannot stand in XML."""
    return _NO_XML.sub("\ufffd", clean(text))
