"""How a report is written: for people, for machines, for CI, for the web.

- `model`: what a report says, whoever it is about.
- `policies`: a policy as it is typed, and what names mean. `baseline`: exceptions that are known.
- `clients`, `servers`: what a probe found, as such a report; `client_objects`, `server_objects`: its JSON.
- `weeks`, `week_objects`: how CAs publish, as such a report, and its JSON.
- `text`, `json`, `junit`, `page`: the writers. They know the model, and nobody else.
- `filters`: what CRLs and filters weigh, as such a report.
- `templates`, `timeline_svg`, `week_svg`, `plot_svg`: what pages are made of. `week_text`: pictures in text.
  `safe`: what no reader is to be sent.
- `demo`, `faults`, `scenarios`: what those commands print, which is no report on anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .json import write_json
from .junit import write_junit
from .model import Report
from .page import write_page
from .text import show_report, write_text

FORMATS: Mapping[str, Callable[[Report], str]] = {
    "text": write_text,
    "json": write_json,
    "junit": write_junit,
    "html": write_page,
}
"""The writers, by the name of their format."""

__all__ = ["FORMATS", "Report", "show_report"]
