"""Read PPTX: one page a slide, with its tables, charts and speaker notes. Knows nothing of pictures or layout."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

import pptx
from pptx.exc import PythonPptxError

from documents.parsing.cleaning import one_line
from documents.parsing.content import CorruptFile, FileTooLarge, ParsedPage
from documents.parsing.limits import Limits
from documents.parsing.paging import Block, single_page
from documents.parsing.rows import labelled_row, number_text, text_table
from documents.parsing.safe_xml import XMLSyntaxError

_MALFORMED = (KeyError, AttributeError, ValueError, IndexError, TypeError, NotImplementedError, PythonPptxError)
_MAX_GROUP_DEPTH = 20


def parse(content: bytes, limits: Limits) -> Iterator[tuple[int, ParsedPage]]:
    try:
        slides = list(pptx.Presentation(io.BytesIO(content)).slides)
    except (XMLSyntaxError, *_MALFORMED) as error:
        raise CorruptFile("The PowerPoint file is damaged: it cannot be opened.") from error
    if len(slides) > limits.max_pages:
        raise FileTooLarge(f"The file has {len(slides):,} slides; the most that is read is {limits.max_pages:,}.")
    for number, slide in enumerate(slides, start=1):
        yield len(slides), single_page(number, "", _slide_blocks(slide))


def _slide_blocks(slide: Any) -> Iterator[Block]:
    title_id = _title_id(slide)
    for shape in _flat(slide.shapes):
        is_title = title_id is not None and shape.shape_id == title_id
        yield from _tolerant(_shape_blocks(shape, level=1 if is_title else 0))
    yield from _tolerant(_note_blocks(slide))


def _title_id(slide: Any) -> int | None:
    try:
        title = slide.shapes.title
    except _MALFORMED:
        return None
    return title.shape_id if title is not None else None


def _tolerant(blocks: Iterable[Block]) -> Iterator[Block]:
    """Blocks until one cannot be read: a malformed shape costs itself, not its slide."""
    remaining = iter(blocks)
    while True:
        try:
            yield next(remaining)
        except (StopIteration, *_MALFORMED):
            return


def _flat(shapes: Iterable[Any], depth: int = 0) -> Iterator[Any]:
    """Shapes in reading order, those in groups included."""
    for shape in shapes:
        if hasattr(shape, "shapes"):
            if depth < _MAX_GROUP_DEPTH:
                yield from _flat(shape.shapes, depth + 1)
        else:
            yield shape


def _shape_blocks(shape: Any, level: int) -> Iterator[Block]:
    if getattr(shape, "has_text_frame", False):
        text = shape.text_frame.text
        yield Block(text, level if len(text) < 300 else 0)
    elif getattr(shape, "has_table", False):
        rows = [[one_line(cell.text) for cell in row.cells] for row in shape.table.rows]
        for position, row in enumerate(text_table(rows)):
            yield Block(row, tight=position > 0)
    elif getattr(shape, "has_chart", False):
        yield from _chart_blocks(shape.chart)


def _chart_blocks(chart: Any) -> Iterator[Block]:
    if chart.has_title and chart.chart_title.has_text_frame:
        yield Block(chart.chart_title.text_frame.text)
    for plot in chart.plots:
        categories = [one_line(str(category)) for category in plot.categories]
        for series in plot.series:
            values = [number_text(float(value)) if value is not None else "" for value in series.values]
            yield Block(f"{series.name}: {labelled_row(categories, values)}", tight=True)


def _note_blocks(slide: Any) -> Iterator[Block]:
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = slide.notes_slide.notes_text_frame.text
        if notes.strip():
            yield Block(f"Notes: {notes}")
