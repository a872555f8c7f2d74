"""Pages drawn by the confined child: what stands under the boxes is what was quoted, whatever the page looks like."""

import contextlib
import ctypes
import json
import re
from collections.abc import Iterator
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO

import pypdfium2
import pytest
from PIL import Image
from pypdfium2 import raw

from documents.page_marks import PageLayout, Rectangle, found_on, rectangles
from documents.parsing.content import CorruptFile, EncryptedFile, ParserFailed, ParsingError
from documents.parsing.drawing import MAX_PIXELS
from documents.parsing.drawing_guard import PagePicture, as_numbers, draw_guarded, media_type_of
from documents.parsing.guard import parse_guarded
from documents.parsing.limits import Limits
from documents.parsing.media_types import PDF
from documents.parsing.wire import DrawnRecord, take
from tests.drawn_pdf import DrawnPage, Line, draw_pdf
from tests.small_pdf import make_pdf

LEFT = [
    Line(60, 700 - 14 * n, text)
    for n, text in enumerate(("The left column says", "that cats purr, and", "sleep a lot."))
]
RIGHT = [
    Line(320, 700 - 14 * n, text) for n, text in enumerate(("The right column is", "about dogs, who", "bark and run."))
]
TABLE = [
    Line(60 + 150 * column, 500 - 20 * row, text)
    for row, cells in enumerate((("Year", "Sales", "Costs"), ("2021", "1,234", "987"), ("2022", "5,678", "654")))
    for column, text in enumerate(cells)
]
HYPHENS = [Line(60, 300, "A word that is divi-"), Line(60, 286, "ded at the end of a line.")]
LINES = (*LEFT, *RIGHT, *TABLE, *HYPHENS)
SAMPLES = {
    "upright": DrawnPage(LINES),
    "turned by 90": DrawnPage(LINES, more="/Rotate 90"),
    "turned by 180": DrawnPage(LINES, more="/Rotate 180"),
    "turned by 270": DrawnPage(LINES, more="/Rotate 270"),
    "cut": DrawnPage(LINES, more="/CropBox [40 200 560 760]"),
    "cut and turned": DrawnPage(LINES, more="/CropBox [40 200 560 760] /Rotate 90"),
    "moved": DrawnPage(tuple(Line(line.x - 300, line.y + 900, line.text) for line in LINES), "-300 900 295 1742"),
    "text that runs up": DrawnPage((Line(300, 100, "Upright words run up the page", upright=True), *HYPHENS)),
}


def opened(content: bytes) -> Iterator[IO[bytes]]:
    with TemporaryFile() as source:
        source.write(content)
        source.seek(0)
        yield source


def draw(content: bytes, number: int = 1, width: int = 800, **more: object) -> PagePicture:
    [drawn] = [draw_guarded(source, number, width, **more) for source in opened(content)]  # type: ignore[arg-type]
    return drawn


def layout_of(drawn: PagePicture) -> PageLayout:
    return PageLayout(drawn.width, drawn.height, drawn.digest, as_numbers(drawn.boxes))


def words_under(content: bytes, boxes: tuple[Rectangle, ...], layout: PageLayout) -> str:
    """What PDFium itself finds inside of the boxes, letters alone."""
    page = pypdfium2.PdfDocument(content)[0]
    text_page, texts = page.get_textpage(), []
    for box in boxes:
        corners = [
            in_file(page, x / layout.width, y / layout.height)
            for x, y in ((box.x, box.y), (box.x + box.width, box.y + box.height))
        ]
        (x1, y1), (x2, y2) = corners
        bounds = min(x1, x2) - 0.5, min(y1, y2) - 0.5, max(x1, x2) + 0.5, max(y1, y2) + 0.5
        texts.append(text_page.get_text_bounded(*bounds))
    return letters(" ".join(texts))


def in_file(page: pypdfium2.PdfPage, across: float, down: float) -> tuple[float, float]:
    x, y = ctypes.c_double(), ctypes.c_double()
    raw.FPDF_DeviceToPage(page, 0, 0, 100_000, 100_000, 0, round(across * 100_000), round(down * 100_000), x, y)
    return x.value, y.value


def letters(text: str) -> str:
    return re.sub(r"[\W\ufffe]", "", text)


@pytest.mark.parametrize("name", SAMPLES)
def test_what_stands_under_the_boxes_of_any_words_is_those_words(name: str):
    content = draw_pdf(SAMPLES[name])
    [(_, page)] = list(parse_guarded(content, PDF, Limits()))
    layout = layout_of(draw(content))

    assert len(page.text) == layout.characters
    words = [match.span() for match in re.finditer(r"\S+", page.text)]
    for first in range(0, len(words), 2):
        start, end = words[first][0], words[min(first + 4, len(words) - 1)][1]
        quote = page.text[start:end]
        assert found_on(layout, page.text, start, end), quote
        assert words_under(content, rectangles(layout, start, end), layout) == letters(quote), quote


