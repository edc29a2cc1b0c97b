"""`mockpki probe`: any client in every scenario, and the policy that it behaves like.

`Probe` runs it, `report` holds what happened against a policy, and `FORMATS` write that down.
"""

from collections.abc import Callable, Mapping

from ._command import Command
from ._inference import infer
from ._report import Report, report
from ._report_html import as_html
from ._report_json import as_json
from ._report_junit import as_junit
from ._report_text import as_text, show
from ._run import Client, Probe, Run

FORMATS: Mapping[str, Callable[[Report], str]] = {
    "text": as_text,
    "json": as_json,
    "junit": as_junit,
    "html": as_html,
}
"""How a report can be written, by the name of the format."""

__all__ = ["FORMATS", "Client", "Command", "Probe", "Report", "Run", "infer", "report", "show"]
