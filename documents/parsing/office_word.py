"""Read DOCX: paragraphs, tables, notes, headers and footers in document order. Knows nothing of layout or pages.

Paragraph text is walked in the XML itself: `paragraph.text` misses content controls, tracked insertions and equations.
"""

import io
import re
from collections.abc import Iterator
from typing import Any

import docx
from docx.document import Document
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn

from documents.parsing.cleaning import one_line
from documents.parsing.content import CorruptFile, ParsedPage
from documents.parsing.limits import Limits
from documents.parsing.paging import Block, lay_out, number_parts
from documents.parsing.rows import MAX_COLUMN_SPAN, text_table
from documents.parsing.safe_xml import Element, XMLSyntaxError, local_name, parse_xml

_HEADING_NAME = re.compile(r"^heading (\d)$", re.IGNORECASE)
_SKIPPED = frozenset({"del", "Fallback", "moveFrom", "instrText", "delText", "pPr", "rPr", "sectPr"})
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_NOTES = ("footnotes", "endnotes", "comments")
_MAX_STYLE_CHAIN = 10


def parse(content: bytes, limits: Limits) -> Iterator[tuple[int, ParsedPage]]:
    try:
        document = docx.Document(io.BytesIO(content))
    except (KeyError, ValueError, AttributeError, XMLSyntaxError, OpcError) as error:
        raise CorruptFile("The Word file is damaged: it cannot be opened.") from error
    yield from number_parts(lay_out(_document_blocks(document)))


def _document_blocks(document: Document) -> Iterator[Block]:
    levels = _heading_levels(document)
    yield from _blocks(document.element.body, levels)
    for note in _related_parts(document, _NOTES):
        yield from _blocks(note, levels)
    yield from _letterhead(document)


def _blocks(container: Any, levels: dict[str, int]) -> Iterator[Block]:
    """Paragraphs and tables in order, also those inside content controls and the like."""
    for child in container.iterchildren():
        name = local_name(child)
        if name == "p":
            yield Block(_text(child), _paragraph_level(child, levels))
        elif name == "tbl":
            for position, row in enumerate(text_table(_table_rows(child))):
                yield Block(row, tight=position > 0)
        elif name not in _SKIPPED:
            yield from _blocks(child, levels)


def _table_rows(table: Any) -> list[list[str]]:
    return [_row_cells(row) for row in _nearest(table, "tr")]


def _row_cells(row: Any) -> list[str]:
    """The row's cells, each followed by empty ones for the further columns it spans."""
    cells: list[str] = []
    for cell in _nearest(row, "tc"):
        span = cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}")
        columns = int(span.get(qn("w:val"), "1")) if span is not None else 1
        cells += [one_line(_text(cell)), *[""] * (min(MAX_COLUMN_SPAN, columns) - 1)]
    return cells


def _nearest(container: Any, name: str) -> Iterator[Any]:
    """A table's own rows or a row's own cells, in content controls too, but not those of tables within."""
    for child in container.iterchildren():
        found = local_name(child)
        if found == name:
            yield child
        elif found in {"sdt", "sdtContent", "ins", "customXml"}:
            yield from _nearest(child, name)


def _text(element: Any) -> str:
    """The text under an element, without what tracked changes deleted."""
    parts: list[str] = []
    for child in element.iterchildren():
        name = local_name(child)
        if name == "t":
            parts.append(child.text or "")
        elif name in _BREAKS:
            parts.append(_BREAKS[name])
        elif name == "p":  # of a text box
            parts.append(f"\n{_text(child)}\n")
        elif name not in _SKIPPED:
            parts.append(_text(child))
    return "".join(parts)


def _paragraph_level(paragraph: Any, levels: dict[str, int]) -> int:
    outline = paragraph.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
    if outline is not None:
        return _outline_level(outline)
    style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
    return levels.get(style.get(qn("w:val")), 0) if style is not None else 0


def _heading_levels(document: Document) -> dict[str, int]:
    """Style id -> heading level, for the styles that are headings by name, by outline level or by what they extend."""
    styles = {style.get(qn("w:styleId")): style for style in document.styles.element.iterchildren(qn("w:style"))}
    return {style_id: level for style_id in styles if (level := _style_level(styles, style_id))}


def _style_level(styles: dict[str | None, Any], style_id: str | None) -> int:
    for _ in range(_MAX_STYLE_CHAIN):
        style = styles.get(style_id)
        if style is None:
            return 0
        name = style.find(qn("w:name"))
        named = _level_by_name(name.get(qn("w:val"), "") if name is not None else "")
        outline = style.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        if named or outline is not None:
            return named or _outline_level(outline)
        based_on = style.find(qn("w:basedOn"))
        style_id = based_on.get(qn("w:val")) if based_on is not None else None
    return 0


def _level_by_name(name: str) -> int:
    found = _HEADING_NAME.match(name)
    return int(found.group(1)) if found else int(name.lower() == "title")


def _outline_level(element: Any) -> int:
    """1 to 9; Word's value 9 means body text."""
    value = element.get(qn("w:val"), "9")
    return int(value) + 1 if value.isdecimal() and int(value) < 9 else 0


def _related_parts(document: Document, kinds: tuple[str, ...]) -> Iterator[Element]:
    for relation in document.part.rels.values():
        if not relation.is_external and relation.reltype.rsplit("/", 1)[-1] in kinds:
            yield parse_xml(relation.target_part.blob)


def _letterhead(document: Document) -> Iterator[Block]:
    """Headers and footers, each text once, after everything else."""
    seen: set[str] = set()
    for part in _related_parts(document, ("header", "footer")):
        for block in _blocks(part, {}):
            text = one_line(block.text)
            if text not in seen:
                seen.add(text)
                yield Block(text)
