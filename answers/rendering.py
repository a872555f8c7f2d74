"""Turn an answer's Markdown into HTML that is safe to show. Knows nothing of where citations point.

The answer was written by a model that read strangers' files: raw HTML is off, images are off (an address alone would
send data out), links show where they lead and what they carry along, and the sanitiser runs last over everything, our
own anchors included.
"""

import re
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

CitationUrl = Callable[[int], str | None]

MARK = re.compile(r"\[(\d{1,3})\](?!\()")
# A bare host name: "user@" and "\\" make one host look like another.
WEB_ADDRESS = re.compile(r"https?://[\w-][\w.-]*(?::\d+)?(?:[/?#]\S*)?", re.ASCII | re.IGNORECASE)
# One mailbox: a subject or a body would write the reader's letter.
MAIL_ADDRESS = re.compile(r"mailto:[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII | re.IGNORECASE)
PLAIN_PATH_CHARACTERS = 80  # a longer path can carry a sentence of somebody's document

ALLOWED_TAGS = {
    *("p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "ul", "ol", "li", "a", "span"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
ALLOWED_ATTRIBUTES: dict[str, set[str]] = {"*": set(), "a": {"href", "data-citation"}, "ol": {"start"}, "span": {"dir"}}
ALLOWED_CLASSES = {"a": {"citation"}, "span": {"link-host", "doubtful"}}

# Where a doubtful sentence begins and ends, until it has its tags: punctuation to Markdown, and of no living script.
DOUBT_BEGINS, DOUBT_ENDS = "\U00010a56", "\U00010a57"
DOUBT = re.compile(f"([{DOUBT_BEGINS}{DOUBT_ENDS}])")


def render_answer(text: str, citation_url: CitationUrl, doubtful: Sequence[tuple[int, int]] = ()) -> str:
    """Render an answer: marks [n] become links to `citation_url(n)`, and stay text where it gives None.

    `doubtful` are spans of the text that are to be seen as such; those in tables are not.
    """
    html = _MARKDOWN.render(_with_doubts(text, doubtful), {"citation_url": citation_url})
    return nh3.clean(
        html,
        tags=ALLOWED_TAGS,
        attributes=ALLOWED_ATTRIBUTES,
        allowed_classes=ALLOWED_CLASSES,
        set_tag_attribute_values={"pre": {"tabindex": "0"}},  # long lines scroll, by keys too
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow ugc",
    )


def in_table_row(text: str, start: int) -> bool:
    """Whether the sentence that starts there is a row of a table, where it cannot be marked."""
    return text[text.rfind("\n", 0, start) + 1 : start + 1].lstrip().startswith("|")


def _with_doubts(text: str, doubtful: Sequence[tuple[int, int]]) -> str:
    if DOUBT.search(text):
        return DOUBT.sub("", text)
    for start, end in sorted(doubtful, reverse=True):
        if not in_table_row(text, start):
            text = f"{text[:start]}{DOUBT_BEGINS}{text[start:end]}{DOUBT_ENDS}{text[end:]}"
    return text


def _doubts(state: StateCore) -> None:
    """Put tags around each piece of text of a doubtful sentence: markup may begin and end in the middle of one."""
    for token in state.tokens:
        doubted, children = False, list[Token]()
        for child in token.children or ():
            if child.type != "text":
                child.content = DOUBT.sub("", child.content)
                children.append(child)
                continue
            for piece in DOUBT.split(child.content):
                if DOUBT.fullmatch(piece):
                    doubted = piece == DOUBT_BEGINS
                elif piece:
                    children += _doubted(piece) if doubted else [Token("text", "", 0, content=piece)]
        token.children = children if token.children else token.children


def _doubted(text: str) -> list[Token]:
    begins = Token("doubt_open", "span", 1, attrs={"class": "doubtful"})
    return [begins, Token("text", "", 0, content=text), Token("doubt_close", "span", -1)]


def _citation(state: StateInline, silent: bool) -> bool:
    """Read a citation mark. Code and escaped brackets never come here: their own rules take them first."""
    match = MARK.match(state.src, state.pos)
    if match is None:
        return False
    url = state.env["citation_url"](int(match[1]))
    if not url:
        return False
    if not silent:
        token = state.push("citation", "", 0)
        token.content = match[1]
        token.meta = {"url": url}
    state.pos = match.end()
    return True


def _render_citation(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    number = tokens[index].content
    url = escapeHtml(tokens[index].meta["url"])
    return f'<a class="citation" href="{url}" data-citation="{number}">{number}</a>'


def _render_link_close(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """Show where a link leads: its text may say anything."""
    opened = next(token for token in reversed(tokens[:index]) if token.type == "link_open")
    return (
        f'</a> <span class="link-host" dir="ltr">({escapeHtml(_destination(str(opened.attrGet("href") or "")))})</span>'
    )


def _destination(address: str) -> str:
    """The host or mailbox a link leads to; all of the address where it may carry data along."""
    parts = urlsplit(address)
    if parts.scheme == "mailto":
        return parts.path
    if parts.query or parts.fragment or len(parts.path) > PLAIN_PATH_CHARACTERS:
        return address
    return parts.hostname or ""


class _WebAndMailOnly(MarkdownIt):
    """CommonMark whose links lead to the web or a mailbox: no script, no file, nothing relative to this site."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 (the library's name)
        return any(kind.fullmatch(url) for kind in (WEB_ADDRESS, MAIL_ADDRESS))


def _markdown() -> MarkdownIt:
    markdown = _WebAndMailOnly("commonmark", {"html": False, "linkify": False}).enable("table")
    # Reference definitions would let an answer turn its own marks "[1]" into links to anywhere.
    markdown.disable(["image", "html_block", "html_inline", "reference"])
    markdown.inline.ruler.before("link", "citation", _citation)
    markdown.core.ruler.push("doubts", _doubts)
    markdown.add_render_rule("citation", _render_citation)
    markdown.add_render_rule("link_close", _render_link_close)
    return markdown


_MARKDOWN = _markdown()
