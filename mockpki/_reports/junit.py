"""A report as JUnit XML, as CI systems read it.

What should have been otherwise is a failure; what came to no verdict is an error; what could not be seen is
skipped.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from .model import Case, Report
from .safe import clean_xml


def write_junit(report: Report) -> str:
    """The whole, with an XML declaration. Where it is known how long it took, the suite stands in a sum."""
    suite = _make_element("testsuite", name=report.suite, **_count(report))
    if report.properties:
        properties = ET.SubElement(suite, "properties")
        properties.extend(
            _make_element("property", name=name, value=value) for name, value in report.properties
        )
    suite.extend(_make_case(case) for case in report.cases)
    root = suite
    if report.seconds is not None:
        root = _make_element("testsuites", name=report.suite.partition(":")[0], **_count(report))
        root.append(suite)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _count(report: Report) -> dict[str, str]:
    states = [case.state for case in report.cases]
    counts = {
        "tests": str(len(states)),
        "failures": str(states.count("failure")),
        "errors": str(states.count("error")),
        "skipped": str(states.count("skipped")),
    }
    return counts if report.seconds is None else {**counts, "time": f"{report.seconds:.3f}"}


def _make_case(case: Case) -> ET.Element:
    time = {} if case.seconds is None else {"time": f"{case.seconds:.3f}"}
    element = _make_element("testcase", classname=case.suite, name=case.name, **time)
    if case.state != "passed":
        about = {"message": case.message, "type": case.kind}
        element.append(
            _make_element(case.state, case.text, **{key: one for key, one in about.items() if one})
        )
    if case.printed:
        element.append(_make_element("system-out", case.printed))
    return element


def _make_element(tag: str, text: str = "", /, **attributes: str) -> ET.Element:
    element = ET.Element(tag, {name: clean_xml(value) for name, value in attributes.items()})
    element.text = clean_xml(text) or None
    return element