def test_a_quote_of_one_column_does_not_cover_the_other():
    content = draw_pdf(SAMPLES["upright"])
    [(_, page)] = list(parse_guarded(content, PDF, Limits()))
    layout = layout_of(draw(content))
    start = page.text.index("that cats purr")

    [box] = rectangles(layout, start, start + len("that cats purr"))

    assert box.x == pytest.approx(60, abs=1.5) and box.x + box.width < 300


def test_what_is_cut_off_the_page_is_not_on_its_picture():
    content = draw_pdf(DrawnPage((Line(60, 700, "Seen."), Line(60, 50, "Cut off.")), more="/CropBox [0 400 595 842]"))
    [(_, page)] = list(parse_guarded(content, PDF, Limits()))
    layout = layout_of(draw(content))
    start = page.text.index("Cut off.")

    assert found_on(layout, page.text, 0, 5)
    assert not found_on(layout, page.text, start, start + 8)


@pytest.mark.parametrize(("width", "height"), [(800, 1132), (1600, 2264)])
def test_a_picture_is_as_wide_as_was_asked(width: int, height: int):
    drawn = draw(make_pdf([["Cats purr."]]), width=width)

    picture = Image.open(BytesIO(drawn.picture))
    assert (media_type_of(drawn.picture), drawn.width, drawn.height) == ("image/png", 595.0, 842.0)
    assert picture.width == width and abs(picture.height - height) <= 1


def test_a_page_of_any_shape_is_no_larger_than_it_may_be():
    for box in ("0 0 28346456 28346456", "0 0 100000 100", "0 0 100 100000", "0 0 1 14400", "0 0 0.001 0.001"):
        try:
            drawn = draw(draw_pdf(DrawnPage((Line(10, 10, "Cats"),), box)), width=1600)
        except ParsingError:
            continue
        picture = Image.open(BytesIO(drawn.picture))
        assert 0 < picture.width * picture.height <= MAX_PIXELS * 1.01, box


@pytest.mark.parametrize("box", ["0 0 0 0", "0 0 -5 7", "1 2", "0 0 nan inf", "0 0 1e39 1e39", "a b c d"])
def test_a_page_without_a_size_is_drawn_in_another_or_refused(box: str):
    with contextlib.suppress(CorruptFile, ParserFailed):
        assert draw(draw_pdf(DrawnPage((Line(10, 10, "Cats"),), box))).picture


@pytest.mark.parametrize("number", [0, 3, 2**31 - 1])
def test_a_page_that_there_is_not_is_no_picture(number: int):
    with pytest.raises((CorruptFile, ParserFailed)):
        draw(make_pdf([["One"], ["Two"]]), number)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"no PDF at all", make_pdf([["Cats"]])[:300]])
def test_what_is_no_pdf_is_no_picture(content: bytes):
    with pytest.raises(ParsingError) as failure:
        draw(content)
    assert not isinstance(failure.value, EncryptedFile)


def test_drawing_ends_where_its_time_does():
    squares = " ".join(f"{n % 500} {n % 800} 300 300 re f" for n in range(300_000))
    slow = draw_pdf(DrawnPage((Line(10, 10, "Cats"),)))
    slow = slow.replace(b"stream\nBT", b"stream\n" + squares.encode() + b"\nBT")

    with pytest.raises(ParserFailed):
        draw(slow, limits=Limits(cpu_seconds=1, wall_seconds=0.5))


def forged(**fields: object) -> bytes:
    whole = {"width": 1.0, "height": 1.0, "digest": "0" * 64, "boxes": "", "picture": "iVBORw0KGgo=", **fields}
    line = json.dumps(["drawn", whole]).encode()
    return len(line).to_bytes(4, "big") + line


def test_a_picture_comes_through_as_it_was_sent():
    assert take(bytearray(forged())) == DrawnRecord(1.0, 1.0, "0" * 64, "", "iVBORw0KGgo=")


@pytest.mark.parametrize(
    "fields",
    [
        {"width": 0.0},
        {"width": -1.0},
        {"height": float("inf")},
        {"height": float("nan")},
        {"width": "1"},
        {"width": True},
        {"digest": "x"},
        {"digest": 7},
        {"boxes": None},
        {"picture": ""},
        {"picture": "A" * 7_000_000},
        {"more": 1},
    ],
    ids=str,
)
def test_a_child_that_was_taken_over_sends_no_picture_of_its_own_kind(fields: dict[str, object]):
    with pytest.raises(ParserFailed):
        take(bytearray(forged(**fields)))


FORGING = "tests.documents.parsing.forging_child"


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5])
def test_only_pictures_come_through(width: int):
    with pytest.raises(ParserFailed):
        draw(b"x", width=width, child_module=FORGING)
