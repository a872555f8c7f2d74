"""Lay out small bar plots as percentages of their frame. Pure: knows nothing of what the numbers mean."""

from collections.abc import Sequence
from dataclasses import dataclass

GAP = 0.28  # of a column's width, between two bars
LEAST = 2.5  # percent of the height: something, however little, is seen beside nothing


@dataclass(frozen=True)
class Piece:
    """A rectangle; `part` says which of the bar's parts it is, from 0 at the bottom. Strings such as "7.14%"."""

    part: int
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True)
class Bar:
    """A column; `x` and `width` are those of the whole column, gaps included."""

    title: str
    x: str
    width: str
    pieces: tuple[Piece, ...]


def columns(titles: Sequence[str], stacks: Sequence[Sequence[float]]) -> tuple[Bar, ...]:
    """A column for each stack, side by side, as high as its share of the highest; its parts lie on one another."""
    highest = max(map(sum, stacks), default=0)
    width = 100 / max(len(stacks), 1)
    return tuple(
        Bar(
            title,
            _percent(number * width),
            _percent(width),
            tuple(_stacked(stack, highest, x=number * width, width=width)),
        )
        for number, (title, stack) in enumerate(zip(titles, stacks, strict=True))
    )


def row(parts: Sequence[float]) -> tuple[Piece, ...]:
    """One bar across the frame, divided as the parts are; parts of nothing are left out."""
    total, x, pieces = sum(parts), 0.0, []
    for part, value in enumerate(parts):
        if value > 0:
            width = 100 * value / total
            pieces.append(Piece(part, _percent(x), "0%", _percent(width), "100%"))
            x += width
    return tuple(pieces)


def _stacked(stack: Sequence[float], highest: float, *, x: float, width: float) -> list[Piece]:
    pieces: list[Piece] = []
    top = 100.0
    for part, value in enumerate(stack):
        if value > 0:
            height = min(max(100 * value / highest, LEAST), top)
            top -= height
            left, wide = x + width * GAP / 2, width * (1 - GAP)
            pieces.append(Piece(part, _percent(left), _percent(top), _percent(wide), _percent(height)))
    return pieces


def _percent(value: float) -> str:
    return f"{value:.2f}%"
