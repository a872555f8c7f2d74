"""Split parsed pages into chunks. Pure. (First version: being replaced.)"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from documents.parsing.content import ParsedPage

TARGET = 1000
PIECE = re.compile(r"[^\n]*\n\s*|[^\n]+", re.S)


@dataclass(frozen=True)
class TextChunk:
    ordinal: int
    page_number: int
    start: int
    end: int
    text: str
    heading_path: tuple[str, ...] = ()


def split_pages(pages: Iterable[ParsedPage]) -> Iterator[TextChunk]:
    ordinal = 0
    for page in pages:
        for start, end in _spans(page.text):
            yield TextChunk(ordinal, page.number, start, end, page.text[start:end])
            ordinal += 1


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        end = min(start + TARGET, len(text))
        if end < len(text):
            cut = max(text.rfind(". ", start, end) + 1, text.rfind("\n", start, end), text.rfind(" ", start, end))
            end = cut if cut > start else end
        piece = text[start:end]
        if piece.strip():
            lead = len(piece) - len(piece.lstrip())
            yield start + lead, start + len(piece.rstrip())
        start = end
