"""The report as JUnit XML, as CI systems read it: a test case for each scenario.

A verdict that the policy does not allow is a failure; no verdict at all is an error.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from .._probe.report import ClientReport, JudgedRun

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 section 2.2 has no character for."""


def as_junit(report: ClientReport) -> str:
    """The whole, with an XML declaration."""
    suite = ET.Element("testsuite", {"name": "mockpki probe", **_counts(report)})
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("command", str(report.command)),
        ("policy", report.label),
        ("behaves like", " ".join(report.inference.sentences)),
    ):
        ET.SubElement(properties, "property", {"name": name, "value": _clean(value)})
    for row in report.rows:
        suite.append(_case(row, report.label))
    suites = ET.Element("testsuites", {"name": "mockpki probe", **_counts(report)})
    suites.append(suite)
    ET.indent(suites)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(suites, encoding="unicode")}\n'


def _counts(report: ClientReport) -> dict[str, str]:
    errors = sum(not row.run.has_verdict for row in report.failures)
    return {
        "tests": str(len(report.rows)),
        "failures": str(len(report.failures) - errors),
        "errors": str(errors),
        "skipped": "0",
        "time": f"{report.seconds:.3f}",
    }


def _case(row: JudgedRun, label: str) -> ET.Element:
    case = ET.Element(
        "testcase",
        {
            "classname": f"mockpki.probe.{row.group or 'others'}",
            "name": row.name,
            "time": f"{row.run.outcome.seconds:.3f}",
        },
    )
    if not row.ok:
        kind = "failure" if row.run.has_verdict else "error"
        about = {"message": _clean("; ".join(row.result.problems)), "type": _clean(label)}
        ET.SubElement(case, kind, about).text = _clean(str(row.result))
    if row.run.ended.printed:
        ET.SubElement(case, "system-out").text = _clean(row.run.ended.readable)
    return case


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
