"""What a citation's panel shows: the quote in the text of its page, as far as its reader may still see that.

Knows nothing of requests. The quote was stored with the answer, so it is shown even where its document is gone.
"""

from dataclasses import dataclass
from typing import Any

from answers.models import Citation
from answers.transcript import location, viewer_url
from documents.models import Document, Page
from documents.viewing import MarkedText, Piece, mark_quote

CONTEXT_CHARACTERS = 700  # shown on either side of the passage


@dataclass(frozen=True)
class Source:
    """A citation in its place. `document` and `url` are None where it was deleted, closed, or changed since.

    One in quarantine looks closed too, but to those who may change it; everybody who holds the answer is told.
    """

    citation: Citation
    location: str
    marked: MarkedText
    document: Document | None
    url: str | None
    starts_page: bool = True
    ends_page: bool = True
    quarantined: bool = False


def source_of(citation: Citation, actor: Any) -> Source:
    """The quote with the text around it; the quote alone where the page does not hold it any more."""
    cited = Document.objects.filter(pk=citation.document_id or 0)
    quarantined = cited.quarantined().exists()
    document = cited.openable_by(actor).select_related("collection").first()
    page = None if document is None else Page.objects.filter(document=document, number=citation.page_number).first()
    if page is None or page.text[citation.start : citation.end] != citation.quote:
        alone = MarkedText((), (Piece(citation.quote),))
        return Source(citation, location(citation), alone, document, None, quarantined=quarantined)
    start = _word_after(page.text, min(citation.passage_start, citation.start) - CONTEXT_CHARACTERS)
    end = _word_before(page.text, max(citation.passage_end, citation.end) + CONTEXT_CHARACTERS)
    headings = [(first - start, level, text) for first, level, text in page.headings if start <= first < end]
    marked = mark_quote(page.text[start:end], headings, citation.start - start, citation.end - start)
    place, url = location(citation), viewer_url(citation)
    return Source(citation, place, marked, document, url, start == 0, end == len(page.text), quarantined)


def _word_after(text: str, position: int) -> int:
    """The first place from `position` on where a word begins; the start of the text if that is near."""
    if position <= 0:
        return 0
    space = text.find(" ", position, position + 50)
    return position if space < 0 else space + 1


def _word_before(text: str, position: int) -> int:
    if position >= len(text):
        return len(text)
    space = text.rfind(" ", position - 50, position)
    return position if space < 0 else space
