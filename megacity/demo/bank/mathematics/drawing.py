"""Clean small pictures for questions: drawn large and scaled down, with figures and letters only."""

import io
import math
from collections.abc import Callable, Sequence

from PIL import Image, ImageDraw, ImageFont

# A picture is shown at half its size in pixels, so it stays sharp on dense screens; the canvas is larger again,
# because Pillow draws lines without smoothing and the reduction supplies it.
SUPERSAMPLING = 3
WIDTH, HEIGHT = 720, 540
INK, GREY, LIGHT, BLUE, RED, FILL = "#1f2937", "#6b7280", "#e5e7eb", "#1d4ed8", "#c2410c", "#dbeafe"
Point = tuple[float, float]


class Canvas:
    """A rectangle of mathematical coordinates that is drawn into a PNG."""

    def __init__(
        self, x: Point, y: Point, *, equal: bool = False, size: Point = (WIDTH, HEIGHT), margin: int = 40
    ) -> None:
        self.size = (int(size[0]), int(size[1]))
        self.image = Image.new("RGB", (self.size[0] * SUPERSAMPLING, self.size[1] * SUPERSAMPLING), "white")
        self.draw = ImageDraw.Draw(self.image)
        self.x, self.y = x, y
        scale_x = (size[0] - 2 * margin) / (x[1] - x[0])
        scale_y = (size[1] - 2 * margin) / (y[1] - y[0])
        self.scale = (min(scale_x, scale_y),) * 2 if equal else (scale_x, scale_y)

    def at(self, point: Point) -> Point:
        middle = ((self.x[0] + self.x[1]) / 2, (self.y[0] + self.y[1]) / 2)
        across = self.size[0] / 2 + (point[0] - middle[0]) * self.scale[0]
        down = self.size[1] / 2 - (point[1] - middle[1]) * self.scale[1]
        return across * SUPERSAMPLING, down * SUPERSAMPLING

    def line(self, points: Sequence[Point], colour: str = INK, width: float = 3) -> None:
        self.draw.line(
            [self.at(point) for point in points], fill=colour, width=round(width * SUPERSAMPLING), joint="curve"
        )

    def dashed(self, start: Point, end: Point, colour: str = GREY, width: float = 2) -> None:
        (x0, y0), (x1, y1) = self.at(start), self.at(end)
        steps = max(1, round(math.hypot(x1 - x0, y1 - y0) / (9 * SUPERSAMPLING)))
        for step in range(0, steps, 2):
            part = [(x0 + (x1 - x0) * t / steps, y0 + (y1 - y0) * t / steps) for t in (step, min(step + 1, steps))]
            self.draw.line(part, fill=colour, width=round(width * SUPERSAMPLING))

    def polygon(self, points: Sequence[Point], fill: str | None = FILL, width: float = 3) -> None:
        if fill:
            self.draw.polygon([self.at(point) for point in points], fill=fill)
        self.line([*points, points[0], points[1]], width=width)

    def area(self, points: Sequence[Point], fill: str = FILL) -> None:
        self.draw.polygon([self.at(point) for point in points], fill=fill)

    def dot(self, point: Point, colour: str = INK, radius: float = 6) -> None:
        x, y = self.at(point)
        size = radius * SUPERSAMPLING
        self.draw.ellipse((x - size, y - size, x + size, y + size), fill=colour)

    def text(self, point: Point, words: str, *, offset: Point = (0, 0), colour: str = INK, size: int = 28) -> None:
        """Write centred on a point, moved by `offset` in pixels (right, down)."""
        x, y = self.at(point)
        where = (x + offset[0] * SUPERSAMPLING, y + offset[1] * SUPERSAMPLING)
        # Pillow's own typeface: a machine without fonts draws the very same picture.
        font = ImageFont.load_default(size * SUPERSAMPLING)
        self.draw.text(where, words, fill=colour, font=font, anchor="mm")

    def arc(self, centre: Point, radius: float, start: float, end: float, colour: str = INK, width: float = 3) -> None:
        """An arc counter-clockwise between two angles in degrees."""
        self.line(arc_points(centre, radius, start, end), colour, width)

    def curve(self, function: Callable[[float], float], start: float, end: float, colour: str = BLUE) -> None:
        points = [(start + (end - start) * step / 400,) * 2 for step in range(401)]
        inside = [(x, function(x)) for x, _ in points]
        self.line([point for point in inside if self.y[0] <= point[1] <= self.y[1]], colour, 4)

    def axes(self, *, grid: bool = True) -> None:
        xs, ys = _ticks(self.x), _ticks(self.y)
        if grid:
            for x in xs:
                self.line([(x, self.y[0]), (x, self.y[1])], LIGHT, 1.5)
            for y in ys:
                self.line([(self.x[0], y), (self.x[1], y)], LIGHT, 1.5)
        self.line([self.x_end(self.x[0]), self.x_end(self.x[1])], GREY, 2.5)
        self.line([(0, self.y[0]), (0, self.y[1])], GREY, 2.5)
        self._arrow_heads()
        if grid:
            for x in xs:
                if x not in (0, self.x[1]):
                    self.text((x, 0), str(x), offset=(0, 20), colour=GREY, size=20)
            for y in ys:
                if y != 0:
                    self.text((0, y), str(y), offset=(-20, 0), colour=GREY, size=20)
        self.text((0, 0), "O", offset=(-16, 18), size=22)
        self.text((self.x[1], 0), "x", offset=(16, 18), size=26)
        self.text((0, self.y[1]), "y", offset=(20, -14), size=26)

    def x_end(self, x: float) -> Point:
        return x, 0

    def _arrow_heads(self) -> None:
        reach = 10 * SUPERSAMPLING
        x, y = self.at((self.x[1], 0))
        self.draw.polygon([(x + reach, y), (x - reach / 3, y - reach / 2), (x - reach / 3, y + reach / 2)], fill=GREY)
        x, y = self.at((0, self.y[1]))
        self.draw.polygon([(x, y - reach), (x - reach / 2, y + reach / 3), (x + reach / 2, y + reach / 3)], fill=GREY)

    def png(self) -> bytes:
        small = self.image.reduce(SUPERSAMPLING)
        buffer = io.BytesIO()
        small.save(buffer, "PNG")
        return buffer.getvalue()


def arc_points(centre: Point, radius: float, start: float, end: float) -> list[Point]:
    angles = [math.radians(start + (end - start) * step / 120) for step in range(121)]
    return [(centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)) for angle in angles]


def _ticks(span: Point) -> range:
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100) if (span[1] - span[0]) / step <= 14)
    return range(math.ceil(span[0] / step) * step, math.floor(span[1] / step) * step + 1, step)


def bar_chart(labels: Sequence[str], heights: Sequence[int]) -> bytes:
    """Bars with their labels below and a scale at the left."""
    top = max(heights) + 1
    canvas = Canvas((-0.6, len(labels)), (-0.8, top))
    for height in range(0, top + 1):
        canvas.line([(0, height), (len(labels), height)], LIGHT, 1.5)
        canvas.text((0, height), str(height), offset=(-22, 0), colour=GREY, size=22)
    for index, (label, height) in enumerate(zip(labels, heights, strict=True)):
        left, right = index + 0.22, index + 0.78
        canvas.area([(left, 0), (left, height), (right, height), (right, 0)], "#60a5fa")
        canvas.text((index + 0.5, 0), label, offset=(0, 24), size=26)
    canvas.line([(0, 0), (len(labels), 0)], INK, 3)
    canvas.line([(0, 0), (0, top)], INK, 3)
    return canvas.png()
