"""Lay blocks of text out on pages, keeping heading offsets exact. Pure: knows no format.

For formats without pages of their own. Long text is cut at headings, else between blocks: a page stays readable.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from documents.parsing.cleaning import clean, one_line
from documents.parsing.content import Heading, ParsedPage

PAGE_CHARACTERS = 20_000  # from here on the next heading opens a new page
PAGE_CHARACTERS_HARD = 30_000  # a page without headings ends here
ABOUT_CHARACTERS = 1_000  # of what a file says of itself; it counts among the words of each of its chunks
_BREAK = "\n\n"


@dataclass(frozen=True)
class Block:
    """A paragraph, a table row, or a heading."""

    text: str
    level: int = 0  # of the heading, 1 is the outermost; 0 is not a heading
    tight: bool = False  # follows the block before it on the next line, as a table's rows and a list's items do


class _PageInMaking:
    """Text that grows block by block, with the headings found on the way."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.headings: list[Heading] = []

    def add(self, block: Block) -> None:
        if self.parts:
            self._append("\n" if block.tight else _BREAK)
        if block.level:
            self.headings.append(Heading(self.length, block.level, block.text))
        self._append(block.text)

    def is_full_before(self, block: Block) -> bool:
        if not self.parts:
            return False
        limit = PAGE_CHARACTERS if block.level else PAGE_CHARACTERS_HARD
        return self.length >= limit or self.length + len(block.text) > PAGE_CHARACTERS_HARD

    def page(self, number: int, label: str) -> ParsedPage:
        return ParsedPage(number, label, "".join(self.parts), tuple(self.headings))

    def _append(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)


def lay_out(blocks: Iterable[Block], label: str = "", first_number: int = 1) -> Iterator[ParsedPage]:
    """Pages of about PAGE_CHARACTERS characters, numbered from `first_number`, all with the same label."""
    page, number = _PageInMaking(), first_number
    for block in _cut_long(_cleaned(blocks)):
        if page.is_full_before(block):
            yield page.page(number, label)
            page, number = _PageInMaking(), number + 1
        page.add(block)
    if page.parts:
        yield page.page(number, label)


def number_parts(pages: Iterable[ParsedPage], about: Iterable[str] = ()) -> Iterator[tuple[int, ParsedPage]]:
    """Pages of a document without pages of its own, with their total; several of them are called parts.

    `about` is what the file says of itself; it goes with the first page, each value of it once.
    """
    laid_out = list(pages)
    said = one_line(" · ".join(dict.fromkeys(filter(None, map(one_line, about)))))[:ABOUT_CHARACTERS]
    for position, page in enumerate(laid_out):
        label = page.label if len(laid_out) == 1 else f"part {page.number}"
        yield len(laid_out), replace(page, label=label, about=said if position == 0 else "")


def single_page(number: int, label: str, blocks: Iterable[Block]) -> ParsedPage:
    """All blocks on one page, however long: for formats with pages of their own."""
    page = _PageInMaking()
    for block in _cleaned(blocks):
        page.add(block)
    return page.page(number, label)


def _cleaned(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        text = one_line(block.text) if block.level else clean(block.text).strip("\n ")
        if text.strip():
            yield replace(block, text=text)


def _cut_long(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        text = block.text
        while len(text) > PAGE_CHARACTERS_HARD:
            cut = _cut_position(text)
            yield replace(block, text=text[:cut].rstrip(), level=0)
            text = text[cut:].lstrip()
        yield replace(block, text=text)


def _cut_position(text: str) -> int:
    """Where a block that is too long is best cut: after a line, after a word, or anywhere."""
    for separator in ("\n", " "):
        found = text.rfind(separator, PAGE_CHARACTERS // 2, PAGE_CHARACTERS)
        if found != -1:
            return found + 1
    return PAGE_CHARACTERS
