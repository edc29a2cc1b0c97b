"""Curves as a picture: SVG to be put into a page, which gives it its colours by class.

As in `timeline_svg`, all that lies across is in percent, so that letters keep their size on any screen. A
curve is told from the others by its colour and its dashes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, log10

from markupsafe import Markup

from .model import Plot
from .templates import render

_HEIGHT, _TOP, _BELOW = 260, 8, 20
_LEFT, _RIGHT = 4.0, 96.0
"""Percent of the width, between which the curves are."""


def plot_svg(plot: Plot) -> Markup:
    """*plot* as an SVG element, as wide as what it is put into, and a list that tells the curves apart."""
    across = _Axis.around(x for curve in plot.curves for x, _ in curve.points)
    up = _Axis.around(y for curve in plot.curves for _, y in curve.points)
    return render(
        "plot.html",
        title=f"{plot.heading}: {', '.join(curve.name for curve in plot.curves)}",
        height=_HEIGHT + _BELOW,
        bottom=_HEIGHT,
        columns=[{"x": _x(across, power), "words": _tell(power)} for power in across.powers],
        rows=[{"y": f"{_y(up, power):.1f}", "words": _tell(power)} for power in up.powers],
        curves=[
            {
                "name": curve.name,
                "points": [
                    {"x": _x(across, log10(x)), "y": f"{_y(up, log10(y)):.1f}", "words": f"{x:,}: {y:,}"}
                    for x, y in curve.points
                ],
                "pieces": [
                    {
                        "x1": _x(across, log10(x1)), "y1": f"{_y(up, log10(y1)):.1f}",
                        "x2": _x(across, log10(x2)), "y2": f"{_y(up, log10(y2)):.1f}",
                    }
                    for (x1, y1), (x2, y2) in pairwise(curve.points)
                ],
            }
            for curve in plot.curves
        ],
    )  # fmt: skip


@dataclass(frozen=True)
class _Axis:
    """From one power of ten to another."""

    first: int
    last: int

    @classmethod
    def around(cls, values: Iterator[float]) -> _Axis:
        powers = [log10(value) for value in values]
        first = floor(min(powers))
        return cls(first, max(ceil(max(powers)), first + 1))

    @property
    def powers(self) -> range:
        return range(self.first, self.last + 1)

    def share(self, power: float) -> float:
        """How far along the axis it is."""
        return (power - self.first) / (self.last - self.first)


def _x(axis: _Axis, power: float) -> str:
    return f"{_LEFT + (_RIGHT - _LEFT) * axis.share(power):.2f}%"


def _y(axis: _Axis, power: float) -> float:
    return _HEIGHT - (_HEIGHT - _TOP) * axis.share(power)


def _tell(power: int) -> str:
    return f"{10**power:,}"
