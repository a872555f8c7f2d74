"""Draw one page of a PDF, and say where each character of its text stands. Runs in the confined child alone."""

import ctypes
import hashlib
import math
from array import array
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

import pypdfium2
from PIL import Image
from pypdfium2 import raw

from documents.parsing.content import CorruptFile
from documents.parsing.pdf import LINE_END_HYPHEN, cleaned_text, open_pdf, raw_text
from documents.parsing.tracing import trace

MAX_PIXELS = 4_000_000  # of a picture: 12 MB while it is drawn
MAX_POINTS = 1_000_000  # of a side of a page; PDF itself knows 14,400
MAX_BOXED_CHARACTERS = 60_000  # of one page; a page that holds more is shown without boxes
SIDE_UNITS = 65_535  # a box counts in these parts of the page's width, and of its height
_COLOURS = 128  # of a page of text and drawings; 47 kB instead of 155 at 800 pixels, and no difference is seen
_SAMPLE_PIXELS = 400_000
_PHOTOGRAPH_COLOURS = 20_000  # from here on a picture is stored as photographs are
_WEBP_QUALITY, _WEBP_EFFORT = 80, 1


@dataclass(frozen=True)
class DrawnPage:
    """A page as it looks. `boxes` are four numbers a character of the text: left, top, right, bottom; 0 without one."""

    width: float  # points, as it is seen: turned and cut as the file says
    height: float
    digest: str  # SHA-256 of the text whose characters the boxes are of
    boxes: bytes  # 16-bit little-endian numbers of SIDE_UNITS from the page's left upper corner
    picture: bytes  # PNG, or WebP where the page is a photograph


def draw(source: BinaryIO, number: int, width: int) -> DrawnPage:
    """Draw page `number` (from 1) about `width` pixels wide. Raises a ParsingError."""
    document = open_pdf(source)
    try:
        page = document[number - 1]
    except (pypdfium2.PdfiumError, IndexError) as error:
        raise CorruptFile("The page is damaged: it cannot be drawn.") from error
    wide, high = page.get_size()
    if not all(math.isfinite(side) and 0 < side <= MAX_POINTS for side in (wide, high)):
        raise CorruptFile("The page is damaged: it has no size.")
    text, boxes = _text_boxes(page)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return DrawnPage(wide, high, digest, boxes.tobytes(), _picture(page, _scale(wide, high, width)))


def _scale(points_wide: float, points_high: float, width: int) -> float:
    # Sides are rounded up: half a pixel less, lest a picture be one wider than was asked.
    return min((width - 0.5) / points_wide, math.sqrt(MAX_PIXELS / (points_wide * points_high)), 32_000 / points_high)


def _picture(page: pypdfium2.PdfPage, scale: float) -> bytes:
    bitmap = page.render(scale=scale, rev_byteorder=True)
    image = bitmap.to_pil()
    image.load()
    bitmap.close()
    written = BytesIO()
    if image.getcolors(_PHOTOGRAPH_COLOURS) is None:
        image.save(written, "WEBP", quality=_WEBP_QUALITY, method=_WEBP_EFFORT)
    else:
        # A sample tells the colours: to count those of all pixels takes three times the memory.
        sample = image.resize(_sample_size(image.size), Image.Resampling.NEAREST)
        colours = sample.quantize(_COLOURS, Image.Quantize.FASTOCTREE)
        reduced = image.quantize(palette=colours, dither=Image.Dither.NONE)
        reduced.save(written, "PNG", compress_level=6)
    return written.getvalue()


def _sample_size(size: tuple[int, int]) -> tuple[int, int]:
    share = min(1.0, math.sqrt(_SAMPLE_PIXELS / (size[0] * size[1])))
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))


def _text_boxes(page: pypdfium2.PdfPage) -> tuple[str, "array[int]"]:
    """The page's text as it is indexed, and the boxes of its characters; no boxes where they cannot be told."""
    text_page = page.get_textpage()
    try:
        written = raw_text(text_page)
        text = cleaned_text(written)
        positions = trace(written, text, LINE_END_HYPHEN) if len(text) <= MAX_BOXED_CHARACTERS else None
        if positions is None:
            return text, array("H")
        units = _unit_positions(written)
        boxes = array("H")
        for place in positions:
            boxes.extend(_box(page, text_page, units[place]))
        return text, boxes
    finally:
        text_page.close()


def _unit_positions(text: str) -> list[int]:
    """For each character its position in UTF-16, which is what PDFium counts in."""
    positions, position = [], 0
    for character in text:
        positions.append(position)
        position += 2 if character > "\uffff" else 1
    return positions


def _box(page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage, unit: int) -> tuple[int, int, int, int]:
    """Where a character stands as the page is seen; zeros for one that was never drawn, as line ends are not."""
    nowhere = (0, 0, 0, 0)
    index = raw.FPDFText_GetCharIndexFromTextIndex(text_page, unit)
    if index < 0 or raw.FPDFText_IsGenerated(text_page, index) == 1:
        return nowhere
    rectangle = raw.FS_RECTF()
    if not raw.FPDFText_GetLooseCharBox(text_page, index, rectangle):
        return nowhere
    first = _seen(page, rectangle.left, rectangle.top)
    second = _seen(page, rectangle.right, rectangle.bottom)
    left, right = sorted((first[0], second[0]))
    top, bottom = sorted((first[1], second[1]))
    return (left, top, right, bottom) if left < right and top < bottom else nowhere


def _seen(page: pypdfium2.PdfPage, x: float, y: float) -> tuple[int, int]:
    """A point of the file's own coordinates in SIDE_UNITS of the page as it is turned and cut, inside of it."""
    across, down = ctypes.c_int(), ctypes.c_int()
    raw.FPDF_PageToDevice(page, 0, 0, SIDE_UNITS, SIDE_UNITS, 0, x, y, across, down)
    return min(max(across.value, 0), SIDE_UNITS), min(max(down.value, 0), SIDE_UNITS)
