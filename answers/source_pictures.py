"""Cut the part of a page's picture out that shows a quote, with the quote marked. Pure: draws nothing."""

import hashlib
from dataclasses import dataclass

from documents.page_marks import PageLayout, Rectangle, found_on, rectangles

ASPECT = 2.2  # of the cutting's width to its height; the page keeps as much room for it
LEAST_WIDTH = 300.0  # points; a narrower cutting would show print larger than it needs to be
MARGIN = 18.0  # points left and right of the quote
ABOVE = 0.3  # of the cutting's height that is seen above the quote, where there is as much


@dataclass(frozen=True)
class Cutting:
    """A part of a page, and what is marked in it; all in points from the page's left upper corner."""

    x: float
    y: float
    width: float
    height: float
    page_width: float
    page_height: float
    marks: tuple[Rectangle, ...]


def cut_out(layout: PageLayout, text: str, start: int, end: int) -> Cutting | None:
    """The cutting around the span of the page's text; None where its place on the picture is not known."""
    known = layout.digest == hashlib.sha256(text.encode()).hexdigest()
    if not known or not found_on(layout, text, start, end):
        return None
    marks = rectangles(layout, start, end)
    left, right = min(mark.x for mark in marks), max(mark.x + mark.width for mark in marks)
    width = min(max(right - left + 2 * MARGIN, LEAST_WIDTH), layout.width)
    height = min(width / ASPECT, layout.height)
    x = _within((left + right - width) / 2, layout.width - width)
    y = _within(marks[0].y - ABOVE * height, layout.height - height)
    x, y, width, height = (round(side, 2) for side in (x, y, width, height))
    return Cutting(x, y, width, height, round(layout.width, 2), round(layout.height, 2), marks)


def _within(place: float, most: float) -> float:
    return max(0.0, min(place, most))
