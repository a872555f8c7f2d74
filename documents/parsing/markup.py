"""Read HTML (main content first, headings, tables) and Markdown (its headings). Knows nothing of links or styles."""

import codecs
import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from documents.parsing.cleaning import one_line
from documents.parsing.content import FileTooLarge, ParsedPage
from documents.parsing.limits import Limits
from documents.parsing.paging import Block, lay_out, number_parts
from documents.parsing.plain_text import decode, unicode_encoding
from documents.parsing.rows import MAX_COLUMN_SPAN, plain_rows, rows_with_header

MAX_DEPTH = 2_000  # open elements; browsers nest 512. The parser's time grows with its square, 100,000 take minutes
_TOKEN = re.compile(r"<(!--|/?[a-zA-Z][^\s/>]*)")
_RAW_TEXT = frozenset({"script", "style", "textarea", "title"})
_NOT_NESTING = frozenset([  # void elements, and those that HTML closes by itself
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
    "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "optgroup", "colgroup", "a",
    "html", "head", "body",
])  # fmt: skip
_UNREAD = frozenset(
    "script style template noscript svg iframe object button select textarea head title".split()  # noqa: SIM905
)
_BLOCKS = frozenset([
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hr", "html", "legend", "li", "main", "nav", "ol", "option", "p", "pre", "section", "summary", "table", "tr", "ul",
])  # fmt: skip
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LINE_BREAK = "\v"  # stands for <br> while text gathers: the source's own line breaks are only spaces
_TIGHT = frozenset({"li", "dt", "dd"})
_MAIN_SHARE = 0.4  # of the body's text that a <main> or <article> must hold to stand for the page
_DECLARED_CHARSET = re.compile(
    rb"""<(?:meta[^>]{0,200}charset|\?xml[^>]{0,200}encoding)\s*=\s*["']?([\w.:-]{1,40})""", re.I
)
_NOT_CHARSETS = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"})

_META_ABOUT = frozenset({
    "author", "publisher", "date", "keywords", "og:title", "og:site_name", "article:author", "article:published_time",
    "citation_title", "citation_author", "citation_journal_title", "citation_publication_date", "dc.creator",
})  # fmt: skip

# Its first line names something: between two horizontal rules there is text.
_FRONT_MATTER = re.compile(r"---[ \t]*\n(?=[\w.-]+[ \t]*:)((?:[^\n]*\n){1,100}?)---[ \t]*(?:\n|\Z)")
_FRONT_MATTER_KEY = re.compile(r"^\s*(?:-\s+)?(?:[\w.-]+[ \t]*:(?:\s+|$))?(?:[|>][+-]?\s*$)?")
_MARKDOWN_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*)$")
_MARKDOWN_FENCE = re.compile(r"^ {0,3}(```|~~~)")


def parse_html(content: bytes, limits: Limits) -> Iterator[tuple[int, ParsedPage]]:
    html = decode_html(content)
    blocks = list(html_blocks(html))
    yield from number_parts(lay_out(blocks), _html_about(html))


def parse_markdown(content: bytes, limits: Limits) -> Iterator[tuple[int, ParsedPage]]:
    about, text = _without_front_matter(decode(content).replace("\r\n", "\n"))
    yield from number_parts(lay_out(_markdown_blocks(text)), about)


def decode_html(content: bytes) -> str:
    """The text by its byte order mark, by UTF-8, by the encoding it declares, or by a guess."""
    if unicode_encoding(content):
        return decode(content)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        declared = _DECLARED_CHARSET.search(content[:4096])
        codec = text_codec(declared.group(1).decode("ascii")) if declared else None
        return content.decode(codec, errors="replace") if codec else decode(content)


def text_codec(name: str) -> str | None:
    """The codec's own name if it is one that text comes in."""
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    return codec.name if codec._is_text_encoding and codec.name not in _NOT_CHARSETS else None


def html_blocks(html: str) -> Iterator[Block]:
    """Headings, paragraphs and table rows in order. Raises FileTooLarge for markup nested too deep to parse."""
    _check_depth(html)
    body = LexborHTMLParser(html).body
    if body is None:
        return
    main = _main_content(body)
    if main is not None:
        yield from _element_blocks(main)
    yield from _element_blocks(body, without=main)


def _check_depth(html: str) -> None:
    """Estimate nesting in one linear pass, before the real parser sees the text."""
    depth = position = 0
    while token := _TOKEN.search(html, position):
        name, position = token.group(1).lower(), token.end()
        if name == "!--" or name in _RAW_TEXT:
            position = html.find("-->" if name == "!--" else f"</{name}", position)
            if position == -1:
                return
        elif name.removeprefix("/") not in _NOT_NESTING:
            depth = max(0, depth - 1) if name.startswith("/") else depth + 1
            if depth > MAX_DEPTH:
                raise FileTooLarge(f"The HTML is nested more than {MAX_DEPTH:,} elements deep.")


def _main_content(body: LexborNode) -> LexborNode | None:
    """The one <main> or <article> if it holds a good part of the text."""
    candidates = body.css("main, [role=main]") or body.css("article")
    if len(candidates) == 1:
        main = candidates[0]
        if len(main.text()) >= _MAIN_SHARE * len(body.text()):
            return main
    return None


