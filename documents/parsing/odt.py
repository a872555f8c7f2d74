"""Read ODT: headings, paragraphs, lists and tables of its content.xml. Knows nothing of layout or pages."""

import zipfile
from collections.abc import Iterator

from documents.parsing.archive import open_archive, read_entry
from documents.parsing.cleaning import one_line
from documents.parsing.content import EncryptedFile, ParsedPage
from documents.parsing.limits import Limits
from documents.parsing.paging import Block, lay_out, number_parts
from documents.parsing.rows import text_table
from documents.parsing.safe_xml import Element, local_name, parse_xml

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_BREAKS = {"tab": "\t", "line-break": "\n"}
_SKIPPED = frozenset({"tracked-changes", "annotation", "sequence-decls", "forms"})
_CELLS = frozenset({"table-cell", "covered-table-cell"})
_ROW_GROUPS = frozenset({"table-header-rows", "table-rows", "table-row-group"})
_MAX_SPACES = 100


def parse(content: bytes, limits: Limits) -> Iterator[tuple[int, ParsedPage]]:
    with open_archive(content, limits.max_zip_entries) as archive:
        if b"encryption-data" in read_entry(archive, "META-INF/manifest.xml"):
            raise EncryptedFile("The document needs a password. Remove the password and upload it again.")
        root = parse_xml(read_entry(archive, "content.xml"))
        yield from number_parts(lay_out([*_blocks(root), *_letterhead(archive)]))


def _blocks(container: Element) -> Iterator[Block]:
    for child in container.iterchildren():
        name = local_name(child)
        if name == "h":
            yield Block(_text(child), _level(child))
        elif name == "p":
            yield Block(_text(child))
        elif name == "table":
            for position, line in enumerate(text_table(_rows(child))):
                yield Block(line, tight=position > 0)
        elif name not in _SKIPPED:
            yield from _blocks(child)


def _level(heading: Element) -> int:
    level = heading.get(f"{_TEXT}outline-level", "1")
    return max(1, int(level)) if level.isdecimal() else 1


def _rows(table: Element) -> list[list[str]]:
    return [
        [one_line(_text(cell)) for cell in row.iterchildren() if local_name(cell) in _CELLS] for row in _own_rows(table)
    ]


def _own_rows(container: Element) -> Iterator[Element]:
    for child in container.iterchildren():
        if local_name(child) == "table-row":
            yield child
        elif local_name(child) in _ROW_GROUPS:
            yield from _own_rows(child)


def _text(element: Element) -> str:
    """The text under an element, its tails included but not its own."""
    parts = [element.text or ""]
    for child in element.iterchildren():
        name = local_name(child)
        if name == "s":
            count = child.get(f"{_TEXT}c", "1")
            parts.append(" " * min(_MAX_SPACES, int(count) if count.isdecimal() else 1))
        elif name in _BREAKS:
            parts.append(_BREAKS[name])
        elif name in {"p", "h"}:  # of a table cell, a note or a text box
            parts.append(f"\n{_text(child)}\n")
        elif name not in _SKIPPED:
            parts.append(_text(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _letterhead(archive: zipfile.ZipFile) -> Iterator[Block]:
    """Headers and footers of the page styles, each text once."""
    if "styles.xml" not in archive.namelist():
        return
    seen: set[str] = set()
    for element in parse_xml(read_entry(archive, "styles.xml")).iter():
        if local_name(element) in {"header", "footer"}:
            for block in _blocks(element):
                if (text := one_line(block.text)) and text not in seen:
                    seen.add(text)
                    yield Block(text)
