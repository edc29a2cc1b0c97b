"""A report as JSON."""

import json

from mockpki._reports.json import write_json
from mockpki._reports.model import Report


def test_objects() -> None:
    """What a program is told is the report's objects, in ASCII, and ends with the line."""
    objects = {"words": ["ü\x1b[31m"], "none": None}
    written = write_json(Report("title", "headline", objects))
    assert json.loads(written) == objects
    assert written.isascii()
    assert "\x1b" not in written
    assert written.endswith("}\n")
