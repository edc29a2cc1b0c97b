"""Staples as callers write them, and as they are shown: both in one form."""

from __future__ import annotations

from typing import Any

from .. import staplers
from .._tls.staple_source import staple_source
from .certificates import read_octets
from .hosted import Hosted
from .policies import vary
from .problem import pointing_to
from .services import show_faults


def read_staple(hosted: Hosted, value: Any) -> tuple[Any, Any]:
    """What ``staple=`` takes, of what a call has; and *value* as it is shown from now on.

    Raises Problem, TypeError, ValueError or LookupError for what is no staple.
    """
    match value:
        case "honest":
            return (), value
        case None | "none":
            return None, "none"
        case {"der": str() as text, **rest} if not rest:
            return read_octets(text, "der"), value
        case {"policy": str() as name, **rest}:
            return vary(staplers.named(name), rest), value
        case list():
            faults = hosted.list_faults(value, "")
        case {"faults": list() as listed, **rest} if not rest:
            faults = hosted.list_faults(listed)
        case _:
            raise TypeError(
                "staple takes 'honest', 'none', a list of faults, {'der': ...}, {'faults': ...} or "
                f"{{'policy': ...}}; got {value!r:.200}"
            )
    return list(faults), show_faults(faults) or "honest"


def choose_staple(hosted: Hosted, value: Any) -> tuple[Any, Any]:
    """The same of the field `staple`, and it is one that servers can have. Raises Problem."""
    with pointing_to("/staple"):
        staple, shown = read_staple(hosted, value)
        staple_source(staple)
        return staple, shown
