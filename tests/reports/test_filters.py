"""The report on what CRLs and filters weigh: its figures, in words, as objects, and as curves."""

import json
from dataclasses import asdict, replace

from mockpki._probe.filters import Weight
from mockpki._reports import FORMATS
from mockpki._reports.filters import describe_weights

SMALL = Weight(
    known=1_000, revoked=12, new=1, crl=749, delta_crl=292, filter_v3=467, filter_v4=385, delta_v3=611,
    delta_v4=517, looked_up=1_000, wrong=0, strangers=20_000, false_positives=163, seconds=0.006,
)  # fmt: skip
LARGE = replace(
    SMALL, known=1_000_000, revoked=12_000, crl=420_332, filter_v3=13_115, looked_up=20_000, seconds=11.3
)


def test_text() -> None:
    """The table has a row for each number of certificates, with sizes, false positives and time."""
    text = FORMATS["text"](describe_weights([SMALL, LARGE]))
    rows = [line.split() for line in text.splitlines() if line.strip().startswith(("1,000 ", "1,000,000"))]
    assert rows == [
        ["1,000", "12", "749", "467", "1", "292", "611", "0.81%", "0.01", "s"],
        ["1,000,000", "12,000", "420,332", "13,115", "1", "292", "611", "0.81%", "11.30", "s"],
    ]  # fmt: skip
    assert "All 21,000 known certificates that were looked up got the right answer." in text


def test_wrong() -> None:
    """A filter that was wrong about what it knows is told of, and is no row without a wrong answer."""
    report = describe_weights([SMALL, replace(LARGE, wrong=3)])
    assert report.verdict is not None
    assert report.verdict.text == "Of 21,000 known certificates that were looked up, 3 got a wrong answer."
    assert report.groups[0].count == "1 of 2"
    assert list(report.problems) == ["3 of 20,000 known certificates got a wrong answer"]
    assert "Wrong answers" in FORMATS["html"](report)
    assert "Wrong answers" not in FORMATS["html"](describe_weights([SMALL]))


def test_json() -> None:
    """The objects are what was found, and the rate of false positives."""
    found = json.loads(FORMATS["json"](describe_weights([SMALL, LARGE])))
    assert found == [{**asdict(one), "false_positive_rate": 163 / 20_000} for one in (SMALL, LARGE)]


def test_curves() -> None:
    """Each kind of file is a curve over the number of certificates, in its order and each number once."""
    plot = describe_weights([LARGE, SMALL, SMALL]).plot
    assert plot is not None
    assert {curve.name: curve.points for curve in plot.curves} == {
        "CRL": ((1_000, 749), (1_000_000, 420_332)),
        "delta CRL": ((1_000, 292), (1_000_000, 292)),
        "filter": ((1_000, 467), (1_000_000, 13_115)),
        "delta filter": ((1_000, 611), (1_000_000, 611)),
    }


def test_one_has_no_curve() -> None:
    """A single number of certificates is not drawn."""
    assert describe_weights([SMALL]).plot is None
    assert "<svg" not in FORMATS["html"](describe_weights([SMALL]))
