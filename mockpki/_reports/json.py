"""A report as JSON."""

from __future__ import annotations

import json

from .model import Report


def write_json(report: Report) -> str:
    """Its objects, indented."""
    return json.dumps(report.objects, indent=2) + "\n"
