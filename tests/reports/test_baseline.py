"""Known exceptions: they pass, new ones fail, and mended ones are told."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from mockpki._probe import ClientReport
from mockpki._probe.servers import ServerReport
from mockpki._reports import FORMATS
from mockpki._reports.baseline import Baseline, compare, read_baseline
from mockpki._reports.clients import describe_client
from mockpki._reports.servers import describe_server


def test_a_report_is_a_baseline(strict: ClientReport, report: ServerReport, tmp_path: Path) -> None:
    """What was written as JSON is read as its exceptions, and with it nothing is new."""
    for found in (describe_client(strict), describe_server(report)):
        file = tmp_path / "known.json"
        file.write_text(FORMATS["json"](found), encoding="utf-8")
        baseline = read_baseline(file)
        compared = compare(found, baseline)
        assert compared.known
        assert set(compared.known) == baseline.exceptions
        assert (compared.new, compared.mended) == ((), ())
        assert compared.report.verdict is not None
        assert (compared.report.verdict.text, compared.report.verdict.tone) == ("No new exception.", "right")
        suite = ET.fromstring(FORMATS["junit"](compared.report).encode())
        assert [*suite.iter("failure"), *suite.iter("error")] == []
        skipped = [
            one for one in suite.iter("skipped") if str(one.get("message")).startswith("known exception")
        ]
        assert len(skipped) == len(compared.known)


def test_new_known_and_mended(strict: ClientReport) -> None:
    """Of what fails, what is not in the baseline is new; what is in it and passes is mended."""
    found = describe_client(strict)
    first, *new = (row.name for row in strict.failures)
    baseline = Baseline("known.json", frozenset({first, "ocsp-good", "not-run-at-all"}))
    compared = compare(found, baseline)
    assert (compared.new, compared.known, compared.mended) == (tuple(new), (first,), ("ocsp-good",))
    verdict = compared.report.verdict
    assert verdict is not None
    assert (verdict.text, verdict.tone) == (f"{len(new)} new exceptions: {', '.join(new)}.", "wrong")
    assert compared.report.sentences[:2] == (
        f"1 exception known from known.json: {first}.",
        "Mended: ocsp-good; take it out of known.json.",
    )
    states = {case.name: case.state for case in compared.report.cases}
    assert states[first] == "skipped"
    assert {states[name] for name in new} <= {"failure", "error"}


def test_an_empty_baseline_excuses_nothing(strict: ClientReport) -> None:
    """Without known exceptions all are new, and the cases stay as they were."""
    found = describe_client(strict)
    compared = compare(found, Baseline("none.json", frozenset()))
    assert len(compared.new) == len(strict.failures)
    assert compared.report.cases == found.cases


@pytest.mark.parametrize(
    ("content", "exceptions", "policy"),
    [
        ({"exceptions": ["a", "b"]}, {"a", "b"}, None),
        ({"exceptions": []}, set(), None),
        ({"policy": {"name": "hard-fail", "exceptions": ["a"]}}, {"a"}, "hard-fail"),
        (
            {
                "scenarios": [
                    {"name": "s", "demands": [{"name": "d", "kept": False}, {"name": "e", "kept": None}]}
                ]
            },
            {"s: d"},
            None,
        ),
    ],
)
def test_files(tmp_path: Path, content: object, exceptions: set[str], policy: str | None) -> None:
    """A list of exceptions will do, and so will either report."""
    file = tmp_path / "known.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    assert read_baseline(file) == Baseline(str(file), frozenset(exceptions), policy)


@pytest.mark.parametrize(
    "content", [b"[]", b"{}", b"nonsense", b"\xff", b'{"exceptions": [1]}', b'{"policy": {}}']
)
def test_files_that_are_none(tmp_path: Path, content: bytes) -> None:
    """Anything else is an error that names the file."""
    file = tmp_path / "known.json"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"known\.json (is no JSON|has no exceptions)"):
        read_baseline(file)
