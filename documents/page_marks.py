"""Where words stand on the picture of a page: rectangles around a span of its text. Pure.

Counts in points from the page's left upper corner, as the picture is seen.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SIDE_UNITS = 65_535  # of documents.parsing.drawing
NUMBERS_A_BOX = 4
SAME_LINE = 0.5  # of the lower one's height that two boxes of one line share at least
WORD_GAP = 1.2  # of a line's height; a wider gap is one between columns, and stays unmarked
LETTERS_PLACED = 0.9  # of a span's letters; below that nothing is marked, rather than half of it
MAX_LINES = 400  # of one span; whatever it is, nobody looks at more


@dataclass(frozen=True)
class Rectangle:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class PageLayout:
    """The size of a page, and the box of each character of its text; empty where they are not known."""

    width: float
    height: float
    digest: str  # SHA-256 of that text
    boxes: "array[int]"

    @property
    def characters(self) -> int:
        return len(self.boxes) // NUMBERS_A_BOX


@dataclass(frozen=True)
class _Box:
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def width(self) -> float:
        return self.right - self.left

    def joined(self, other: "_Box") -> "_Box":
        return _Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def rectangle(self) -> Rectangle:
        return Rectangle(round(self.left, 2), round(self.top, 2), round(self.width, 2), round(self.height, 2))


def rectangles(layout: PageLayout, start: int, end: int) -> tuple[Rectangle, ...]:
    """Around the characters `start` to `end` of the page's text, one for each stretch of a line."""
    lines: list[_Box] = []
    previous: _Box | None = None
    for box in _boxes(layout, start, end):
        if previous is not None and (_beside(previous, box) or _below(previous, box)):
            lines[-1] = lines[-1].joined(box)
        elif len(lines) == MAX_LINES:
            break
        else:
            lines.append(box)
        previous = box
    return tuple(line.rectangle() for line in lines)


def found_on(layout: PageLayout, text: str, start: int, end: int) -> bool:
    """Whether the span is on the picture: as good as each of its letters has a place there."""
    letters = [place for place in range(max(start, 0), min(end, len(text))) if text[place].isalnum()]
    placed = sum(place < layout.characters and any(_numbers(layout, place)) for place in letters)
    return bool(letters) and placed >= LETTERS_PLACED * len(letters)


def _boxes(layout: PageLayout, start: int, end: int) -> Iterator[_Box]:
    across, down = layout.width / SIDE_UNITS, layout.height / SIDE_UNITS
    for place in range(max(start, 0), min(end, layout.characters)):
        left, top, right, bottom = _numbers(layout, place)
        if left < right and top < bottom:
            yield _Box(left * across, top * down, right * across, bottom * down)


def _numbers(layout: PageLayout, place: int) -> Sequence[int]:
    return layout.boxes[NUMBERS_A_BOX * place : NUMBERS_A_BOX * (place + 1)]


def _beside(one: _Box, other: _Box) -> bool:
    """Whether a character follows another on its line, in either direction."""
    lower = min(one.height, other.height)
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    gap = max(one.left, other.left) - min(one.right, other.right)
    return shared >= SAME_LINE * lower and gap <= WORD_GAP * max(one.height, other.height)


def _below(one: _Box, other: _Box) -> bool:
    """Whether a character follows another in a line that runs down the page, or up: they stand in one column."""
    narrower = min(one.width, other.width)
    shared = min(one.right, other.right) - max(one.left, other.left)
    gap = max(one.top, other.top) - min(one.bottom, other.bottom)
    alike = abs(one.left - other.left) < 0.1 * narrower and abs(one.right - other.right) < 0.1 * narrower
    return alike and shared >= SAME_LINE * narrower and 0 <= gap + 0.2 * narrower <= 0.5 * narrower
