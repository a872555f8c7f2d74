"""Lay out a plot of shares over time: points in, coordinates out. Pure: a template draws it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 240  # units of the drawing, which scales with the page
LEFT, RIGHT, TOP, BOTTOM = 44, 16, 12, 28  # margins
LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
LABEL_WIDTH = 84  # of a date below the axis


@dataclass(frozen=True)
class Point:
    """One run: what it is called, when it was, and its shares (0 to 1) by name; one it lacks is left out."""

    name: str
    date: str
    shares: Mapping[str, float]


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    words: str


@dataclass(frozen=True)
class Line:
    """One share over all runs that have it; `path` is what a polyline takes."""

    name: str
    title: str
    path: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True)
class Mark:
    """A label of an axis."""

    at: float
    words: str


@dataclass(frozen=True)
class Chart:
    lines: tuple[Line, ...]
    levels: tuple[Mark, ...]
    dates: tuple[Mark, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def draw(points: Sequence[Point], titles: Mapping[str, str]) -> Chart:
    """Runs at even distances, oldest first; `titles` names the shares to draw, in this order."""
    columns = [_x(index, len(points)) for index in range(len(points))]
    lines = [_line(name, title, points, columns) for name, title in titles.items()]
    return Chart(
        lines=tuple(line for line in lines if line.dots),
        levels=tuple(Mark(_y(level), f"{level:.0%}") for level in LEVELS),
        dates=_dates(points, columns),
    )


def _line(name: str, title: str, points: Sequence[Point], columns: Sequence[float]) -> Line:
    dots = tuple(
        Dot(x, _y(point.shares[name]), f"{point.name}, {point.date}: {title} {point.shares[name]:.0%}")
        for point, x in zip(points, columns, strict=True)
        if name in point.shares
    )
    return Line(name, title, " ".join(f"{dot.x},{dot.y}" for dot in dots), dots)


def _dates(points: Sequence[Point], columns: Sequence[float]) -> tuple[Mark, ...]:
    """As many dates as fit, the latest always among them."""
    room = int((WIDTH - LEFT - RIGHT) // LABEL_WIDTH)
    step = -(-len(points) // room) if points else 1
    shown = range(len(points) - 1, -1, -step)
    return tuple(Mark(columns[index], points[index].date) for index in reversed(shown))


def _x(index: int, count: int) -> float:
    """Half a label's width away from both ends, so that the first and the last date fit below."""
    first, last = LEFT + LABEL_WIDTH / 2, WIDTH - RIGHT - LABEL_WIDTH / 2
    return round((first + last) / 2 if count == 1 else first + index * (last - first) / (count - 1), 1)


def _y(share: float) -> float:
    return round(TOP + (1 - share) * (HEIGHT - TOP - BOTTOM), 1)
