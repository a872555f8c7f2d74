"""What the viewer shows of one page: its picture, marks on it and in its text, the way around. Knows no HTTP."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext

from documents.folding import fold_query, occurrences
from documents.models import Document, Page
from documents.page_marks import PageLayout, Rectangle, found_on, rectangles
from documents.page_pictures import NotDrawable, TooManyDrawings, page_layout
from documents.page_search import MAX_MATCHES
from documents.viewing import MarkedText, Spans, mark_quote

PIXELS_A_POINT = 96 / 72  # of CSS
MAX_PIXELS_A_SIDE = 20_000  # of the space that is kept for a picture
MAX_OUTLINE = 200  # headings


@dataclass(frozen=True)
class Wanted:
    """What of a page somebody wants to see: the quote from `start` to `end`, and what `query` finds."""

    start: int = 0
    end: int = 0
    query: str = ""


@dataclass(frozen=True)
class Mark:
    """A quote or a match on the picture; `rank` counts the matches from 1, 0 is the quote."""

    rectangles: tuple[Rectangle, ...]
    rank: int = 0


@dataclass(frozen=True)
class Drawing:
    """A page as a picture: the space it takes in CSS pixels, its own size in points, and what is marked on it."""

    width: int
    height: int
    points_wide: float
    points_high: float
    marks: tuple[Mark, ...]
    quote_missing: bool = False  # there is a quote, but its place on the picture is not known


@dataclass(frozen=True)
class Reading:
    """One page, ready to be shown. `no_drawing` says why there is no picture where there could be one."""

    marked: MarkedText
    drawing: Drawing | None
    no_drawing: str = ""


@dataclass(frozen=True)
class OutlineEntry:
    page: int
    start: int
    end: int
    level: int
    text: str


def read_page(page: Page, wanted: Wanted, layout_of: Callable[[], PageLayout] | None) -> Reading:
    """`layout_of` draws the page; None for a document whose pages are no pictures."""
    found = occurrences(page.text, fold_query(wanted.query), MAX_MATCHES)
    marked = mark_quote(page.text, page.headings, wanted.start, wanted.end, found)
    if layout_of is None:
        return Reading(marked, None)
    try:
        return Reading(marked, _drawing(layout_of(), page.text, wanted, found))
    except NotDrawable:
        return Reading(marked, None, gettext("This page cannot be shown as a picture. Its text is below."))
    except TooManyDrawings:
        busy = gettext("Other pages are being drawn just now. Reload in a moment to see this one as a picture.")
        return Reading(marked, None, busy)


def drawing_of(document: Document, number: int) -> Callable[[], PageLayout]:
    return lambda: page_layout(document, number)


def outline(document: Document) -> list[OutlineEntry]:
    """The headings of a document in order, the first MAX_OUTLINE of them."""
    entries: list[OutlineEntry] = []
    rows = document.pages.headed().order_by("number").values_list("number", "headings")[:MAX_OUTLINE]
    for number, headings in rows:
        for start, level, text in headings[: MAX_OUTLINE - len(entries)]:
            entries.append(OutlineEntry(number, start, start + len(text), min(max(level, 1), 4), text))
        if len(entries) == MAX_OUTLINE:
            break
    return entries


def _drawing(layout: PageLayout, text: str, wanted: Wanted, found: Spans) -> Drawing:
    scale = min(PIXELS_A_POINT, MAX_PIXELS_A_SIDE / max(layout.width, layout.height))
    sides = round(layout.width * scale), round(layout.height * scale)
    quoted = wanted.start < min(wanted.end, len(text))
    # Boxes count in the text that the page has now: where another one was indexed, they would mark other words.
    known = layout.digest == hashlib.sha256(text.encode()).hexdigest()
    quote = _mark(layout, text, wanted.start, wanted.end) if quoted and known else None
    matches = [_mark(layout, text, start, end, rank) for rank, (start, end) in enumerate(found, 1)] if known else []
    marks = tuple(mark for mark in (quote, *matches) if mark is not None)
    return Drawing(
        max(sides[0], 1), max(sides[1], 1), round(layout.width, 2), round(layout.height, 2), marks, quoted and not quote
    )


def _mark(layout: PageLayout, text: str, start: int, end: int, rank: int = 0) -> Mark | None:
    return Mark(rectangles(layout, start, end), rank) if found_on(layout, text, start, end) else None
