"""The picture of a PDF's page and where its characters stand: from the disk, else drawn by the confined child.

Knows nothing of permissions or HTTP: who asks has been let in. Few are drawn at once, and no connection to the
database is held meanwhile: there are four for a whole process.
"""

import json
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from django.conf import settings
from django.db import connection

from documents.models import Document
from documents.page_marks import PageLayout
from documents.parsing.content import ParserStopped, ParsingError
from documents.parsing.drawing_guard import BOX_BYTES, PagePicture, as_numbers, draw_guarded, media_type_of
from documents.parsing.media_types import PDF
from documents.picture_cache import DiskCache
from documents.uploading import original_bytes

VERSION = 1  # of what is drawn, and of how it is kept: a new one forgets all that was kept
WIDTHS = (800, 1200, 1600)  # pixels; nobody makes the server draw all sizes there are
AT_ONCE = 1  # of one process: a child takes 45 MB, 70 at the largest width, for a fifth of a second
PATIENCE_SECONDS = 4.0  # to wait for others' pictures
FAILURE_SECONDS = 600.0  # that a page which cannot be drawn is not tried again
CACHE_BYTES = 64 * 1024 * 1024  # some 600 pages

turns = threading.BoundedSemaphore(AT_ONCE)


class TooManyDrawings(Exception):
    """Other pages are being drawn; this one can be asked for again in a moment."""


class NotDrawable(Exception):
    """The page cannot be shown as a picture."""


@dataclass(frozen=True)
class Picture:
    content: bytes
    media_type: str


def is_drawable(document: Document) -> bool:
    """Whether a document's pages look like something: a PDF's do."""
    return document.media_type == PDF


def is_at_hand(document: Document, number: int, width: int = WIDTHS[0]) -> bool:
    """Whether nothing has to be drawn for this picture and its page's layout."""
    cache, name = _cache(), _name(document, number)
    known = cache.has(_picture_name(name, width)) and cache.has(_layout_name(name))
    return known or cache.get(_failure_name(name), within=FAILURE_SECONDS) is not None


def page_layout(document: Document, number: int) -> PageLayout:
    """A page's size and its characters' places; draws its smallest picture on the way, which is shown next.

    Raises TooManyDrawings or NotDrawable.
    """
    kept = _cache().get(_layout_name(_name(document, number)))
    layout = _unpacked(kept) if kept else None
    return layout or _layout(_drawn(document, number, WIDTHS[0]))


def page_picture(document: Document, number: int, width: int) -> Picture:
    """A page about `width` pixels wide. Raises TooManyDrawings or NotDrawable."""
    content = _cache().get(_picture_name(_name(document, number), width))
    content = content or _drawn(document, number, width).picture
    return Picture(content, media_type_of(content))


def _drawn(document: Document, number: int, width: int) -> PagePicture:
    cache, name = _cache(), _name(document, number)
    if cache.get(_failure_name(name), within=FAILURE_SECONDS) is not None:
        raise NotDrawable
    with _a_turn(), _spooled(document) as source:
        _release_connection()
        try:
            drawn = draw_guarded(source, number, width)
        except ParserStopped as error:  # the machine is short of memory: that passes
            raise TooManyDrawings from error
        except ParsingError as error:
            cache.put(_failure_name(name), b"-")
            raise NotDrawable from error
    cache.put(_picture_name(name, width), drawn.picture)
    cache.put(_layout_name(name), _packed(drawn))
    return drawn


@contextmanager
def _a_turn() -> Iterator[None]:
    _release_connection()
    if not turns.acquire(timeout=PATIENCE_SECONDS):
        raise TooManyDrawings
    try:
        yield
    finally:
        turns.release()


@contextmanager
def _spooled(document: Document) -> Iterator[IO[bytes]]:
    """The original as a file without a name, one part of it in memory at a time."""
    with tempfile.TemporaryFile() as source:
        for part in original_bytes(document):
            source.write(part)
        source.seek(0)
        yield source


def _release_connection() -> None:
    if not connection.in_atomic_block:
        connection.close()


def _cache() -> DiskCache:
    return DiskCache(settings.VAR_DIR / "page-pictures", CACHE_BYTES)


def _name(document: Document, number: int) -> str:
    """Of the same bytes in another collection, too: who may see them was asked before."""
    return f"{VERSION}-{document.sha256}-{number}"


def _picture_name(name: str, width: int) -> str:
    return f"{name}-{width}"


def _layout_name(name: str) -> str:
    return f"{name}-layout"


def _failure_name(name: str) -> str:
    return f"{name}-failure"


def _layout(drawn: PagePicture) -> PageLayout:
    return PageLayout(drawn.width, drawn.height, drawn.digest, as_numbers(drawn.boxes))


def _packed(drawn: PagePicture) -> bytes:
    return json.dumps([drawn.width, drawn.height, drawn.digest]).encode() + b"\n" + drawn.boxes


def _unpacked(kept: bytes) -> PageLayout | None:
    """None for what was not written by `_packed`."""
    head, _, boxes = kept.partition(b"\n")
    try:
        width, height, digest = json.loads(head)
    except ValueError:
        return None
    return PageLayout(width, height, digest, as_numbers(boxes)) if len(boxes) % BOX_BYTES == 0 else None
