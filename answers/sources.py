"""What a citation's panel shows: the quote in the text of its page, as far as its reader may still see that.

Knows nothing of requests. The quote was stored with the answer, so it is shown even where its document is gone.
"""

from dataclasses import dataclass
from typing import Any

from answers.models import Citation
from answers.transcript import location, viewer_url
from documents.models import Document, Page
from documents.page_pictures import is_drawable
from documents.viewing import MarkedText, Piece, mark_quote

CONTEXT_CHARACTERS = 700  # shown on either side of the passage


@dataclass(frozen=True)
class Neighbours:
    """The numbers of the citations before and after one, and how many its answer has."""

    previous: int | None = None
    next: int | None = None
    total: int = 1


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
    neighbours: Neighbours = Neighbours()

    @property
    def has_picture(self) -> bool:
        """Whether the quote can be seen as it looks in its page."""
        return self.document is not None and self.url is not None and is_drawable(self.document)


def source_of(citation: Citation, actor: Any) -> Source:
    """The quote with the text around it; the quote alone where the page does not hold it any more."""
    cited, beside = Document.objects.filter(pk=citation.document_id or 0), _neighbours(citation)
    quarantined = cited.quarantined().exists()
    document = cited.openable_by(actor).select_related("collection").first()
    page = None if document is None else Page.objects.filter(document=document, number=citation.page_number).first()
    if page is None or page.text[citation.start : citation.end] != citation.quote:
        alone = MarkedText((), (Piece(citation.quote),))
        return Source(citation, location(citation), alone, document, None, quarantined=quarantined, neighbours=beside)
    start = _word_after(page.text, min(citation.passage_start, citation.start) - CONTEXT_CHARACTERS)
    end = _word_before(page.text, max(citation.passage_end, citation.end) + CONTEXT_CHARACTERS)
    headings = [(first - start, level, text) for first, level, text in page.headings if start <= first < end]
    marked = mark_quote(page.text[start:end], headings, citation.start - start, citation.end - start)
    place, url = location(citation), viewer_url(citation, citation.answer_id)
    return Source(citation, place, marked, document, url, start == 0, end == len(page.text), quarantined, beside)


def _neighbours(citation: Citation) -> Neighbours:
    numbers = list(Citation.objects.filter(answer=citation.answer_id).values_list("number", flat=True))
    at = numbers.index(citation.number)
    before, after = numbers[at - 1 : at], numbers[at + 1 : at + 2]
    return Neighbours(before[0] if before else None, after[0] if after else None, len(numbers))


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
