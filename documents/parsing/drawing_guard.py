"""Draw a page of a PDF in the confined child, and let through only what a picture may be. Knows no PDF."""

import logging
from array import array
from base64 import b64decode
from dataclasses import dataclass
from typing import IO

from documents.parsing.content import ParserFailed
from documents.parsing.guard import ended_early, note_confinement, records_of, running_child
from documents.parsing.limits import MEBIBYTE, Limits
from documents.parsing.wire import DoneRecord, DrawnRecord, ErrorRecord

logger = logging.getLogger(__name__)

CHILD_MODULE = "documents.parsing.drawing_child"
# Somebody waits for a page: what takes longer, or needs more, is shown as text alone.
DRAWING_LIMITS = Limits(memory_bytes=160 * MEBIBYTE, cpu_seconds=10, wall_seconds=20.0)
BOX_BYTES = 8  # four 16-bit numbers
PNG, WEBP = "image/png", "image/webp"
_NOT_A_PICTURE = "The file could not be read: its parser sent something that is not a picture."


@dataclass(frozen=True)
class PagePicture:
    """A page as it looks, and where the characters of its text stand; see documents.parsing.drawing."""

    width: float
    height: float
    digest: str
    boxes: bytes
    picture: bytes


def draw_guarded(
    source: IO[bytes], number: int, width: int, limits: Limits = DRAWING_LIMITS, child_module: str = CHILD_MODULE
) -> PagePicture:
    """Draw page `number` (from 1) of the PDF in `source`, a file at its start. Raises a ParsingError."""
    drawn = None
    with running_child(child_module, f"{number}:{width}", limits, source) as process:
        for record in records_of(process, limits.wall_seconds):
            if isinstance(record, DoneRecord) and drawn is not None:
                note_confinement(record.not_confined)
                return drawn
            if isinstance(record, ErrorRecord):
                logger.info("drawing a page failed: %s\n%s", record.message, record.detail)
                raise record.error()
            if not isinstance(record, DrawnRecord) or drawn is not None:
                raise ParserFailed(_NOT_A_PICTURE)
            drawn = _picture(record)
        raise ended_early(process)


def media_type_of(picture: bytes) -> str:
    """PNG or WebP by its first bytes; empty for anything else."""
    if picture.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    return WEBP if picture[:4] == b"RIFF" and picture[8:12] == b"WEBP" else ""


def _picture(record: DrawnRecord) -> PagePicture:
    try:
        boxes, picture = (b64decode(text, validate=True) for text in (record.boxes, record.picture))
    except ValueError as error:
        raise ParserFailed(_NOT_A_PICTURE) from error
    if not media_type_of(picture) or len(boxes) % BOX_BYTES:
        raise ParserFailed(_NOT_A_PICTURE)
    return PagePicture(record.width, record.height, record.digest, boxes, picture)


def as_numbers(boxes: bytes) -> "array[int]":
    """Boxes as numbers: four a character."""
    numbers = array("H")
    numbers.frombytes(boxes)
    return numbers
