"""Read PDF page by page: text, page labels, and the outline as headings. Knows nothing of OCR.

Text comes in the file's own reading order with its line breaks. Hyphens at line ends are kept, followed by the line
break: joining "com-\npile" is right and joining "long-\nterm" is wrong, and only the original's words may be quoted.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import BinaryIO

import pypdfium2
from pypdfium2 import raw

from documents.parsing.cleaning import clean
from documents.parsing.content import CorruptFile, EncryptedFile, FileTooLarge, Heading, ParsedPage
from documents.parsing.limits import Limits

LINE_END_HYPHEN = "\ufffe"  # what PDFium writes in place of a hyphen and the line break after it
_MAX_OUTLINE_ENTRIES = 20_000
_MAX_OUTLINE_DEPTH = 15
_MAX_TITLE_CHARACTERS = 500
_PASSWORD_ERRORS = (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)

Outline = dict[int, list[tuple[int, str]]]  # page index -> (level, title) in order


def parse(content: bytes, limits: Limits) -> Iterator[tuple[int, ParsedPage]]:
    document = open_pdf(content)
    try:
        total = len(document)
        if total > limits.max_pages:
            raise FileTooLarge(f"The PDF has {total:,} pages; the most that is read is {limits.max_pages:,}.")
        if total == 0:
            raise CorruptFile("The PDF is damaged: it has no pages.")
        outline = _outline(document)
        for index in range(total):
            yield total, _page(document, index, outline.get(index, []))
    finally:
        document.close()


def open_pdf(content: bytes | BinaryIO) -> pypdfium2.PdfDocument:
    """Open a PDF; one that is a stream is read as it is needed. Raises a ParsingError."""
    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if error.err_code in _PASSWORD_ERRORS:
            raise EncryptedFile("The PDF needs a password. Remove the password and upload it again.") from error
        raise CorruptFile("The PDF is damaged: it cannot be opened.") from error


def _page(document: pypdfium2.PdfDocument, index: int, entries: list[tuple[int, str]]) -> ParsedPage:
    text = _page_text(document, index)
    return ParsedPage(index + 1, _label(document, index), text, _headings(text, entries))


def _page_text(document: pypdfium2.PdfDocument, index: int) -> str:
    """The page's text; empty for a page that is damaged, so that one bad page does not cost the others."""
    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        return ""
    try:
        text_page = page.get_textpage()
        try:
            text = raw_text(text_page)
        finally:
            text_page.close()
    except pypdfium2.PdfiumError:
        return ""
    finally:
        page.close()
    return cleaned_text(text)


def raw_text(text_page: pypdfium2.PdfTextPage) -> str:
    """A page's text as PDFium writes it."""
    text: str = text_page.get_text_range(errors="replace")
    return text


def cleaned_text(text: str) -> str:
    """A page's text as it is indexed, and as offsets count into it."""
    return clean(text.replace(LINE_END_HYPHEN, "-\n")).strip()


def _label(document: pypdfium2.PdfDocument, index: int) -> str:
    return clean(document.get_page_label(index))


def _outline(document: pypdfium2.PdfDocument) -> Outline:
    """The outline's titles by page index, empty where the file has none or a broken one."""
    outline: Outline = defaultdict(list)
    for count, bookmark in enumerate(document.get_toc(max_depth=_MAX_OUTLINE_DEPTH)):
        if count >= _MAX_OUTLINE_ENTRIES:
            break
        destination = bookmark.get_dest()
        index = destination.get_index() if destination else None
        if index is not None:
            outline[index].append((bookmark.level + 1, bookmark.get_title()))
    return outline


def _headings(text: str, entries: list[tuple[int, str]]) -> tuple[Heading, ...]:
    """The outline's titles where the page's text has them, in order; titles that it does not have are left out."""
    headings: list[Heading] = []
    searched_to = 0
    for level, title in entries:
        words = [re.escape(word) for word in clean(title[:_MAX_TITLE_CHARACTERS]).split()]
        if not words:
            continue
        found = re.compile(r"\s+".join(words), re.IGNORECASE).search(text, searched_to)
        if found:
            headings.append(Heading(found.start(), level, found.group()))
            searched_to = found.end()
    return tuple(headings)
