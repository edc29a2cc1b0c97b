"""How a report is written: for people, for machines, for CI, for the web."""

from collections.abc import Callable, Mapping

from .._probe.report import ClientReport
from .clients_html import as_html
from .clients_json import as_json
from .clients_junit import as_junit
from .clients_text import as_text, show

FORMATS: Mapping[str, Callable[[ClientReport], str]] = {
    "text": as_text,
    "json": as_json,
    "junit": as_junit,
    "html": as_html,
}
"""How a report on a client can be written, by the name of the format."""

__all__ = ["FORMATS", "show"]
