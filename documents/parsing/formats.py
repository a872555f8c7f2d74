"""The formats that QABot reads: one row each. To add one: a parse function, a row here, a sample and a test.

A parse function takes the file's bytes and the limits, and yields (total pages as known so far, page) lazily.
"""

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from documents.parsing import media_types
from documents.parsing.content import ParsedPage
from documents.parsing.limits import Limits

Parse = Callable[[bytes, Limits], Iterator[tuple[int, ParsedPage]]]


@dataclass(frozen=True)
class Format:
    """Where a format's parse function is, and whether the file is a zip to check before any library opens it."""

    module: str
    function: str = "parse"
    zipped: bool = False
    doctype_allowed: bool = False  # in the XML of a zip; only for parts that no XML parser reads

    def load(self) -> Parse:
        """The parse function; only its own libraries are imported, which keeps the child small and quick to start."""
        parse: Parse = getattr(importlib.import_module(self.module), self.function)
        return parse


FORMATS: dict[str, Format] = {
    media_types.PDF: Format("documents.parsing.pdf"),
    media_types.DOCX: Format("documents.parsing.office_word", zipped=True),
    media_types.PPTX: Format("documents.parsing.slides", zipped=True),
    media_types.XLSX: Format("documents.parsing.sheets", zipped=True),
    media_types.ODS: Format("documents.parsing.sheets", zipped=True),
    media_types.XLS: Format("documents.parsing.sheets"),
    media_types.CSV: Format("documents.parsing.sheets", "parse_csv"),
    media_types.ODT: Format("documents.parsing.odt", zipped=True),
    media_types.EPUB: Format("documents.parsing.epub", zipped=True, doctype_allowed=True),
    media_types.HTML: Format("documents.parsing.markup", "parse_html"),
    media_types.MARKDOWN: Format("documents.parsing.markup", "parse_markdown"),
    media_types.TEXT: Format("documents.parsing.plain_text"),
    media_types.EMAIL: Format("documents.parsing.email_message"),
}