def _element_blocks(root: LexborNode, without: LexborNode | None = None) -> Iterator[Block]:
    """Text gathers until an element begins or ends a block."""
    gathered: list[str] = []
    for event, node in _walk(root, without.mem_id if without is not None else None):
        tag = node.tag or ""
        if event == "text":
            gathered.append(node.text_content or "")
        elif event == "table":
            yield from _flush(gathered)
            yield from _table_blocks(node)
        elif tag == "br":
            gathered.append(_LINE_BREAK if event == "start" else "")
        elif tag in _HEADINGS and event == "end":
            yield from _flush(gathered, _HEADINGS[tag])
        elif tag == "pre" and event == "end":
            yield Block("".join(gathered))
            gathered.clear()
        elif tag in _BLOCKS:
            yield from _flush(gathered, tight=tag in _TIGHT)
    yield from _flush(gathered)


def _walk(root: LexborNode, without: int | None = None) -> Iterator[tuple[str, LexborNode]]:
    """(start | end | text | table, node) in document order, without recursion; unread elements are passed over."""
    stack: list[tuple[str, LexborNode]] = [("start", root)]
    while stack:
        event, node = stack.pop()
        yield event, node
        if event != "start":
            continue
        stack.append(("end", node))
        children = [(_event(child), child) for child in node.iter(include_text=True) if child.mem_id != without]
        stack.extend((name, child) for name, child in reversed(children) if name)


def _event(node: LexborNode) -> str:
    if node.is_text_node:
        return "text"
    if not node.is_element_node or node.tag in _UNREAD or (node.tag == "nav" and not _is_aside(node)):
        return ""
    return "table" if node.tag == "table" and _is_data_table(node) else "start"


def _is_aside(node: LexborNode | None) -> bool:
    """Whether an element stands in a sidebar: its links are worth reading, the site's menu is not."""
    while node is not None:
        if node.tag == "aside":
            return True
        node = node.parent
    return False


def _flush(gathered: list[str], level: int = 0, tight: bool = False) -> Iterator[Block]:
    lines = (one_line(line) for line in "".join(gathered).split(_LINE_BREAK))
    text = "\n".join(line for line in lines if line)
    gathered.clear()
    if text:
        yield Block(text, level, tight)


def _is_data_table(table: LexborNode) -> bool:
    """Whether a table has rows to read as rows: one that holds tables or headings only lays out the page."""
    return all(inner.mem_id == table.mem_id for inner in table.css("table, h1, h2, h3"))


def _table_blocks(table: LexborNode) -> Iterator[Block]:
    rows = [_row_cells(row) for row in table.css("tr")]
    first = table.css_first("tr")
    named = first is not None and len(rows) > 1 and all(cell.tag == "th" for cell in first.iter())
    caption = table.css_first("caption")
    if caption is not None:
        yield Block(_cell_text(caption))
    lines = rows_with_header(rows) if named else plain_rows(rows)
    for position, line in enumerate(lines):
        yield Block(line, tight=position > 0)


def _row_cells(row: LexborNode) -> list[str]:
    """The row's cells, each followed by empty ones for the further columns it spans."""
    cells: list[str] = []
    for cell in row.iter():
        if cell.tag in {"td", "th"}:
            span = cell.attributes.get("colspan") or "1"
            cells += [_cell_text(cell), *[""] * (min(MAX_COLUMN_SPAN, int(span)) - 1 if span.isdecimal() else 0)]
    return cells


def _cell_text(cell: LexborNode) -> str:
    parts: list[str] = []
    for event, node in _walk(cell):
        if event == "text":
            parts.append(node.text_content or "")
        elif event == "table":
            parts.append(f" {node.text(separator=' ')} ")
        elif node.tag in _BLOCKS or node.tag == "br":
            parts.append(" ")
    return one_line("".join(parts))


def _html_about(html: str) -> Iterator[str]:
    """The title, then what the head's meta elements say of title, author, site and date."""
    tree = LexborHTMLParser(html)
    if title := tree.css_first("head > title"):
        yield title.text()
    for meta in tree.css("head > meta[content]"):
        name = (meta.attributes.get("name") or meta.attributes.get("property") or "").casefold()
        if name in _META_ABOUT:
            yield meta.attributes.get("content") or ""


def _without_front_matter(text: str) -> tuple[list[str], str]:
    """The values of the front matter, which says what the text is and is none of it, and the text itself."""
    found = _FRONT_MATTER.match(text)
    if not found:
        return [], text
    return [_front_matter_value(line) for line in found.group(1).split("\n")], text[found.end() :]


def _front_matter_value(line: str) -> str:
    """What a line says without its name, its quotes and its brackets; empty if it is only a name."""
    value = _FRONT_MATTER_KEY.sub("", line).strip()
    items = value.split(",") if value.startswith("[") else [value]
    edges = " \t\"'," if "[" in value[1:] else " \t\"',[]"  # brackets inside are the value's own
    return ", ".join(filter(None, (item.strip(edges) for item in items)))


def _markdown_blocks(text: str) -> Iterator[Block]:
    """Markdown as it is written, its ATX headings (outside code) without their hashes."""
    gathered: list[str] = []
    fenced = False
    for line in text.split("\n"):
        fenced ^= bool(_MARKDOWN_FENCE.match(line))
        heading = None if fenced else _MARKDOWN_HEADING.match(line)
        if heading or (not line.strip() and not fenced):
            yield Block("\n".join(gathered))
            gathered.clear()
        if heading:
            yield Block(heading.group(2).rstrip().rstrip("#"), len(heading.group(1)))
        else:
            gathered.append(line)
    yield Block("\n".join(gathered))
