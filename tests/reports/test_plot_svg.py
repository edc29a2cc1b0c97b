"""The picture of curves: where points, lines and powers of ten are."""

from xml.etree import ElementTree as ET

import pytest

from mockpki._reports.model import Curve, Plot
from mockpki._reports.plot_svg import plot_svg


def draw(*curves: Curve, heading: str = "Octets") -> tuple[ET.Element, ET.Element]:
    """The picture, and the list of curves below it."""
    picture, names = ET.fromstring(f"<div>{plot_svg(Plot(heading, 'How.', curves))}</div>")
    return picture, names


def test_points_stand_by_powers_of_ten() -> None:
    """A hundred is half-way from one to ten thousand, across and up, and lines join the points."""
    picture, _ = draw(Curve("a", ((1, 10_000), (100, 100), (10_000, 1))))
    (group,) = picture.findall("g")
    circles = [(one.get("cx"), float(str(one.get("cy")))) for one in group.iter("circle")]
    assert [x for x, _ in circles] == ["4.00%", "50.00%", "96.00%"]
    top, middle, bottom = (y for _, y in circles)
    assert top < middle < bottom
    assert middle == pytest.approx((top + bottom) / 2)
    ends = [(one.get("x1"), one.get("x2")) for one in group.iter("line")]
    assert ends == [("4.00%", "50.00%"), ("50.00%", "96.00%")]
    assert [one.findtext("title") for one in group.iter("circle")] == [
        "a, 1: 10,000", "a, 100: 100", "a, 10,000: 1",
    ]  # fmt: skip


def test_axes_reach_around_the_points() -> None:
    """The powers of ten begin below the least value and end above the largest, also where all are one."""
    picture, _ = draw(Curve("a", ((3, 20), (700, 20))), Curve("b", ((5, 45_000),)))
    assert [one.text for one in picture.findall("text")] == [
        "10", "100", "1,000", "10,000", "100,000", "1", "10", "100", "1,000",
    ]  # fmt: skip
    picture, _ = draw(Curve("a", ((10, 10),)))
    assert [one.text for one in picture.findall("text")] == ["10", "100", "10", "100"]


def test_curves_are_told_apart() -> None:
    """Each curve has a class of its own, which its line in the list has, too."""
    picture, names = draw(Curve("CRL", ((1, 1),)), Curve("filter", ((1, 2),)))
    assert [one.get("class") for one in picture.findall("g")] == ["curve c1", "curve c2"]
    assert [one.get("class") for one in names.iter("g")] == ["curve c1", "curve c2"]
    assert ["".join(item.itertext()).strip() for item in names] == ["CRL", "filter"]


def test_a_name_is_text() -> None:
    """Whatever a curve is called, the picture is one."""
    picture, names = draw(Curve("<script>&\x1b", ((1, 1),)))
    assert picture.findtext("title") == "Octets: <script>&\ufffd"
    assert names.findall(".//script") == []
