"""Plots as SVG, for reports that must open anywhere without a script. Colours are classes of the page's style."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

Look = Literal["main", "second", "quiet", "good"]
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 10, 38


@dataclass(frozen=True)
class Axis:
    """From `low` to `high`; `label` says what and in which unit."""

    label: str
    low: float
    high: float

    def ticks(self) -> list[float]:
        """Round numbers, about five of them."""
        span = self.high - self.low
        raw = span / 5
        magnitude = 10 ** np.floor(np.log10(raw))
        step = float(next(m * magnitude for m in (1, 2, 2.5, 5, 10) if m * magnitude >= raw * 0.999))
        first = np.ceil(self.low / step - 1e-9) * step
        return [float(round(v, 10)) + 0.0 for v in np.arange(first, self.high + step * 1e-6, step)]


@dataclass(frozen=True)
class Line:
    x: Sequence[float]
    y: Sequence[float]
    look: Look = "main"
    dashed: bool = False


@dataclass(frozen=True)
class Points:
    """`low` and `high`, when given, draw a whisker through each point; `names` are shown when one points at it."""

    x: Sequence[float]
    y: Sequence[float]
    look: Look = "good"
    radius: float = 3.5
    low: Sequence[float] | None = None
    high: Sequence[float] | None = None
    names: Sequence[str] = ()


@dataclass(frozen=True)
class Bars:
    """Rectangles from 0 to y over [low, high] of the x axis."""

    low: Sequence[float]
    high: Sequence[float]
    y: Sequence[float]
    look: Look = "second"


Layer = Line | Points | Bars


def axis_over(label: str, *values: Sequence[float], least: float | None = None, margin: float = 0.05) -> Axis:
    """An axis that holds all finite values, with some room; from `least` when that is given."""
    finite = [v for row in values for v in row if np.isfinite(v)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    room = margin * ((high - low) or 1.0)
    return Axis(label, low - room if least is None else least, high + room)


def plot(title: str, x: Axis, y: Axis, layers: Sequence[Layer], *, width: int = 380, height: int = 240) -> SafeString:
    """An <svg> of the layers over two axes; `title` is what a screen reader says."""
    inside = (width - LEFT - RIGHT, height - TOP - BOTTOM)

    def at_x(value: float) -> float:
        return round(LEFT + (value - x.low) / (x.high - x.low) * inside[0], 2)

    def at_y(value: float) -> float:
        return round(TOP + (1 - (value - y.low) / (y.high - y.low)) * inside[1], 2)

    parts = [f'<svg class="plot" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">']
    parts += _frame(x, y, at_x, at_y, width, height)
    parts.append(f'<svg x="{LEFT}" y="{TOP}" width="{inside[0]}" height="{inside[1]}" viewBox="{LEFT} {TOP} ')
    parts[-1] += f'{inside[0]} {inside[1]}">'
    for layer in layers:
        match layer:
            case Line():
                parts.append(_line(layer, at_x, at_y))
            case Points():
                parts += _points(layer, at_x, at_y)
            case Bars():
                parts += _bars(layer, at_x, at_y)
    parts.append("</svg></svg>")
    # Everything in it is a number that was formatted here, a class of ours, or escaped.
    return mark_safe("".join(parts))  # noqa: S308


def _frame(x: Axis, y: Axis, at_x, at_y, width: int, height: int) -> list[str]:
    floor = height - BOTTOM
    parts = []
    for value in y.ticks():
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{width - RIGHT}" y1="{at_y(value)}" y2="{at_y(value)}"/>')
        parts.append(f'<text class="tick end" x="{LEFT - 6}" y="{at_y(value) + 4}">{value:g}</text>')
    for value in x.ticks():
        parts.append(f'<text class="tick mid" x="{at_x(value)}" y="{floor + 15}">{value:g}</text>')
    parts.append(f'<line class="axis" x1="{LEFT}" x2="{width - RIGHT}" y1="{floor}" y2="{floor}"/>')
    parts.append(f'<text class="name mid" x="{(LEFT + width - RIGHT) / 2}" y="{height - 6}">{escape(x.label)}</text>')
    middle = (TOP + floor) / 2
    parts.append(f'<text class="name mid" transform="rotate(-90)" x="{-middle}" y="12">{escape(y.label)}</text>')
    return parts


def _line(line: Line, at_x, at_y) -> str:
    pairs = zip(line.x, line.y, strict=True)
    path = " ".join(f"{at_x(a)},{at_y(b)}" for a, b in pairs if np.isfinite(a) and np.isfinite(b))
    dash = ' stroke-dasharray="5 4"' if line.dashed else ""
    return f'<polyline class="line {line.look}" points="{path}"{dash}/>'


def _points(points: Points, at_x, at_y) -> list[str]:
    parts = []
    for k, (a, b) in enumerate(zip(points.x, points.y, strict=True)):
        if points.low is not None and points.high is not None:
            ends = f'y1="{at_y(points.low[k])}" y2="{at_y(points.high[k])}"'
            parts.append(f'<line class="whisker {points.look}" x1="{at_x(a)}" x2="{at_x(a)}" {ends}/>')
        name = f"<title>{escape(points.names[k])}</title>" if points.names else ""
        parts.append(
            f'<circle class="dot {points.look}" cx="{at_x(a)}" cy="{at_y(b)}" r="{points.radius}">{name}</circle>'
        )
    return parts


def _bars(bars: Bars, at_x, at_y) -> list[str]:
    base = at_y(0)
    return [
        f'<rect class="bar {bars.look}" x="{at_x(low) + 0.5}" width="{max(at_x(high) - at_x(low) - 1, 0.5)}" '
        f'y="{at_y(value)}" height="{max(base - at_y(value), 0)}"/>'
        for low, high, value in zip(bars.low, bars.high, bars.y, strict=True)
    ]
